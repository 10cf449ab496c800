"""The map of one moment, of a market or of several together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class NowMap:
    """The map of this moment, on the grid of the book."""

    first_bin: int
    """Absolute book bin of the first element."""
    width_log: float
    long_usd: NDArray[np.float64]
    """(bins,) estimated long notional by bin of the liquidation price."""
    short_usd: NDArray[np.float64]
    """(bins,)"""


def combine_now(maps: Sequence[NowMap]) -> NowMap | None:
    """Return the sum over venues, bin by bin; None of none."""
    if not maps:
        return None
    first = min(m.first_bin for m in maps)
    stop = max(m.first_bin + len(m.long_usd) for m in maps)
    long, short = np.zeros(stop - first), np.zeros(stop - first)
    for m in maps:
        at = slice(m.first_bin - first, m.first_bin - first + len(m.long_usd))
        long[at] += m.long_usd
        short[at] += m.short_usd
    return NowMap(first, maps[0].width_log, long, short)
