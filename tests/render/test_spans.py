"""Ranges as lines one cell wide."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.render.spans import Span, span_lines


def picture(spans: Sequence[Span], rows: int) -> str:
    """Return a column from the top, blank where there is no line."""
    lines = span_lines(spans, rows)
    return "".join(lines[y][0] if y in lines else " " for y in range(rows))


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        ([Span(1, 3, 4, False)], " ╷│┤╵   "),
        ([Span(1, 3, 4, True)], " ╻┃┫╹   "),
        ([Span(1, 1, 3, False), Span(5, 7, 7, True)], " ┐│╵ ╻┃┛"),
        ([Span(2, 2, 2, False), Span(5, 5, 5, True)], "  ╴  ╸  "),
        ([Span(-2, 1, 2, False), Span(6, 6, 9, True)], "│┤╵   ┓┃"),
        ([Span(-3, -1, 1, False), Span(6, 8, 9, True)], "│╵    ╻┃"),
        ([Span(-3, -2, -1, False), Span(8, 9, 9, True)], "        "),
    ],
)
def test_a_range_has_ends_and_a_peak_where_these_are_in_sight(spans: Sequence[Span], wanted: str) -> None:
    assert picture(spans, 8) == wanted


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        ([Span(0, 2, 3, True), Span(3, 5, 6, True)], "╻┃┫╹╻┫╹ "),
        ([Span(3, 5, 6, True), Span(0, 2, 3, True)], "╻┃┛╻┃┫╹ "),
        ([Span(0, 2, 4, True), Span(4, 4, 4, True)], "╻┃┫┃┛   "),
        ([Span(0, 2, 4, True), Span(4, 4, 4, False)], "╻┃┫┃╹   "),
    ],
)
def test_ranges_that_meet_in_a_row_stay_apart_and_the_first_has_it(spans: Sequence[Span], wanted: str) -> None:
    assert picture(spans, 8) == wanted


_ROWS = st.integers(-4, 14)


def range_of(rows: tuple[int, int, int], is_heavy: bool) -> Span:
    """Return a range whose peak is the middle one of three rows."""
    top, peak, bottom = sorted(rows)
    return Span(top, peak, bottom, is_heavy)


@given(st.lists(st.builds(range_of, st.tuples(_ROWS, _ROWS, _ROWS), st.booleans()), max_size=5))
def test_lines_fill_only_what_some_range_covers_and_mark_the_first_ones_peak(spans: list[Span]) -> None:
    lines = span_lines(spans, 10)
    assert all(any(span.top <= y <= span.bottom and span.is_heavy == lines[y][1] for span in spans) for y in lines)
    if spans and 0 <= spans[0].peak < 10:
        assert lines[spans[0].peak][0] in "┤┐┘╴┫┓┛╸"
