"""The book of one market: both sides carried over each bar, each totalling the open interest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from liqtui.model.exposure import Sweep
from liqtui.model.market import SIDES, Side
from liqtui.model.opening import Opening
from liqtui.model.params import BookParams, Floats
from liqtui.model.side_book import SideBook

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


class Book:
    """Both sides of one market; each totals the open interest after every step."""

    def __init__(self, params: BookParams | None = None, openings: Mapping[Side, Opening] | None = None) -> None:
        """Begin empty; `openings` by side may be shared by books that differ only in how positions end."""
        self.params = params or BookParams()
        shared = openings or {}
        self.sides: dict[Side, SideBook] = {side: SideBook(side, self.params, shared.get(side)) for side in SIDES}
        self.oi_base = 0.0
        self.started = False
        self._spent: dict[Side, float] = dict.fromkeys(SIDES, 0.0)
        """Business time that the newest step took: how long nerves were tried until the next one."""
        self.faults = 0
        """Side-steps in which more was liquidated than open interest and births allow."""

    def start(self, close_log: float, oi_base: float) -> None:
        """Begin with the assumed standing book."""
        for book in self.sides.values():
            book.start(book.sign * close_log, oi_base)
        self.oi_base, self.started = oi_base, True

    def step(self, flow: Flow) -> dict[Side, Floats]:
        """Carry the book over one bar; return what was swept of each side by distance bin, (K,) base coin."""
        taken = {side: self._step_side(book, flow) for side, book in self.sides.items()}
        self.oi_base = flow.oi_base
        return taken

    def births_base(self, flow: Flow) -> float:
        """Return what each side opens in the bar: max(dOI, 0) + rho (V - |dOI|), at most the open interest."""
        change = flow.oi_base - self.oi_base
        turned = self.params.rho * max(flow.volume_base - abs(change), 0.0)
        return min(max(change, 0.0) + turned, flow.oi_base)

    def _step_side(self, book: SideBook, flow: Flow) -> Floats:
        low = min(book.sign * y for y in flow.swept_log or (flow.low_log, flow.high_log))
        taken = book.sweep(low)
        births = self.births_base(flow)
        total = self.oi_base - float(taken.sum())
        if total + births < flow.oi_base * (1 - CONSERVED):
            self.faults += 1
        most_births = max(births, flow.volume_base - max(self.oi_base - flow.oi_base, 0.0))
        most = total + most_births - flow.oi_base
        most -= book.stop_out(low, most)
        book.lose_nerve(low, self._spent[book.side], most)
        book.follow(book.sign * flow.close_log)
        held = book.held()
        births = max(births, flow.oi_base - float(held.sum()))
        self._spent[book.side] = book.close_out(held, flow.oi_base - births)
        self._open(book, flow, births)
        return taken

    def _open(self, book: SideBook, flow: Flow, births: float) -> None:
        """Open `births` coins: a change of open interest over the range it came about in, the rest over the bar's."""
        lean = self.params.taker_gain * flow.taker + self.params.crowd_gain * flow.crowd
        pull = np.exp(book.sign * lean * self.params.tilt_rank)
        low, high = sorted((book.sign * flow.low_log, book.sign * flow.high_log))
        close = book.sign * flow.close_log
        if flow.change_log is not None:
            change = min(max(flow.oi_base - self.oi_base, 0.0), births)
            then = sorted(book.sign * y for y in flow.change_log)
            book.deposit(change, pull, then[0], then[1], low)
            births -= change
        book.deposit(births, pull, low, high, close)

    def levels(self, first: int, stop: int, weights: Mapping[Side, Floats] | None = None) -> tuple[Floats, Floats]:
        """Return long and short base coin by bin of the liquidation price, for the absolute bins [first, stop).

        `weights` by side, (K,) or (draws, K), count each distance bin so many times.
        """
        long, short = (None, None) if weights is None else (weights["long"], weights["short"])
        return self.side_levels("long", first, stop, long), self.side_levels("short", first, stop, short)

    def side_levels(self, side: Side, first: int, stop: int, weight: Floats | None = None) -> Floats:
        """Return what `levels` does of one side."""
        book = self.sides[side]
        if side == "long":
            return book.levels(first, stop, weight)
        return book.levels(-stop, -first, weight)[..., ::-1]

    def sweeps(self) -> dict[Side, Sweep]:
        """Return what the newest step took from each side, cell by cell."""
        return {side: book.swept for side, book in self.sides.items()}
