"""Colour ramps -> the look of each heatmap cell: half blocks where there are colours enough, else shaded glyphs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.color import Color, ColorSystem, ColorType
from rich.style import Style

from liqtui.render.levels import CLASSES

EMPTY = 0
LONG = 0
"""Pixel of class k > 0 of the longs: LONG + k."""
SHORT = CLASSES
"""Pixel of class k > 0 of the shorts: SHORT + k."""
GAP = 2 * CLASSES + 1
SWEPT, OUTLINE = GAP + 1, GAP + 2
"""What was taken: just now, and a while ago."""
PIXELS = GAP + 3
"""Number of different pixels."""

_HATCH, _TAKEN = "╱", "░"
_BRAILLE = 0x2800
BRAILLE_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Bits of the dots of a braille character (Unicode block U+2800): the left column from the lowest up, the right one."""
MARK, MARK_SIZES = 256, 3
"""Dots from MARK + 1 on are no dots but a mark: of a long's print in rising sizes, then of a short's."""
_MARKS = "▿▾▼▵▴▲"
_CONTRAST_LEAST = 2.5
"""Contrast (WCAG) from which a line in the path's colour can be seen on a cell."""
_SEEN = 2.0
"""Contrast from which half a cell in the colour of the other half is seen."""
_FAINT = 0.5
"""Share of its own colour in the line of the current price, the rest is what lies under it."""
_SHADE = 0.35
"""The same where half a cell is shaded, over what is empty."""
_TAKEN_SHARES = 0.3, 0.16
"""Share of the path's colour in what was taken, just now and a while ago."""


class Inks(Protocol):
    """How pixels become cells."""

    pixels_per_cell: int
    """Price rows in a cell: 2 with half blocks, 1 with glyphs."""
    dots: tuple[tuple[int, ...], tuple[int, ...]]
    """Bits of a cell's path, lowest first: those of the way from the close before, those of the close itself."""

    def cell(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the character and style of a cell (with one pixel a cell, both are the same)."""
        ...

    def crossed(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the cell of the current price's line over a pair of pixels."""
        ...

    def traced(self, back: int, dots: int) -> tuple[str, Style]:
        """Return the cell of the price path, some of `dots` added up or a mark, over a pixel."""
        ...


def spread(stops: int) -> list[int]:
    """Return which of `stops` ramp stops each class 1..CLASSES takes: every stop is used, in order."""
    return [min((k * stops) // CLASSES, stops - 1) for k in range(CLASSES)]


def stronger(top: int, bottom: int) -> int:
    """Return the pixel of the higher class; a gap and what was taken count as empty."""
    return max((EMPTY if pixel >= GAP else pixel for pixel in (top, bottom)), key=lambda p: p - SHORT * (p > SHORT))


@dataclass(slots=True)
class HalfInks:
    """Two price rows a cell, by `▀` and `▄`; equal halves are a space on a background; lines are thin, on the heat."""

    colours: Sequence[Color]
    """(PIXELS,) colour of each pixel."""
    path: Color
    pixels_per_cell: int = 2
    dots: tuple[tuple[int, ...], tuple[int, ...]] = BRAILLE_DOTS
    _equal: dict[int, tuple[str, Style]] = field(default_factory=dict)
    _lines: dict[int, Style] = field(default_factory=dict)
    _faint: dict[tuple[int, bool], Style] = field(default_factory=dict)

    def cell(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the character and style of a pair of pixels."""
        if top != bottom:
            return self._make(top, bottom)
        if top not in self._equal:
            self._equal[top] = self._make(top, top)
        return self._equal[top]

    def _make(self, top: int, bottom: int) -> tuple[str, Style]:
        if top == bottom == GAP:
            return _HATCH, Style(color=self.colours[GAP], bgcolor=self.colours[EMPTY])
        if top == bottom == SWEPT:
            return _TAKEN, Style(color=self.colours[SWEPT], bgcolor=self.colours[EMPTY])
        if top != GAP != bottom and self.colours[top] == self.colours[bottom]:
            return " ", Style(bgcolor=self.colours[top])
        if top == EMPTY:
            return "▄", Style(color=self.colours[bottom], bgcolor=self.colours[top])
        return "▀", Style(color=self.colours[top], bgcolor=self.colours[bottom])

    def crossed(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return a dash over the stronger pixel, fainter than the path.

        Where the halves differ so that the one would be seen in the other's place, a shade is put there instead. It is
        the same over all colours: pairs of them are many, and each would be an ink of its own.
        """
        top, bottom = (EMPTY if pixel >= GAP else pixel for pixel in (top, bottom))
        back = stronger(top, bottom)
        if _contrast(self.colours[top], self.colours[bottom]) < _SEEN:
            return "╌", self._faint_on(back, shaded=False)
        return "▄" if back == top else "▀", self._faint_on(back, shaded=True)

    def _faint_on(self, back: int, *, shaded: bool) -> Style:
        key = (back, shaded)
        if key not in self._faint:
            under = self.colours[back]
            ink = _mixed(self.path, self.colours[EMPTY], _SHADE) if shaded else _mixed(self._ink(back), under)
            self._faint[key] = Style(color=ink, bgcolor=under)
        return self._faint[key]

    def traced(self, back: int, dots: int) -> tuple[str, Style]:
        """Return the dots, or the mark, over a pixel."""
        if back not in self._lines:
            self._lines[back] = Style(color=self._ink(back), bgcolor=self.colours[back])
        text = chr(_BRAILLE + dots) if dots < MARK else _MARKS[dots - MARK - 1]
        return text, self._lines[back]

    def _ink(self, back: int) -> Color:
        """Return the path's colour, or the background's where the path would drown in the heat."""
        return self.path if _contrast(self.path, self.colours[back]) >= _CONTRAST_LEAST else self.colours[EMPTY]


def _mixed(ink: Color, under: Color, share: float = _FAINT) -> Color:
    """Return the colour between two, as one of xterm's where the ink is one."""
    pairs = zip(ink.get_truecolor(), under.get_truecolor(), strict=True)
    mixed = Color.from_rgb(*(share * own + (1 - share) * other for own, other in pairs))
    return mixed.downgrade(ColorSystem.EIGHT_BIT) if ink.type is ColorType.EIGHT_BIT else mixed


def _contrast(first: Color, second: Color) -> float:
    """Return the contrast ratio of two colours (WCAG 2, with a plain power of 2.2)."""
    dark, light = sorted(_luminance(colour) for colour in (first, second))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = ((part / 255.0) ** 2.2 for part in colour.get_truecolor())
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


@dataclass(slots=True)
class GlyphInks:
    """One price row a cell, by density of a glyph, with or without colour."""

    glyphs: Sequence[tuple[str, Style]]
    """(PIXELS,) character and style of each pixel."""
    path: Style
    pixels_per_cell: int = 1
    dots: tuple[tuple[int, ...], tuple[int, ...]] = ((1,), (2,))

    def cell(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return the glyph of the pixel."""
        return self.glyphs[top]

    def crossed(self, top: int, bottom: int) -> tuple[str, Style]:
        """Return a dash in the path's style where nothing is drawn, else the pixel's own glyph."""
        return ("-", self.path) if top == EMPTY or top >= GAP else self.glyphs[top]

    def traced(self, back: int, dots: int) -> tuple[str, Style]:
        """Return a bullet for a close, a small dot on the way to it, or the mark."""
        if dots > MARK:
            return _MARKS[dots - MARK - 1], self.path
        return ("•" if dots & 2 else "·"), self.path


def half_inks(long: Sequence[Color], short: Sequence[Color], empty: Color, path: Color, gap: Color) -> HalfInks:
    """Return half-block inks from ramps of any length, weakest first."""
    ramps = [stops[i] for stops in (long, short) for i in spread(len(stops))]
    return HalfInks([empty, *ramps, gap, *(_mixed(path, empty, share) for share in _TAKEN_SHARES)], path)


def glyph_inks(
    long: Sequence[tuple[str, Style]],
    short: Sequence[tuple[str, Style]],
    path: Style,
    gap: Style,
) -> GlyphInks:
    """Return glyph inks from ramps of any length, weakest first."""
    ramps = [stops[i] for stops in (long, short) for i in spread(len(stops))]
    return GlyphInks([(" ", Style()), *ramps, ("/", gap), ("x", gap), (":", gap)], path)
