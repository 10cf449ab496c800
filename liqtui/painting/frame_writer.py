"""Writes changed cells as the bytes of one frame: ink by ink, since a change of colour is longer than a move."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple, TypeAlias, cast

from liqtui.painting.sequences import DEFAULT_INK, change_ink, ink_order, move, move_to

Row: TypeAlias = list[str | None]
"""The texts or the inks of a row's cells; None where nothing is known, an empty text for the rest of a wide one."""


MANY_CELLS = 400
"""A frame of more goes down the screen row by row: it may come in parts, and half of it must not look like noise."""


class _Span(NamedTuple):
    """Cells [start, end) of a row."""

    start: int
    end: int
    y: int
    texts: Row
    inks: Row


class FrameWriter:
    """The bytes of one frame, with the pen and the cursor they leave."""

    def __init__(self, afresh: bool) -> None:
        self._parts: list[str] = ["\x1b[m"] if afresh else []
        self._spans: list[_Span] = []
        self._ink = DEFAULT_INK
        self._at: tuple[int, int] | None = None
        """Where the cursor stands; None when that depends on the terminal."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self._parts and not self._spans

    def write(self, start: int, end: int, y: int, texts: Row, inks: Row) -> None:
        """Take the cells [start, end) of a row, widened where they cut a wide character; the row must not change."""
        while start and texts[start] == "":
            start -= 1
        while end < len(texts) and texts[end] == "":
            end += 1
        self._spans.append(_Span(start, end, y, texts, inks))

    def _write_plain(self, span: _Span) -> bool:
        """Write a span in one go; return False, and write nothing, where a cell holds no single plain character."""
        start, end, y, texts, inks = span
        found = texts[start:end]
        whole = "" if None in found or "" in found else "".join(cast("list[str]", found))
        if len(whole) != end - start:
            return False
        self._go(start, y, texts, inks)
        ink, begin, write = self._ink, 0, self._parts.append
        for new, group in groupby(inks[start:end]):
            stop = begin + len(list(group))
            if new != ink:
                write(change_ink(ink, new or DEFAULT_INK))
                ink = new or DEFAULT_INK
            write(whole[begin:stop])
            begin = stop
        self._ink = ink
        self._at = (end, y) if end < len(texts) else None
        return True

    def _write_piece(self, piece: _Span) -> None:
        """Write cells of one ink."""
        if self._write_plain(piece):
            return
        start, end, y, texts, inks = piece
        self._go(start, y, texts, inks)
        ink = inks[start] or DEFAULT_INK
        self._parts.append(change_ink(self._ink, ink))
        self._ink = ink
        for x, text in enumerate(texts[start:end], start):
            if text:
                self._go(x, y, texts, inks)
                self._parts.append(text)
                self._at = None  # terminals differ in the width of what is more than one plain character

    def _go(self, x: int, y: int, texts: Row, inks: Row) -> None:
        """Move to a cell, or write again what stands before it when that is not longer."""
        if self._at == (x, y):
            return
        jump = move(self._at, x, y)
        if self._at is not None and self._at[1] == y and 0 < x - self._at[0] <= len(jump):
            between = texts[self._at[0] : x]
            again = "".join(text or "" for text in between)
            same = all(ink == self._ink for ink in inks[self._at[0] : x])
            if same and all(between) and len(again) == len(between) and len(again.encode()) <= len(jump):
                jump = again
        self._parts.append(jump)
        self._at = (x, y)

    def finish(self, cursor: tuple[int, int]) -> str:
        """Return the frame, which ends with the default pen and the cursor at a cell."""
        if sum(span.end - span.start for span in self._spans) <= MANY_CELLS:
            pieces = [piece for span in self._spans for piece in _pieces(span)]
            for piece in sorted(pieces, key=lambda piece: ink_order(piece.inks[piece.start] or DEFAULT_INK)):
                self._write_piece(piece)
        else:
            for span in self._spans:
                if not self._write_plain(span):
                    for piece in _pieces(span):
                        self._write_piece(piece)
        return "".join((*self._parts, change_ink(self._ink, DEFAULT_INK), move_to(*cursor)))


def _pieces(span: _Span) -> Iterator[_Span]:
    """Yield the parts of a span that are of one ink."""
    start = span.start
    for _, group in groupby(span.inks[span.start : span.end]):
        stop = start + len(list(group))
        yield span._replace(start=start, end=stop)
        start = stop
