"""Numbers for what cells show: a text in an ink. Rows of numbers are compared and copied as a whole."""

from array import array
from collections.abc import Sequence

from rich.color import ColorSystem
from rich.segment import Segment

from liqtui.painting.sequences import DEFAULT_INK, cells, change_ink, colours_of, ink_of, ink_order, shortest_ink

UNKNOWN = 0
"""The glyph of a cell of which nothing is known."""
MANY_GLYPHS = 20_000
"""Glyphs from which on those in use are numbered anew."""
_RUNS_KEPT = 4_096


class Ink:
    """An ink, and the sequences to it from inks that differ in one colour or in both."""

    __slots__ = ("back", "both", "front", "order", "text", "to_back", "to_front")

    def __init__(self, text: str) -> None:
        self.text = text
        self.order = ink_order(text)
        self.front, self.back = colours_of(text) or ("", "")
        """The colours, empty where the ink has anything else."""
        own = self.front != "39" and self.back != "49"
        # With a default colour in it, a reset and the other colour are shorter than both.
        self.both = f"\x1b[{'' if own or not text else '0;'}{text}m"
        self.to_front = f"\x1b[{self.front}m" if text else self.both
        self.to_back = f"\x1b[{self.back}m" if text else self.both


def change(before: Ink, after: Ink) -> str:
    """Return the shortest sequence from one ink to another."""
    if not (before.front and after.front):
        return change_ink(before.text, after.text)
    if before.back == after.back:
        return "" if before.front == after.front else after.to_front
    return after.to_back if before.front == after.front else after.both


class Glyphs:
    """All glyphs seen so far, by their numbers."""

    def __init__(self) -> None:
        default = Ink(DEFAULT_INK)
        self.texts: list[str] = [""]
        """Of each glyph; empty for the rest of a wide character, too."""
        self.inks: list[Ink] = [default]
        """Of each glyph."""
        self._inks: dict[str, Ink] = {DEFAULT_INK: default}
        self._numbers: dict[tuple[str, str], int] = {}
        self._runs: dict[tuple[str, str], array[int]] = {}

    @property
    def default_ink(self) -> Ink:
        """Return the terminal's own ink."""
        return self.inks[UNKNOWN]

    def number(self, text: str, ink: str) -> int:
        """Return the number of the glyph of one cell's text in an ink."""
        ink = shortest_ink(ink)
        found = self._numbers.get((text, ink))
        if found is None:
            found = self._numbers[text, ink] = len(self.texts)
            self.texts.append(text)
            self.inks.append(self._inks.get(ink) or self._inks.setdefault(ink, Ink(ink)))
        return found

    def run(self, text: str, ink: str) -> "array[int]":
        """Return the numbers of the cells of a text in an ink."""
        found = self._runs.get((text, ink))
        if found is None:
            if len(self._runs) >= _RUNS_KEPT:
                self._runs.clear()
            found = self._runs[text, ink] = array("i", [self.number(cell, ink) for cell in cells(text)])
        return found

    def line(self, segments: Sequence[Segment], system: ColorSystem) -> "array[int]":
        """Return the numbers of the cells of segments."""
        row, runs = array("i"), self._runs
        for text, style, _control in segments:
            ink = ink_of(style, system)
            row += runs.get((text, ink)) or self.run(text, ink)
        return row

    def is_rest(self, glyph: int) -> bool:
        """Return whether a glyph is the rest of a wide character."""
        return glyph != UNKNOWN and not self.texts[glyph]

    def blank(self, glyph: int) -> int:
        """Return the glyph of a blank in the ink of another."""
        return self.number(" ", self.inks[glyph].text)
