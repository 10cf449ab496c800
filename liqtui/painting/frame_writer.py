"""Writes changed cells as the bytes of one frame: ink by ink, since a change of colour is longer than a move."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from liqtui.painting.glyphs import UNKNOWN, Glyphs, Ink, change
from liqtui.painting.ink_chain import ink_chain
from liqtui.painting.sequences import move, move_to

if TYPE_CHECKING:
    from liqtui.painting.runs import Runs
    from liqtui.painting.slide import Slide

MANY_CELLS = 400
"""A frame of more goes down the screen band by band: it may come in parts, and half of it must not look like noise."""
BAND_ROWS = 16


class _Span(NamedTuple):
    """Cells [start, end) of a row."""

    start: int
    end: int
    y: int
    row: "array[int]"


class FrameWriter:
    """The bytes of one frame, with the pen and the cursor they leave."""

    def __init__(self, glyphs: Glyphs, afresh: bool, runs: "Sequence[Runs | None]" = ()) -> None:
        """Begin with the default pen; `runs` are those of the rows of a screen that is written afresh."""
        self._texts, self._inks = glyphs.texts, glyphs.inks
        self._glyphs = glyphs
        self._is_afresh = afresh
        """Whether nothing is known of the screen: then all of it is written, which is quickest row by row."""
        self._runs = runs
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
        while start and self._glyphs.is_rest(row[start]):
            start -= 1
        while end < len(row) and self._glyphs.is_rest(row[end]):
            end += 1
        self._spans.append(_Span(start, end, y, row))

    def _write_runs(self, y: int, row: "array[int]", runs: "Runs") -> None:
        """Write a whole row."""
        self._go(0, y, row)
        ink, text, write = self._ink, runs.text, self._parts.append
        begin = 0
        for new, end in zip(runs.inks, runs.bounds[1:], strict=True):
            if new is not ink:
                write(change(ink, new))
                ink = new
            write(text[begin:end])
            begin = end
        self._ink, self._at = ink, None

    def _write_piece(self, piece: _Span, ink: Ink) -> None:
        """Write cells of one ink."""
        start, end, y, row = piece
        if self._at != (start, y):
            self._go(start, y, row)
        if ink is not self._ink:
            self._parts.append(change(self._ink, ink))
            self._ink = ink
        found = [self._texts[glyph] for glyph in row[start:end]]
        whole = "".join(found) if end - start > 1 else found[0]
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
        jump = move(self._at, x, y)
        if self._at is not None and self._at[1] == y and 0 < x - self._at[0] <= len(jump):
            between = row[self._at[0] : x]
            again = "".join(self._texts[glyph] for glyph in between)
            same = all(self._inks[glyph] is self._ink and glyph != UNKNOWN for glyph in between)
            if same and all(self._texts[glyph] for glyph in between) and len(again.encode()) <= len(jump):
                jump = again if len(again) == len(between) else jump
        self._parts.append(jump)
        self._at = (x, y)

    def finish(self, cursor: tuple[int, int]) -> str:
        """Return the frame, which ends with the default pen and the cursor at a cell."""
        if self._is_afresh:
            for span in self._spans:
                runs = self._runs[span.y] if self._runs else None
                if runs is None:
                    self._write_by_ink([span])
                else:
                    self._write_runs(span.y, span.row, runs)
        elif sum(span.end - span.start for span in self._spans) <= MANY_CELLS:
            self._write_by_ink(self._spans)
        else:
            for _, band in groupby(self._spans, lambda span: span.y // BAND_ROWS):
                self._write_by_ink(list(band))
        return "".join((*self._parts, change(self._ink, self._glyphs.default_ink), move_to(*cursor)))

    def _write_by_ink(self, spans: Sequence[_Span]) -> None:
        """Write spans with each ink once."""
        pieces = defaultdict[Ink, list[_Span]](list)
        for span in spans:
            for piece, ink in self._pieces(span):
                pieces[ink].append(piece)
        for ink in ink_chain(pieces, self._ink):
            for piece in pieces[ink]:
                self._write_piece(piece, ink)

    def _pieces(self, span: _Span) -> Iterator[tuple[_Span, Ink]]:
        """Yield the parts of a span that are of one ink."""
        start, end, y, row = span
        inks = [self._inks[glyph] for glyph in row[start:end]]
        begin, ink = start, inks[0]
        if inks.count(ink) == len(inks):
            yield span, ink
            return
        for x, new in enumerate(inks, start):
            if new is not ink:
                yield _Span(begin, x, y, row), ink
                begin, ink = x, new
        yield _Span(begin, end, y, row), ink
