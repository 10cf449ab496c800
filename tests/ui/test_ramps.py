"""Every shipped ramp, computed: its steps rise, differ and stand out, for all eyes, in every number of colours."""

import numpy as np
import pytest
from rich.color import Color

from liqtui.render.ramp import LONG, SHORT, HalfInks, spread
from liqtui.theming import Ramp, ThemeSpec, read_theme, theme_folder
from liqtui.widgets.inks import inks
from tests.colour import BLINDNESS, Floats, contrast, lab, steps

JUST_NOTICED = 2.3
"""CIE76 distance that an eye just notices (Mahy, van Eycken, Oosterlinck 1994)."""
LEVELS = 12
NAMES = sorted(path.stem for path in theme_folder().glob("*.toml"))


def shipped(name: str) -> ThemeSpec:
    """Return a theme as it is shipped, whatever the user has."""
    return read_theme(theme_folder() / f"{name}.toml")


def rgb(colours: list[Color]) -> Floats:
    """Return (n, 3) sRGB 0..255."""
    return np.array([colour.get_truecolor() for colour in colours], dtype=np.float64)


def ramps(spec: ThemeSpec) -> list[tuple[str, Floats]]:
    """Return the ramps of both sides in both numbers of colours, weakest first."""
    found: list[tuple[str, Floats]] = []
    sides: tuple[tuple[str, Ramp], ...] = (("long", spec.long), ("short", spec.short))
    for side, ramp in sides:
        found.append((f"{side} truecolor", rgb([Color.parse(text) for text in ramp.truecolor])))
        found.append((f"{side} 256", rgb([Color.from_ansi(number) for number in ramp.xterm256])))
    return found


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("name", NAMES)
def test_lightness_goes_one_way_and_each_step_can_be_told(name: str, blindness: str) -> None:
    spec = shipped(name)
    for what, ramp in ramps(spec):
        rises = np.diff(lab(ramp, blindness)[:, 0]) * (1 if spec.dark else -1)
        assert rises.min() > (1.9 if blindness == "none" else 0.1), (what, rises.round(1))
        assert steps(ramp, blindness).min() > JUST_NOTICED, (what, steps(ramp, blindness).round(1))


@pytest.mark.parametrize("name", NAMES)
def test_twelve_levels_are_twelve_colours_and_the_strongest_stands_out(name: str) -> None:
    spec = shipped(name)
    background = rgb([Color.parse(spec.colours["background"])])[0]
    for what, ramp in ramps(spec):
        assert len({tuple(row) for row in ramp.tolist()}) == len(ramp) >= LEVELS, what
        assert contrast(ramp[-1], background) >= 4.5, what
        contrasts = [contrast(row, background) for row in ramp]
        assert max(contrasts) == contrasts[-1], what


@pytest.mark.parametrize("name", NAMES)
def test_a_256_colour_terminal_gets_the_ramp_made_for_it(name: str) -> None:
    spec = shipped(name)
    found = inks(spec, "256")
    assert isinstance(found, HalfInks)
    for base, ramp in ((LONG, spec.long), (SHORT, spec.short)):
        numbers = [found.colours[base + k].number for k in range(1, 17)]
        assert numbers == [ramp.xterm256[index] for index in spread(len(ramp.xterm256))]


def test_both_sides_differ_for_all_eyes_in_the_theme_for_them() -> None:
    spec = shipped("colour-blind")
    for blindness in BLINDNESS:
        sides = [
            lab(rgb([Color.parse(text) for text in ramp.truecolor[6:]]), blindness) for ramp in (spec.long, spec.short)
        ]
        assert np.linalg.norm(sides[0] - sides[1], axis=1).min() > 20, blindness
