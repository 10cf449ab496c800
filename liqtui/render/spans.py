"""Ranges of prices as lines in one column of cells: half lines at their ends, an arm to the left at the peak."""

from collections.abc import Iterable
from typing import NamedTuple

_UP, _DOWN, _LEFT = 1, 2, 4
_LIGHT, _HEAVY = " ╵╷│╴┘┐┤", " ╹╻┃╸┛┓┫"
"""The lines by the sum of their arms."""


class Span(NamedTuple):
    """Rows of cells from the top that a range covers; those below 0 or beyond the last are out of sight."""

    top: int
    peak: int
    bottom: int
    is_heavy: bool


def span_lines(spans: Iterable[Span], rows: int) -> dict[int, tuple[str, bool]]:
    """Return by row the line there and whether it is heavy.

    A row belongs to the first span that wants it, so that two which meet keep an end each; the peak of another one of
    its kind is marked there too. An end that is out of sight is not drawn as one.
    """
    arms: dict[int, tuple[int, bool]] = {}
    for span in spans:
        if span.bottom < 0 or span.top >= rows:
            continue
        start = min(max(span.peak, 0), rows - 1)
        if start in arms:
            held, is_heavy = arms[start]
            if start == span.peak and is_heavy == span.is_heavy:
                arms[start] = held | _LEFT, is_heavy
            continue
        top = _last_free(arms, start, max(span.top, 0))
        bottom = _last_free(arms, start, min(span.bottom, rows - 1))
        for row in range(top, bottom + 1):
            up = _UP * (row > top or span.top < row == 0)
            down = _DOWN * (row < bottom or span.bottom > row == rows - 1)
            arms[row] = up | down | _LEFT * (row == span.peak), span.is_heavy
    return {row: ((_HEAVY if is_heavy else _LIGHT)[sum_], is_heavy) for row, (sum_, is_heavy) in arms.items()}


def _last_free(taken: dict[int, tuple[int, bool]], start: int, end: int) -> int:
    """Return the last row on the way from a free row to another that nothing has taken."""
    step = 1 if end >= start else -1
    row = start
    while row != end and row + step not in taken:
        row += step
    return row
