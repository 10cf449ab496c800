"""The profile of one moment: bars to one scale, sums from the price outwards."""

import numpy as np
from rich.color import Color
from rich.style import Style

from liqtui.render.profile import ProfileRow, ProfileStyles, profile_rows, profile_strips

BASE = Style(bgcolor=Color.from_rgb(0, 0, 0))
LONG, SHORT, CURVE = (BASE + Style(color=Color.from_rgb(*rgb)) for rgb in ((9, 1, 1), (1, 9, 1), (9, 9, 9)))
STYLES = ProfileStyles(LONG, SHORT, CURVE, BASE)


def test_sums_run_from_the_price_outwards_on_both_sides() -> None:
    rows = profile_rows(np.array([0.0, 0.0, 4.0, 0.0, 6.0]), np.array([5.0, 0.0, 0.0, 0.0, 0.0]))
    assert rows == [
        ProfileRow(False, 5.0, 5.0),
        ProfileRow(False, 0.0, 0.0),
        ProfileRow(True, 4.0, 4.0),
        ProfileRow(True, 0.0, 4.0),
        ProfileRow(True, 6.0, 10.0),
    ]


def test_bars_and_curve() -> None:
    longs, shorts = np.array([0.0, 0.0, 0.0, 4.0, 0.0, 6.0]), np.array([2.0, 3.0, 0.0, 0.0, 0.0, 0.0])
    strips = profile_strips(profile_rows(longs, shorts), 12, STYLES)
    assert [strip.text for strip in strips] == [
        "███┌──┘     ",
        "┌──┘██      ",
        "            ",
        "└───┐███    ",
        "    │       ",
        "████└──────┐",
    ]
    assert all(strip.cell_length == 12 for strip in strips)


def test_the_curve_is_seen_on_a_bar_and_beside_it() -> None:
    cells = [(s.text, s.style) for s in profile_strips(profile_rows(np.array([8.0]), np.zeros(1)), 4, STYLES)[0]]
    assert cells == [("└──┐", CURVE + Style(color=BASE.bgcolor, bgcolor=LONG.color))]
    empty = profile_strips(profile_rows(np.zeros(2), np.zeros(2)), 5, STYLES)
    assert [strip.text for strip in empty] == ["     ", "     "]
