"""Pixels and dots -> strips of merged cells, of which only those are made anew that differ from the last picture's."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from liqtui.painting.codes import CodeTable
from liqtui.render.heatmap import Pixels
from liqtui.render.ramp import MARK, MARK_SIZES, PIXELS, Inks, stronger

_PAIRS = PIXELS * PIXELS
_TRACED = 2 * _PAIRS
"""Codes of cells: pairs of pixels, the same under the price line, and dots or a mark over the stronger pixel."""
_CODES = _TRACED + (MARK + 2 * MARK_SIZES + 1) * PIXELS
_STRONGER = np.array([stronger(*divmod(pair, PIXELS)) for pair in range(_PAIRS)], np.int32)
"""(_PAIRS,) the pixel of each pair over which the path is drawn."""
_LINE_EVERY = 4
"""Cells from one dash of the price line to the next: between them the heat is seen as it is.

In glyphs the line is drawn on empty cells alone, so all of these have a dash."""
_MOST_RUNS = 4_000
"""Runs that are remembered, of about 300 bytes each."""


class _Row:
    """A row of the last picture: where its runs begin, the runs, what stands right of them, and all that as a strip."""

    __slots__ = ("edge", "runs", "starts", "strip")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.runs: list[Segment] = []
        self.edge: Strip | None = None
        self.strip: Strip | None = None


class Painter:
    """Turns rows of pixels into strips and keeps those of the last picture."""

    def __init__(self, inks: Inks) -> None:
        self.inks = inks
        self._codes = np.zeros((0, 0), np.int32)
        self._rows: list[_Row] = []
        self._runs: dict[tuple[int, int], Segment] = {}
        self._looks: dict[int, tuple[str, Style]] = {}
        """Of the codes of these runs."""
        self.table = CodeTable(_CODES, self._look)
        """What the codes of `lit` look like."""

    def strips(self, pixels: Pixels, path: Pixels, price_row: int | None) -> list[Strip]:
        """Return one strip a cell row for (rows, cells) pixels and (cell rows, cells) dots of the path.

        `price_row` is the cell row of the price line.
        """
        return self.rows(self.codes(pixels, path), price_row)

    def codes(self, pixels: Pixels, path: Pixels) -> Pixels:
        """Return the (cell rows, cells) codes of cells, from which their looks follow."""
        n = self.inks.pixels_per_cell
        codes: Pixels = pixels[0::n] * np.int32(PIXELS) + pixels[n - 1 :: n]
        at = path.nonzero()
        codes[at] = path[at] * np.int32(PIXELS) + _STRONGER[codes[at]] + np.int32(_TRACED)
        return codes

    def rows(self, codes: Pixels, price_row: int | None, edges: Sequence[Strip] = ()) -> list[Strip]:
        """Return one strip a row of codes, followed by that of the edge."""
        return self.lit_rows(self.lit(codes, price_row), edges)

    def lit(self, codes: Pixels, price_row: int | None, first: int = 0) -> Pixels:
        """Return the codes of the cells from `first` on with the price line in one of the rows."""
        lit = codes.copy()
        if price_row is not None:
            every = _LINE_EVERY if self.inks.pixels_per_cell > 1 else 1
            dashes = lit[price_row, -first % every :: every]
            dashes[dashes < _PAIRS] += _PAIRS
        return lit

    def lit_rows(self, lit: Pixels, edges: Sequence[Strip] = ()) -> list[Strip]:
        """Return what `rows` does, of codes with the price line; one that is as before is the one before."""
        if len(self._runs) > _MOST_RUNS:
            self._runs.clear()
            self._looks.clear()
        self._remake(lit)
        self._codes = lit
        beside: Sequence[Strip | None] = edges or [None] * len(lit)
        return [self._strip(row, edge) for row, edge in zip(self._rows, beside, strict=True)]

    def _remake(self, codes: Pixels) -> None:
        """Make the runs of the rows that differ anew, from where they do."""
        if codes.shape != self._codes.shape:
            self._rows = [_Row() for _ in codes]
            changed, firsts = np.arange(len(codes)), np.zeros(len(codes), np.intp)
        else:
            differs = codes != self._codes
            changed = np.flatnonzero(differs.any(axis=1))
            firsts = differs[changed].argmax(axis=1)
        if not changed.size:
            return
        low = max(int(firsts.min()) - 1, 0)
        parts = _starts(codes[changed, low:], low)
        for y, first, starts in zip(changed.tolist(), firsts.tolist(), parts, strict=True):
            self._remake_row(self._rows[y], codes[y], first, starts)

    def _remake_row(self, row: _Row, codes: NDArray[np.int32], first: int, starts: list[int]) -> None:
        """Put runs into a row that is as it was before the cell `first`; `starts` are those known to begin a run."""
        kept = max(bisect_left(row.starts, first) - 1, 0)
        begun = row.starts[kept:][:1] if first else [0]
        fresh = begun + starts[bisect_left(starts, max(first, 1)) :]
        run, values = self._run, codes[fresh].tolist()
        lengths = [stop - start for start, stop in zip(fresh, [*fresh[1:], len(codes)], strict=True)]
        row.starts[kept:] = fresh
        row.runs[kept:] = [run(code, length) for code, length in zip(values, lengths, strict=True)]
        row.strip = None

    def _strip(self, row: _Row, edge: Strip | None) -> Strip:
        if row.strip is None or row.edge is not edge:
            width = self._codes.shape[1]
            row.edge = edge
            row.strip = Strip([*row.runs, *edge], width + edge.cell_length) if edge else Strip(row.runs.copy(), width)
        return row.strip

    def _run(self, code: int, length: int) -> Segment:
        key = (code, length)
        found = self._runs.get(key)
        if found is None:
            found = self._runs[key] = self._make(code, length)
        return found

    def _make(self, code: int, length: int) -> Segment:
        """Return a run of equal cells."""
        if code not in self._looks:
            self._looks[code] = self._look(code)
        text, style = self._looks[code]
        return Segment(text * length, style)

    def _look(self, code: int) -> tuple[str, Style]:
        """Return the character and style of a code with the price line."""
        if code >= _TRACED:
            dots, back = divmod(code - _TRACED, PIXELS)
            return self.inks.traced(back, dots)
        crossed, pair = divmod(code, _PAIRS)
        top, bottom = divmod(pair, PIXELS)
        return self.inks.crossed(top, bottom) if crossed else self.inks.cell(top, bottom)


def _starts(codes: Pixels, low: int) -> list[list[int]]:
    """Return where in each row of (rows, cells) codes a run begins; their first cell, number `low`, always does."""
    edges = np.ones(codes.shape, np.bool_)
    np.not_equal(codes[:, 1:], codes[:, :-1], out=edges[:, 1:])
    rows, cells = np.nonzero(edges)
    places, bounds = (cells + low).tolist(), np.searchsorted(rows, np.arange(len(codes) + 1)).tolist()
    return [places[start:stop] for start, stop in pairwise(bounds)]
