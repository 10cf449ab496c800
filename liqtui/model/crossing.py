"""How price got to the levels that it crossed within several bars: what stands there gives up on the way as it does
bar by bar."""

from dataclasses import dataclass

import numpy as np

from liqtui.model.params import Floats


@dataclass(frozen=True, slots=True)
class Crossing:
    """The columns of one side that price crossed, positions in columns."""

    level: Floats
    """(n,) middle of each."""
    before: Floats
    """(n,) lowest price of the bars before the one that crossed it; infinite for the first bar's."""
    mean: Floats
    """(n,) mean of the lowest prices of these bars."""
    waited: Floats
    """(n,) share of the bars that came before."""


def crossing(first: int, stop: int, lows: Floats) -> Crossing:
    """Return how the columns [first, stop) were crossed by bars whose lowest prices were at `lows` (bars,).

    Of columns that no bar reached the last bar counts as the one that crossed them.
    """
    level: Floats = np.arange(first, stop, dtype=np.float64)
    level += 0.5
    reached: Floats = np.minimum.accumulate(lows)
    # The first bar that reached the level.
    at = np.minimum(np.searchsorted(-reached, -level), len(lows) - 1)
    bars = np.arange(1, len(lows))
    means = lows.cumsum()[:-1] / bars
    share: Floats = at / len(lows)
    before: Floats = np.append(np.inf, reached[:-1])[at]
    mean: Floats = np.append(np.inf, means)[at]
    return Crossing(level, before, mean, share)
