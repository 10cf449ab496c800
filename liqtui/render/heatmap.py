"""Classes, price path and price line -> strips of merged cells."""

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from textual.strip import Strip

from liqtui.render.levels import Field, Floats, classes
from liqtui.render.ramp import EMPTY, GAP, LONG, PATH, PIXELS, SHORT, Inks
from liqtui.render.view import PriceView

Pixels = NDArray[np.int32]


def paint(field: Field, long_limits: Floats, short_limits: Floats, view: PriceView) -> Pixels:
    """Return the (rows, cells) pixels of a field, top row first: the larger side's class, the path, gaps."""
    longs, shorts = classes(field.long_usd, long_limits), classes(field.short_usd, short_limits)
    is_long = field.long_usd > field.short_usd
    pixels = np.where(is_long, longs + np.int32(LONG), shorts + np.int32(SHORT))
    pixels[np.where(is_long, longs, shorts) == 0] = EMPTY
    pixels[field.gap] = GAP
    _draw_path(pixels, field.close_usd, view)
    return np.ascontiguousarray(pixels.T[::-1]).astype(np.int32)


def _draw_path(pixels: NDArray[np.int32], close_usd: Floats, view: PriceView) -> None:
    """Mark, in (cells, rows) pixels, the rows between each close and the one before it."""
    before: int | None = None
    for cell, close in enumerate(close_usd.tolist()):
        if math.isnan(close):
            before = None
            continue
        row = view.row_of(close)
        # The step starts one row off the last close, so that a flat path stays one row thick.
        start = row if before is None else before + (row > before) - (row < before)
        low, high = min(row, start), max(row, start)
        if high >= 0 and low < view.rows:
            pixels[cell, max(low, 0) : high + 1] = PATH
        before = row


class Painter:
    """Turns rows of pixels into strips and remembers the rows it has made."""

    def __init__(self, inks: Inks) -> None:
        self.inks = inks
        self._rows: dict[tuple[bytes, bool], Strip] = {}

    def strips(self, pixels: Pixels, price_row: int | None) -> list[Strip]:
        """Return one strip a cell row for (rows, cells) pixels; `price_row` is the cell row of the price line."""
        n = self.inks.pixels_per_cell
        tops, bottoms = pixels[0::n], pixels[n - 1 :: n]
        codes = tops * PIXELS + bottoms
        if len(self._rows) > 8 * max(len(codes), 64):
            self._rows.clear()
        return [self._strip(row, index == price_row) for index, row in enumerate(codes)]

    def _strip(self, codes: NDArray[np.int32], crossed: bool) -> Strip:
        key = (codes.tobytes(), crossed)
        if key not in self._rows:
            self._rows[key] = self._make(codes, crossed)
        return self._rows[key]

    def _make(self, codes: NDArray[np.int32], crossed: bool) -> Strip:
        edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
        segments = []
        for start, stop in itertools.pairwise(edges):
            top, bottom = divmod(int(codes[start]), PIXELS)
            line = crossed and top == bottom and top != PATH
            text, style = self.inks.crossed(top) if line else self.inks.cell(top, bottom)
            segments.append(Segment(text * (stop - start), style))
        return Strip(segments, len(codes))
