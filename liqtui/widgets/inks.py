"""The heatmap's inks of a theme, for each number of colours a terminal has."""

from rich.color import Color
from rich.style import Style

from liqtui.render.ramp import Inks, glyph_inks, half_inks
from liqtui.theming import SHADES, ColourSystem, Ramp, ThemeSpec, nearest_xterm


def inks(spec: ThemeSpec, colour: ColourSystem) -> Inks:
    """Return the heatmap's inks of a theme."""
    if colour == "none":
        ramp = [(glyph, Style()) for glyph in SHADES]
        return glyph_inks(ramp, ramp, Style(bold=True), Style())
    if colour == "16":
        long, short = (_shaded(ramp) for ramp in (spec.long, spec.short))
        path = Style(color=_ansi_colour(spec.colours16["path"]), bold=True)
        return glyph_inks(long, short, path, Style(color=_ansi_colour(spec.colours16["gap"]), dim=True))
    convert = _xterm if colour == "256" else Color.parse
    stops = [
        [Color.from_ansi(n) for n in ramp.xterm256] if colour == "256" else [Color.parse(c) for c in ramp.truecolor]
        for ramp in (spec.long, spec.short)
    ]
    background, path_colour, gap = (convert(spec.colours[key]) for key in ("background", "path", "gap"))
    return half_inks(stops[0], stops[1], background, path_colour, gap)


def _shaded(ramp: Ramp) -> list[tuple[str, Style]]:
    return [(glyph, Style(color=_ansi_colour(name))) for name, glyph in ramp.ansi16]


def _ansi_colour(name: str) -> Color:
    return Color.default() if name == "default" else Color.parse(name)


def _xterm(colour: str) -> Color:
    return Color.from_ansi(nearest_xterm(colour))
