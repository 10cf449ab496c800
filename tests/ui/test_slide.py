"""A map that moves along its rows: the terminal moves the cells, and shows what it would if all were sent."""

import re
from array import array
from pathlib import Path

import numpy as np
import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from liqtui.painting.codes import Ids
from liqtui.painting.light import LightApp
from liqtui.painting.shadow import Shadow
from liqtui.painting.slide import Slide, find_slide
from tests.ui.paired import assert_same, both

WIDTH, HEIGHT = 100, 16
LEFT, TOP, CELLS, ROWS = 6, 2, 70, 12
SYSTEM = ColorSystem.TRUECOLOR
LOOKS = tuple((text, Style(color=colour)) for text in "▀▄█ab" for colour in ("#102030", "#ff0000", "green"))


def row_of(text: str, colour: str = "red") -> list[Segment]:
    """Return a row of one style."""
    return [Segment(text, Style(color=colour))]


def filled(shadow: Shadow, beside: str = "x") -> Shadow:
    """Return a shadow, now of a screen that is full of a text."""
    shadow._fit(WIDTH, HEIGHT)
    for y in range(HEIGHT):
        shadow.splice(0, y, row_of(beside * (WIDTH // Segment(beside).cell_length)), SYSTEM)
    return shadow


def glyphs_of(shadow: Shadow, looks: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Ids:
    """Return the glyphs of an array of indices of LOOKS."""
    numbers = [int(shadow.glyphs.line([Segment(text, style)], SYSTEM)[0]) for text, style in LOOKS]
    return np.array(numbers, np.int32)[looks]


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    """Return an empty terminal and what feeds it."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    return screen, pyte.Stream(screen)


def picture(screen: pyte.Screen) -> list[list[object]]:
    """Return all cells with their colours."""
    return [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


def whole(shadow: Shadow) -> list[list[object]]:
    """Return what a terminal shows to which all of a shadow is sent."""
    screen, stream = terminal()
    shadow.forget()
    stream.feed(shadow.changes((0, 0)))
    return picture(screen)


steps = st.lists(
    st.tuples(st.integers(-20, 20), st.floats(0, 0.2), st.sampled_from(("x", "long", "世", "")), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(("x", "世")), steps)
def test_the_screen_is_that_of_a_shadow_that_sends_all(
    seed: int, beside: str, walk: list[tuple[int, float, str, bool]]
) -> None:
    rng = np.random.default_rng(seed)
    shadow, truth = filled(Shadow(), beside), filled(Shadow(), beside)
    screen, stream = terminal()
    field, at = rng.integers(0, len(LOOKS), (ROWS, 3 * CELLS)), CELLS
    for by, noise, said, sends in ((0, 0.0, "", True), *walk, (0, 0.0, "", True)):
        at = min(max(at + by, 0), 2 * CELLS)
        looks = field[:, at : at + CELLS].copy()
        other = rng.random(looks.shape) < noise
        looks[other] = rng.integers(0, len(LOOKS), int(other.sum()))
        place = (LEFT + CELLS + int(rng.integers(0, 20)), int(rng.integers(0, HEIGHT)))
        for one in (shadow, truth):
            if said:
                one.splice(*place, row_of(said, "blue"), SYSTEM)
            one.take_block(LEFT, TOP, glyphs_of(one, looks))
        if sends:
            stream.feed(shadow.changes((0, 0)))
            assert picture(screen) == whole(truth)


def moved(cells: int, said_at: int | None = None, shadow: Shadow | None = None) -> str:
    """Return what is sent when a map moves by some cells to the left, and wide text stands at a cell of each row."""
    rng, shadow = np.random.default_rng(3), filled(shadow or Shadow())
    field = rng.integers(0, len(LOOKS), (ROWS, CELLS + 30))
    shadow.take_block(LEFT, TOP, glyphs_of(shadow, field[:, :CELLS]))
    if said_at is not None:
        for y in range(HEIGHT):
            shadow.splice(said_at, y, row_of("世"), SYSTEM)
    shadow.changes((0, 0))
    shadow.take_block(LEFT, TOP, glyphs_of(shadow, field[:, cells : cells + CELLS]))
    return shadow.changes((0, 0))


def test_a_page_costs_the_cells_that_are_new() -> None:
    sent = moved(4)
    assert re.findall(r"\x1b\[\d+[P@]", sent) == ["\x1b[4P", "\x1b[4@"] * ROWS
    assert sent.startswith("\x1b[3;7H\x1b[4P\x1b[66C\x1b[4@")
    assert len(re.findall("[▀▄█ab]", sent)) == 4 * ROWS


def test_a_wide_character_is_never_cut() -> None:
    assert re.findall(r"\x1b\[\d+[P@]", moved(4, said_at=LEFT + CELLS)), "whole beside the map"
    for edge in (LEFT - 1, LEFT + CELLS - 1):
        assert not re.findall(r"\x1b\[\d+[P@]", moved(4, said_at=edge)), edge


def test_what_moves_little_is_written() -> None:
    shadow = filled(Shadow())
    looks = np.random.default_rng(5).integers(0, len(LOOKS), (ROWS, CELLS))
    shadow.take_block(LEFT, TOP, glyphs_of(shadow, looks))
    shadow.changes((0, 0))
    other = np.random.default_rng(6).integers(0, len(LOOKS), (ROWS, CELLS))
    shadow.take_block(LEFT, TOP, glyphs_of(shadow, other))
    assert not re.findall(r"\x1b\[\d+[P@]", shadow.changes((0, 0)))


def test_only_rows_that_gain_by_it_move() -> None:
    rng, size = np.random.default_rng(7), (CELLS, ROWS)
    old = rng.integers(1, 9, (ROWS, CELLS)).astype(np.int32)
    new = np.roll(old, 5, axis=1)
    new[:, :5] = 9
    old[3], new[3] = 4, 4
    assert find_slide(array("i", old.tobytes()), size, 0, 0, new) == Slide((0, 1, 2, *range(4, ROWS)), 0, CELLS, -5)


async def test_inside_tmux_the_terminal_is_not_asked_to_move_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pane beside another tmux would draw each such line twice."""
    for name, value, moves in (
        ("TMUX", "/tmp/tmux-0/default,1,0", False),
        ("TMUX", "", True),
        ("TERM", "screen", False),
    ):
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv(name, value)
        shadow = LightApp()._shadow
        assert shadow is not None
        assert bool(re.findall(r"\x1b\[\d+[P@]", moved(4, shadow=shadow))) is moves


def test_a_terminal_shows_the_pages_that_stock_painting_gives(tmp_path: Path) -> None:
    with both(tmp_path, 160, 45) as (light, stock):
        moves = []
        for columns in (0, 1, 30, 31, 75, 76, 160, 130):
            sent = len(light.raw)
            for app in (light, stock):
                app.ask("later", columns)
            assert_same(light, stock, columns)
            moves.append(len(re.findall(rb"\x1b\[\d+P", bytes(light.raw[sent:]))))
        assert [count > 10 for count in moves] == [False, False, True, False, True, False, True, True], moves


def test_a_block_that_cuts_a_wide_character_blanks_the_other_half() -> None:
    shadow = filled(Shadow(), "世")
    shadow.take_block(LEFT + 1, TOP, glyphs_of(shadow, np.zeros((1, 2), np.int64)))
    cells = [shadow.glyphs.texts[glyph] for glyph in shadow.row(TOP)[LEFT - 2 : LEFT + 6]]
    assert cells == ["世", "", " ", "▀", "▀", " ", "世", ""]
