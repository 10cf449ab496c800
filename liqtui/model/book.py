"""The books of one market, one for each expert: both sides carried over each bar, each totalling the open interest.

All experts' books open the same and differ in how positions end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liqtui.model.lanes import Lanes
from liqtui.model.market import SIDES, Side
from liqtui.model.opening import Pair
from liqtui.model.params import BookParams, Floats, Ints

NERVE_STEPS = 3
"""Nerves are tried once in so many steps, for the time of all: where price stood is much the same in each."""

CONSERVED = 1e-9
"""Largest relative difference between a side and the open interest that is not a fault."""


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
        self._steps = 0
        self.faults: Ints = np.zeros(len(params), dtype=np.int64)
        """By expert, the side-steps in which more was liquidated than open interest and births allow."""

    def start(self, close_log: float, oi_base: float) -> None:
        """Begin with the assumed standing book."""
        self.lanes.start((close_log, -close_log), oi_base)
        self.oi_base, self.started = oi_base, True

    def births_base(self, flow: Flow) -> float:
        """Return what each side opens in the bar: max(dOI, 0) + rho (V - |dOI|), at most the open interest."""
        change = flow.oi_base - self.oi_base
        turned = self.params.rho * max(flow.volume_base - abs(change), 0.0)
        return min(max(change, 0.0) + turned, flow.oi_base)

    def step(self, flow: Flow) -> Floats:
        """Carry the books over one bar; return what was swept by distance bin, (experts, 2, ROWS) base coin."""
        lanes = self.lanes
        low = _downward(flow.swept_log or (flow.low_log, flow.high_log))[0]
        taken = lanes.sweep(low)
        births = self.births_base(flow)
        total = self.oi_base - taken.sum(-1)
        self.faults += (total + births < flow.oi_base * (1 - CONSERVED)).sum(1)
        most_births = max(births, flow.volume_base - max(self.oi_base - flow.oi_base, 0.0))
        most = total + (most_births - flow.oi_base)
        most -= lanes.stop_out(low, most)
        self._steps += 1
        if self._steps % NERVE_STEPS == 0:
            lanes.lose_nerve(low, self._spent, most)
            self._spent[:] = 0.0
        lanes.follow((flow.close_log, -flow.close_log))
        held = lanes.held()
        opened = np.maximum(flow.oi_base - held.sum(-1), births)
        self._spent += lanes.close_out(held, flow.oi_base - opened)
        self._open(flow, opened)
        self.oi_base = flow.oi_base
        return taken

    def _open(self, flow: Flow, births: Floats) -> None:
        """Open `births` coins: a change of open interest over the range it came about in, the rest over the bar's."""
        lean = self.params.taker_gain * flow.taker + self.params.crowd_gain * flow.crowd
        tilt = np.exp(lean * self.params.tilt_rank)
        pull = np.stack([tilt, 1 / tilt])
        low, high = _downward((flow.low_log, flow.high_log))
        if flow.change_log is not None and flow.oi_base > self.oi_base:
            change = np.minimum(flow.oi_base - self.oi_base, births)
            self.lanes.deposit(change, pull, *_downward(flow.change_log), low)
            births = births - change
        self.lanes.deposit(births, pull, low, high, (flow.close_log, -flow.close_log))

    def levels(self, expert: int, side: Side, first: int, stop: int, weight: Floats | None = None) -> Floats:
        """Return a side's base coin by bin of the liquidation price, for the absolute bins [first, stop).

        `weight`, (ROWS,) or (draws, ROWS), counts each distance bin so many times.
        """
        at = SIDES.index(side)
        if side == "long":
            return self.lanes.levels(expert, at, first, stop, weight)
        return self.lanes.levels(expert, at, -stop, -first, weight)[..., ::-1]


def _downward(range_log: tuple[float, float]) -> tuple[Pair, Pair]:
    """Return lowest and highest of a range of log prices in each side's own direction."""
    low, high = min(range_log), max(range_log)
    return (low, -high), (high, -low)
