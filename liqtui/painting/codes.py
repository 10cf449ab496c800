"""Blocks of cells given as arrays of codes: what they look like as glyphs, and which of them the shadow lacks."""

from array import array
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.color import ColorSystem
from rich.style import Style

from liqtui.painting.glyphs import Glyphs
from liqtui.painting.sequences import ink_of

Ids: TypeAlias = NDArray[np.int32]


class CodeTable:
    """Which glyphs the codes of a kind of picture are."""

    def __init__(self, count: int, look: Callable[[int], tuple[str, Style]]) -> None:
        """Take over how a code below `count` looks: one plain character and its style."""
        self._look, self._count = look, count
        self._made_for: tuple[object, ColorSystem] | None = None
        self._ids: Ids = np.zeros(0, np.int32)

    def ids(self, codes: Ids, glyphs: Glyphs, system: ColorSystem) -> Ids:
        """Return the glyphs of codes."""
        if self._made_for != (glyphs.era, system):
            self._begin(glyphs, system)
        ids = self._ids[codes]
        if not ids.all():
            for code in sorted(set(codes[ids == 0].tolist())):
                text, style = self._look(code)
                self._ids[code] = glyphs.number(text, ink_of(style, system))
            ids = self._ids[codes]
        return ids

    def _begin(self, glyphs: Glyphs, system: ColorSystem) -> None:
        """Begin an era: with what is known from the one before it, as far as that is in use."""
        if self._made_for == (glyphs.era_before, system):
            self._ids = np.array(glyphs.renumbered, np.int32)[self._ids]
        else:
            self._ids = np.zeros(self._count, np.int32)
        self._made_for = glyphs.era, system


class Block(NamedTuple):
    """Cells of a widget."""

    x: int
    y: int
    codes: Ids
    """(rows, cells)."""
    table: CodeTable
    since: int = 0
    """The cells before this one are those of the block before."""

    def ids(self, glyphs: Glyphs, system: ColorSystem) -> Ids:
        """Return the glyphs of the cells from `since` on."""
        return self.table.ids(self.codes[:, self.since :], glyphs, system)

    def rows_unlike(self, old: "Block") -> list[int]:
        """Return the rows of the widget in which an older block of the same shape differs."""
        return [self.y + row for row in np.flatnonzero((self.codes != old.codes).any(axis=1)).tolist()]


def shown_cells(screen: "array[int]", size: tuple[int, int], x: int, y: int, shape: tuple[int, int]) -> Ids:
    """Return the glyphs of a screen, of (width, height), on which a (rows, cells) block lies at a cell, as a view."""
    width, height = size
    rows, cells = shape
    return np.frombuffer(screen, np.int32).reshape(height, width)[y : y + rows, x : x + cells]
