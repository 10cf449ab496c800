"""Writes changed cells as the bytes of one frame: short moves, and a pen that is carried from cell to cell."""

from typing import TypeAlias

from liqtui.painting.sequences import DEFAULT_INK, change_ink, move, move_to

Row: TypeAlias = list[str | None]
"""The texts or the inks of a row's cells; None where nothing is known, an empty text for the rest of a wide one."""


class FrameWriter:
    """The bytes of one frame, with the pen and the cursor they leave."""

    def __init__(self, afresh: bool) -> None:
        self._parts: list[str] = ["\x1b[m"] if afresh else []
        self._ink = DEFAULT_INK
        self._at: tuple[int, int] | None = None
        """Where the cursor stands; None when that depends on the terminal."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self._parts

    def write(self, start: int, end: int, y: int, texts: Row, inks: Row) -> None:
        """Write the cells [start, end) of a row, widened where they cut a wide character."""
        while start and texts[start] == "":
            start -= 1
        while end < len(texts) and texts[end] == "":
            end += 1
        while start < end:
            stop = start + 1
            while stop < end and inks[stop] == inks[start]:
                stop += 1
            self._write_ink(start, stop, y, texts, inks)
            start = stop

    def _write_ink(self, start: int, end: int, y: int, texts: Row, inks: Row) -> None:
        """Write cells of one ink."""
        found = [text or "" for text in texts[start:end]]
        whole = "".join(found)
        self._go(start, y, texts, inks)
        ink = inks[start] or DEFAULT_INK
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
        return "".join((*self._parts, change_ink(self._ink, DEFAULT_INK), move_to(*cursor)))
