"""The shadow of the terminal: the cells it should show, those it was last sent, and the bytes between the two."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from operator import ne
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from liqtui.painting.frame_writer import MANY_CELLS, FrameWriter
from liqtui.painting.glyphs import MANY_GLYPHS, UNKNOWN, Glyphs, Ink

if TYPE_CHECKING:
    from liqtui.painting.codes import Ids
    from liqtui.painting.runs import GlyphArrays, WrittenRow
    from liqtui.painting.slide import Slide


class Shadow:
    """What Textual painted and what of it the terminal was sent; takes updates, gives the bytes that are missing."""

    def __init__(self, moves_cells: bool = True) -> None:
        """Begin with nothing known; `moves_cells`: the terminal moves cells for as little as it was asked to."""
        self._moves_cells = moves_cells
        self.size = (0, 0)
        self.glyphs = Glyphs()
        self._now = array("i")
        """The glyphs of all cells, row by row."""
        self._sent = array("i")
        self._strips: list[dict[int, Strip | None]] = []
        """The strips that make up each row, by where they begin: a strip that is there already is not looked at."""
        self._dirty: dict[int, tuple[int, int]] = {}
        """By row where the cells that may differ from those sent begin and end."""
        self._cursor: tuple[int, int] | None = None
        self._slide: Slide | None = None
        """What of the cells sent the terminal can move to where they are wanted."""
        self._has_blocks = False
        self._arrays: GlyphArrays | None = None

    def row(self, y: int) -> "array[int]":
        """Return the glyphs that a row should show."""
        width = self.size[0]
        return self._now[y * width : (y + 1) * width]

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

    def splice(self, x: int, y: int, segments: Sequence[Segment], system: ColorSystem) -> None:
        """Take over segments that begin at a cell, whatever the row is cut into."""
        if self._strips[y]:
            self._strips[y] = {}
        self._replace(x, y, self.glyphs.line(segments, system))

    def take_block(self, x: int, y: int, ids: "Ids") -> None:
        """Take over (rows, cells) glyphs, the first of which stands at a cell; numpy is loaded where there are any."""
        from liqtui.painting.codes import differing_rows, put_block

        self._has_blocks = True
        differing = differing_rows(self._now, self.size, x, y, ids)
        may_slide = self._moves_cells and self._cursor is not None and ids.size > MANY_CELLS
        if may_slide and sum(end - begin for begin, end in differing.values()) > MANY_CELLS:
            from liqtui.painting.slide import find_slide

            self._slide = find_slide(self._sent, self.size, x, y, ids)
        dirty = self._dirty
        for line, (begin, end) in differing.items():
            self._strips[line] = {}
            marked = dirty.get(line)
            dirty[line] = (begin, end) if marked is None else (min(begin, marked[0]), max(end, marked[1]))
            if self.glyphs.has_wide:
                self._mend(begin, line, end)
        put_block(self._now, self.size, x, y, ids)

    def _fit(self, width: int, height: int) -> None:
        """Start afresh when the screen has another size."""
        if self.size == (width, height):
            return
        self.size = (width, height)
        self._now = array("i", [UNKNOWN]) * (width * height)
        self._strips = [{} for _ in range(height)]
        self.forget()

    def forget(self) -> None:
        """Forget what was sent, so that the next changes repaint everything."""
        width, height = self.size
        self._sent = array("i", [UNKNOWN]) * (width * height)
        self._dirty = dict.fromkeys(range(height), (0, width))
        self._cursor = self._slide = None

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
                self._replace(x, y, self.glyphs.line(list(strip), system))

    def _replace(self, x: int, y: int, fresh: "array[int]") -> None:
        """Replace the cells from `x` on, as far as the row reaches."""
        end, line = min(x + len(fresh), self.size[0]), y * self.size[0]
        del fresh[max(end - x, 0) :]
        if self._now[line + x : line + end] == fresh:
            return
        self._mark(x, y, end)
        if self.glyphs.has_wide:
            self._mend(x, y, end)
        self._now[line + x : line + end] = fresh

    def _mark(self, x: int, y: int, end: int) -> None:
        """Note that cells of a row may differ from those sent."""
        begin, stop = self._dirty.get(y, (x, end))
        self._dirty[y] = min(x, begin), max(end, stop)

    def _mend(self, start: int, y: int, end: int) -> None:
        """Blank the halves that stay of wide characters when something is written over [start, end)."""
        width, now = self.size[0], self._now
        line = y * width
        for inside, outside in ((start, start - 1), (end, end)):
            if 0 <= outside < width and self.glyphs.is_rest(now[line + inside]):
                now[line + outside] = self.glyphs.blank(now[line + outside])
                self._mark(min(inside, outside), y, max(inside, outside) + 1)
                self._strips[y] = {}

    def changes(self, cursor: tuple[int, int]) -> str:
        """Return the bytes that bring the terminal up to date and leave the cursor there, and count them as sent.

        The pen is the default one before and after.
        """
        writer = self._written_afresh() if self._cursor is None else self._written_over()
        self._dirty.clear()
        if cursor == self._cursor and writer.is_empty:
            return ""
        self._cursor = cursor
        data = writer.finish(cursor)
        if len(self.glyphs.texts) > MANY_GLYPHS:
            self._renumber()
        return data

    def _written_afresh(self) -> FrameWriter:
        """Return the writer of all cells."""
        writer, (width, height) = FrameWriter(self.glyphs, afresh=True, rows=self._whole_rows()), self.size
        for y in range(height):
            writer.write(0, width, y, self.row(y))
        self._sent = self._now[:]
        return writer

    def _written_over(self) -> FrameWriter:
        """Return the writer of the cells that differ from those sent."""
        writer = FrameWriter(self.glyphs, afresh=False)
        if self._slide is not None:
            self._move(writer, self._slide)
        for y, (begin, end) in sorted(self._dirty.items()):
            self._write_row(writer, y, begin, end)
        return writer

    def _whole_rows(self) -> "Sequence[WrittenRow | None]":
        """Return all rows as they are written, none before there was a block: numpy finds their runs."""
        if not self._has_blocks:
            return ()
        from liqtui.painting.runs import GlyphArrays

        if self._arrays is None or self._arrays.glyphs is not self.glyphs:
            self._arrays = GlyphArrays(self.glyphs)
        return self._arrays.rows(self._now, self.size[0])

    def _move(self, writer: FrameWriter, slide: "Slide") -> None:
        """Have the terminal move cells that were sent, but for rows in which that would cut wide characters."""
        self._slide, width = None, self.size[0]
        edges = [x for x in (slide.start, slide.end, slide.closed, slide.closed + abs(slide.by)) if x < width]
        for y in slide.rows:
            sent = self._sent[y * width : (y + 1) * width]
            if not any(self.glyphs.is_rest(sent[x]) for x in edges):
                self._sent[y * width : (y + 1) * width] = slide.moved(sent, UNKNOWN)
                self._mark(slide.start, y, slide.end)
                writer.slide(y, slide)

    def _write_row(self, writer: FrameWriter, y: int, begin: int, end: int) -> None:
        line = y * self.size[0]
        part = slice(line + begin, line + end)
        now, sent = self._now[part], self._sent[part]
        if now == sent:
            return
        changed, row = list(compress(range(begin, end), map(ne, now, sent))), self.row(y)
        if changed[-1] - changed[0] < len(changed):
            writer.write(changed[0], changed[-1] + 1, y, row)
        else:
            for start, stop in _runs(changed, row, self.glyphs.inks):
                writer.write(start, stop, y, row)
        self._sent[part] = now

    def _renumber(self) -> None:
        """Number anew the glyphs that are in use."""
        old, fresh = self.glyphs, Glyphs()
        used = set(self._now) | set(self._sent)
        numbers = {glyph: fresh.number(old.texts[glyph], old.inks[glyph].text) for glyph in used - {UNKNOWN}}
        numbers[UNKNOWN] = UNKNOWN
        self.glyphs = fresh
        self._now = array("i", [numbers[glyph] for glyph in self._now])
        self._sent = array("i", [numbers[glyph] for glyph in self._sent])


def _runs(places: Sequence[int], row: "array[int]", inks: Sequence[Ink]) -> Iterator[tuple[int, int]]:
    """Yield begin and end (exclusive) of the runs of ascending places in a row of glyphs, of which each has its ink.

    One place left out does not end a run of one ink: to write a cell again is no longer than a move.
    """
    start = end = places[0]
    for place in places:
        if place > end:
            is_near = place == end + 1 and inks[row[end - 1]] is inks[row[end]] is inks[row[place]]
            if not is_near:
                yield start, end
                start = place
        end = place + 1
    yield start, end


def _placed(x: int, line: Iterable[Strip]) -> dict[int, Strip | None]:
    """Return strips by where they begin when they are written one after another."""
    placed: dict[int, Strip | None] = {}
    for strip in line:
        placed[x] = strip
        x += strip.cell_length
    return placed
