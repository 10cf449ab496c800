"""A strip without the caches that Textual's compositor wants: most lines go past it, and never need them."""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from liqtui.painting.sequences import width_of

Part = tuple[int, Sequence[Segment]]
"""Cell at which a part of a line begins, and the part."""
text_of = itemgetter(0)
"""The text of a segment."""


def part_of(segments: Sequence[Segment], start: int, stop: int) -> Part:
    """Return the segments [start, stop) of a line."""
    return width_of("".join(map(text_of, segments[:start]))), segments[start:stop]


class Refilled(NamedTuple):
    """A line of which some texts were exchanged."""

    line: Strip
    """The line before."""
    texts: Sequence[str]
    """The texts that are there now."""
    part: Part
    """The part of the line now that holds all that differs."""


class LightStrip(Strip):
    """A strip of segments that take so many cells; Textual's caches are made when one of them is asked for."""

    __slots__ = ("refilled",)

    def __init__(self, segments: list[Segment], cell_length: int) -> None:
        self.refilled: Refilled | None = None
        """How this one differs from the line that it was made of; None where that is not known."""
        if _KNOWS_STRIP:
            self._segments, self._cell_length = segments, cell_length
        else:
            super().__init__(segments, cell_length)

    def __getattr__(self, name: str) -> object:
        """Complete the strip: asked for where something is not set yet."""
        if not _KNOWS_STRIP or name not in Strip.__slots__:
            raise AttributeError(name)
        super().__init__(self._segments, self._cell_length)
        return object.__getattribute__(self, name)


_KNOWS_STRIP = {"_segments", "_cell_length"} <= set(getattr(Strip, "__slots__", ()))
"""Whether the installed Textual keeps under these names what a strip is made of."""
