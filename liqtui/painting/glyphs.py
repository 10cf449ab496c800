"""Numbers for what cells show: a text in an ink. Rows of numbers are compared and copied as a whole."""

import sys
from array import array
from collections.abc import Iterable, Sequence

from rich.color import ColorSystem
from rich.segment import Segment

from liqtui.painting.sequences import DEFAULT_INK, cells, change_ink, colours_of, ink_of, shortest_ink

UNKNOWN = 0
"""The glyph of a cell of which nothing is known."""
MANY_GLYPHS = 1_024
"""Glyphs from which on those in use are numbered anew: a map that moves on goes through all pairs of its colours."""
_SPARE = 1.25
"""Glyphs that may be kept for each one in use, where that makes more."""
_FIRST_SYMBOL, _LAST_SYMBOL = "\u2010", "\u25ff"
"""Dashes, arrows, lines, blocks and shapes: none of them changes in company of its like."""


class Ink:
    """An ink, and the sequences to it from inks that differ in one colour or in both, where these are plain."""

    __slots__ = ("back", "both", "front", "is_plain", "number", "text", "to_back", "to_front")

    def __init__(self, text: str) -> None:
        self.text = text
        self.number = 0
        """Its place in the palette that holds it."""
        front, back, self.is_plain = colours_of(text)
        # Inks are pairs of few colours, of which each has its text once.
        self.front, self.back = sys.intern(front), sys.intern(back)
        own = self.front != "39" and self.back != "49"
        # With a default colour in it, a reset and the other colour are shorter than both.
        self.both = f"\x1b[{'' if own or not text else '0;'}{text}m"
        self.to_front = sys.intern(f"\x1b[{self.front}m") if text else self.both
        self.to_back = sys.intern(f"\x1b[{self.back}m") if text else self.both


def change(before: Ink, after: Ink) -> str:
    """Return the shortest sequence from one ink to another."""
    if not (before.is_plain and after.is_plain):
        return change_ink(before.text, after.text)
    if before.back == after.back:
        return "" if before.front == after.front else after.to_front
    return after.to_back if before.front == after.front else after.both


class Glyphs:
    """The glyphs seen so far, by their numbers; the numbers hold for an era."""

    def __init__(self) -> None:
        self.era_before: object = None
        self.renumbered = array("i")
        """Of each glyph of the era before the number that it has in this one, UNKNOWN where it was forgotten."""
        self._begin()

    def _begin(self) -> None:
        self.era = object()
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
        self._inks: dict[str, Ink] = {DEFAULT_INK: default}
        """By their texts, the shortest and others."""
        self._numbers: dict[tuple[str, int], int] = {}
        """Of the glyphs, by the number of the ink."""
        self._plain: dict[str, dict[str, int]] = {}
        """By the texts of inks, of the characters that are a cell each whatever stands beside them."""
        self._most = MANY_GLYPHS
        self.has_wide = False
        """Whether any glyph is the rest of a wide character."""

    @property
    def is_full(self) -> bool:
        """Whether it is time to number anew those in use."""
        return len(self.texts) > self._most

    @property
    def default_ink(self) -> Ink:
        """Return the terminal's own ink."""
        return self.inks[UNKNOWN]

    def number(self, text: str, ink: str) -> int:
        """Return the number of the glyph of one cell's text in an ink."""
        own = self._inks.get(ink) or self._find_ink(ink)
        found = self._numbers.get((text, own.number))
        return self._add(sys.intern(text), own) if found is None else found

    def _add(self, text: str, ink: Ink) -> int:
        number = self._numbers[text, ink.number] = len(self.texts)
        self.texts.append(text)
        self.has_wide |= not text
        self.ink_numbers.append(ink.number)
        self.inks.append(ink)
        self.points.append(ord(text) if len(text) == 1 else 0)
        return number

    def _find_ink(self, text: str) -> Ink:
        """Return the ink of a text that has not been met yet."""
        shortest = shortest_ink(text)
        known = self._inks[text] = self._inks.get(shortest) or self._add_ink(Ink(shortest))
        return known

    def _add_ink(self, ink: Ink) -> Ink:
        ink.number = len(self.palette)
        self.palette.append(ink)
        self._inks[ink.text] = ink
        return ink

    def line(self, segments: Sequence[Segment], system: ColorSystem) -> "array[int]":
        """Return the numbers of the cells of segments."""
        row, plain = array("i"), self._plain
        for text, style, _control in segments:
            ink, start = ink_of(style, system), len(row)
            known = plain.get(ink)
            if known is None:
                known = plain[ink] = {}
            try:
                row.extend(map(known.__getitem__, text))
            except KeyError:
                del row[start:]
                found = cells(text)
                row.extend([self.number(cell, ink) for cell in found])
                for cell, glyph in zip(found, row[start:], strict=True):
                    if cell not in known and _is_plain(cell):
                        known[cell] = glyph
        return row

    def keep(self, used: Iterable[int]) -> None:
        """Forget all glyphs but those in use; `renumbered` has the numbers of these from now on."""
        kept, texts, inks = [glyph for glyph in used if glyph != UNKNOWN], self.texts, self.inks
        self.era_before, self.renumbered = self.era, array("i", [UNKNOWN]) * len(texts)
        self._begin()
        self._most = max(MANY_GLYPHS, int(len(kept) * _SPARE))
        for glyph in kept:
            ink = inks[glyph]
            self.renumbered[glyph] = self._add(texts[glyph], self._inks.get(ink.text) or self._add_ink(ink))

    def is_rest(self, glyph: int) -> bool:
        """Return whether a glyph is the rest of a wide character."""
        return glyph != UNKNOWN and not self.texts[glyph]

    def blank(self, glyph: int) -> int:
        """Return the glyph of a blank in the ink of another."""
        return self.number(" ", self.inks[glyph].text)


def _is_plain(cell: str) -> bool:
    return len(cell) == 1 and (cell.isascii() or _FIRST_SYMBOL <= cell <= _LAST_SYMBOL) and cells(cell) == (cell,)
