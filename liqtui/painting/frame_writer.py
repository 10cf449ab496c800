"""Writes changed cells as the bytes of one frame: ink by ink, since a change of colour is longer than a move."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from liqtui.painting.glyphs import UNKNOWN, Glyphs, Ink, change
from liqtui.painting.ink_chain import ink_chain
from liqtui.painting.sequences import move, move_to

if TYPE_CHECKING:
    from liqtui.painting.runs import WrittenRow
    from liqtui.painting.slide import Slide

MANY_CELLS = 400
"""A frame of more goes down the screen band by band: it may come in parts, and half of it must not look like noise."""
BAND_ROWS = 16


_Span: TypeAlias = "tuple[int, int, int, array[int]]"
"""Begin and end (exclusive) of cells of a row, the row's number, and all of its cells."""


class FrameWriter:
    """The bytes of one frame, with the pen and the cursor they leave."""

    def __init__(self, glyphs: Glyphs, afresh: bool, rows: "Sequence[WrittenRow | None]" = ()) -> None:
        """Begin with the default pen; `rows` are what is known of those of a screen that is written afresh."""
        self._texts, self._inks = glyphs.texts, glyphs.inks
        self._glyphs = glyphs
        self._is_afresh = afresh
        """Whether nothing is known of the screen: then all of it is written, which is quickest row by row."""
        self._rows = rows
        self._parts: list[str] = ["\x1b[m"] if afresh else []
        self._spans: list[_Span] = []
        self._ink = glyphs.default_ink
        self._at: tuple[int, int] | None = None
        """Where the cursor stands; None when that depends on the terminal."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self._parts and not self._spans

    def slide(self, y: int, slide: "Slide") -> None:
        """Move cells of a row; to be called before anything is written, while the pen is the default one."""
        count, begin = abs(slide.by), slide.opened[0]
        for x, letter in ((slide.closed, "P"), (begin, "@")):
            self._parts.append(f"{move(self._at, x, y)}\x1b[{count}{letter}")
            self._at = (x, y)

    def write(self, start: int, end: int, y: int, row: "array[int]") -> None:
        """Take the cells [start, end) of a row, widened where they cut a wide character; the row must not change."""
        if self._glyphs.has_wide:
            while start and self._glyphs.is_rest(row[start]):
                start -= 1
            while end < len(row) and self._glyphs.is_rest(row[end]):
                end += 1
        self._spans.append((start, end, y, row))

    def _write_row(self, y: int, row: "array[int]", whole: "WrittenRow") -> None:
        """Write a whole row."""
        self._go(0, y, row)
        self._parts += change(self._ink, whole.first), whole.text
        self._ink, self._at = whole.last, None

    def _write_pieces(self, pieces: Sequence[_Span], ink: Ink) -> None:
        """Write cells of one ink."""
        texts, write, is_plain = self._texts, self._parts.append, not self._glyphs.has_wide
        for piece in pieces:
            start, end, y, row = piece
            if self._at != (start, y):
                self._go(start, y, row)
            if ink is not self._ink:
                write(change(self._ink, ink))
                self._ink = ink
            whole = texts[row[start]] if end - start == 1 else "".join([texts[glyph] for glyph in row[start:end]])
            if is_plain and len(whole) == end - start:
                write(whole)
                self._at = (end, y) if end < len(row) else None
            else:
                self._write_apart(piece)

    def _write_apart(self, piece: _Span) -> None:
        """Write cells that hold more than a plain character each, or less, in the ink of now."""
        start, end, y, row = piece
        found = [self._texts[glyph] for glyph in row[start:end]]
        whole = "".join(found)
        if len(whole) == end - start and "" not in found:
            self._parts.append(whole)
            self._at = (end, y) if end < len(row) else None
            return
        for x, text in enumerate(found, start):
            if text:
                self._go(x, y, row)
                self._parts.append(text)
                self._at = None  # terminals differ in the width of what is more than one plain character

    def _go(self, x: int, y: int, row: "array[int]") -> None:
        """Move to a cell, or write again what stands before it when that is not longer."""
        if self._at == (x, y):
            return
        at, jump = self._at, move(self._at, x, y)
        if at is not None and at[1] == y and 0 < x - at[0] <= len(jump):
            jump = self._again(row[at[0] : x], len(jump)) or jump
        self._parts.append(jump)
        self._at = (x, y)

    def _again(self, cells: "array[int]", most_bytes: int) -> str:
        """Return what cells show that are in the ink of now, nothing where it is longer or not one character a cell."""
        inks = list(map(self._inks.__getitem__, cells))
        if inks.count(self._ink) < len(inks) or UNKNOWN in cells:
            return ""
        found = list(map(self._texts.__getitem__, cells))
        again = "".join(found)
        plain = len(again) == len(cells) and "" not in found
        return again if plain and len(again.encode()) <= most_bytes else ""

    def finish(self, cursor: tuple[int, int]) -> str:
        """Return the frame, which ends with the default pen and the cursor at a cell."""
        if self._is_afresh:
            for span in self._spans:
                whole = self._rows[span[2]] if self._rows else None
                if whole is None:
                    self._write_by_ink([span])
                else:
                    self._write_row(span[2], span[3], whole)
        elif sum([end - start for start, end, _, _ in self._spans]) <= MANY_CELLS:
            self._write_by_ink(self._spans)
        else:
            for _, band in groupby(self._spans, lambda span: span[2] // BAND_ROWS):
                self._write_by_ink(list(band))
        return "".join((*self._parts, change(self._ink, self._glyphs.default_ink), move_to(*cursor)))

    def _write_by_ink(self, spans: Sequence[_Span]) -> None:
        """Write spans with each ink once."""
        pieces = defaultdict[Ink, list[_Span]](list)
        for span in spans:
            start, end, y, row = span
            first = self._inks[row[start]]
            inks = list(map(self._inks.__getitem__, row[start:end])) if end - start > 1 else [first]
            if inks.count(first) == len(inks):
                pieces[first].append(span)
            else:
                for begin, stop, ink in _of_one(inks, start):
                    pieces[ink].append((begin, stop, y, row))
        for ink in ink_chain(pieces, self._ink):
            self._write_pieces(pieces[ink], ink)


def _of_one(inks: Sequence[Ink], start: int) -> Iterator[tuple[int, int, Ink]]:
    """Yield begin, end and ink of the runs of cells of one ink, the first of which stands at `start`."""
    begin, ink = start, inks[0]
    for x, new in enumerate(inks, start):
        if new is not ink:
            yield begin, x, ink
            begin, ink = x, new
    yield begin, start + len(inks), ink
