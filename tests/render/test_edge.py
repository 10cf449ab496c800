import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from liqtui.painting.glyphs import Glyphs
from liqtui.painting.sequences import ink_of
from liqtui.render.edge import Edge, EdgeLooks
from liqtui.render.text import Field, blank

LONG, SHORT, BASE = Style.parse("red on black"), Style.parse("cyan on black"), Style.parse("white on black")
PEAK = Field("┤", Style.parse("bold red"))


def edge_of(
    longs: list[float], shorts: list[float], width: int, marks: list[Field | None] | None = None, looks: object = None
) -> Edge:
    """Return the edge of a view whose rows, two a cell row, are given from the top."""
    own = looks if isinstance(looks, EdgeLooks) else EdgeLooks(LONG, SHORT, BASE)
    rows = len(longs) // 2
    sides_usd = np.array([longs[::-1], shorts[::-1]])
    axis = [Strip(list(blank(2, BASE)), 2) for _ in range(rows)]
    return Edge(own, own.codes(marks or [None] * rows, sides_usd, width), axis)


def test_bars_have_one_scale_for_both_sides_and_an_eighth_for_the_least() -> None:
    edge = edge_of([0, 0, 0, 0, 3e6, 1e6, 1.0, 0], [4e6, 4e6, 0, 0, 0, 0, 0, 0], 4)
    strips = edge.strips()
    assert [strip.text for strip in strips] == [" ████  ", "       ", " ██    ", " ▏     "]
    assert [list(strip)[1].style for strip in (strips[0], strips[2], strips[3])] == [
        BASE + SHORT,
        BASE + LONG,
        BASE + LONG,
    ]  # fmt: skip


def test_parts_of_a_cell_are_told_in_eighths() -> None:
    edge = edge_of([16, 0, 11, 0, 5, 0, 0, 0], [0.0] * 8, 2)
    assert [strip.text for strip in edge.strips()] == [" ██  ", " █▍  ", " ▋   ", "     "]


def test_a_map_of_nothing_has_no_bars() -> None:
    assert [strip.text for strip in edge_of([0.0] * 4, [0.0] * 4, 3).strips()] == ["      ", "      "]


def test_marks_stand_left_of_the_bars_and_change_with_their_list() -> None:
    looks = EdgeLooks(LONG, SHORT, BASE)
    first = edge_of([1, 1, 0, 0], [0.0] * 4, 1, [None, PEAK], looks)
    again = edge_of([1, 1, 0, 0], [0.0] * 4, 1, [PEAK, Field("│", LONG)], looks)
    assert [strip.text for strip in first.strips()] == [" █  ", "┤   "]
    assert [strip.text for strip in again.strips()] == ["┤█  ", "│   "]


def test_without_room_for_bars_the_marks_are_left() -> None:
    assert [strip.text for strip in edge_of([1.0] * 4, [0.0] * 4, 0, [PEAK, None]).strips()] == ["┤  ", "   "]


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9), st.booleans()), min_size=1), st.integers(0, 14))
def test_its_cells_are_those_of_its_strips(rows: list[tuple[float, float, bool]], width: int) -> None:
    longs = [usd for long, _, _ in rows for usd in (long, 0.0)]
    shorts = [usd for _, short, _ in rows for usd in (short, 0.0)]
    edge = edge_of(longs, shorts, width, [PEAK if marked else None for _, _, marked in rows])
    glyphs = Glyphs()
    ids = edge.block(7, 1).ids(glyphs, ColorSystem.TRUECOLOR)
    for row, strip in zip(ids.tolist(), edge.strips(), strict=True):
        cells = [(char, segment.style) for segment in strip for char in segment.text][: 1 + width]
        assert row == [glyphs.number(char, ink_of(style, ColorSystem.TRUECOLOR)) for char, style in cells]
