"""Runs of one ink: what is written of the cells that differ, whoever has found them."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from liqtui.painting.glyphs import Glyphs, Ink

Run: TypeAlias = tuple[int, int, int, Ink]
"""Begin and end (exclusive) of cells of one ink in a row, the row's number, and the ink."""


def runs_of(
    places: Sequence[int], inks: Sequence[int], ends: Iterable[int], now: "array[int]", width: int, glyphs: Glyphs
) -> Iterator[Run]:
    """Yield the runs of ascending places on a screen `now`, of which each has the number of its ink.

    `ends` cut the two lists where the places are not consecutive or the ink is another. One cell in between does not
    end a run where it is of its ink: to write it again is no longer than a move.
    """
    palette, numbers = glyphs.palette, glyphs.ink_numbers
    start, stop, held = -1, -1, -1
    for begin, end, ink in _stretches(places, inks, ends):
        while begin < end:
            line = begin - begin % width
            until = min(end, line + width)
            if begin == stop + 1 and ink == held and start >= line and numbers[now[stop]] == ink:
                stop = until
            else:
                if start >= 0:
                    yield _run(start, stop, width, palette[held])
                start, stop, held = begin, until, ink
            begin = until
    if start >= 0:
        yield _run(start, stop, width, palette[held])


def cells_in(runs: Sequence[Run]) -> int:
    """Return how many cells some runs have."""
    return sum([end - start for start, end, _, _ in runs])


def _stretches(places: Sequence[int], inks: Sequence[int], ends: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Yield where consecutive places of one ink begin and end (exclusive), and the ink."""
    for first, end in pairwise((0, *ends, len(places))):
        if first < end:
            yield places[first], places[end - 1] + 1, inks[first]


def _run(begin: int, end: int, width: int, ink: Ink) -> Run:
    y = begin // width
    return begin - y * width, end - y * width, y, ink
