"""One side of the book: modelled positions by row of distance to liquidation and by liquidation price.

A side lives in its own direction (log price for longs, minus log price for shorts), in which its liquidation prices
lie below the price and every adverse move is downward; one code serves both.

Closing by hazard multiplies whole rows, so each row has one lazy factor and a step touches only the cells that are
swept, filled or come nearer to the price than ever before.
"""

import math

import numpy as np

from liqtui.model.approach import Approach, Near
from liqtui.model.exposure import Sweep
from liqtui.model.grid import BINS, Window
from liqtui.model.market import SIGN, Side
from liqtui.model.opening import Opened, Opening
from liqtui.model.params import ROWS, BookParams, Floats, Ints

SETTLE_STEPS = 256
"""Steps after which the lazy factors are worked into the cells, so that rounding does not add up."""
LEAST_FACTOR, LEAST_BASE = 1e-60, 1e-200


class SideBook:
    """All modelled positions of one side of one market, in base coin."""

    def __init__(self, side: Side, params: BookParams, opening: Opening | None = None) -> None:
        """Begin empty; `opening` may be shared by books that differ only in how positions end."""
        self.side, self.sign, self.params = side, SIGN[side], params
        self.window = Window(0)
        self._cells: Floats = np.zeros((ROWS, BINS))
        """(ROWS, BINS) by row and by bin of the liquidation price; base coin once multiplied by the row's factor."""
        self._factor: Floats = np.ones(ROWS)
        self._sums: Floats = np.zeros(ROWS)
        """(ROWS,) sums of the cells."""
        self._steps = 0
        self.kept: Floats = np.ones((ROWS, BINS if params.has_stops else 0))
        """(ROWS, BINS) share of what was opened that the worst moment so far has left, mean over the cell; no columns
        where nobody stops out."""
        self.rest: Floats = np.zeros(ROWS + 1)
        """(ROWS + 1,) base coin outside the window, by row; last the never bin."""
        self.swept = Sweep(0, np.zeros((ROWS, 0)))
        """What the newest sweep took from the window."""
        self._tops: Ints = np.zeros(ROWS, dtype=np.int64)
        """(ROWS,) columns of the row from this one on are empty."""
        self._opening = opening or Opening(params, side)
        self._approach = Approach(params, self._opening.kernel)

    @property
    def mass(self) -> Floats:
        """Return the (ROWS, BINS) base coin in the window, by row and by bin of the liquidation price."""
        return self._cells * self._factor[:, None]

    def held(self) -> Floats:
        """Return the (ROWS + 1,) base coin by row, never last; together the side's open interest."""
        out = self.rest.copy()
        out[:-1] += np.maximum(self._sums, 0.0) * self._factor
        return out

    def start(self, level: float, oi_base: float) -> None:
        """Fill the book with what the opened mix leaves standing after long, entries spread around `level`."""
        self.window = Window.around(level)
        self.kept[:], self.rest[:] = 1.0, 0.0
        self._clear()
        smear = self.params.prior_smear_log
        self.deposit(oi_base, 1 / self.params.hazard, level - smear, level + smear, level)

    def _clear(self) -> None:
        self._cells[:], self._factor[:], self._sums[:], self._tops[:] = 0.0, 1.0, 0.0, 0

    def _settle(self) -> None:
        """Work the lazy factors into the cells."""
        self._cells *= self._factor[:, None]
        self._factor[:] = 1.0
        self._sums = self._cells.sum(1)
        self._steps = 0

    def follow(self, level: float) -> None:
        """Move the window after the price; what leaves it is kept in `rest`."""
        self._steps += 1
        if self._steps >= SETTLE_STEPS or self._factor.min() < LEAST_FACTOR:
            self._settle()
        shift = self.window.drift(level)
        if shift == 0:
            return
        self._settle()
        stay = slice(max(shift, 0), BINS + min(shift, 0))
        into = slice(max(-shift, 0), BINS - max(shift, 0))
        moved, kept = np.zeros_like(self._cells), np.ones_like(self.kept)
        if abs(shift) < BINS:
            moved[:, into] = self._cells[:, stay]
            if self.params.has_stops:
                kept[:, into] = self.kept[:, stay]
        after = moved.sum(1)
        self.rest[:-1] += np.maximum(self._sums - after, 0.0)
        self._cells, self._sums, self.kept = moved, after, kept
        self._tops = np.clip(self._tops - shift, 0, BINS)
        self.window = Window(self.window.first_bin + shift)

    def first_swept(self, level: float) -> int:
        """Return the first column whose middle a price going down to `level` has crossed."""
        return min(max(math.ceil(self.window.position(level) - 0.5), 0), BINS)

    def sweep(self, low: float) -> Floats:
        """Take out what price crossed on its way to `low` and return it by row, (ROWS,) base coin."""
        column = self.first_swept(low)
        top = max(int(self._tops.max()), column)
        crossed = self._cells[:, column:top]
        self.swept = Sweep(self.window.first_bin + column, crossed * self._factor[:, None])
        taken: Floats = self.swept.mass.sum(1)
        if top > column:
            self._sums -= crossed.sum(1)
            crossed[:] = 0.0
            self.kept[:, column:top] = 1.0
            np.minimum(self._tops, column, out=self._tops)
        if column == 0:
            taken = taken + self.rest[:-1]
            self.rest[:-1] = 0.0
        return taken

    def stop_out(self, low: float, most_base: float) -> float:
        """Close what gives up as price comes nearer to its level than ever before; return the base coin closed.

        Of what was opened, `stays + (1 - stays) r` is left when the share r of the way to liquidation is left.
        At most `most_base` is closed.
        """
        near = self._approach.nearer(self.window.position(low), self.kept, self._tops)
        if near is None:
            return 0.0
        self.kept.ravel()[near.cell] = near.left
        return self._take_out(near, most_base)

    def lose_nerve(self, level: float, spent: float, most_base: float) -> float:
        """Close what gives up while price stands near its level; return the base coin closed, at most `most_base`.

        `spent` is the business time since the last call: of a position at progress p toward liquidation
        exp(-spent h eager p^power) stays, h the hazard of its row.
        """
        near = self._approach.standing(self.window.position(level), spent, self._tops)
        return 0.0 if near is None else self._take_out(near, most_base)

    def _take_out(self, near: Near, most_base: float) -> float:
        """Take out of cells what goes, or a part of it that makes at most `most_base`; return the base coin."""
        cells = self._cells.ravel()
        before = cells.take(near.cell)
        gone = before * near.gone
        by_row = np.bincount(near.row, gone, ROWS)
        closed = float(by_row @ self._factor)
        if closed <= 0:
            return 0.0
        scale = min(1.0, max(most_base, 0.0) / closed)
        gone *= scale
        before -= gone
        cells[near.cell] = before
        self._sums -= by_row * scale
        return closed * scale

    def close_out(self, held: Floats, target_base: float) -> float:
        """Close positions by the relative hazard of their rows until `target_base` of `held` is left.

        Returns the business time that this took.
        """
        survive, spent = survivors(held, self.params.hazard, target_base)
        self._factor *= survive[:-1]
        self.rest *= survive
        if target_base <= 0:
            self._clear()
        return spent

    def deposit(self, base: float, pull: Floats, low: float, high: float, floor: float) -> None:
        """Open `base` coins with entries even over [low, high].

        The mix is that of the parameters times `pull` (ROWS + 1,), never last. Levels that a price at `floor` has
        passed are not opened; what would have stood there is opened elsewhere in proportion.
        """
        if base <= 0:
            return
        position = self.window.position
        opened = self._opening.opened(position(low), position(high), self.first_swept(floor), pull)
        self.rest[-1] += base * opened.never
        self.rest[:-1] += base * opened.outside
        self._fill(opened, base, position(floor))

    def _fill(self, opened: Opened, base: float, position: float) -> None:
        cells, kept, cell = self._cells.ravel(), self.kept.ravel(), opened.cell
        coins = base / self._factor
        before = cells.take(cell)
        after = coins.take(opened.row)
        after *= opened.share
        after += before
        cells[cell] = after
        self._sums += opened.by_row * coins
        np.maximum(self._tops, opened.tops, out=self._tops)
        if not self.params.has_stops:
            return
        fresh = self._approach.fresh(opened.row, opened.column, position)
        old = kept.take(cell)
        old -= fresh
        old *= before / np.maximum(after, LEAST_BASE)
        old += fresh
        kept[cell] = old

    def levels(self, first: int, stop: int, weight: Floats | None = None) -> Floats:
        """Return the base coin whose liquidation price lies in each own-direction bin of [first, stop).

        `weight` (ROWS,) or (draws, ROWS) counts each row so many times; the result then is (stop - first,) or
        (draws, stop - first).
        """
        at = self.window.first_bin
        a, b = max(first, at), min(stop, at + BINS)
        shape = () if weight is None else weight.shape[:-1]
        out = np.zeros((*shape, stop - first))
        if a < b:
            factor = self._factor if weight is None else weight * self._factor
            out[..., a - first : b - first] = factor @ self._cells[:, a - at : b - at]
        return out


def survivors(held: Floats, hazard: Floats, target_base: float) -> tuple[Floats, float]:
    """Return the share of each row that survives exp(-h u), and u >= 0, solved so that `target_base` is left."""
    total = float(held.sum())
    if target_base >= total:
        return np.ones_like(held), 0.0
    if target_base <= 0:
        return np.zeros_like(held), 0.0
    # By convexity this is not beyond the root, and from this side the steps do not overshoot.
    u = (math.log(total) - math.log(target_base)) / float(held / total @ hazard)
    for _ in range(20):
        survive = np.exp(-hazard * u)
        left = held * survive
        after = float(left.sum())
        if after - target_base <= 1e-14 * total:
            break
        u += (after - target_base) / float(left @ hazard)
    if after <= 0:
        return np.full_like(held, target_base / total), u
    survive *= target_base / after
    return survive, u
