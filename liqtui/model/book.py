"""The books of one market, one for each expert: both sides carried over each bar, each totalling the open interest.

All experts' books open the same and differ in how positions end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from liqtui.model.lanes import Lanes
from liqtui.model.market import SIDES, Side
from liqtui.model.opening import Pair
from liqtui.model.params import BookParams, Floats, Ints

NERVE_BARS = 3
"""Nerves are tried once in so many bars, for the time of all: where price stood is much the same in each."""

CONSERVED = 1e-9
"""Largest relative difference between a side and the open interest that is not a fault."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of several bars opened, and between which log prices."""

    low_log: float
    high_log: float
    close_log: float
    entries_log: tuple[float, float]
    """Range over which it opened, much the same as that of its prices."""
    births_base: float
    """Over all bars together the change in open interest would hide what came and went."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What happened within a flow of several bars."""

    parts: tuple[Part, ...]
    """In order of time."""
    lows_log: tuple[float, ...]
    """Lowest log price swept in each bar."""
    highs_log: tuple[float, ...]

    @property
    def births_base(self) -> float:
        """Base coin opened."""
        return sum(part.births_base for part in self.parts)

    def births(self) -> Floats:
        """Return what each part opened, (parts, 1)."""
        return np.array([[part.births_base] for part in self.parts])

    def early(self) -> NDArray[np.bool_]:
        """Return whether each part came before that in which price went farthest, (parts, 2)."""
        out: NDArray[np.bool_] = np.arange(len(self.parts))[:, None] < np.array(self.farthest())
        return out

    def stood_log(self) -> tuple[float, float]:
        """Return the mean of the lowest prices of the bars, and of the highest."""
        return fmean(self.lows_log), fmean(self.highs_log)

    def farthest(self) -> tuple[int, int]:
        """Return the part in which price was lowest, and that in which it was highest."""
        lows, highs = [part.low_log for part in self.parts], [part.high_log for part in self.parts]
        return lows.index(min(lows)), highs.index(max(highs))


@dataclass(frozen=True, slots=True)
class Flow:
    """What one bar did to the positions of a market; prices are logarithms."""

    low_log: float
    high_log: float
    """Range of the bar, in which its positions were opened."""
    close_log: float
    volume_base: float
    oi_base: float
    """Open interest as known at the bar's end."""
    taker: float = 0.0
    """Taker buys minus sells over volume, in [-1, 1]; 0 where unknown."""
    crowd: float = 0.0
    """How far the crowd leans to the long side, in [-1, 1]; 0 where unknown."""
    swept_log: tuple[float, float] | None = None
    """Range that triggered liquidations (mark prices, a jump), where it is not the bar's own."""
    change_log: tuple[float, float] | None = None
    """Range over which the change in open interest came about, where it is not the bar's own."""
    inside: Inside | None = None
    """Where it is of several bars."""

    @property
    def swept(self) -> tuple[float, float]:
        """Range that triggered liquidations."""
        return self.swept_log or (self.low_log, self.high_log)


def opened_base(before_base: float, oi_base: float, volume_base: float, rho: float) -> float:
    """Return what each side opens in a bar: max(dOI, 0) + rho (V - |dOI|), at most the open interest at its end."""
    change = oi_base - before_base
    return min(max(change, 0.0) + rho * max(volume_base - abs(change), 0.0), oi_base)


def births_base(flow: Flow, before_base: float, rho: float) -> float:
    """Return what each side opens in a flow after an open interest of `before_base`."""
    if flow.inside is None:
        return opened_base(before_base, flow.oi_base, flow.volume_base, rho)
    return min(max(flow.inside.births_base, flow.oi_base - before_base), flow.oi_base)


class Books:
    """Both sides of one market for each expert; each totals the open interest after every step."""

    def __init__(self, params: Sequence[BookParams]) -> None:
        """Begin empty; `params` are those of the experts, which differ only in how positions end."""
        self.params = params[0]
        self.lanes = Lanes(params)
        self.oi_base = 0.0
        self.started = False
        self._spent: Floats = np.zeros((len(params), 2))
        """Business time of the steps since nerves were tried."""
        self._bars = 0
        self.faults: Ints = np.zeros(len(params), dtype=np.int64)
        """By expert, the side-steps in which more was liquidated than open interest and births allow."""

    def start(self, close_log: float, oi_base: float) -> None:
        """Begin with the assumed standing book."""
        self.lanes.start((close_log, -close_log), oi_base)
        self.oi_base, self.started = oi_base, True

    def step(self, flow: Flow) -> Floats:
        """Carry the books over one bar; return what was swept by distance bin, (experts, 2, ROWS) base coin."""
        lanes = self.lanes
        low = _downward(flow.swept)[0]
        births = births_base(flow, self.oi_base, self.params.rho)
        pull = self._pull(flow)
        early = np.zeros(2) if flow.inside is None else self._open_early(flow.inside, pull, births)
        gone = self._give_up(flow, low)
        taken = lanes.sweep(low)
        total = self.oi_base + early - gone - taken.sum(-1)
        self.faults += (total + births - early < flow.oi_base * (1 - CONSERVED)).sum(1)
        most_births = max(births, flow.volume_base - max(self.oi_base - flow.oi_base, 0.0))
        most = total - early + (most_births - flow.oi_base)
        most -= lanes.stop_out(low, most)
        self._lose_nerve(flow, low, most)
        lanes.follow(_both(flow.close_log))
        held = lanes.held()
        opened = np.maximum(flow.oi_base - held.sum(-1), births - early)
        if flow.inside is None:
            self._spent += lanes.close_out(held, flow.oi_base - opened)
            self._open(flow, pull, opened)
        else:
            self._turn_over(flow.inside, pull, opened, held.sum(-1) + opened - flow.oi_base)
        self.oi_base = flow.oi_base
        return taken

    def _lose_nerve(self, flow: Flow, low: Pair, most: Floats) -> None:
        inside = flow.inside
        self._bars += 1 if inside is None else len(inside.lows_log)
        if self._bars >= NERVE_BARS:
            stood = low if inside is None else _downward(inside.stood_log())[0]
            self.lanes.lose_nerve(stood, self._spent, most)
            self._spent[:] = 0.0
            self._bars = 0

    def _give_up(self, flow: Flow, low: Pair) -> Floats:
        """Close what gives up between the bars that one joins, before price crosses its level; return it, (n, 2)."""
        if flow.inside is None:
            return np.zeros_like(self._spent)
        lows = np.array(flow.inside.lows_log), -np.array(flow.inside.highs_log)
        return self.lanes.give_up(low, lows, self._spent)

    def _open_early(self, inside: Inside, pull: Floats, births: float) -> Floats:
        """Open what was opened before price went farthest, and may be swept in the same flow; return it, (2,)."""
        opened = inside.births() * inside.early()
        opened *= births / max(inside.births_base, 1e-300)
        for part, own in zip(inside.parts[: max(inside.farthest())], opened, strict=False):
            low, high = _downward(part.entries_log)
            self.lanes.deposit(np.tile(own, (len(self.faults), 1)), pull, low, high, _both(part.close_log))
        out: Floats = opened.sum(0)
        return out

    def _turn_over(self, inside: Inside, pull: Floats, births: Floats, deaths: Floats) -> None:
        """Close `deaths` and open `births` coins (experts, 2), part after part.

        Opened is from when price went farthest on, at levels that it has not crossed since.
        """
        count = len(inside.parts)
        weight = inside.births() * ~inside.early()
        weight[-1] += weight.sum(0) <= 0
        weight /= weight.sum(0)
        lows, highs = [part.low_log for part in inside.parts], [part.high_log for part in inside.parts]
        for at, part in enumerate(inside.parts):
            held = self.lanes.held()
            self._spent += self.lanes.close_out(held, held.sum(-1) - deaths / count)
            low, high = _downward(part.entries_log)
            floor = min([part.close_log, *lows[at + 1 :]]), -max([part.close_log, *highs[at + 1 :]])
            self.lanes.deposit(births * weight[at], pull, low, high, floor)

    def _open(self, flow: Flow, pull: Floats, births: Floats) -> None:
        """Open `births` coins: a change of open interest over the range it came about in, the rest over the bar's."""
        low, high = _downward((flow.low_log, flow.high_log))
        if flow.change_log is not None and flow.oi_base > self.oi_base:
            change = np.minimum(flow.oi_base - self.oi_base, births)
            self.lanes.deposit(change, pull, *_downward(flow.change_log), low)
            births = births - change
        self.lanes.deposit(births, pull, low, high, _both(flow.close_log))

    def _pull(self, flow: Flow) -> Floats:
        """Return what the assumed mix is multiplied by for what is opened, (2, ROWS + 1)."""
        lean = self.params.taker_gain * flow.taker + self.params.crowd_gain * flow.crowd
        tilt = np.exp(lean * self.params.tilt_rank)
        return np.stack([tilt, 1 / tilt])

    def levels(self, expert: int, side: Side, first: int, stop: int, weight: Floats | None = None) -> Floats:
        """Return a side's base coin by bin of the liquidation price, for the absolute bins [first, stop).

        `weight`, (ROWS,) or (draws, ROWS), counts each distance bin so many times.
        """
        at = SIDES.index(side)
        if side == "long":
            return self.lanes.levels(expert, at, first, stop, weight)
        return self.lanes.levels(expert, at, -stop, -first, weight)[..., ::-1]


def _both(price_log: float) -> Pair:
    """Return a log price in each side's own direction."""
    return price_log, -price_log


def _downward(range_log: tuple[float, float]) -> tuple[Pair, Pair]:
    """Return lowest and highest of a range of log prices in each side's own direction."""
    low, high = min(range_log), max(range_log)
    return (low, -high), (high, -low)
