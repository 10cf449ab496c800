"""What price took stays for a while: filled, then outlined, then gone."""

import numpy as np

from liqtui.render.heatmap import paint
from liqtui.render.levels import CLASSES, Field
from liqtui.render.painter import Painter
from liqtui.render.ramp import SWEPT
from liqtui.render.view import PriceView
from tests.render.test_heatmap import GLYPHS, HALF, NO_PATH, picture

VIEW = PriceView(1e-3, 1, 0, 8)
LIMITS = np.arange(1.0, CLASSES + 1.0)


def drawn(
    lows: list[float],
    highs: list[float],
    longs: dict[int, list[float]],
    gaps: tuple[int, ...] = (),
    to_come: int = 0,
) -> list[str]:
    """Return the picture of longs by row over the cells, price between rows of the view."""
    cells = len(lows)
    long_usd = np.zeros((cells, 8))
    for row, values in longs.items():
        long_usd[:, row] = values
    low, high = (np.exp(np.array(rows) * 1e-3) for rows in (lows, highs))
    gap = np.zeros(cells, bool)
    gap[list(gaps)] = True
    low[gap], high[gap] = np.nan, np.nan
    low[cells - to_come :], high[cells - to_come :] = np.nan, np.nan
    return picture(paint(Field(long_usd, np.zeros((cells, 8)), gap, low, ~gap, low, high), LIMITS, LIMITS, VIEW))


def test_what_was_taken_is_filled_then_outlined_then_gone() -> None:
    band = [9.0] * 3 + [0.0] * 6
    rows = drawn([6.5] * 3 + [1.5] + [6.5] * 5, [7.5] * 9, dict.fromkeys((2, 3, 4, 5), band))
    assert rows == [
        ".........",
        ".........",
        "999XX===.",
        "999XX....",
        "999XX....",
        "999XX===.",
        ".........",
        ".........",
    ]


def test_what_price_did_not_cross_or_held_little_was_not_taken() -> None:
    band, little = [9.0] * 3 + [0.0] * 3, [1.0] * 3 + [0.0] * 3
    stood = [6.5] * 6
    assert "X" not in "".join(drawn(stood, [7.5] * 6, {2: band})), "it decayed by itself"
    assert "X" not in "".join(drawn([6.5] * 3 + [1.5] * 3, [7.5] * 6, {2: little}))
    assert "X" in "".join(drawn([6.5] * 3 + [1.5] * 3, [7.5] * 6, {2: band}))


def test_what_fled_just_before_price_came_counts_and_what_left_long_before_does_not() -> None:
    longs = [9.0, 0.5, 0.5, 0.0, 0.0, 0.0]
    assert drawn([6.5] * 3 + [1.5] + [6.5] * 2, [7.5] * 6, {2: longs})[5] == "9..XX="
    longs = [9.0, *[0.5] * 5, *[0.0] * 6]
    assert "X" not in "".join(drawn([6.5] * 7 + [1.5] + [6.5] * 4, [7.5] * 12, {2: longs}))


def test_what_stands_there_anew_and_a_gap_go_before() -> None:
    rows = drawn([6.5, 6.5, 1.5, 6.5, 6.5, 6.5], [7.5] * 6, {3: [9.0, 9.0, 0.0, 0.0, 4.0, 4.0]})
    assert rows[4] == "99XX44"
    rows = drawn([6.5, 6.5, 1.5, 6.5, 6.5, 6.5], [7.5] * 6, {3: [9.0, 9.0, 0.0, 0.0, 0.0, 0.0]}, gaps=(3,))
    assert rows[4] == "99X/=="


def test_nothing_is_swept_in_what_is_yet_to_come() -> None:
    band = [9.0] * 3 + [0.0] * 3
    rows = drawn([6.5] * 3 + [1.5] + [6.5] * 2, [7.5] * 6, {2: band, 6: band}, to_come=2)
    assert rows[5] == "999X.."
    assert drawn([6.5] * 6, [7.5] * 6, {6: [9.0] * 4 + [0.0] * 2}, to_come=2)[1] == "9999.."


def test_it_has_a_shape_of_its_own() -> None:
    pixels = np.full((2, 2), SWEPT, np.int32)
    assert Painter(HALF).strips(pixels, NO_PATH[:1, :2], None)[0].text == "░░"
    assert [strip.text for strip in Painter(GLYPHS).strips(pixels, NO_PATH[:, :2], None)] == ["xx", "xx"]
    assert Painter(HALF).strips(pixels, NO_PATH[:1, :2] + 9, None)[0].text == "⠉⠉", "the path lies on it"
