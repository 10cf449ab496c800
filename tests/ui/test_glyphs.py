"""Glyphs over a long run: what is on screen is not looked up again, and what left it is not held."""

import sys

import numpy as np
from rich.color import Color, ColorSystem
from rich.style import Style

from liqtui.painting.codes import CodeTable
from liqtui.painting.glyphs import Glyphs
from liqtui.painting.sequences import ink_of
from liqtui.render.ramp import LONG, half_inks

TRUE = ColorSystem.TRUECOLOR


def table(asked: list[int]) -> CodeTable:
    """Return a table of the letters from a on, each in a colour of its own, that tells which were looked up."""

    def look(code: int) -> tuple[str, Style]:
        asked.append(code)
        return chr(ord("a") + code), Style(color=f"color({code + 16})")

    return CodeTable(26, look)


def shown(glyphs: Glyphs, ids: "np.ndarray[tuple[int, ...], np.dtype[np.int32]]") -> list[tuple[str, str]]:
    """Return the texts of glyphs and their inks."""
    return [(glyphs.texts[number], glyphs.inks[number].text) for number in ids.tolist()]


def test_codes_on_screen_are_not_looked_up_again_when_glyphs_are_numbered_anew() -> None:
    asked: list[int] = []
    glyphs, codes = Glyphs(), table(asked)
    first = codes.ids(np.array([3, 4, 5], np.int32), glyphs, TRUE)
    before = shown(glyphs, first)
    glyphs.keep([int(first[2]), int(first[0])])
    asked.clear()
    assert shown(glyphs, codes.ids(np.array([3, 5], np.int32), glyphs, TRUE)) == [before[0], before[2]]
    assert not asked
    assert shown(glyphs, codes.ids(np.array([4], np.int32), glyphs, TRUE)) == [before[1]]
    assert asked == [4]


def test_codes_of_a_picture_that_was_away_while_glyphs_were_numbered_anew_are_looked_up() -> None:
    asked: list[int] = []
    glyphs, codes = Glyphs(), table(asked)
    codes.ids(np.array([7], np.int32), glyphs, TRUE)
    for _ in range(2):
        glyphs.keep([glyphs.number("x", "1")])
    asked.clear()
    assert shown(glyphs, codes.ids(np.array([7], np.int32), glyphs, TRUE)) == [("h", "38;5;23")]
    assert asked == [7]


def test_a_style_that_was_painted_is_not_held() -> None:
    style = Style(color="#123456", bgcolor="#654321", bold=True)
    before = sys.getrefcount(style)
    assert ink_of(style, TRUE) == "1;38;2;18;52;86;48;2;101;67;33"
    assert sys.getrefcount(style) == before


def test_pairs_of_pixels_leave_nothing_behind() -> None:
    stops = [Color.from_rgb(20 * k, 10 * k, 99) for k in range(12)]
    black, grey, white = (Color.from_rgb(level, level, level) for level in (0, 99, 255))
    inks = half_inks(stops, stops[::-1], black, white, grey)
    _, style = inks.cell(LONG + 1, LONG + 2)
    own = Style(color=stops[1])
    assert sys.getrefcount(style) == sys.getrefcount(own)
    assert inks.cell(LONG + 1, LONG + 1) is inks.cell(LONG + 1, LONG + 1)


def test_inks_share_the_texts_of_their_colours() -> None:
    glyphs = Glyphs()
    texts = ("38;2;1;2;3;48;2;4;5;6", "38;2;1;2;3;48;2;7;8;9", "38;2;9;8;7;48;2;4;5;6")
    first, second, third = (glyphs.inks[glyphs.number("a", text)] for text in texts)
    assert first.front is second.front and first.to_front is second.to_front
    assert first.back is third.back and first.to_back is third.to_back
