"""Classes, price path and price line -> pixels and dots; the lines lie on the heat and hide none of it."""

import numpy as np
from numpy.typing import NDArray

from liqtui.render.levels import Field, Floats, classes
from liqtui.render.ramp import EMPTY, GAP, LONG, SHORT, Inks
from liqtui.render.swept import fading, swept_pixels
from liqtui.render.view import PriceView

Pixels = NDArray[np.int32]


def paint(
    field: Field,
    long_limits: Floats,
    short_limits: Floats,
    view: PriceView,
    least: int = 1,
    shown: int | None = None,
) -> Pixels:
    """Return the (rows, cells) pixels of a field, top row first: the larger side's class, what was taken, gaps.

    Classes below `least` are left empty. What was taken is seen for `shown` cells, as many as fit the field when None.
    """
    shown_cells = fading(len(field.close_usd)) if shown is None else shown
    longs, shorts = classes(field.long_usd, long_limits), classes(field.short_usd, short_limits)
    is_long = field.long_usd > field.short_usd
    ranks = np.where(is_long, longs, shorts)
    taken = swept_pixels(field, longs, shorts, view, shown_cells)
    pixels = np.where(ranks > 0, ranks + np.where(is_long, np.uint8(LONG), np.uint8(SHORT)), taken)
    if least > 1:
        pixels[(ranks > 0) & (ranks < least)] = EMPTY
    pixels[field.gap] = GAP
    return np.ascontiguousarray(pixels.T[::-1], np.int32)


def trace(close_usd: Floats, view: PriceView, inks: Inks) -> Pixels:
    """Return the (cell rows, cells) dots of the path through the closes, top row first; a NaN breaks it."""
    way, here = (np.array(bits, np.int32) for bits in inks.dots)
    cells, cell_rows, per_cell = len(close_usd), view.rows // inks.pixels_per_cell, len(way)
    count = cell_rows * per_cell
    with np.errstate(invalid="ignore"):
        levels = np.floor((np.log(close_usd) / view.row_log - view.low_row) * (count / view.rows))
    known = np.flatnonzero(np.isfinite(levels))
    level = levels[known].astype(np.int64)
    cell, step = _way(known, level, count)
    dots = np.zeros(cell_rows * cells, np.int32)
    np.bitwise_or.at(dots, step // per_cell * cells + cell, way[step % per_cell])
    inside = np.flatnonzero((level >= 0) & (level < count))
    cell, step = known[inside], level[inside]
    dots[step // per_cell * cells + cell] |= here[step % per_cell]
    return np.ascontiguousarray(dots.reshape(cell_rows, cells)[::-1])


def _way(cell: NDArray[np.intp], level: NDArray[np.int64], count: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return cells and levels, of `count` in all, through which the way goes from close to close of cells side by side.

    It begins one level off the last close, so that it does not thicken the dots of that.
    """
    before = level.copy()
    np.copyto(before[1:], level[:-1], where=np.diff(cell) == 1)
    first = np.maximum(np.where(level > before, before + 1, level), 0)
    last = np.minimum(np.maximum(level, before - 1), count - 1)
    counts = np.maximum(last - first + 1, 0)
    at = counts.cumsum() - counts - first
    return cell.repeat(counts), np.arange(counts.sum()) - at.repeat(counts)
