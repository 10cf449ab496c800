"""The rows of a whole screen as runs of one ink, found for all of them at once."""

from array import array
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from liqtui.painting.glyphs import Glyphs, Ink


class Runs(NamedTuple):
    """A row of single plain characters."""

    text: str
    bounds: list[int]
    """Where the runs begin, and where the last one ends."""
    inks: list[Ink]


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

    def runs(self, now: "array[int]", width: int) -> list[Runs | None]:
        """Return the runs of each row of a screen, None for a row that holds anything but single plain characters."""
        self._grow()
        ids = np.frombuffer(now, np.int32).reshape(-1, width)
        numbers = self._numbers[ids]
        plain = set(np.flatnonzero(self._plain[ids].all(axis=1)).tolist())
        begins = np.ones(ids.shape, np.bool_)
        np.not_equal(numbers[:, 1:], numbers[:, :-1], out=begins[:, 1:])
        at = np.flatnonzero(begins)
        rows = np.searchsorted(at, np.arange(len(ids) + 1) * width).tolist()
        starts, inks = (at % width).tolist(), [self._inks[number] for number in numbers.ravel()[at].tolist()]
        text = self._chars[ids].tobytes().decode("utf-32")
        found: list[Runs | None] = []
        for y, (a, b) in enumerate(pairwise(rows)):
            one = Runs(text[y * width : (y + 1) * width], [*starts[a:b], width], inks[a:b])
            found.append(one if y in plain else None)
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
        self._chars = np.concatenate([self._chars, np.array(texts, "<U1")])
        self._plain = np.concatenate([self._plain, [len(text) == 1 for text in texts]])
        self._numbers = np.concatenate([self._numbers, np.array([self._number_of[ink] for ink in inks], np.int32)])
