"""What a map has to beat: the age of a level alone, and volume laid at fixed leverages.

All work on levels of a fifth of a book bin (1 bp), counted in absolute log price.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from liqtui.model.grid import BOOK_BIN_LOG
from liqtui.model.market import DAY_MS, MINUTE_MS, SIDES, SIGN, PriceBar, Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS_PER_BIN = 5
LEVEL_LOG = BOOK_BIN_LOG / LEVELS_PER_BIN
RING = 32_768
"""Levels held, addressed by their number modulo this: they cover a factor of 26 in price."""

NEVER_MS = 30.0 * DAY_MS
"""Age of a level that price has not touched since the start."""

TAUS_MS: Floats = np.geomspace(10 * MINUTE_MS, 8 * DAY_MS, 12)
"""Memories tried for the age of a level."""

LEVERAGES = (10.0, 25.0, 50.0, 100.0)
SHIFTS = tuple(tuple(round(math.log1p(-SIGN[side] / leverage) / LEVEL_LOG) for leverage in LEVERAGES) for side in SIDES)
"""Levels from entry to liquidation at each of them, of longs and of shorts."""


def levels_between(low_log: float, high_log: float) -> Ints:
    """Return the absolute levels whose middles lie in [low, high)."""
    return np.arange(math.ceil(low_log / LEVEL_LOG - 0.5), math.ceil(high_log / LEVEL_LOG - 0.5))


class LevelAges:
    """When price last touched each level."""

    def __init__(self) -> None:
        self.touched_ms: Ints = np.full(RING, -1, dtype=np.int64)

    def touch(self, low_log: float, high_log: float, now_ms: int) -> None:
        """Note that price has crossed a range."""
        self.touched_ms[levels_between(low_log, high_log) % RING] = now_ms

    def ages_ms(self, levels: Ints, now_ms: int) -> Floats:
        """Return how long ago each level was touched, at most NEVER_MS."""
        touched = self.touched_ms[levels % RING]
        ages: Floats = np.where(touched < 0, NEVER_MS, np.clip(now_ms - touched, 0, NEVER_MS)).astype(np.float64)
        return ages


def price_alone(ages_ms: Floats) -> Floats:
    """Return 1 - exp(-age / tau) for each of TAUS_MS: (taus, levels)."""
    values: Floats = -np.expm1(-ages_ms / TAUS_MS[:, None])
    return values


class FixedLeverage:
    """The usual recipe: the volume of each bar laid at fixed leverages from its prices, wiped where price crosses."""

    def __init__(self) -> None:
        self.usd: Floats = np.zeros((2, RING))
        """(sides, levels) long first."""

    def add(self, bar: PriceBar, before_usd: float) -> None:
        """Take in a bar that follows a price."""
        low, high = math.log(bar.low_usd), math.log(bar.high_usd)
        before = math.log(before_usd)
        crossed = levels_between(min(low, before), max(high, before))
        for own in _stretches(crossed[0] if len(crossed) else 0, len(crossed)):
            self.usd[:, own] = 0.0
        entries = levels_between(low, high)
        first, count = (int(entries[0]), len(entries)) if len(entries) else (math.floor(low / LEVEL_LOG), 1)
        each = max(bar.volume_base, 0.0) * bar.close_usd / len(LEVERAGES) / count
        for row, shifts in enumerate(SHIFTS):
            for shift in shifts:
                for own in _stretches(first + shift, count):
                    self.usd[row, own] += each

    def at(self, side: Side, levels: Ints) -> Floats:
        """Return the notional laid at levels of one side."""
        laid: Floats = self.usd[SIDES.index(side), levels % RING]
        return laid


def _stretches(first: int, count: int) -> Iterator[slice]:
    """Yield where `count` levels from `first` on lie in the ring, at most all of it."""
    at, left = first % RING, min(count, RING)
    yield slice(at, min(at + left, RING))
    if at + left > RING:
        yield slice(0, at + left - RING)
