"""Where a print belongs: its liquidation price, corrected for what the recovery of it gets wrong all the time.

A liquidation price is recovered with an assumed maintenance rate and fee. Where a venue charges others, all prints of a
side are off by the same few basis points, and lie beyond what price has reached. The correction is the smallest shift
with which as many prints as possible lie where price has been.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liqtui.model.baselines import LEVEL_LOG
from liqtui.model.market import SIGN, Liquidation, Side

MOST_LEVELS = 25
"""Largest shift: 25 bp."""
SMALLEST_FIRST = np.argsort(np.abs(np.arange(-MOST_LEVELS, MOST_LEVELS + 1)), kind="stable")
NEARLY = 0.98
"""A shift is as good as the best if it places this share of what the best places."""
ENOUGH = 20.0
"""Prints seen before a shift is believed."""
FORGET = 0.999
"""Weight kept of the past at each print."""


def level_log(print_: Liquidation) -> float | None:
    """Return the log of the recovered liquidation price, else of the printed one; None if neither is a price."""
    for price in (print_.liquidation_usd, print_.price_usd):
        if price is not None and 0 < price < math.inf:
            return math.log(price)
    return None


class PlaceShift:
    """The shift of liquidation prices toward the market's side, learned from the prints so far."""

    def __init__(self) -> None:
        self.hits: NDArray[np.float64] = np.zeros(2 * MOST_LEVELS + 1)
        """How often each shift, from -MOST_LEVELS to MOST_LEVELS, has placed a print inside what was swept."""
        self.seen = 0.0
        self._shift: float | None = None

    def add(self, side: Side, place_log: float, far_log: float, near_log: float) -> None:
        """Take in a print against what its bar swept: from `near` (the price before) to `far`."""
        first = math.ceil((far_log - place_log) * SIGN[side] / LEVEL_LOG) + MOST_LEVELS
        last = math.floor((near_log - place_log) * SIGN[side] / LEVEL_LOG) + MOST_LEVELS
        self.hits *= FORGET
        self.hits[max(first, 0) : max(last + 1, 0)] += 1
        self.seen = self.seen * FORGET + 1.0
        self._shift = None

    def shift_log(self, side: Side) -> float:
        """Return what to add to the log of a liquidation price."""
        if self._shift is None:
            self._shift = self._found()
        return SIGN[side] * self._shift

    def state(self) -> list[float]:
        """Return what was learned."""
        return [self.seen, *self.hits.tolist()]

    def restore(self, state: Sequence[Any]) -> None:
        """Take up what `state` returned; ValueError if it is of another shape."""
        values = np.array(state, dtype=np.float64)
        if values.shape != (1 + len(self.hits),) or not np.isfinite(values).all():
            raise ValueError("levels of prints of another shape")
        self.seen, self.hits, self._shift = float(values[0]), values[1:], None

    def _found(self) -> float:
        best = self.hits.max()
        if self.seen < ENOUGH or best <= 0:
            return 0.0
        return LEVEL_LOG * float(SMALLEST_FIRST[np.argmax(self.hits[SMALLEST_FIRST] >= NEARLY * best)] - MOST_LEVELS)
