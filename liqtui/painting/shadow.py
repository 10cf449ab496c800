"""The shadow of the terminal: the cells it should show, those it was last sent, and the bytes between the two."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rich.color import ColorSystem
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from liqtui.painting.frame_writer import FrameWriter, Row
from liqtui.painting.sequences import cells, ink_of

_BLOCK = 16
"""Cells that are compared at once."""


class _Put(NamedTuple):
    """The segments of a strip, and where each begins; the last place is that of its end."""

    segments: list[Segment]
    starts: list[int]


class Shadow:
    """What Textual painted and what of it the terminal was sent; takes updates, gives the bytes that are missing."""

    def __init__(self) -> None:
        self.size = (0, 0)
        self._texts: list[Row] = []
        self._inks: list[Row] = []
        self._sent_texts: list[Row] = []
        self._sent_inks: list[Row] = []
        self._strips: list[dict[int, Strip | None]] = []
        """The strips that make up each row, by where they begin: a strip that is there already is not looked at."""
        self._put_last: list[dict[int, _Put]] = []
        """What each row was last put together from, by where it begins, while no cell of it has been changed since."""
        self._dirty: dict[int, tuple[int, int]] = {}
        """By row where the cells that may differ from those sent begin and end."""
        self._cursor: tuple[int, int] | None = None

    def take(self, update: LayoutUpdate | ChopsUpdate, system: ColorSystem) -> None:
        """Take over what Textual is about to paint."""
        if isinstance(update, LayoutUpdate):
            self._fit(update.region.right, update.region.bottom)
            for y, line in enumerate(update.strips, update.region.y):
                self._take_row(y, _placed(update.region.x, line), system)
            return
        self._fit(max((ends[-1] for ends in update.chop_ends if ends), default=0), len(update.chops))
        for y, left, right in update.spans:
            chops = zip(update.chops[y].items(), update.chop_ends[y], strict=False)
            touched = {x: strip for (x, strip), end in chops if x < right and end > left}
            self._take_row(y, touched, system, update.chops[y].keys())

    def splice(self, x: int, y: int, segments: Iterable[Segment], system: ColorSystem) -> None:
        """Take over segments that begin at a cell, whatever the row is cut into."""
        self._strips[y], self._put_last[y] = {}, {}
        texts: Row = []
        inks: Row = []
        for text, style, _control in segments:
            found = cells(text)
            texts += found
            inks += [ink_of(style, system)] * len(found)
        self._replace(x, y, texts, inks)

    def _fit(self, width: int, height: int) -> None:
        """Start afresh when the screen has another size."""
        if self.size == (width, height):
            return
        self.size = (width, height)
        self._texts, self._inks = _unknown(width, height), _unknown(width, height)
        self._strips = [{} for _ in range(height)]
        self._put_last = [{} for _ in range(height)]
        self.forget()

    def forget(self) -> None:
        """Forget what was sent, so that the next changes repaint everything."""
        width, height = self.size
        self._sent_texts, self._sent_inks = _unknown(width, height), _unknown(width, height)
        self._dirty = dict.fromkeys(range(height), (0, width))
        self._cursor = None

    def _take_row(
        self, y: int, strips: Mapping[int, Strip | None], system: ColorSystem, starts: Iterable[int] | None = None
    ) -> None:
        """Put strips into a row that is cut at `starts` (at the strips when None)."""
        known = self._strips[y]
        if known.keys() != (cuts := set(strips if starts is None else starts)):
            known = self._strips[y] = dict.fromkeys(cuts)
        for x, strip in strips.items():
            if strip is not None and known[x] is not strip:
                known[x] = strip
                self._put(x, y, strip, system)

    def _put(self, x: int, y: int, strip: Strip, system: ColorSystem) -> None:
        """Put a strip into a row; the segments with which the last one at that place began, too, are passed over."""
        segments, puts = list(strip), self._put_last[y]
        known = puts.get(x)
        kept = _common(known.segments, segments) if known else 0
        begin = known.starts[kept] if known else x
        texts: Row = []
        inks: Row = []
        starts = known.starts[:kept] if known else []
        for text, style, _control in segments[kept:]:
            starts.append(begin + len(texts))
            found = cells(text)
            texts += found
            inks += [ink_of(style, system)] * len(found)
        end = begin + len(texts)
        starts.append(end)
        for at in [at for at, put in puts.items() if at < end and put.starts[-1] > x]:
            del puts[at]
        puts[x] = _Put(segments, starts)
        self._replace(begin, y, texts, inks)

    def _replace(self, x: int, y: int, texts: Row, inks: Row) -> None:
        """Replace the cells from `x` on, as far as the row reaches."""
        end = min(x + len(texts), self.size[0])
        del texts[max(end - x, 0) :], inks[max(end - x, 0) :]
        row = self._texts[y]
        if row[x:end] == texts and self._inks[y][x:end] == inks:
            return
        self._mark(x, y, end)
        self._mend(x, y, end)
        row[x:end], self._inks[y][x:end] = texts, inks

    def _mark(self, x: int, y: int, end: int) -> None:
        """Note that cells of a row may differ from those sent."""
        begin, stop = self._dirty.get(y, (x, end))
        self._dirty[y] = min(x, begin), max(end, stop)

    def _mend(self, start: int, y: int, end: int) -> None:
        """Blank the halves that stay of wide characters when something is written over [start, end)."""
        row = self._texts[y]
        for inside, outside in ((start, start - 1), (end, end)):
            if 0 <= outside < len(row) and row[inside] == "":
                row[outside] = " "
                self._mark(min(inside, outside), y, max(inside, outside) + 1)
                self._strips[y] = {}
                self._put_last[y] = {}

    def changes(self, cursor: tuple[int, int]) -> str:
        """Return the bytes that bring the terminal up to date and leave the cursor there, and count them as sent.

        The pen is the default one before and after.
        """
        writer = FrameWriter(afresh=self._cursor is None)
        for y, (begin, end) in sorted(self._dirty.items()):
            self._write_row(writer, y, begin, end)
        self._dirty.clear()
        if cursor == self._cursor and writer.is_empty:
            return ""
        self._cursor = cursor
        return writer.finish(cursor)

    def _write_row(self, writer: FrameWriter, y: int, begin: int, end: int) -> None:
        texts, inks, sent_texts, sent_inks = self._texts[y], self._inks[y], self._sent_texts[y], self._sent_inks[y]
        part = slice(begin, end)
        if texts[part] == sent_texts[part] and inks[part] == sent_inks[part]:
            return
        if any(sent_texts[part]):
            for start, stop in _runs(_changed(texts, sent_texts, inks, sent_inks, begin, end)):
                writer.write(start, stop, y, texts, inks)
        else:
            writer.write(begin, end, y, texts, inks)
        sent_texts[part], sent_inks[part] = texts[part], inks[part]


def _common(old: list[Segment], new: list[Segment]) -> int:
    """Return how many segments at the beginning are the same objects."""
    count = 0
    for a, b in zip(old, new, strict=False):
        if a is not b:
            break
        count += 1
    return count


def _changed(texts: Row, old_texts: Row, inks: Row, old_inks: Row, begin: int, end: int) -> Iterator[int]:
    """Yield where two rows differ between two cells, passing over equal blocks of cells at once."""
    for x in range(begin, end, _BLOCK):
        block = slice(x, min(x + _BLOCK, end))
        if texts[block] != old_texts[block] or inks[block] != old_inks[block]:
            for at in range(x, min(x + _BLOCK, end)):
                if texts[at] != old_texts[at] or inks[at] != old_inks[at]:
                    yield at


def _runs(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield begin and end (exclusive) of the runs of ascending numbers."""
    start = end = -1
    for place in places:
        if place != end:
            if end >= 0:
                yield start, end
            start = place
        end = place + 1
    if end >= 0:
        yield start, end


def _unknown(width: int, height: int) -> list[Row]:
    return [[None] * width for _ in range(height)]


def _placed(x: int, line: Iterable[Strip]) -> dict[int, Strip | None]:
    """Return strips by where they begin when they are written one after another."""
    placed: dict[int, Strip | None] = {}
    for strip in line:
        placed[x] = strip
        x += strip.cell_length
    return placed
