"""A field of sizes -> ordinal classes: sums over prices, maxima over time, ranks within each side, no interpolation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liqtui.render.view import PriceView, TimeView

CLASSES = 16
"""Classes above 0 (nothing to speak of)."""

RANKS_PCT = (20, 34, 46, 56, 64, 71, 77, 82, 86, 89.5, 92.3, 94.6, 96.4, 97.8, 98.8, 99.5)
"""Class k starts at this percentile of the side's positive cells; the steps narrow towards the top."""

_STEP = 1.3
"""Thresholds move only when half of them, or the highest, are off by this factor."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Field:
    """What is shown, before classes: arrays are (cells, rows), row 0 the lowest price."""

    long_usd: Floats
    short_usd: Floats
    gap: NDArray[np.bool_]
    """(cells,) no data in the whole cell, where there might be some: what is yet to come is not a gap."""
    close_usd: Floats
    """(cells,) last close, NaN in a gap and in what is yet to come."""
    settled: NDArray[np.bool_]
    """(cells,) holds data, none of it still forming."""
    low_usd: Floats
    """(cells,) lowest price, NaN where there is no close."""
    high_usd: Floats


def sum_rows(cells_usd: Floats, first_bin: int, view: PriceView) -> Floats:
    """Return the (columns, view.rows) sums of a (columns, bins) field over each row's bins; bins outside are lost."""
    first, bins_usd = _bins_by_row(cells_usd, first_bin, view)
    sums = np.zeros((len(bins_usd), view.rows))
    sums[:, first : first + bins_usd.shape[1]] = _added(bins_usd)
    return sums


def _bins_by_row(
    cells_usd: Floats | NDArray[np.float32], first_bin: int, view: PriceView
) -> tuple[int, Floats | NDArray[np.float32]]:
    """Return the first row of the view that has bins, and (columns, rows, bins_per_row) of those that have."""
    n, (columns, bins) = view.bins_per_row, cells_usd.shape
    low = view.low_row * n
    start, stop = max(low, first_bin), min(low + view.rows * n, first_bin + bins)
    if start >= stop:
        return 0, np.zeros((columns, 0, n))
    first, end = (start - low) // n, -((low - stop) // n)
    at, shown = start - low - first * n, cells_usd[:, start - first_bin : stop - first_bin]
    if shown.shape[1] != (end - first) * n:
        padded = np.zeros((columns, (end - first) * n), cells_usd.dtype)
        padded[:, at : at + stop - start] = shown
        shown = padded
    return first, shown.reshape(columns, end - first, n)


def _added(bins_usd: Floats | NDArray[np.float32]) -> Floats:
    """Return the sums over the last axis, which is short: numpy would go along it for each of them."""
    sums = bins_usd[..., 0].astype(np.float64)
    for k in range(1, bins_usd.shape[-1]):
        sums += bins_usd[..., k]
    return sums


def side_rows(
    cells_usd: Floats | NDArray[np.float32], first_bin: int, close_usd: Floats, view: PriceView
) -> tuple[Floats, Floats]:
    """Return the sums over each row's bins of the (long, short) parts of a (columns, bins) field.

    Only the row that holds a column's close has bins of both sides: all others are summed once.
    """
    n, (first, bins_usd) = view.bins_per_row, _bins_by_row(cells_usd, first_bin, view)
    here, below = np.divmod(_middles(view).searchsorted(np.log(np.where(np.isnan(close_usd), 1e-300, close_usd))), n)
    count = bins_usd.shape[1]
    own, is_long = slice(first, first + count), np.arange(first, first + count) < here[:, None]
    sums = _added(bins_usd)
    longs, shorts = np.zeros((2, len(cells_usd), view.rows))
    np.copyto(longs[:, own], sums, where=is_long)
    np.copyto(shorts[:, own], sums, where=~is_long)
    split = np.flatnonzero((below > 0) & (here >= first) & (here < first + count))
    at, is_below = here[split], np.arange(n) < below[split, None]
    usd = bins_usd[split, at - first]
    longs[split, at], shorts[split, at] = _added(np.where(is_below, usd, 0.0)), _added(np.where(is_below, 0.0, usd))
    return longs, shorts


@lru_cache(maxsize=8)
def _middles(view: PriceView) -> Floats:
    """Return the middles of the bins of a view in log price."""
    n = view.bins_per_row
    return (np.arange(view.rows * n) + view.low_row * n + 0.5) * np.float64(view.width_log)


def columns_of_cells(
    ts_ms: NDArray[np.int64], step_ms: int, view: TimeView
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return each cell's first column and whether it has any: that start in it, or else the one covering it."""
    starts = (np.arange(view.cells, dtype=np.int64) + view.first_cell) * view.cell_ms
    inside = np.searchsorted(ts_ms, starts, side="left")
    starting = (inside < len(ts_ms)) & (ts_ms[np.minimum(inside, len(ts_ms) - 1)] < starts + view.cell_ms)
    covering = np.searchsorted(ts_ms, starts, side="right") - 1
    covered = (covering >= 0) & (ts_ms[np.maximum(covering, 0)] + step_ms > starts)
    first = np.where(starting, inside, covering)
    return np.clip(first, 0, len(ts_ms) - 1), starting | covered


def reduce_field(
    cells_usd: Floats | NDArray[np.float32], first_bin: int, ts_ms: NDArray[np.int64], step_ms: int, ohlc_usd: Floats,
    gap: NDArray[np.bool_], prices: PriceView, times: TimeView,
) -> Field:  # fmt: skip
    """Return what a view shows of a (columns, bins) field; the last column is taken as still forming."""
    grid = cell_columns(ts_ms.tobytes(), step_ms, times)
    low, at, last, known = grid.low, grid.at, grid.last, grid.known
    bins, close_usd = _bins_shown(first_bin, cells_usd.shape[1], prices), ohlc_usd[low:, 3]
    sides = side_rows(cells_usd[low:, bins], first_bin + bins.start, close_usd, prices)
    long_usd, short_usd = (_masked_max(side, grid) for side in sides)
    empty = np.minimum.reduceat(gap[low:], at) | ~known
    closes = np.where(empty, np.nan, _last_known(close_usd)[last])
    lows, highs = (extreme.reduceat(ohlc_usd[low:, k], at) for extreme, k in ((np.fmin, 2), (np.fmax, 1)))
    lows[empty], highs[empty] = np.nan, np.nan
    settled = ~empty & (last + low < len(ts_ms) - 1)
    return Field(long_usd, short_usd, empty & ~grid.ahead, closes, settled, lows, highs)


@dataclass(frozen=True, slots=True)
class CellColumns:
    """Which columns the cells of a view hold; arrays are (cells,)."""

    low: int
    """The first column that is shown; the others are counted from it."""
    at: NDArray[np.intp]
    """The first column of each cell."""
    last: NDArray[np.intp]
    counts: NDArray[np.intp]
    known: NDArray[np.bool_]
    """Whether there is any."""
    ahead: NDArray[np.bool_]
    """Whether it is yet to come."""


@lru_cache(maxsize=8)
def cell_columns(ts: bytes, step_ms: int, view: TimeView) -> CellColumns:
    """Return which columns the cells hold, of those that open at (columns,) 64-bit integers of epoch ms."""
    ts_ms = np.frombuffer(ts, np.int64)
    first, known = columns_of_cells(ts_ms, step_ms, view)
    low = int(first[0])
    at, count = first - low, len(ts_ms) - low
    last = np.maximum(np.append(at[1:], count) - 1, at)
    ahead = (np.arange(view.cells) + view.first_cell) * view.cell_ms >= ts_ms[-1] + step_ms
    return CellColumns(low, at, last, np.diff(at, append=count), known, ahead)


def column_rows(bins_usd: Floats, first_bin: int, close_usd: float, view: PriceView) -> Floats:
    """Return the (2, rows) sums of longs and of shorts of one (bins,) column over the view's rows."""
    shown = _bins_shown(first_bin, len(bins_usd), view)
    start = first_bin + shown.start - view.low_row * view.bins_per_row
    below = min(max(_bins_below(close_usd, first_bin, view.width_log), shown.start), shown.stop)
    sides = np.zeros((2, view.rows * view.bins_per_row))
    if shown.stop > shown.start:
        edge = start + below - shown.start
        sides[0, start:edge] = bins_usd[shown.start : below]
        sides[1, edge : start + shown.stop - shown.start] = bins_usd[below : shown.stop]
    return _added(sides.reshape(2, view.rows, view.bins_per_row))


def _bins_below(close_usd: float, first_bin: int, width_log: float) -> int:
    """Return the first bin, counted from `first_bin`, with its middle not below the close; before all for a NaN."""
    if math.isnan(close_usd):
        return 0
    close_log = float(np.log(close_usd))
    at = math.floor(close_log / width_log - first_bin)
    while (at + first_bin + 0.5) * width_log < close_log:
        at += 1
    return at


def _bins_shown(first_bin: int, bins: int, view: PriceView) -> slice:
    low = view.low_row * view.bins_per_row - first_bin
    start = min(max(low, 0), bins)
    return slice(start, max(min(low + view.rows * view.bins_per_row, bins), start))


def _masked_max(rows: Floats, grid: CellColumns) -> Floats:
    best: Floats = rows[grid.at]
    for more in range(1, int(grid.counts.max())):  # few, and whole rows at a time: reduceat goes number by number
        longer = np.flatnonzero(grid.counts > more)
        best[longer] = np.maximum(best[longer], rows[grid.at[longer] + more])
    best[~grid.known] = 0.0
    return best


def _last_known(values: Floats) -> Floats:
    """Return the values with each NaN replaced by the newest number before it."""
    index = np.where(np.isfinite(values), np.arange(len(values)), 0)
    filled: Floats = values[np.maximum.accumulate(index)]
    return filled


def thresholds(values: Floats) -> Floats:
    """Return the CLASSES ascending lower limits of a side's classes; empty when nothing is positive."""
    positive = values[values > 0]
    if positive.size == 0:
        return np.empty(0)
    return percentiles(positive, RANKS_PCT)


def percentiles(values: Floats, ranks_pct: Sequence[float]) -> Floats:
    """Return the percentiles of one or more numbers, linear between two of them.

    numpy's own loads all of numpy.ma, as long as it is large, to ask whether its values are masked; and a sort takes a
    fifth of the time of a partition at so many places.
    """
    place = np.array(ranks_pct) / 100 * (values.size - 1)
    below = place.astype(np.intp)
    above = np.minimum(below + 1, values.size - 1)
    ordered = np.sort(values)
    low: Floats = ordered[below]
    out: Floats = low + (ordered[above] - low) * (place - below)
    return out


def settle(held: Floats | None, fresh: Floats) -> Floats:
    """Return the held thresholds while they still describe the picture, else the fresh ones."""
    if held is None or held.size != fresh.size or fresh.size == 0:
        return fresh
    off = np.abs(np.log(fresh / held))
    return held if max(percentiles(off, (50.0,))[0], off[-1]) <= np.log(_STEP) else fresh


def classes(values: Floats, limits: Floats) -> NDArray[np.uint8]:
    """Return the class 0..CLASSES of each value; equal limits share out their classes by the middle one."""
    if limits.size == 0:
        return np.zeros(values.shape, np.uint8)
    found = np.zeros(values.shape, np.uint8)
    shown = values > 0
    positive = values[shown]
    ranks = np.searchsorted(limits, positive, "right")
    if not (limits[1:] > limits[:-1]).all():
        ranks = (np.searchsorted(limits, positive, "left") + ranks + 1) // 2
    found[shown] = ranks
    return found
