"""Realised liquidations -> marks on the price path: three sizes by rank, a shape for each side."""

import math

import numpy as np
from numpy.typing import NDArray

from liqtui.render.heatmap import Pixels
from liqtui.render.levels import Floats, percentiles
from liqtui.render.ramp import EMPTY, MARK, MARK_SIZES, Inks
from liqtui.render.view import PriceView, TimeView

RANKS_PCT = (70.0, 90.0, 98.0)
"""A mark of each size begins at this percentile of the cells in which something was printed; below there is none."""
_FEW, _FEW_RANKS_PCT = 10, (0.0, 50.0, 90.0)
"""Where no more cells than this have prints, each of them is marked."""


def cell_sums(prints_usd: NDArray[np.float32], ts_ms: NDArray[np.int64], view: TimeView) -> Floats:
    """Return the (cells, 2) sums of (columns, 2) longs and shorts; each column counts in the cell it opens in."""
    cells = ts_ms // view.cell_ms - view.first_cell
    inside = (cells >= 0) & (cells < view.cells)
    within, printed, sums = cells[inside], prints_usd[inside], np.zeros((view.cells, 2))
    for side in (0, 1):
        sums[:, side] = np.bincount(within, printed[:, side], view.cells)
    return sums


def mark_limits(sums_usd: Floats) -> Floats:
    """Return the USD from which on a mark is small, middle and large; empty where nothing was printed."""
    larger = sums_usd.max(axis=1)
    positive = larger[larger > 0]
    if positive.size == 0:
        return np.empty(0)
    return percentiles(positive, _FEW_RANKS_PCT if positive.size <= _FEW else RANKS_PCT)


def mark(path: Pixels, sums_usd: Floats, limits: Floats, close_usd: Floats, view: PriceView) -> Pixels:
    """Return the path with a mark in the cell of each close where enough was printed: the larger side's."""
    marked, per_cell = path.copy(), view.rows // len(path)
    if limits.size == 0 or not sums_usd.any():
        return marked
    sizes = np.searchsorted(limits, sums_usd.max(axis=1), side="right")
    for cell in np.flatnonzero(sizes).tolist():
        close = float(close_usd[cell])
        row = -1 if math.isnan(close) else view.row_of(close)
        if 0 <= row < view.rows:
            side = 0 if sums_usd[cell, 0] > sums_usd[cell, 1] else MARK_SIZES
            marked[len(path) - 1 - row // per_cell, cell] = MARK + side + int(sizes[cell])
    return marked


def mark_text(inks: Inks, is_long: bool, size: int) -> str:
    """Return the character of a mark, `size` from 1 to MARK_SIZES."""
    return inks.traced(EMPTY, MARK + (0 if is_long else MARK_SIZES) + size)[0]
