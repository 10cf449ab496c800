"""The right edge of a map: a mark for each cell row, the column of now as bars, the price axis."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rich.style import Style
from textual.strip import Strip

from liqtui.painting.codes import Block, CodeTable
from liqtui.render.bars import EIGHTHS
from liqtui.render.heatmap import Pixels
from liqtui.render.levels import Floats
from liqtui.render.text import Field, line

_LONG, _SHORT = 1, 1 + len(EIGHTHS)
_MOST_CODES = 256


class EdgeLooks:
    """What the codes of marks and bars look like: 0 is empty, then bars of each side, then the marks as they come."""

    def __init__(self, long: Style, short: Style, base: Style) -> None:
        """Take over the styles of the sides and of the empty pane."""
        self._base = base
        self._fields = [Field(" ", Style()), *(Field(text, own) for own in (long, short) for text in EIGHTHS)]
        self._marks: dict[Field, int] = {}
        self._known: tuple[object, Pixels] = (None, np.zeros(0, np.int32))
        self.table = CodeTable(_MOST_CODES, self._look)

    def codes(self, marks: Sequence[Field | None], sides_usd: Floats, width: int) -> Pixels:
        """Return the (cell rows, 1 + width) codes of marks and of bars of USD, to one scale for both sides.

        `sides_usd`, (2, rows), are longs and shorts by row of the view, the lowest first; the cell rows begin at the
        top.
        """
        count, column = len(marks), self._column(marks)
        if not width:
            return column[:, None]
        longs, shorts = sides_usd.reshape(2, count, -1).sum(axis=2)[:, ::-1]
        both = longs + shorts
        eighths = np.maximum(np.rint(both * (8 * width / max(float(both.max()), 1e-9))), both > 0)
        eighths += (longs > shorts) * (8 * width + 1)
        codes = np.empty((count, 1 + width), np.int32)
        codes[:, 0], codes[:, 1:] = column, _bar_codes(width)[eighths.astype(np.intp)]
        return codes

    def _column(self, marks: Sequence[Field | None]) -> Pixels:
        """Return the codes of a column of marks, found anew when it is another list."""
        if self._known[0] is not marks:
            self._known = marks, np.array([self._mark(mark) for mark in marks], np.int32)
        return self._known[1]

    def _mark(self, mark: Field | None) -> int:
        if mark is None:
            return 0
        code = self._marks.get(mark)
        if code is None:
            code = self._marks[mark] = len(self._fields)
            self._fields.append(mark)
        return code

    def strip(self, codes: Sequence[int]) -> Strip:
        """Return the cells of one row: its mark and its bar, which is of one side."""
        mark, *bar = (self._fields[code] for code in codes)
        fields = [mark, Field("".join(field.text for field in bar), bar[0].style)] if bar else [mark]
        return line(fields, len(codes), self._base)

    def _look(self, code: int) -> tuple[str, Style]:
        (segment,) = line([self._fields[code]], 1, self._base)
        return segment.text, segment.style or self._base


class Edge(NamedTuple):
    """The edge of one picture."""

    looks: EdgeLooks
    codes: Pixels
    """(cell rows, 1 + width of the bars)."""
    axis: Sequence[Strip]
    """The price axis, one strip a cell row."""

    def strips(self) -> list[Strip]:
        """Return the whole edge, one strip a cell row."""
        rows = zip(self.codes.tolist(), self.axis, strict=True)
        return [Strip.join([self.looks.strip(codes), axis]) for codes, axis in rows]

    def block(self, x: int, y: int) -> Block:
        """Return marks and bars, to be painted from a cell of the widget on."""
        return Block(x, y, self.codes, self.looks.table)


@lru_cache(maxsize=4)
def _bar_codes(width: int) -> Pixels:
    """Return the (2 (8 width + 1), width) codes of all bars of shorts, by eighths of a cell, and of all of longs."""
    eighths, cells = np.arange(8 * width + 1, dtype=np.int32)[:, None], np.arange(width, dtype=np.int32)
    levels = np.clip(eighths - 8 * cells, 0, 8)
    return np.concatenate([levels + np.int32(_SHORT), levels + np.int32(_LONG)])
