"""The positions of one venue of a synthetic market: every one with its entry, leverage, size and liquidation price.

Positions are opened in pairs of equal size (longs and shorts total the same base coin at every minute's end), closed
by their owners, moved away from danger by added margin, and liquidated when the price reaches them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liqtui.model.margin import bracket_columns, is_continuous, prices_by_columns, prices_by_lines
from liqtui.model.market import MINUTE_MS, Bracket
from liqtui.model.synthetic_people import LIFE_MIN, SHARES, Newcomers, People

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SIGNS = np.array([1.0, -1.0])

SIGN_ROW, ENTRY, LEVERAGE, QTY, LIQUIDATION, LONG_LEVEL, SHORT_LEVEL, OPENED, RATE = range(9)
"""Rows of the table; LONG_LEVEL is the liquidation price of longs, -inf for others, SHORT_LEVEL +inf for others.
RATE is the chance a minute to be closed without need."""
ROWS = 9

TAKE_PROFIT = 1.2
"""How many times likelier a close gets with every initial margin won beyond the first half."""
TOP_UP_PER_MIN = 0.006
"""Chance a minute to add margin, once more than half-way to liquidation."""
SAFETY = 0.6
"""The largest share of the initial margin that maintenance may take of a new position."""

ABSORBED = 0.6
"""Share of what is forced out that the other side buys back to close; the rest goes to newcomers."""
LEAST_OPENED = 0.2
"""Share of the wanted openings that happens on each side whatever is closed."""

COMPACT_EVERY = 30


@dataclass(frozen=True, slots=True)
class Swept:
    """Positions liquidated at one node of the price."""

    sign: Floats
    qty_base: Floats
    liquidation_usd: Floats
    bankruptcy_usd: Floats


@dataclass(frozen=True, slots=True)
class Flow:
    """What was opened and closed at will, in base coin."""

    births: tuple[float, float]
    """New longs, new shorts."""
    deaths: tuple[float, float]
    """Longs and shorts closed by their owners."""


class Population:
    """All positions of one venue; a state machine driven by the market."""

    def __init__(
        self, brackets: Sequence[Bracket], rng: np.random.Generator, stride: int, stop_eagerness: float
    ) -> None:
        """Begin empty.

        Every position is looked at once in `stride` settlements, its chances scaled up to that; `stop_eagerness` is how
        many times likelier a close gets right before liquidation.
        """
        self._stride, self._stop_eagerness = stride, stop_eagerness
        self._columns, self._rng = bracket_columns(brackets), rng
        self._prices = prices_by_lines if is_continuous(self._columns) else prices_by_columns
        self._caps_usd = np.array([bracket.cap_usd for bracket in brackets])
        self._most = np.array([min(bracket.max_leverage, SAFETY / bracket.rate) for bracket in brackets])
        """Highest leverage of a new position by bracket."""
        self._newcomers = People(SHARES, rng)
        self._table: Floats = np.empty((ROWS, 4096))
        self._count = 0
        self._settled = 0
        self.long_edge_usd, self.short_edge_usd = -math.inf, math.inf
        """The nearest liquidation prices below and above."""

    @property
    def rows(self) -> Floats:
        """The table of positions (rows, positions); those of quantity 0 are closed."""
        return self._table[:, : self._count]

    def totals_base(self) -> tuple[float, float]:
        """Return the quantity of all longs and of all shorts, in base coin."""
        return _by_side(self.rows[SIGN_ROW], self.rows[QTY])

    def counts(self) -> tuple[int, int]:
        """Return how many longs and shorts are open."""
        sign = self.rows[SIGN_ROW][self.rows[QTY] > 0]
        longs = int(np.count_nonzero(sign > 0))
        return longs, len(sign) - longs

    def seed(self, path_usd: Floats, step_ms: int, now_ms: int, count: int, oi_base: float) -> None:
        """Fill the book with `count` positions opened along a past path (newest last) and not liquidated on it."""
        sign = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
        # Who stays long is there more often than who comes often.
        people = People(SHARES * LIFE_MIN, self._rng).next(count)
        age = self._rng.exponential(LIFE_MIN[people.style]) * (MINUTE_MS / step_ms)
        at = np.maximum(len(path_usd) - 1 - age.astype(np.int64), 0)
        self._relevel(self._add(sign, path_usd[at], _shared_out(people.size, sign, (oi_base, oi_base)), people, 0))
        rows = self.rows
        rows[OPENED] = now_ms - (len(path_usd) - 1 - at) * step_ms
        least = np.minimum.accumulate(path_usd[::-1])[::-1][at]
        most = np.maximum.accumulate(path_usd[::-1])[::-1][at]
        self._close(np.flatnonzero((rows[LONG_LEVEL] >= least) | (rows[SHORT_LEVEL] <= most)))
        self._compact()
        self._fill_up(float(path_usd[-1]), oi_base)

    def _fill_up(self, price_usd: float, oi_base: float) -> None:
        """Scale both sides to the open interest; who would be liquidated by that has no leverage."""
        rows, every = self.rows, np.arange(self._count)
        rows[QTY] = _shared_out(rows[QTY], rows[SIGN_ROW], (oi_base, oi_base))
        self._relevel(every)
        rows[LEVERAGE, (rows[LONG_LEVEL] >= price_usd) | (rows[SHORT_LEVEL] <= price_usd)] = 1.0
        self._relevel(every)
        self._find_edges()

    def sweep(self, price_usd: float) -> Swept | None:
        """Liquidate what the price has reached; None if it has reached nothing."""
        if self.long_edge_usd < price_usd < self.short_edge_usd:
            return None
        rows = self.rows
        hit = np.flatnonzero((rows[LONG_LEVEL] >= price_usd) | (rows[SHORT_LEVEL] <= price_usd))
        found = rows[:, hit]
        self._close(hit)
        self._find_edges()
        bankruptcy = found[ENTRY] * (1 - found[SIGN_ROW] / found[LEVERAGE])
        return Swept(found[SIGN_ROW], found[QTY], found[LIQUIDATION], bankruptcy)

    def settle(
        self,
        price_usd: float,
        now_ms: int,
        minutes: int,
        forced: tuple[float, float],
        opened_base: float,
        births: tuple[int, int],
    ) -> Flow:
        """Make up for some minutes: owners close and add margin, then positions open until longs equal shorts again.

        `forced` is what was liquidated of longs and of shorts meanwhile; `opened_base` what newcomers want to open on
        the side that lost less; `births` how many newcomers there are on each side.
        """
        if self._settled % COMPACT_EVERY == 0:
            self._compact()
        stride = self._stride
        start = self._settled % stride
        self._settled += 1
        rows = self._table[:, start : self._count : stride]
        progress = (rows[ENTRY] - price_usd) / (rows[ENTRY] - rows[LIQUIDATION])
        span_min = stride * minutes
        leaves = self._leaving(rows, progress, forced, span_min)
        closed = _by_side(rows[SIGN_ROW], np.where(leaves, rows[QTY], 0.0))
        moved = start + stride * self._adding(rows, progress, leaves, span_min)
        self._close(start + stride * np.flatnonzero(leaves))
        out = (forced[0] + closed[0], forced[1] + closed[1])
        change = max(opened_base - sum(out) / 2, LEAST_OPENED * opened_base - min(out))
        born = (change + out[0], change + out[1])
        opened = self._open(price_usd, now_ms, born, births)
        self._add_margin(moved)
        self._relevel(np.concatenate([moved, opened]))
        self._find_edges()
        return Flow(born, closed)

    def notional(self, edges_usd: Floats, price_usd: float) -> tuple[Floats, Floats]:
        """Return the notional in USD at `price_usd` of longs and of shorts by liquidation price between the edges."""
        weight = self.rows[QTY] * price_usd
        longs, _ = np.histogram(self.rows[LONG_LEVEL], edges_usd, weights=weight)
        shorts, _ = np.histogram(self.rows[SHORT_LEVEL], edges_usd, weights=weight)
        return longs.astype(np.float64), shorts.astype(np.float64)

    def _leaving(self, rows: Floats, progress: Floats, forced: tuple[float, float], span_min: int) -> Bools:
        """Close by chance, likelier near liquidation and in profit; some of the other side buys what is forced out."""
        danger = np.maximum(progress, 0.0)
        profit = np.minimum(np.maximum(-0.5 - progress, 0.0), 3.0)
        eagerness = 1 + self._stop_eagerness * danger * danger * danger + TAKE_PROFIT * profit
        leaves = self._rng.random(len(progress)) < eagerness * rows[RATE] * span_min
        for sign, lost_base in ((-1.0, forced[0]), (1.0, forced[1])):
            if lost_base > 0:
                other = np.where((rows[SIGN_ROW] == sign) & (rows[QTY] < lost_base), rows[QTY], 0.0)
                leaves |= (other > 0) & (np.cumsum(other) <= ABSORBED * lost_base)
        still: Bools = leaves & (rows[QTY] > 0)
        return still

    def _adding(self, rows: Floats, progress: Floats, leaves: Bools, span_min: int) -> Ints:
        """Return which of those in danger add margin."""
        worried = np.flatnonzero((progress > 0.5) & (rows[QTY] > 0) & ~leaves)
        return worried[self._rng.random(len(worried)) < TOP_UP_PER_MIN * span_min]

    def _add_margin(self, moved: Ints) -> None:
        """Lower the leverage of some; their levels are still to be worked out."""
        if len(moved):
            lower = self._table[LEVERAGE, moved] / (1 + self._rng.uniform(0.3, 1.2, len(moved)))
            self._table[LEVERAGE, moved] = np.maximum(lower, 1.0)

    def _open(self, price_usd: float, now_ms: int, born: tuple[float, float], births: tuple[int, int]) -> Ints:
        sign, people = np.repeat(SIGNS, births), self._newcomers.next(sum(births))
        return self._add(sign, price_usd, _shared_out(people.size, sign, born), people, now_ms)

    def _add(self, sign: Floats, entry_usd: Floats | float, qty_base: Floats, people: Newcomers, now_ms: int) -> Ints:
        """Put positions into the table and return where; their levels are still to be worked out."""
        first, last = self._count, self._count + len(sign)
        if last > self._table.shape[1]:
            self._table = np.concatenate([self._table, np.empty((ROWS, last))], axis=1)
        self._count = last
        rows = self._table[:, first:last]
        rows[SIGN_ROW], rows[ENTRY], rows[QTY], rows[OPENED], rows[RATE] = (
            sign,
            entry_usd,
            qty_base,
            now_ms,
            people.rate,
        )
        tier = self._caps_usd.searchsorted(qty_base * entry_usd, side="right")
        rows[LEVERAGE] = np.maximum(np.minimum(people.leverage, self._most.take(tier, mode="clip")), 1.0)
        return np.arange(first, last)

    def _relevel(self, which: Ints) -> None:
        """Work out the liquidation prices of some positions again."""
        table = self._table
        sign = table[SIGN_ROW, which]
        level = self._prices(sign, table[ENTRY, which], table[LEVERAGE, which], table[QTY, which], self._columns)
        table[LIQUIDATION, which] = level
        table[LONG_LEVEL, which] = np.where(sign > 0, level, -np.inf)
        table[SHORT_LEVEL, which] = np.where(sign < 0, level, np.inf)

    def _close(self, which: Ints) -> None:
        self._table[QTY, which] = 0.0
        self._table[LONG_LEVEL, which] = -np.inf
        self._table[SHORT_LEVEL, which] = np.inf

    def _compact(self) -> None:
        kept = self.rows[:, self.rows[QTY] > 0]
        self._count = kept.shape[1]
        self._table[:, : self._count] = kept

    def _find_edges(self) -> None:
        self.long_edge_usd = float(self.rows[LONG_LEVEL].max(initial=-np.inf))
        self.short_edge_usd = float(self.rows[SHORT_LEVEL].min(initial=np.inf))


def _by_side(sign: Floats, qty_base: Floats) -> tuple[float, float]:
    """Return the sums over longs and over shorts."""
    every, net = float(qty_base.sum()), float(sign @ qty_base)
    return (every + net) / 2, (every - net) / 2


def _shared_out(weights: Floats, sign: Floats, totals_base: tuple[float, float]) -> Floats:
    """Return quantities in proportion to the weights, longs and shorts each adding up to their total."""
    long_sum, short_sum = _by_side(sign, weights)
    quantities: Floats = weights * np.where(sign > 0, totals_base[0] / long_sum, totals_base[1] / short_sum)
    return quantities
