"""Literal pictures: classes as pixels, paths as dots, both as cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from liqtui.render.heatmap import Pixels, paint, trace
from liqtui.render.levels import CLASSES, Field, Floats
from liqtui.render.painter import Painter
from liqtui.render.ramp import GAP, LONG, OUTLINE, PIXELS, SHORT, SWEPT, Inks, glyph_inks, half_inks, spread, stronger
from liqtui.render.view import PriceView

VIEW = PriceView(1e-3, 1, 0, 6)
LIMITS = np.arange(1.0, CLASSES + 1.0)
LETTERS = (
    {0: ".", GAP: "/", SWEPT: "X", OUTLINE: "="} | {LONG + k: format(k, "x") for k in range(1, 16)} | {LONG + 16: "!"}
)
LETTERS |= {SHORT + k: chr(ord("j") + k - 1) for k in range(1, 17)}


def picture(pixels: Pixels) -> list[str]:
    """Return pixels as text: hex digits for longs, j.. for shorts, / gap."""
    return ["".join(LETTERS[int(p)] for p in row) for row in pixels]


def price_in(row: int) -> float:
    """Return a price inside a row of the view."""
    return float(np.exp((row + 0.5) * 1e-3))


def field(longs: list[list[float]], shorts: list[list[float]], close_rows: list[int | None]) -> Field:
    """Return a field by cells of rows, lowest row first; a close of None is a gap."""
    close = np.array([np.nan if row is None else price_in(row) for row in close_rows])
    gap = np.isnan(close)
    return Field(np.array(longs), np.array(shorts), gap, close, ~gap, close, close)


def test_the_larger_side_gives_the_class() -> None:
    longs: Floats = np.zeros((4, 6))
    shorts: Floats = np.zeros((4, 6))
    longs[:, 0], longs[1, 1], shorts[:, 5], shorts[2, 4] = 3, 12, 1, 16
    longs[3, 4], shorts[3, 4] = 2, 5
    pixels = paint(field(longs.tolist(), shorts.tolist(), [2, 2, 4, 3]), LIMITS, LIMITS, VIEW)
    assert picture(pixels) == [
        "jjjj",
        "..!n".replace("!", chr(ord("j") + 15)),
        "....",
        "....",
        ".c..",
        "3333",
    ]


def test_a_gap_is_hatched_from_top_to_bottom() -> None:
    blank = np.zeros((3, 6)).tolist()
    assert picture(paint(field(blank, blank, [1, None, 4]), LIMITS, LIMITS, VIEW)) == ["./."] * 6


def colours(start: int, count: int) -> list[Color]:
    """Return distinct colours."""
    return [Color.from_rgb(start + i, 0, 0) for i in range(count)]


BLACK, WHITE = Color.from_rgb(0, 0, 0), Color.from_rgb(255, 255, 255)
HALF = half_inks(colours(1, 16), colours(101, 16), BLACK, WHITE, Color.parse("red"))
GREYS = [Color.from_rgb(value, value, value) for value in range(15, 256, 16)]
STEEP = half_inks(GREYS, GREYS, BLACK, WHITE, Color.parse("red"))


NO_PATH = np.zeros((2, 6), np.int32)
SHADES = [(glyph, Style()) for glyph in "░▒▓█"]
GLYPHS = glyph_inks(SHADES, SHADES, Style(bold=True), Style())


def dots_of(rows: list[float | None], inks: Inks) -> list[str]:
    """Return the path through closes at these heights, in rows of the view, over an empty map."""
    closes = np.array([np.nan if row is None else np.exp(row * 1e-3) for row in rows])
    path = trace(closes, VIEW, inks)
    return [strip.text for strip in Painter(inks).strips(np.zeros((6, len(rows)), np.int32), path, None)]


def test_the_path_has_two_levels_a_row_and_joins_its_steps() -> None:
    assert dots_of([2.1, 2.6, 2.6], HALF) == ["   ", "⣀⠤⠤", "   "]
    assert dots_of([1.1, 4.6, 4.6], HALF) == [" ⡤⠤", " ⡇ ", "⠒⠁ "], "a step up is joined, the flat part stays thin"
    assert dots_of([4.6, 1.1], HALF) == ["⠤⡀", " ⡇", " ⠓"]


def test_a_gap_breaks_the_path() -> None:
    assert dots_of([1.1, None, 4.6], HALF) == ["  ⠤", "   ", "⠒  "]


def test_only_the_part_of_a_path_inside_the_view_is_drawn() -> None:
    assert dots_of([9.5, 9.5, 3.1], HALF) == ["  ⡇", "  ⠓", "   "]
    assert dots_of([-3.0, -3.0], HALF) == ["  "] * 3


def test_without_half_blocks_closes_are_bullets_and_joins_small_dots() -> None:
    assert dots_of([1.1, 4.6, 4.6], GLYPHS) == ["   ", " ••", " · ", " · ", "•  ", "   "]


def test_the_path_lies_on_the_heat_and_hides_none_of_it() -> None:
    pixels = np.array([[3, SHORT + 2, GAP], [SHORT + 1, SHORT + 1, GAP]]).astype(np.int32)
    cells = list(Painter(HALF).strips(pixels, np.full((1, 3), 9, np.int32), None)[0])
    backs = [cell.style.bgcolor for cell in cells if cell.style]
    assert backs == [HALF.colours[3], HALF.colours[SHORT + 2], HALF.colours[0]]
    assert "".join(cell.text for cell in cells) == "⠉⠉⠉"


def test_the_stronger_pixel_is_that_of_the_higher_class() -> None:
    assert stronger(5, SHORT + 4) == stronger(SHORT + 4, 5) == 5
    assert stronger(SHORT + 6, 5) == SHORT + 6
    assert stronger(0, 3) == 3 and stronger(GAP, 3) == 3 and stronger(GAP, GAP) == 0


def test_the_path_turns_dark_where_it_would_drown() -> None:
    bright = half_inks([Color.parse("#fff45c")] * 2, [Color.parse("#0a2450")] * 2, BLACK, WHITE, Color.parse("red"))
    assert bright.traced(LONG + 9, 1)[1].color == BLACK
    assert bright.traced(SHORT + 9, 1)[1].color == WHITE


def test_half_blocks_merge_runs_and_equal_halves_are_spaces() -> None:
    pixels = np.array([[0, 0, 3, 3, 3, GAP], [0, 0, 3, 3, 5, GAP], [0, 9, 0, 0, 0, GAP], [7, 7, 7, 0, 0, GAP]])
    strips = Painter(HALF).strips(pixels.astype(np.int32), NO_PATH, None)
    assert [strip.text for strip in strips] == ["    ▀╱", "▄▀▄  ╱"]
    assert [len(list(strip)) for strip in strips] == [4, 5], "runs of equal cells are one segment"
    assert all(strip.cell_length == 6 for strip in strips)
    top = list(strips[0])
    assert top[1].style == Style(bgcolor=HALF.colours[3])
    assert top[2].style == Style(color=HALF.colours[3], bgcolor=HALF.colours[5])


def test_the_price_line_is_a_dash_every_fourth_cell_that_shows_the_heat_between_and_spares_the_path() -> None:
    pixels = np.array([[0, 3, 3, 0, 3, 3, 3, GAP, 0], [0, 3, 5, 0, 3, 3, 5, GAP, 0]]).astype(np.int32)
    path = np.array([[0, 0, 0, 9, 0, 0, 0, 0, 0]], np.int32)
    assert Painter(HALF).strips(pixels, path, 0)[0].text == "╌ ▀⠉╌ ▀╱╌"
    assert Painter(HALF).strips(pixels, path, None)[0].text == "  ▀⠉  ▀╱ "
    path[0, 4] = 9
    assert Painter(HALF).strips(pixels, path, 0)[0].text == "╌ ▀⠉⠉ ▀╱╌"
    assert HALF.crossed(3, 5)[1].bgcolor == HALF.colours[5]
    assert HALF.crossed(0, 0)[1].color == Color.from_rgb(127.5, 127.5, 127.5), "fainter than the path"


@pytest.mark.parametrize(
    ("top", "bottom", "glyph"),
    [
        (2, 16, "▀"),
        (16, 2, "▄"),
        (0, 16, "▀"),
        (16, GAP, "▄"),
        (SWEPT, 16, "▀"),
        (SHORT + 2, 16, "▀"),
        (SHORT + 16, 5, "▄"),
    ],
)
def test_where_unlike_amounts_meet_the_price_line_shades_the_weaker_and_leaves_the_stronger_as_it_is(
    top: int, bottom: int, glyph: str
) -> None:
    text, style = STEEP.crossed(top, bottom)
    assert text == glyph
    assert style.bgcolor == STEEP.colours[bottom if glyph == "▀" else top], "no heat grows into the other half"
    assert style.color not in STEEP.colours, "nor is the shade any amount"


def test_where_amounts_are_alike_the_price_line_is_a_dash_over_the_stronger() -> None:
    for top, bottom in ((13, 14), (14, 13), (SHORT + 14, 13), (14, 14)):
        text, style = STEEP.crossed(top, bottom)
        assert text == "╌" and style.bgcolor == STEEP.colours[stronger(top, bottom)]


def test_the_price_line_keeps_to_xterms_colours_where_the_map_does() -> None:
    ramp = [Color.from_ansi(number) for number in (53, 89)]
    few = half_inks(ramp, ramp, Color.from_ansi(233), Color.from_ansi(231), Color.from_ansi(240))
    ink = few.crossed(0, 0)[1].color
    assert ink is not None and ink.number in range(16, 256)


def test_a_row_that_is_as_before_keeps_its_strip() -> None:
    painter = Painter(HALF)
    pixels = np.array([[1, 2], [1, 2], [1, 2], [1, 2]]).astype(np.int32)
    first = painter.strips(pixels, NO_PATH[:, :2], None)
    pixels[3, 1] = 3
    again = painter.strips(pixels, NO_PATH[:, :2], None)
    assert again[0] is first[0] and again[1] is not first[1]
    assert painter.strips(pixels, NO_PATH[:, :2], 0)[0] is not first[0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(0, 2)), max_size=40))
def test_rows_that_change_bit_by_bit_are_as_if_painted_afresh(changes: list[tuple[int, int, int]]) -> None:
    painter, codes = Painter(HALF), np.zeros((4, 8), np.int32)
    edges = [Strip([Segment(str(y))]) for y in range(4)]
    for row, cell, value in changes:
        codes = codes.copy()
        codes[row, cell:] = value
        here = value or None
        afresh = Painter(HALF).rows(codes, here, edges)
        assert [list(strip) for strip in painter.rows(codes, here, edges)] == [list(strip) for strip in afresh]
        assert {strip.cell_length for strip in afresh} == {9}


def test_the_memory_of_runs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liqtui.render.painter._MOST_RUNS", 100)
    painter = Painter(HALF)
    for k in range(3000):
        painter.strips(np.array([[k % 16, (k // 16) % 16, k // 256]] * 2).astype(np.int32), NO_PATH[:1, :3], None)
    assert len(painter._runs) <= 103


def test_glyphs_take_one_pixel_a_cell() -> None:
    pixels = np.array([[0, 1, 5, 9, 16], [0, 17, 21, 32, GAP]]).astype(np.int32)
    path = np.array([[0] * 5, [2, 0, 0, 0, 0]], np.int32)
    assert [strip.text for strip in Painter(GLYPHS).strips(pixels, path, None)] == [" ░▒▓█", "•░▒█/"]
    assert Painter(GLYPHS).strips(pixels, path, 0)[0].text == "-░▒▓█"
    empty = np.zeros((1, 5), np.int32)
    assert Painter(GLYPHS).strips(empty, empty, 0)[0].text == "-----"


def test_every_stop_of_a_ramp_is_used_in_order() -> None:
    for stops in range(2, 17):
        taken = spread(stops)
        assert len(taken) == CLASSES and taken == sorted(taken) and set(taken) == set(range(stops))


def test_pixels_do_not_collide() -> None:
    assert len({0, GAP, SWEPT, OUTLINE, *range(LONG + 1, LONG + 17), *range(SHORT + 1, SHORT + 17)}) == PIXELS
