"""From a map of this moment to ranked clusters: zones around the prominent peaks of its smoothed profile."""

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from liqtui.model.market import SIDES, SIGN, Side
from liqtui.model.snapshot import Cluster

FloatArray = NDArray[np.float64]

REACH_PCT = 25.0
"""Notional farther from price than this counts neither in clusters nor in the totals that shares refer to."""
MAX_CLUSTERS = 12
"""On each side."""
LEAST_SHARE_PCT = 1.0
"""Zones with less of their side's notional are left out."""
SMOOTH_LOG = 1.5e-3
"""Standard deviation of the smoothing in log price: a level is not known better than this."""
LEAST_PROMINENCE = 0.1
"""A peak that rises less than this share of its height over the saddle to a higher one is a part of that one."""
ZONE_HEIGHT = 0.5
"""A zone is the cells around a peak that reach this share of its height."""
ZONE_REACH_LOG = 0.0075
"""A zone ends this far from its peak at the latest."""


def find_clusters(
    first_bin: int,
    width_log: float,
    long_usd: FloatArray,
    short_usd: FloatArray,
    price_usd: float,
    atr_usd: float | None,
) -> tuple[Cluster, ...]:
    """Return the clusters of a map, longs (below price) then shorts (above), largest first within each side.

    `long_usd` and `short_usd` are (bins,) of notional; bin i covers log price [b w, (b + 1) w),
    b = first_bin + i, w = `width_log`.
    Zones of a side do not overlap and their notional is that of the cells themselves, not of the smoothed ones.
    """
    found: list[Cluster] = []
    for side, usd in zip(SIDES, (long_usd, short_usd), strict=True):
        low, high = _reach(side, first_bin, width_log, len(usd), price_usd)
        total = float(usd[low:high].sum())
        if total > 0.0:
            zones = [
                _cluster(side, (first_bin, width_log), usd, zone, total, price_usd, atr_usd)
                for zone in _zones(usd, low, high, width_log)
            ]
            zones = [zone for zone in zones if zone.share_pct >= LEAST_SHARE_PCT]
            found += sorted(zones, key=lambda zone: -zone.usd)[:MAX_CLUSTERS]
    return tuple(found)


def side_totals(
    first_bin: int, width_log: float, long_usd: FloatArray, short_usd: FloatArray, price_usd: float
) -> tuple[float, float]:
    """Return the notional in USD of longs below price and of shorts above it, within `REACH_PCT`."""
    totals = []
    for side, usd in zip(SIDES, (long_usd, short_usd), strict=True):
        low, high = _reach(side, first_bin, width_log, len(usd), price_usd)
        totals.append(float(usd[low:high].sum()))
    return totals[0], totals[1]


def asymmetry(long_usd: float, short_usd: float) -> float:
    """Return shorts minus longs over their sum, in [-1, 1]; positive when more is to be liquidated above price."""
    both = long_usd + short_usd
    return (short_usd - long_usd) / both if both > 0.0 else 0.0


def _reach(side: Side, first_bin: int, width_log: float, bins: int, price_usd: float) -> tuple[int, int]:
    """Return the slice of a side's bins whose middle lies on its side of price and within reach."""
    near = math.log(price_usd) / width_log - first_bin - 0.5
    far = math.log(price_usd * (1.0 + -SIGN[side] * REACH_PCT / 100.0)) / width_log - first_bin - 0.5
    low, high = (math.ceil(far), math.ceil(near)) if side == "long" else (math.floor(near) + 1, math.floor(far) + 1)
    low = min(max(low, 0), bins)
    return low, min(max(high, low), bins)


def _cluster(
    side: Side,
    grid: tuple[int, float],
    usd: FloatArray,
    zone: tuple[int, int, int],
    total_usd: float,
    price_usd: float,
    atr_usd: float | None,
) -> Cluster:
    start, peak, end = zone
    first_bin, width_log = grid
    low, at, high = (math.exp((first_bin + bin_) * width_log) for bin_ in (start, peak + 0.5, end))
    notional = float(usd[start:end].sum())
    return Cluster(
        side=side,
        price_usd=at,
        low_usd=max(low, price_usd) if side == "short" else low,
        high_usd=min(high, price_usd) if side == "long" else high,
        usd=notional,
        share_pct=100.0 * notional / total_usd,
        distance_pct=100.0 * (at / price_usd - 1.0),
        distance_atr=(at - price_usd) / atr_usd if atr_usd else None,
    )


def _zones(usd: FloatArray, low: int, high: int, width_log: float) -> list[tuple[int, int, int]]:
    """Return (start, peak, end) of the zones in bins [low, high)."""
    kernel = _kernel(width_log)
    pad = len(kernel) // 2
    # Cells beyond the far end take part in the smoothing, so that the end of the reach makes no peak of its own.
    left, right = max(low - pad - 1, 0), min(high + pad + 1, len(usd))
    smooth = np.convolve(usd[left:right], kernel)[pad : pad + right - left]
    peaks, saddles = _prominent(smooth, low - left, high - left)
    reach = max(round(ZONE_REACH_LOG / width_log), 1)
    edges = [low - left - 1, *saddles, high - left - 1]
    zones = []
    for at, before, after in zip(peaks, edges, edges[1:], strict=False):
        start, end = _half_height(smooth, at, max(before + 1, at - reach), min(after + 1, at + reach + 1))
        zones.append((start + left, at + left, end + left))
    return zones


@lru_cache(maxsize=4)
def _kernel(width_log: float) -> FloatArray:
    spread = max(SMOOTH_LOG / width_log, 1e-3)
    half = math.ceil(3 * spread)
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / spread) ** 2)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _prominent(smooth: FloatArray, low: int, high: int) -> tuple[list[int], list[int]]:
    """Return the prominent peaks in [low, high) and the saddles between neighbours."""
    padded = np.concatenate(([0.0], smooth, [0.0]))
    rises = padded[1:-1] > padded[:-2]
    falls = padded[1:-1] >= padded[2:]
    peaks: list[int] = [int(at) for at in np.flatnonzero(rises & falls) if low <= at < high]
    saddles = [left + int(np.argmin(smooth[left:right])) for left, right in pairwise(peaks)]
    heights = smooth.tolist()
    while saddles:
        lower = [min(heights[left], heights[right]) for left, right in pairwise(peaks)]
        depth = [1.0 - heights[saddle] / least for saddle, least in zip(saddles, lower, strict=True)]
        shallow = min(range(len(depth)), key=depth.__getitem__)
        if depth[shallow] >= LEAST_PROMINENCE:
            break
        del saddles[shallow]
        del peaks[shallow + (heights[peaks[shallow]] >= heights[peaks[shallow + 1]])]
    return peaks, saddles


def _half_height(smooth: FloatArray, peak: int, start: int, end: int) -> tuple[int, int]:
    """Return the contiguous cells of [start, end) around the peak that reach `ZONE_HEIGHT` of it."""
    under = smooth < ZONE_HEIGHT * smooth[peak]
    before = np.flatnonzero(under[start:peak])
    after = np.flatnonzero(under[peak:end])
    return start + int(before[-1]) + 1 if len(before) else start, peak + int(after[0]) if len(after) else end
