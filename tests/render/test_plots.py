"""Plots of one line, as they look."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.render.plots import Scale, shaded, stem, whisker

NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("low", "middle", "high", "text"),
    [
        (2.0, 6.0, 8.0, "     │ ├───●─┤  "),
        (-2.0, 1.0, 4.0, "   ├─┼●──┤      "),
        (-4.0, -3.0, -2.0, " ├●┤ │          "),
        (0.0, 0.0, 0.0, "     ●          "),
        (3.0, 3.0, 3.0, "     │  ●       "),
        (-9.0, 1.0, 30.0, "◂────┼●────────▸"),
    ],
)
def test_an_interval_stands_off_or_across_its_base_line(low: float, middle: float, high: float, text: str) -> None:
    assert whisker(Scale(-5, 10, 16), low, middle, high, 0.0) == text


def test_an_interval_lies_on_the_bar_beside_it() -> None:
    scale = Scale(0.0, 20.0, 21)
    assert whisker(scale, 4.0, 7.0, 14.0, ground=shaded(scale, 9.0)) == "▒▒▒▒├──●──────┤      "
    assert shaded(scale, 0.0) == ""
    assert shaded(scale, 1e-9) == "▒"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "    ●    "),
        (1.0, "    │─●  "),
        (-2.0, "●───│    "),
        (2.5, "    │───▸"),
        (-math.inf, "◂───│    "),
        (math.inf, "    │───▸"),
    ],
)
def test_a_figure_stands_off_its_base_line(value: float, text: str) -> None:
    assert stem(Scale(-2.0, 2.0, 9), value, 0.0) == text


def test_labels_stand_under_their_values_and_do_not_touch() -> None:
    scale = Scale(0.0, 100.0, 21)
    assert scale.labels({0.0: "0", 50.0: "50", 100.0: "100 %"}) == "0        50     100 %"
    assert scale.labels({0.0: "0", 5.0: "5", 100.0: "100 %"}) == "0               100 %"


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(1, 60))
def test_plots_are_as_wide_as_their_scale(
    first: float, second: float, one: float, two: float, three: float, width: int
) -> None:
    scale = Scale(min(first, second), max(first, second) + 1, width)
    low, middle, high = sorted((one, two, three))
    assert len(whisker(scale, low, middle, high, 0.0, shaded(scale, two))) == width
    assert len(stem(scale, one, two)) == width
    assert len(scale.labels({one: "1"})) == width
