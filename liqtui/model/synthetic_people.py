"""The people who open positions in a synthetic market: what they trade like, how much, and at which leverage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARES = np.array([0.60, 0.33, 0.07])
"""Share of new positions by style: scalpers, swing traders, carriers."""
LIFE_MIN = np.array([3.0, 30.0, 90.0]) * 60.0
"""Mean life of a position that is neither in danger nor in great profit."""
LEVERAGE_MEDIAN = np.array([45.0, 9.0, 2.6])
LEVERAGE_SPREAD = np.array([0.7, 0.7, 0.6])
SIZE_MEDIAN = np.array([0.3, 2.0, 7.0])
"""Relative; sizes are scaled to the amount that changes hands."""
SIZE_SPREAD = 1.8
LARGEST = 2.5
"""Sizes end at so many standard deviations: nobody is the market."""

DIALLED = np.array([1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 25.0, 50.0, 75.0, 100.0, 125.0])
"""Leverages that people dial in."""
DIALLED_EDGES = np.sqrt(DIALLED[1:] * DIALLED[:-1])
DIALLED_SHARE = 0.65

BLOCK = 1024
"""People drawn at once: most of what a few cost is the call."""


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Some people, one for each element."""

    style: Ints
    size: Floats
    """Relative."""
    leverage: Floats
    """Wished for; the market may not offer it."""
    rate: Floats
    """Chance a minute to close without need."""

    def __len__(self) -> int:
        return len(self.style)

    def between(self, first: int, stop: int) -> "Newcomers":
        """Return some of them, in the same order."""
        at = slice(first, stop)
        return Newcomers(self.style[at], self.size[at], self.leverage[at], self.rate[at])


class People:
    """An endless row of people: the same for the same generator, asked the same."""

    def __init__(self, shares: Floats, rng: np.random.Generator) -> None:
        """`shares` (styles,) is how common each style is."""
        self._upper = np.cumsum(shares / shares.sum())
        self._rng = rng
        self._drawn, self._taken = self._draw(0), 0

    def next(self, count: int) -> Newcomers:
        """Return the next `count` of them."""
        if self._taken + count > len(self._drawn):
            # The few that are left are passed over, so that whoever is taken stands in one block.
            self._drawn, self._taken = self._draw(max(count, BLOCK)), 0
        first, self._taken = self._taken, self._taken + count
        return self._drawn.between(first, self._taken)

    def _draw(self, count: int) -> Newcomers:
        rng = self._rng
        style = np.minimum(np.searchsorted(self._upper, rng.random(count), side="right"), len(self._upper) - 1)
        tail = np.minimum(rng.standard_normal(count), LARGEST)
        free = LEVERAGE_MEDIAN[style] * np.exp(LEVERAGE_SPREAD[style] * rng.standard_normal(count))
        dialled = DIALLED[np.searchsorted(DIALLED_EDGES, free)]
        leverage = np.where(rng.random(count) < DIALLED_SHARE, dialled, free)
        return Newcomers(style, SIZE_MEDIAN[style] * np.exp(SIZE_SPREAD * tail), leverage, 1 / LIFE_MIN[style])
