"""A screen that is written afresh shows, cell by cell, what was wanted, whichever way its rows are written."""

from itertools import pairwise

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from liqtui.painting.glyphs import change
from liqtui.painting.runs import GlyphArrays
from liqtui.painting.shadow import Shadow

SYSTEM = ColorSystem.TRUECOLOR
PIECES = st.lists(
    st.tuples(
        st.text("ab ▀█─·世é", max_size=4),
        st.sampled_from(["red", "on blue", "bold red", "red on blue", "green on blue", "green on red", ""]),
    )
)


def of_rows(rows: list[list[tuple[str, str]]], width: int) -> Shadow:
    """Return a shadow of rows of (text, style), each filled up with blanks."""
    shadow = Shadow()
    shadow._fit(width, len(rows))
    for y, row in enumerate(rows):
        segments = [Segment(text, Style.parse(style)) for text, style in row if text]
        shadow.splice(0, y, [*segments, Segment(" " * width)], SYSTEM)
    return shadow


def shown(data: str, width: int, height: int) -> list[list[object]]:
    """Return all cells of a terminal that was sent something."""
    screen = pyte.Screen(width, height)
    pyte.Stream(screen).feed(data)
    return [[screen.buffer[y][x] for x in range(width)] for y in range(height)]


@given(st.lists(PIECES, min_size=1, max_size=5), st.integers(3, 24))
def test_written_by_runs_or_by_ink_it_is_the_same(rows: list[list[tuple[str, str]]], width: int) -> None:
    by_ink, by_runs = of_rows(rows, width), of_rows(rows, width)
    by_runs._has_blocks = True
    bytes_by_ink, bytes_by_runs = (one.changes((0, 0)) for one in (by_ink, by_runs))
    assert shown(bytes_by_runs, width, len(rows)) == shown(bytes_by_ink, width, len(rows))
    assert by_runs.changes((0, 0)) == "", "nothing is left to send"


@given(
    st.lists(PIECES, min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20), PIECES), max_size=6),
    st.integers(3, 24),
)
def test_changes_are_the_same_bytes_whether_found_row_by_row_or_all_at_once(
    rows: list[list[tuple[str, str]]], edits: list[tuple[int, int, list[tuple[str, str]]]], width: int
) -> None:
    row_by_row, at_once = of_rows(rows, width), of_rows(rows, width)
    sent = [one.changes((0, 0)) for one in (row_by_row, at_once)]
    at_once._has_blocks = True
    for y, x, pieces in edits:
        if y < len(rows) and x < width:
            segments = [Segment(text, Style.parse(style)) for text, style in pieces if text]
            for one in (row_by_row, at_once):
                one.splice(x, y, segments, SYSTEM)
    changes = [one.changes((1, 0)) for one in (row_by_row, at_once)]
    assert changes[0] == changes[1]
    at_once.forget()
    assert shown(sent[1] + changes[1] + "\x1b[H", width, len(rows)) == shown(at_once.changes((0, 0)), width, len(rows))


def test_one_cell_between_of_the_same_ink_is_written_again_but_not_across_rows() -> None:
    shadow = of_rows([[("aaaaaaaa", "red")], [("aaa", "red"), ("a", "blue"), ("aaaa", "red")], [("a", "red")]], 8)
    shadow.changes((0, 0))
    shadow._has_blocks = True
    for x, y in ((1, 0), (3, 0), (6, 0), (0, 1), (2, 1), (4, 1), (7, 1), (0, 2)):
        shadow.splice(x, y, [Segment("b", Style.parse("red"))], SYSTEM)
    found = shadow._changed()
    assert len({run[3] for run in found}) == 1
    assert [run[:3] for run in found] == [(1, 4, 0), (6, 7, 0), (0, 3, 1), (4, 5, 1), (7, 8, 1), (0, 1, 2)]


@given(st.lists(PIECES, min_size=1, max_size=5), st.integers(3, 24))
def test_rows_are_written_with_the_changes_between_their_inks(rows: list[list[tuple[str, str]]], width: int) -> None:
    shadow = of_rows(rows, width)
    found = GlyphArrays(shadow.glyphs).rows(shadow._now, width)
    for y, whole in enumerate(found):
        row = shadow.row(y)
        texts = [shadow.glyphs.texts[glyph] for glyph in row]
        if any(len(text) != 1 for text in texts):
            assert whole is None
            continue
        inks = [shadow.glyphs.inks[glyph] for glyph in row]
        steps = ["", *(change(old, new) if new is not old else "" for old, new in pairwise(inks))]
        wanted = "".join(part for pair in zip(steps, texts, strict=True) for part in pair)
        assert whole == (wanted, inks[0], inks[-1])


def test_glyphs_that_are_new_are_taken_over() -> None:
    shadow = of_rows([[("a", "red")]], 3)
    arrays = GlyphArrays(shadow.glyphs)
    arrays.rows(shadow._now, 3)
    shadow.splice(0, 0, [Segment("b", Style.parse("blue"))], SYSTEM)
    (whole,) = arrays.rows(shadow._now, 3)
    assert whole is not None and whole.text == f"b{change(whole.first, whole.last)}  "
