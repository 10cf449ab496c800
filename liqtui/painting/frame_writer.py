"""Writes changed cells as the bytes of one frame: ink by ink, since a change of colour is longer than a move."""

from typing import NamedTuple, TypeAlias

from liqtui.painting.sequences import DEFAULT_INK, change_ink, ink_order, move, move_to

Row: TypeAlias = list[str | None]
"""The texts or the inks of a row's cells; None where nothing is known, an empty text for the rest of a wide one."""


MANY_CELLS = 400
"""A frame of more goes down the screen row by row: it may come in parts, and half of it must not look like noise."""


class _Piece(NamedTuple):
    """Cells [start, end) of a row, all of one ink."""

    ink: str
    start: int
    end: int
    y: int
    texts: Row
    inks: Row


class FrameWriter:
    """The bytes of one frame, with the pen and the cursor they leave."""

    def __init__(self, afresh: bool) -> None:
        self._parts: list[str] = ["\x1b[m"] if afresh else []
        self._pieces: list[_Piece] = []
        self._ink = DEFAULT_INK
        self._at: tuple[int, int] | None = None
        """Where the cursor stands; None when that depends on the terminal."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self._parts and not self._pieces

    def write(self, start: int, end: int, y: int, texts: Row, inks: Row) -> None:
        """Take the cells [start, end) of a row, widened where they cut a wide character; the row must not change."""
        while start and texts[start] == "":
            start -= 1
        while end < len(texts) and texts[end] == "":
            end += 1
        while start < end:
            stop = start + 1
            while stop < end and inks[stop] == inks[start]:
                stop += 1
            self._pieces.append(_Piece(inks[start] or DEFAULT_INK, start, stop, y, texts, inks))
            start = stop

    def _write_piece(self, piece: _Piece) -> None:
        """Write cells of one ink."""
        ink, start, end, y, texts, inks = piece
        found = [text or "" for text in texts[start:end]]
        whole = "".join(found)
        self._go(start, y, texts, inks)
        self._parts.append(change_ink(self._ink, ink))
        self._ink = ink
        if "" not in found and len(whole) == end - start:
            self._parts.append(whole)
            self._at = (end, y) if end < len(texts) else None
            return
        for x, text in enumerate(found, start):
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
        if sum(piece.end - piece.start for piece in self._pieces) <= MANY_CELLS:
            self._pieces.sort(key=lambda piece: ink_order(piece.ink))
        for piece in self._pieces:
            self._write_piece(piece)
        return "".join((*self._parts, change_ink(self._ink, DEFAULT_INK), move_to(*cursor)))
