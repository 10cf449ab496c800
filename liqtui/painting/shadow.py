"""The shadow of the terminal: the cells it should show, those it was last sent, and the bytes between the two."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, pairwise
from operator import ne
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from liqtui.painting.frame_writer import FrameWriter
from liqtui.painting.glyphs import UNKNOWN, Glyphs
from liqtui.painting.stretches import Run, cells_in, runs_of

if TYPE_CHECKING:
    from liqtui.painting.codes import Ids
    from liqtui.painting.runs import GlyphArrays


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
        self._cursor: tuple[int, int] | None = None
        self._block: tuple[int, int, Ids] | None = None
        """The largest block taken over since the last bytes, and where it stands: its cells may just have moved."""
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
        from liqtui.painting.codes import shown_cells

        self._has_blocks = True
        rows, cells = ids.shape
        for line in range(y, y + rows):
            if self._strips[line]:
                self._strips[line] = {}
            if self.glyphs.has_wide:
                self._mend(x, line, x + cells)
        shown_cells(self._now, self.size, x, y, ids.shape)[:] = ids
        if self._block is None or ids.size > self._block[2].size:
            self._block = x, y, ids

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
        self._cursor = self._block = None

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
        if self.glyphs.has_wide and self._now[line + x : line + end] != fresh:
            self._mend(x, y, end)
        self._now[line + x : line + end] = fresh

    def _mend(self, start: int, y: int, end: int) -> None:
        """Blank the halves that stay of wide characters when something is written over [start, end)."""
        width, now = self.size[0], self._now
        line = y * width
        for inside, outside in ((start, start - 1), (end, end)):
            if 0 <= outside < width and self.glyphs.is_rest(now[line + inside]):
                now[line + outside] = self.glyphs.blank(now[line + outside])
                self._strips[y] = {}

    def changes(self, cursor: tuple[int, int]) -> str:
        """Return the bytes that bring the terminal up to date and leave the cursor there, and count them as sent.

        The pen is the default one before and after.
        """
        writer = self._written_afresh() if self._cursor is None else self._written_over()
        self._block = None
        if cursor == self._cursor and writer.is_empty:
            return ""
        self._cursor = cursor
        data = writer.finish(cursor)
        if self.glyphs.is_full:
            self._renumber()
        return data

    def _written_afresh(self) -> FrameWriter:
        """Return the writer of all cells."""
        width, height = self.size
        rows = self._glyph_arrays().rows(self._now, width) if self._has_blocks else ()
        writer = FrameWriter(self.glyphs, self._now, width, afresh=True)
        for y in range(height):
            writer.write_row(y, rows[y] if rows else None)
        self._sent[:] = self._now
        return writer

    def _written_over(self) -> FrameWriter:
        """Return the writer of the cells that differ from those sent."""
        writer, runs = FrameWriter(self.glyphs, self._now, self.size[0]), self._changed()
        if self._moves_cells and self._block is not None and self._move(writer, runs, *self._block):
            runs = self._changed()
        writer.write_runs(runs)
        self._sent[:] = self._now
        return writer

    def _changed(self) -> list[Run]:
        """Return the runs that differ from those sent."""
        runs = self._glyph_arrays().changed(self._now, self._sent, self.size[0]) if self._has_blocks else None
        return self._changed_by_row() if runs is None else runs

    def _changed_by_row(self) -> list[Run]:
        """Return the same without numpy, which is not loaded yet, and where there are wide characters."""
        (width, height), numbers = self.size, self.glyphs.ink_numbers
        places = list[int]()
        for line in (y * width for y in range(height)):
            now, sent = self._now[line : line + width], self._sent[line : line + width]
            if now != sent:
                places += compress(range(line, line + width), map(ne, now, sent))
        inks = [numbers[self._now[place]] for place in places]
        pairs = enumerate(zip(pairwise(places), pairwise(inks), strict=True), 1)
        ends = [at for at, ((last, place), (old, ink)) in pairs if place - last != 1 or ink != old]
        return list(runs_of(places, inks, ends, self._now, width, self.glyphs))

    def _glyph_arrays(self) -> "GlyphArrays":
        """Return the glyphs as arrays; to be asked for when there was a block, and numpy is loaded."""
        from liqtui.painting.runs import GlyphArrays

        if self._arrays is None or self._arrays.era is not self.glyphs.era:
            self._arrays = GlyphArrays(self.glyphs)
        return self._arrays

    def _move(self, writer: FrameWriter, runs: list[Run], x: int, y: int, ids: "Ids") -> bool:
        """Have the terminal move cells of a block that were sent, and return whether it does.

        Not those in rows in which that would cut wide characters; and only where enough differs for it to be worth it.
        """
        from liqtui.painting.slide import LEAST_CELLS, find_slide

        if cells_in(runs) < LEAST_CELLS:
            return False
        slide, width = find_slide(self._sent, self.size, x, y, ids), self.size[0]
        if slide is None:
            return False
        edges = [x for x in (slide.start, slide.end, slide.closed, slide.closed + abs(slide.by)) if x < width]
        for y in slide.rows:
            sent = self._sent[y * width : (y + 1) * width]
            if not any(self.glyphs.is_rest(sent[x]) for x in edges):
                self._sent[y * width : (y + 1) * width] = slide.moved(sent, UNKNOWN)
                writer.slide(y, slide)
        return True

    def _renumber(self) -> None:
        """Number anew the glyphs that are in use."""
        self.glyphs.keep({*self._now, *self._sent})
        numbers = self.glyphs.renumbered
        self._now = array("i", map(numbers.__getitem__, self._now))
        self._sent = array("i", map(numbers.__getitem__, self._sent))


def _placed(x: int, line: Iterable[Strip]) -> dict[int, Strip | None]:
    """Return strips by where they begin when they are written one after another."""
    placed: dict[int, Strip | None] = {}
    for strip in line:
        placed[x] = strip
        x += strip.cell_length
    return placed
