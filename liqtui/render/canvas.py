"""The strips of one picture after another: only what the newest cells reach is painted again."""

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
from textual.strip import Strip

from liqtui.render.heatmap import Painter, Pixels, paint, trace
from liqtui.render.levels import Field, Floats
from liqtui.render.prints import mark
from liqtui.render.ramp import Inks
from liqtui.render.swept import fading
from liqtui.render.view import PriceView


class Canvas:
    """What was painted last, with what it was made from."""

    def __init__(self, inks: Inks) -> None:
        self.inks = inks
        self._painter = Painter(inks)
        self._made_from: tuple[object, ...] = ()
        self._limits: tuple[Floats, ...] = ()
        self._sums: Floats = np.empty((0, 2))
        self._codes: Pixels = np.empty((0, 0), np.int32)
        self._strips: list[Strip] = []
        self._price_row: int | None = None
        self._settled = 0
        """The first cell that was not settled."""

    def strips(
        self,
        field: Field,
        limits: Mapping[str, Floats],
        sums_usd: Floats,
        view: PriceView,
        least: int,
        price_row: int | None,
        same: tuple[int, int],
    ) -> list[Strip]:
        """Return one strip a cell row: the classes from `least` on, the path with its marks, the price line.

        `same` is a number that changes with the cells that were settled, and the first cell that is not; a strip that
        looks like the one before is that one.
        """
        cell = min(same[1], self._settled)
        made_from, now = (same[0], view, least), (limits["long"], limits["short"], limits["prints"])
        kept = made_from == self._made_from and all(a is b for a, b in zip(now, self._limits, strict=True))
        kept = kept and np.array_equal(sums_usd[:cell], self._sums[:cell])
        since = cell if kept else 0
        codes = self._painted(field, limits, sums_usd, view, least, since)
        if since:
            self._renew(codes, since, price_row)
        else:
            self._codes = codes
            self._strips = [self._painter.strip(row, y == price_row) for y, row in enumerate(codes)]
        self._made_from, self._limits, self._sums, self._price_row = made_from, now, sums_usd, price_row
        self._settled = same[1]
        return self._strips

    def _renew(self, codes: Pixels, since: int, price_row: int | None) -> None:
        """Put the codes of the cells from `since` on in place, and make the strips of the rows that differ."""
        rows = set(np.flatnonzero((self._codes[:, since:] != codes).any(axis=1)).tolist())
        if price_row != self._price_row:
            rows |= {row for row in (price_row, self._price_row) if row is not None}
        self._codes[:, since:] = codes
        self._strips = self._strips.copy()
        for y in rows:
            self._strips[y] = self._painter.strip(self._codes[y], y == price_row)

    def _painted(
        self, field: Field, limits: Mapping[str, Floats], sums_usd: Floats, view: PriceView, least: int, since: int
    ) -> Pixels:
        """Return the (cell rows, cells) codes of the cells from `since` on."""
        shown = fading(len(field.close_usd))
        start = max(since - 2 * shown - 2, 0)
        seen = Field(*(getattr(field, one.name)[start:] for one in fields(Field)))
        pixels = paint(seen, limits["long"], limits["short"], view, least, shown)[:, since - start :]
        before = min(since, 1)
        path = trace(field.close_usd[since - before :], view, self.inks)[:, before:]
        path = mark(path, sums_usd[since:], limits["prints"], field.close_usd[since:], view)
        return self._painter.codes(pixels, path)
