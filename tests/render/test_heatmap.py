"""Literal pictures: classes and paths as pixels, pixels as cells."""

import numpy as np
from rich.color import Color
from rich.style import Style

from liqtui.render.heatmap import Painter, Pixels, paint
from liqtui.render.levels import CLASSES, Field, Floats
from liqtui.render.ramp import GAP, LONG, PATH, PIXELS, SHORT, glyph_inks, half_inks, spread
from liqtui.render.view import PriceView

VIEW = PriceView(1e-3, 1, 0, 6)
LIMITS = np.arange(1.0, CLASSES + 1.0)
LETTERS = {0: ".", PATH: "#", GAP: "/"} | {LONG + k: format(k, "x") for k in range(1, 16)} | {LONG + 16: "!"}
LETTERS |= {SHORT + k: chr(ord("j") + k - 1) for k in range(1, 17)}


def picture(pixels: Pixels) -> list[str]:
    """Return pixels as text: hex digits for longs, j.. for shorts, # path, / gap."""
    return ["".join(LETTERS[int(p)] for p in row) for row in pixels]


def price_in(row: int) -> float:
    """Return a price inside a row of the view."""
    return float(np.exp((row + 0.5) * 1e-3))


def field(longs: list[list[float]], shorts: list[list[float]], close_rows: list[int | None]) -> Field:
    """Return a field by cells of rows, lowest row first; a close of None is a gap."""
    close = np.array([np.nan if row is None else price_in(row) for row in close_rows])
    gap = np.isnan(close)
    return Field(np.array(longs), np.array(shorts), gap, close, ~gap)


def test_the_larger_side_gives_the_class_and_the_path_lies_on_top() -> None:
    longs: Floats = np.zeros((4, 6))
    shorts: Floats = np.zeros((4, 6))
    longs[:, 0], longs[1, 1], shorts[:, 5], shorts[2, 4] = 3, 12, 1, 16
    longs[3, 4], shorts[3, 4] = 2, 5
    pixels = paint(field(longs.tolist(), shorts.tolist(), [2, 2, 4, 3]), LIMITS, LIMITS, VIEW)
    assert picture(pixels) == [
        "jjjj",
        "..#n",
        "..##",
        "##..",
        ".c..",
        "3333",
    ]


def test_a_gap_is_hatched_from_top_to_bottom_and_breaks_the_path() -> None:
    blank = np.zeros((3, 6)).tolist()
    assert picture(paint(field(blank, blank, [1, None, 4]), LIMITS, LIMITS, VIEW)) == [
        "./.",
        "./#",
        "./.",
        "./.",
        "#/.",
        "./.",
    ]


def test_a_path_outside_the_view_is_not_drawn() -> None:
    blank = np.zeros((3, 6)).tolist()
    assert picture(paint(field(blank, blank, [9, 9, 3]), LIMITS, LIMITS, VIEW)) == [
        "..#",
        "..#",
        "..#",
        "...",
        "...",
        "...",
    ]


def colours(start: int, count: int) -> list[Color]:
    """Return distinct colours."""
    return [Color.from_rgb(start + i, 0, 0) for i in range(count)]


HALF = half_inks(colours(1, 16), colours(101, 16), Color.from_rgb(0, 0, 0), Color.parse("white"), Color.parse("red"))


def test_half_blocks_merge_runs_and_equal_halves_are_spaces() -> None:
    pixels = np.array([[0, 0, 3, 3, 3, GAP], [0, 0, 3, 3, 5, GAP], [0, PATH, 0, 0, 0, GAP], [7, 7, 7, 0, 0, GAP]])
    strips = Painter(HALF).strips(pixels.astype(np.int32), None)
    assert [strip.text for strip in strips] == ["    ▀╱", "▄▀▄  ╱"]
    assert [len(list(strip)) for strip in strips] == [4, 5], "runs of equal cells are one segment"
    assert all(strip.cell_length == 6 for strip in strips)
    top = list(strips[0])
    assert top[1].style == Style(bgcolor=HALF.colours[3])
    assert top[2].style == Style(color=HALF.colours[3], bgcolor=HALF.colours[5])


def test_the_price_line_crosses_whole_cells_only_and_spares_the_path() -> None:
    pixels = np.array([[0, 3, 3, PATH, GAP], [0, 3, 5, PATH, GAP]]).astype(np.int32)
    assert Painter(HALF).strips(pixels, 0)[0].text == "╌╌▀ ╌"
    assert Painter(HALF).strips(pixels, None)[0].text == "  ▀ ╱"


def test_rows_that_look_the_same_are_painted_once() -> None:
    painter = Painter(HALF)
    pixels = np.array([[1, 2], [1, 2], [1, 2], [1, 2]]).astype(np.int32)
    first, second = painter.strips(pixels, None)
    assert first is second
    assert painter.strips(pixels, None)[0] is first
    assert painter.strips(pixels, 0)[0] is not first


def test_the_memory_of_rows_is_bounded() -> None:
    painter = Painter(HALF)
    for k in range(3000):
        painter.strips(np.array([[k % 16, (k // 16) % 16, k // 256]] * 2).astype(np.int32), None)
    assert len(painter._rows) <= 8 * 64 + 1


def test_glyphs_take_one_pixel_a_cell() -> None:
    shades = [(glyph, Style()) for glyph in "░▒▓█"]
    inks = glyph_inks(shades, shades, ("•", Style(bold=True)), Style(), Style(bold=True))
    pixels = np.array([[0, 1, 5, 9, 16], [PATH, 17, 21, 32, GAP]]).astype(np.int32)
    assert [strip.text for strip in Painter(inks).strips(pixels, None)] == [" ░▒▓█", "•░▒█/"]
    assert Painter(inks).strips(pixels, 0)[0].text == "-░▒▓█"


def test_every_stop_of_a_ramp_is_used_in_order() -> None:
    for stops in range(2, 17):
        taken = spread(stops)
        assert len(taken) == CLASSES and taken == sorted(taken) and set(taken) == set(range(stops))


def test_pixels_do_not_collide() -> None:
    assert len({0, PATH, GAP, *range(LONG + 1, LONG + 17), *range(SHORT + 1, SHORT + 17)}) == PIXELS
