"""The strips of one picture after another: only what the newest cells reach is painted again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
from textual.strip import Strip

from liqtui.painting.codes import Block
from liqtui.render.edge import Edge
from liqtui.render.forming import Forming, beside_nothing, forming_cell, is_alone
from liqtui.render.heatmap import Pixels, paint, trace
from liqtui.render.levels import Field, Floats
from liqtui.render.painter import Painter
from liqtui.render.prints import mark
from liqtui.render.ramp import Inks
from liqtui.render.swept import fading
from liqtui.render.view import PriceView


class Body:
    """The rows of a picture: the codes of their cells, the edge, and strips for who needs these."""

    def __init__(self, painter: Painter, codes: Pixels, since: int, edge: Edge | None) -> None:
        self._painter, self._codes, self._since, self._edge = painter, codes, since, edge
        self._strips: list[Strip] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Return how many rows there are, and cells beside the edge."""
        rows, cells = self._codes.shape
        return rows, cells

    @property
    def axis(self) -> Sequence[Strip]:
        """Return the price axis, the right end of the rows."""
        return self._edge.axis if self._edge else ()

    def strips(self) -> list[Strip]:
        """Return one strip a row with its edge; one that looks like the one before is that one."""
        if self._strips is None:
            self._strips = self._painter.lit_rows(self._codes, self._edge.strips() if self._edge else ())
        return self._strips

    def blocks(self, y: int) -> list[Block]:
        """Return the cells without the price axis, to be painted from a row of the widget on."""
        body = Block(0, y, self._codes, self._painter.table, self._since)
        return [body, self._edge.block(self._codes.shape[1], y)] if self._edge else [body]


class Canvas:
    """What was painted last, with what it was made from."""

    def __init__(self, inks: Inks) -> None:
        self.inks = inks
        self._painter = Painter(inks)
        self._made_from: tuple[object, ...] = ()
        self._limits: tuple[Floats, ...] = ()
        self._sums: Floats = np.empty((0, 2))
        self._codes: Pixels = np.empty((0, 0), np.int32)
        self._lit: Pixels = self._codes
        """The codes with the price line."""
        self._price_row: int | None = None
        self._settled = 0
        """The first cell that was not settled."""
        self._forming: Forming | None = None
        self._formed_for: object = None
        self._dots: Pixels = self._codes
        """The price path in the forming cell."""

    def body(
        self,
        field: Field,
        limits: Mapping[str, Floats],
        sums_usd: Floats,
        view: PriceView,
        least: int,
        price_row: int | None,
        same: tuple[int, int],
        edge: Edge | None = None,
    ) -> Body:
        """Return the cell rows: the classes from `least` on, the path with its marks, the price line.

        `same` is a number that changes with the cells that were settled, and the first cell that is not; the edge is
        appended to the rows.
        """
        cell = min(same[1], self._settled)
        made_from, now = (same[0], view, least), (limits["long"], limits["short"], limits["prints"])
        kept = made_from == self._made_from and all(a is b for a, b in zip(now, self._limits, strict=True))
        kept = kept and (sums_usd is self._sums or np.array_equal(sums_usd[:cell], self._sums[:cell]))
        since = cell if kept else 0
        if not (kept and self._forming is not None and self._forming.cell == same[1]):
            self._forming = None
        if since and since == same[1] and is_alone(field, since):
            codes = self._formed(field, limits, sums_usd, view, least, since)
        else:
            codes = self._painted(field, limits, sums_usd, view, least, since)
        self._made_from, self._limits, self._sums = made_from, now, sums_usd
        self._settled = same[1]
        return self._put(codes, since, price_row, edge)

    def _put(self, codes: Pixels, since: int, price_row: int | None, edge: Edge | None) -> Body:
        """Put the codes of the cells from `since` on beside those before them, and the price line over all."""
        self._codes = np.concatenate([self._codes[:, :since], codes], axis=1) if since else codes
        since = since if price_row == self._price_row else 0
        lit = self._painter.lit(self._codes[:, since:], price_row, since)
        self._lit = np.concatenate([self._lit[:, :since], lit], axis=1) if since else lit
        self._price_row = price_row
        return Body(self._painter, self._lit, since, edge)

    def _painted(
        self, field: Field, limits: Mapping[str, Floats], sums_usd: Floats, view: PriceView, least: int, since: int
    ) -> Pixels:
        """Return the (cell rows, cells) codes of the cells from `since` on."""
        shown = fading(len(field.close_usd))
        start = max(since - 2 * shown - 2, 0)
        seen = Field(*(getattr(field, one.name)[start:] for one in fields(Field)))
        pixels = paint(seen, limits["long"], limits["short"], view, least, shown)[:, since - start :]
        return self._painter.codes(pixels, self._path(field, limits, sums_usd, view, since, len(field.close_usd)))

    def _formed(
        self, field: Field, limits: Mapping[str, Floats], sums_usd: Floats, view: PriceView, least: int, cell: int
    ) -> Pixels:
        """Return the codes of the cells from one on, after which all are yet to come."""
        if self._forming is None:
            self._forming = forming_cell(field, limits, view, least, fading(len(field.close_usd)), cell)
        pixels = self._forming.pixels(field)[:, None]
        codes = self._painter.codes(pixels, self._formed_path(field, limits, sums_usd, view, cell))
        return beside_nothing(codes[:, 0], len(field.close_usd) - cell)

    def _formed_path(
        self, field: Field, limits: Mapping[str, Floats], sums_usd: Floats, view: PriceView, cell: int
    ) -> Pixels:
        """Return what `_path` does of one cell, found anew where price has reached another dot or more was printed."""
        count = len(self.inks.dots[0]) * view.rows // self.inks.pixels_per_cell
        closes = field.close_usd[cell - 1 : cell + 1].tolist()
        key = (
            cell, view, [None if math.isnan(usd) else view.level_of(usd, count) for usd in closes],
            sums_usd[cell].tolist(), limits["prints"].tolist(),
        )  # fmt: skip
        if self._formed_for != key:
            self._formed_for, self._dots = key, self._path(field, limits, sums_usd, view, cell, cell + 1)
        return self._dots

    def _path(
        self, field: Field, limits: Mapping[str, Floats], sums_usd: Floats, view: PriceView, since: int, until: int
    ) -> Pixels:
        """Return the price path with its marks in the cells [since, until)."""
        before = min(since, 1)
        path = trace(field.close_usd[since - before : until], view, self.inks)[:, before:]
        return mark(path, sums_usd[since:until], limits["prints"], field.close_usd[since:until], view)
