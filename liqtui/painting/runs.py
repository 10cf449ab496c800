"""The rows of a whole screen written run by run of one ink, all of them at once."""

from array import array
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liqtui.painting.glyphs import Glyphs, Ink, change

_WAYS = 3
_TO_BOTH, _TO_FRONT, _TO_BACK = range(_WAYS)
"""The ways to an ink from one that differs in both colours, in the front one, in the one behind."""
_ODD = -1
"""In place of the colour of an ink that has more than two colours."""


class WrittenRow(NamedTuple):
    """A row of single plain characters."""

    text: str
    """All cells, with the changes between their inks."""
    first: Ink
    """The ink in which it begins."""
    last: Ink


class GlyphArrays:
    """What the glyphs are, as arrays that grow with them."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self._chars = np.zeros(0, "<U1")
        self._plain = np.zeros(0, np.bool_)
        self._numbers = np.zeros(0, np.int32)
        """Of the ink of each glyph."""
        self._inks: list[Ink] = []
        self._number_of: dict[Ink, int] = {}
        self._sequences: list[str] = []
        """Of each ink the ways to it."""
        self._colours: NDArray[np.int32] = np.zeros((2, 0), np.int32)
        """(2, inks) numbers of the colours, in front and behind."""
        self._number_of_colour: dict[str, int] = {"": _ODD}

    def rows(self, now: "array[int]", width: int) -> list[WrittenRow | None]:
        """Return the rows of a screen, None for one that holds anything but single plain characters."""
        self._grow()
        ids = np.frombuffer(now, np.int32).reshape(-1, width)
        numbers = self._numbers.take(ids)
        is_plain = self._plain.take(ids).all(axis=1)
        begins = np.ones(ids.shape, np.bool_)
        np.not_equal(numbers[:, 1:], numbers[:, :-1], out=begins[:, 1:])
        at = np.flatnonzero(begins)
        bounds = np.searchsorted(at, np.arange(len(ids) + 1) * width).tolist()
        own = numbers.ravel().take(at)
        cells = self._chars.take(ids).tobytes().decode("utf-32")
        pieces = [""] * (2 * len(at))
        pieces[0::2] = self._changes(own)
        pieces[1::2] = [cells[start:stop] for start, stop in pairwise([*at.tolist(), ids.size])]
        inks = self._inks
        found: list[WrittenRow | None] = [None] * len(ids)
        for y in np.flatnonzero(is_plain).tolist():
            a, b = bounds[y], bounds[y + 1]
            found[y] = WrittenRow("".join(pieces[2 * a + 1 : 2 * b]), inks[own[a]], inks[own[b - 1]])
        return found

    def _changes(self, numbers: NDArray[Any]) -> list[str]:
        """Return the sequences from each ink to the next; the first of all is to be left out."""
        colours = self._colours.take(numbers, axis=1)
        same = colours[:, 1:] == colours[:, :-1]
        codes = numbers * _WAYS
        codes[1:] += np.where(same[1], _TO_FRONT, np.where(same[0], _TO_BACK, _TO_BOTH))
        found = list(map(self._sequences.__getitem__, codes.tolist()))
        odd = (colours == _ODD).any(axis=0)
        for at in (np.flatnonzero(odd[1:] | odd[:-1]) + 1).tolist():
            found[at] = change(self._inks[numbers[at - 1]], self._inks[numbers[at]])
        return found

    def _grow(self) -> None:
        """Take over the glyphs that are new."""
        first = len(self._chars)
        texts, inks = self.glyphs.texts[first:], self.glyphs.inks[first:]
        if not texts:
            return
        for ink in inks:
            if ink not in self._number_of:
                self._number_of[ink] = len(self._inks)
                self._inks.append(ink)
                self._sequences += ink.both, ink.to_front, ink.to_back
        known = self._colours.shape[1]
        colours = [[self._colour(ink.front), self._colour(ink.back)] for ink in self._inks[known:]]
        if colours:
            self._colours = np.concatenate([self._colours, np.array(colours, np.int32).T], axis=1)
        self._chars = np.concatenate([self._chars, np.array(texts, "<U1")])
        self._plain = np.concatenate([self._plain, [len(text) == 1 for text in texts]])
        self._numbers = np.concatenate([self._numbers, np.array([self._number_of[ink] for ink in inks], np.int32)])

    def _colour(self, colour: str) -> int:
        return self._number_of_colour.setdefault(colour, len(self._number_of_colour))
