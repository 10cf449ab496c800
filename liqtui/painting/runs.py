"""What of a screen is written, run by run of one ink: all rows at once, or the cells that differ from those sent."""

import sys
from array import array
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liqtui.painting.glyphs import Glyphs, Ink, change
from liqtui.painting.stretches import Run, runs_of

_WAYS = 3
_TO_BOTH, _TO_FRONT, _TO_BACK = range(_WAYS)
"""The ways to an ink from one that differs in both colours, in the front one, in the one behind."""
_ODD = -1
"""In place of the colour of an ink that has more than two colours."""
_UTF_32 = f"utf-32-{sys.byteorder[0]}e"


class WrittenRow(NamedTuple):
    """A row of single plain characters."""

    text: str
    """All cells, with the changes between their inks."""
    first: Ink
    """The ink in which it begins."""
    last: Ink


class GlyphArrays:
    """What the glyphs are, as arrays."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs, self.era = glyphs, glyphs.era
        self._sequences: list[str] = []
        """Of each ink of the palette the ways to it."""
        self._colours: NDArray[np.int32] = np.zeros((2, 0), np.int32)
        """(2, inks) numbers of the colours, in front and behind."""
        self._number_of_colour: dict[str, int] = {"": _ODD}

    # An array cannot grow while numpy looks at it: nobody may keep these.
    def _points(self) -> NDArray[np.uint32]:
        return np.frombuffer(self.glyphs.points, np.uint32)

    def _ink_numbers(self) -> NDArray[np.int32]:
        return np.frombuffer(self.glyphs.ink_numbers, np.int32)

    def changed(self, now: "array[int]", sent: "array[int]", width: int) -> list[Run] | None:
        """Return the runs of the cells of a screen that differ from those sent, in order.

        None where anything but single plain characters differs.
        """
        ids = np.frombuffer(now, np.int32)
        at = np.flatnonzero(ids != np.frombuffer(sent, np.int32))
        if not at.size:
            return []
        glyphs = ids.take(at)
        if self.glyphs.has_wide or not self._points().take(glyphs).all():
            return None
        inks = self._ink_numbers().take(glyphs)
        ends = np.flatnonzero((at[1:] - at[:-1] != 1) | (inks[1:] != inks[:-1])) + 1
        return list(runs_of(at.tolist(), inks.tolist(), ends.tolist(), now, width, self.glyphs))

    def rows(self, now: "array[int]", width: int) -> list[WrittenRow | None]:
        """Return the rows of a screen, None for one that holds anything but single plain characters."""
        self._add_inks()
        ids = np.frombuffer(now, np.int32).reshape(-1, width)
        numbers, points = self._ink_numbers().take(ids), self._points().take(ids)
        is_plain = points.all(axis=1)
        begins = np.ones(ids.shape, np.bool_)
        np.not_equal(numbers[:, 1:], numbers[:, :-1], out=begins[:, 1:])
        at = np.flatnonzero(begins)
        bounds = np.searchsorted(at, np.arange(len(ids) + 1) * width).tolist()
        own = numbers.ravel().take(at)
        cells = points.tobytes().decode(_UTF_32)
        pieces = [""] * (2 * len(at))
        pieces[0::2] = self._changes(own)
        pieces[1::2] = [cells[start:stop] for start, stop in pairwise([*at.tolist(), ids.size])]
        inks = self.glyphs.palette
        found: list[WrittenRow | None] = [None] * len(ids)
        for y in np.flatnonzero(is_plain).tolist():
            a, b = bounds[y], bounds[y + 1]
            found[y] = WrittenRow("".join(pieces[2 * a + 1 : 2 * b]), inks[own[a]], inks[own[b - 1]])
        return found

    def _changes(self, numbers: NDArray[Any]) -> list[str]:
        """Return the sequences from each ink to the next; the first of all is to be left out."""
        colours, palette = self._colours.take(numbers, axis=1), self.glyphs.palette
        same = colours[:, 1:] == colours[:, :-1]
        codes = numbers * _WAYS
        codes[1:] += np.where(same[1], _TO_FRONT, np.where(same[0], _TO_BACK, _TO_BOTH))
        found = list(map(self._sequences.__getitem__, codes.tolist()))
        odd = (colours == _ODD).any(axis=0)
        for at in (np.flatnonzero(odd[1:] | odd[:-1]) + 1).tolist():
            found[at] = change(palette[numbers[at - 1]], palette[numbers[at]])
        return found

    def _add_inks(self) -> None:
        """Take over the inks that are new."""
        known = len(self._sequences) // _WAYS
        colours = []
        for ink in self.glyphs.palette[known:]:
            self._sequences += ink.both, ink.to_front, ink.to_back
            names = (ink.front, ink.back) if ink.is_plain else ("", "")
            colours.append([self._colour(name) for name in names])
        if colours:
            self._colours = np.concatenate([self._colours, np.array(colours, np.int32).T], axis=1)

    def _colour(self, colour: str) -> int:
        return self._number_of_colour.setdefault(colour, len(self._number_of_colour))
