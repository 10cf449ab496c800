"""The heatmap's inks of a theme, for each number of colours a terminal has."""

from collections.abc import Sequence
from typing import TypeVar

from rich.color import Color
from rich.style import Style

from liqtui.render.ramp import Inks, glyph_inks, half_inks
from liqtui.theming import SHADES, ColourSystem, Ramp, ThemeSpec, nearest_xterm

FEW = 5
"""Looks of a side where bandwidth is low: cells that differ in little then look alike, and are not sent again."""

T = TypeVar("T")


def _thinned(stops: Sequence[T]) -> list[T]:
    """Return FEW of the stops, evenly spaced, the strongest among them."""
    return [stops[(k + 1) * len(stops) // FEW - 1] for k in range(FEW)] if len(stops) > FEW else list(stops)


def inks(spec: ThemeSpec, colour: ColourSystem, few: bool = False) -> Inks:
    """Return the heatmap's inks of a theme, with `few` of them on each side where bandwidth is low."""
    thin = _thinned if few else list
    if colour == "none":
        ramp = [(glyph, Style()) for glyph in SHADES]
        return glyph_inks(ramp, ramp, Style(bold=True), Style())
    if colour == "16":
        long, short = (thin(_shaded(ramp)) for ramp in (spec.long, spec.short))
        path = Style(color=_ansi_colour(spec.colours16["path"]), bold=True)
        return glyph_inks(long, short, path, Style(color=_ansi_colour(spec.colours16["gap"]), dim=True))
    convert = _xterm if colour == "256" else Color.parse
    stops = [
        [Color.from_ansi(n) for n in ramp.xterm256] if colour == "256" else [Color.parse(c) for c in ramp.truecolor]
        for ramp in (spec.long, spec.short)
    ]
    background, path_colour, gap = (convert(spec.colours[key]) for key in ("background", "path", "gap"))
    return half_inks(thin(stops[0]), thin(stops[1]), background, path_colour, gap)


def _shaded(ramp: Ramp) -> list[tuple[str, Style]]:
    return [(glyph, Style(color=_ansi_colour(name))) for name, glyph in ramp.ansi16]


def _ansi_colour(name: str) -> Color:
    return Color.default() if name == "default" else Color.parse(name)


def _xterm(colour: str) -> Color:
    return Color.from_ansi(nearest_xterm(colour))
