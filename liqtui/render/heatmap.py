"""Classes, price path and price line -> pixels and dots; the lines lie on the heat and hide none of it."""

import math

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
    pixels = np.where(is_long, longs + np.int32(LONG), shorts + np.int32(SHORT))
    ranks = np.where(is_long, longs, shorts)
    pixels[ranks < least] = EMPTY
    pixels = np.where(ranks > 0, pixels, swept_pixels(field, longs, shorts, view, shown_cells))
    pixels[field.gap] = GAP
    return np.ascontiguousarray(pixels.T[::-1]).astype(np.int32)


def trace(close_usd: Floats, view: PriceView, inks: Inks) -> Pixels:
    """Return the (cell rows, cells) dots of the path through the closes, top row first; a NaN breaks it."""
    way, here = inks.dots
    cell_rows, per_cell = view.rows // inks.pixels_per_cell, len(way)
    top = cell_rows * per_cell - 1
    levels = [None if math.isnan(usd) else view.level_of(usd, top + 1) for usd in close_usd.tolist()]
    places: list[int] = []
    bits: list[int] = []
    before: int | None = None
    cells = len(close_usd)
    for cell, level in enumerate(levels):
        if level is None:
            before = None
            continue
        start = level if before is None else before
        for step in range(max(min(start, level), 0), min(max(start, level), top) + 1):
            # The way begins one dot off the last close, so that it does not thicken that.
            if step != start or step == level:
                places.append(step // per_cell * cells + cell)
                bits.append(way[step % per_cell])
        if 0 <= level <= top:
            places.append(level // per_cell * cells + cell)
            bits.append(here[level % per_cell])
        before = level
    dots = np.zeros(cell_rows * cells, np.int32)
    np.bitwise_or.at(dots, places, np.array(bits, np.int32))
    return np.ascontiguousarray(dots.reshape(cell_rows, cells)[::-1])
