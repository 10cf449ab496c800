"""Colour ramps -> the look of each heatmap cell: half blocks where there are colours enough, else shaded glyphs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.color import Color
from rich.style import Style

from liqtui.render.levels import CLASSES

EMPTY = 0
LONG = 0
"""Pixel of class k > 0 of the longs: LONG + k."""
SHORT = CLASSES
"""Pixel of class k > 0 of the shorts: SHORT + k."""
PATH = 2 * CLASSES + 1
GAP = PATH + 1
PIXELS = GAP + 1
"""Number of different pixels."""

_HATCH = "╱"


class Inks(Protocol):
    """How pixels become cells."""

    pixels_per_cell: int
    """Price rows in a cell: 2 with half blocks, 1 with glyphs."""

    def cell(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the character and style of a cell (with one pixel a cell, both are the same)."""
        ...

    def crossed(self, pixel: int) -> tuple[str, Style]:
        """Return the cell of the current price's line over a cell of one pixel."""
        ...


def spread(stops: int) -> list[int]:
    """Return which of `stops` ramp stops each class 1..CLASSES takes: every stop is used, in order."""
    return [min((k * stops) // CLASSES, stops - 1) for k in range(CLASSES)]


@dataclass(slots=True)
class HalfInks:
    """Two price rows a cell, by `▀` and `▄`; equal halves are a space on a background."""

    colours: Sequence[Color]
    """(PIXELS,) colour of each pixel."""
    price: Color
    pixels_per_cell: int = 2
    _cells: dict[tuple[int, int], tuple[str, Style]] = field(default_factory=dict)

    def cell(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the character and style of a pair of pixels."""
        key = (top, bottom)
        if key not in self._cells:
            self._cells[key] = self._make(top, bottom)
        return self._cells[key]

    def _make(self, top: int, bottom: int) -> tuple[str, Style]:
        if top == bottom == GAP:
            return _HATCH, Style(color=self.colours[GAP], bgcolor=self.colours[EMPTY])
        if top == bottom:
            return " ", Style(bgcolor=self.colours[top])
        if top == EMPTY:
            return "▄", Style(color=self.colours[bottom], bgcolor=self.colours[top])
        return "▀", Style(color=self.colours[top], bgcolor=self.colours[bottom])

    def crossed(self, pixel: int) -> tuple[str, Style]:
        """Return a dashed cell in the price's colour over the pixel's."""
        key = (-1, pixel)
        if key not in self._cells:
            back = EMPTY if pixel == GAP else pixel
            self._cells[key] = ("╌", Style(color=self.price, bgcolor=self.colours[back]))
        return self._cells[key]


@dataclass(slots=True)
class GlyphInks:
    """One price row a cell, by density of a glyph, with or without colour."""

    glyphs: Sequence[tuple[str, Style]]
    """(PIXELS,) character and style of each pixel."""
    price: Style
    pixels_per_cell: int = 1

    def cell(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the glyph of the pixel."""
        return self.glyphs[top]

    def crossed(self, pixel: int) -> tuple[str, Style]:
        """Return a dash in the price's style where nothing is drawn, else the pixel's own glyph."""
        return ("-", self.price) if pixel in (EMPTY, GAP) else self.glyphs[pixel]


def half_inks(long: Sequence[Color], short: Sequence[Color], empty: Color, path: Color, gap: Color) -> HalfInks:
    """Return half-block inks from ramps of any length, weakest first."""
    ramps = [stops[i] for stops in (long, short) for i in spread(len(stops))]
    return HalfInks([empty, *ramps, path, gap], path)


def glyph_inks(
    long: Sequence[tuple[str, Style]],
    short: Sequence[tuple[str, Style]],
    path: tuple[str, Style],
    gap: Style,
    price: Style,
) -> GlyphInks:
    """Return glyph inks from ramps of any length, weakest first."""
    ramps = [stops[i] for stops in (long, short) for i in spread(len(stops))]
    return GlyphInks([(" ", Style()), *ramps, path, ("/", gap)], price)
