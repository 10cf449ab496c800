"""Numbers for what cells show: a text in an ink. Rows of numbers are compared and copied as a whole."""

from array import array
from collections.abc import Callable, Sequence
from functools import partial

from rich.color import ColorSystem
from rich.segment import Segment

from liqtui.painting.sequences import DEFAULT_INK, cells, change_ink, colours_of, ink_of, ink_order, shortest_ink

UNKNOWN = 0
"""The glyph of a cell of which nothing is known."""
MANY_GLYPHS = 20_000
"""Glyphs from which on those in use are numbered anew."""
_FIRST_SYMBOL, _LAST_SYMBOL = "\u2010", "\u25ff"
"""Dashes, arrows, lines, blocks and shapes: none of them changes in company of its like."""


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


class _Plain(dict[str, int]):
    """The glyphs of plain characters in an ink; KeyError for those that may be wide, or join others."""

    def __init__(self, number: Callable[[str], int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, char: str) -> int:
        """Number a character that has not been seen in this ink."""
        if not (_FIRST_SYMBOL <= char <= _LAST_SYMBOL or char.isascii()) or cells(char) != (char,):
            raise KeyError(char)
        self[char] = self._number(char)
        return self[char]


class Glyphs:
    """All glyphs seen so far, by their numbers."""

    def __init__(self) -> None:
        default = Ink(DEFAULT_INK)
        self.texts: list[str] = [""]
        """Of each glyph; empty for the rest of a wide character, too."""
        self.inks: list[Ink] = [default]
        """Of each glyph."""
        self.ink_numbers = array("i", [0])
        """Of each glyph, the place of its ink in `palette`."""
        self.points = array("I", [0])
        """Of each glyph that is a single plain character that; 0 for all others."""
        self.palette: list[Ink] = [default]
        """All inks, each once."""
        self._inks: dict[str, tuple[int, Ink]] = {DEFAULT_INK: (0, default)}
        self._numbers: dict[tuple[str, str], int] = {}
        self._plain: dict[str, _Plain] = {}
        self.has_wide = False
        """Whether any glyph is the rest of a wide character."""

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
            self.has_wide |= not text
            self._add_ink(ink)
            self.points.append(ord(text) if len(text) == 1 else 0)
        return found

    def _add_ink(self, text: str) -> None:
        """Note the ink of the glyph that is the last one."""
        known = self._inks.get(text)
        if known is None:
            known = self._inks[text] = len(self.palette), Ink(text)
            self.palette.append(known[1])
        self.ink_numbers.append(known[0])
        self.inks.append(known[1])

    def line(self, segments: Sequence[Segment], system: ColorSystem) -> "array[int]":
        """Return the numbers of the cells of segments."""
        row, plain = array("i"), self._plain
        for text, style, _control in segments:
            ink, start = ink_of(style, system), len(row)
            known = plain.get(ink)
            if known is None:
                known = plain[ink] = _Plain(partial(self.number, ink=ink))
            try:
                row.extend(map(known.__getitem__, text))
            except KeyError:
                del row[start:]
                row.extend([self.number(cell, ink) for cell in cells(text)])
        return row

    def is_rest(self, glyph: int) -> bool:
        """Return whether a glyph is the rest of a wide character."""
        return glyph != UNKNOWN and not self.texts[glyph]

    def blank(self, glyph: int) -> int:
        """Return the glyph of a blank in the ink of another."""
        return self.number(" ", self.inks[glyph].text)
