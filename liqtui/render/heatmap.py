"""Classes, price path and price line -> strips of merged cells; the lines lie on the heat and hide none of it."""

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from liqtui.render.levels import Field, Floats, classes
from liqtui.render.ramp import EMPTY, GAP, LONG, MARK, MARK_SIZES, PIXELS, SHORT, Inks
from liqtui.render.swept import fading, swept_pixels
from liqtui.render.view import PriceView

Pixels = NDArray[np.int32]

_DOTS = MARK + 2 * MARK_SIZES + 1
"""More than any dots or mark of a cell."""


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
    dots = np.zeros((cell_rows, len(close_usd)), np.int32)
    before: int | None = None
    for cell, close in enumerate(close_usd.tolist()):
        if math.isnan(close):
            before = None
            continue
        level = view.level_of(close, cell_rows * per_cell)
        start = level if before is None else before
        for step in range(max(min(start, level), 0), min(max(start, level), cell_rows * per_cell - 1) + 1):
            # The way begins one dot off the last close, so that it does not thicken that.
            if step != start or step == level:
                dots[step // per_cell, cell] |= way[step % per_cell]
        if 0 <= level < cell_rows * per_cell:
            dots[level // per_cell, cell] |= here[level % per_cell]
        before = level
    return np.ascontiguousarray(dots[::-1])


class Painter:
    """Turns rows of pixels into strips and remembers the rows it has made."""

    def __init__(self, inks: Inks) -> None:
        self.inks = inks
        self._rows: dict[tuple[bytes, bool], Strip] = {}

    def strips(self, pixels: Pixels, path: Pixels, price_row: int | None) -> list[Strip]:
        """Return one strip a cell row for (rows, cells) pixels and (cell rows, cells) dots of the path.

        `price_row` is the cell row of the price line.
        """
        return [self.strip(row, index == price_row) for index, row in enumerate(self.codes(pixels, path))]

    def codes(self, pixels: Pixels, path: Pixels) -> Pixels:
        """Return the (cell rows, cells) codes of cells, from which their looks follow."""
        n = self.inks.pixels_per_cell
        tops, bottoms = pixels[0::n], pixels[n - 1 :: n]
        codes: Pixels = (tops * np.int32(PIXELS) + bottoms) * np.int32(_DOTS) + path
        if len(self._rows) > 8 * max(len(codes), 64):
            self._rows.clear()
        return codes

    def strip(self, codes: NDArray[np.int32], crossed: bool) -> Strip:
        """Return the strip of a row of codes, with the price line or without."""
        key = (codes.tobytes(), crossed)
        if key not in self._rows:
            self._rows[key] = self._make(codes, crossed)
        return self._rows[key]

    def _make(self, codes: NDArray[np.int32], crossed: bool) -> Strip:
        edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
        segments = []
        for start, stop in itertools.pairwise(edges):
            text, style = self._cell(int(codes[start]), crossed)
            segments.append(Segment(text * (stop - start), style))
        return Strip(segments, len(codes))

    def _cell(self, code: int, crossed: bool) -> tuple[str, Style]:
        pair, dots = divmod(code, _DOTS)
        top, bottom = divmod(pair, PIXELS)
        if dots:
            return self.inks.traced(top, bottom, dots)
        return self.inks.crossed(top, bottom) if crossed else self.inks.cell(top, bottom)
