"""Writes changed cells as the bytes of one frame: ink by ink, since a change of colour is longer than a move."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from liqtui.painting.glyphs import UNKNOWN, Glyphs, Ink, change
from liqtui.painting.ink_chain import ink_chain
from liqtui.painting.sequences import move, move_to
from liqtui.painting.stretches import Run, cells_in

if TYPE_CHECKING:
    from liqtui.painting.runs import WrittenRow
    from liqtui.painting.slide import Slide

MANY_CELLS = 400
"""A frame of more goes down the screen band by band: it may come in parts, and half of it must not look like noise."""
BAND_ROWS = 16


class FrameWriter:
    """The bytes of one frame, with the pen and the cursor they leave."""

    def __init__(self, glyphs: Glyphs, cells: "array[int]", width: int, afresh: bool = False) -> None:
        """Begin with the default pen; `cells` are those that the screen should show, `width` in a row.

        `afresh`: nothing is known of the screen, and all of it is written, which is quickest row by row.
        """
        self._texts, self._inks = glyphs.texts, glyphs.inks
        self._glyphs, self._cells, self._width = glyphs, cells, width
        self._parts: list[str] = ["\x1b[m"] if afresh else []
        self._runs: list[Run] = []
        self._ink = glyphs.default_ink
        self._at: tuple[int, int] | None = None
        """Where the cursor stands; None when that depends on the terminal."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self._parts and not self._runs

    def slide(self, y: int, slide: "Slide") -> None:
        """Move cells of a row; to be called before anything is written, while the pen is the default one."""
        count, begin = abs(slide.by), slide.opened[0]
        for x, letter in ((slide.closed, "P"), (begin, "@")):
            self._parts.append(f"{move(self._at, x, y)}\x1b[{count}{letter}")
            self._at = (x, y)

    def write_runs(self, runs: list[Run]) -> None:
        """Take the runs that are to be written, widened where they cut a wide character."""
        self._runs = [self._widened(*run) for run in runs] if self._glyphs.has_wide else runs

    def _widened(self, start: int, end: int, y: int, ink: Ink) -> Run:
        line = y * self._width
        while start and self._glyphs.is_rest(self._cells[line + start]):
            start -= 1
        while end < self._width and self._glyphs.is_rest(self._cells[line + end]):
            end += 1
        return start, end, y, ink

    def write_row(self, y: int, whole: "WrittenRow | None") -> None:
        """Write a whole row at once, as it is known to be written where it is."""
        if whole is None:
            line = y * self._width
            inks = list(map(self._inks.__getitem__, self._cells[line : line + self._width]))
            self._write_by_ink((begin, stop, y, ink) for begin, stop, ink in _of_one(inks))
            return
        self._go(0, y)
        self._parts += change(self._ink, whole.first), whole.text
        self._ink, self._at = whole.last, None

    def _write_pieces(self, pieces: Sequence[Run], ink: Ink) -> None:
        """Write cells of one ink."""
        texts, cells, width = self._texts, self._cells, self._width
        write, is_plain = self._parts.append, not self._glyphs.has_wide
        for start, end, y, _ in pieces:
            if self._at != (start, y):
                self._go(start, y)
            if ink is not self._ink:
                write(change(self._ink, ink))
                self._ink = ink
            line = y * width
            if end - start == 1:
                whole = texts[cells[line + start]]
            else:
                whole = "".join([texts[glyph] for glyph in cells[line + start : line + end]])
            if is_plain and len(whole) == end - start:
                write(whole)
                self._at = (end, y) if end < width else None
            else:
                self._write_apart(start, end, y)

    def _write_apart(self, start: int, end: int, y: int) -> None:
        """Write cells that hold more than a plain character each, or less, in the ink of now."""
        line = y * self._width
        found = [self._texts[glyph] for glyph in self._cells[line + start : line + end]]
        whole = "".join(found)
        if len(whole) == end - start and "" not in found:
            self._parts.append(whole)
            self._at = (end, y) if end < self._width else None
            return
        for x, text in enumerate(found, start):
            if text:
                self._go(x, y)
                self._parts.append(text)
                self._at = None  # terminals differ in the width of what is more than one plain character

    def _go(self, x: int, y: int) -> None:
        """Move to a cell, or write again what stands before it when that is not longer."""
        if self._at == (x, y):
            return
        at, jump, line = self._at, move(self._at, x, y), y * self._width
        if at is not None and at[1] == y and 0 < x - at[0] <= len(jump):
            jump = self._again(self._cells[line + at[0] : line + x], len(jump)) or jump
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
        if cells_in(self._runs) <= MANY_CELLS:
            self._write_by_ink(self._runs)
        else:
            for _, band in groupby(self._runs, lambda run: run[2] // BAND_ROWS):
                self._write_by_ink(band)
        return "".join((*self._parts, change(self._ink, self._glyphs.default_ink), move_to(*cursor)))

    def _write_by_ink(self, runs: Iterable[Run]) -> None:
        """Write runs with each ink once."""
        pieces = defaultdict[Ink, list[Run]](list)
        for run in runs:
            pieces[run[3]].append(run)
        for ink in ink_chain(pieces, self._ink):
            self._write_pieces(pieces[ink], ink)


def _of_one(inks: Sequence[Ink]) -> Iterator[tuple[int, int, Ink]]:
    """Yield begin, end and ink of the runs of cells of one ink in a row."""
    begin, ink = 0, inks[0]
    for x, new in enumerate(inks):
        if new is not ink:
            yield begin, x, ink
            begin, ink = x, new
    yield begin, len(inks), ink
