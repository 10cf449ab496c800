"""The right edge of the map: marks of the zones, the column of now as bars, the price axis."""

from collections.abc import Sequence

import numpy as np
from rich.style import Style
from textual.strip import Strip

from liqtui.model.snapshot import Cluster, Snapshot
from liqtui.render.axes import price_ticks
from liqtui.render.bars import bar_of
from liqtui.render.levels import Floats
from liqtui.render.numbers import price
from liqtui.render.text import Field
from liqtui.render.view import PriceView
from liqtui.widgets.known_marks import known_marks, standing
from liqtui.widgets.panel import Panel, asset_row, decimals_of
from liqtui.widgets.zone_marks import picked_marks, zone_marks


def profile_bars(pane: Panel, sides_usd: tuple[Floats, Floats], rows: int, width: int) -> list[Field]:
    """Return the last column as bars of USD, to one scale for both sides, one a cell row from the top.

    `sides_usd` are its longs and shorts over the rows of the view.
    """
    longs, shorts = (side.reshape(rows, -1).sum(axis=1)[::-1] for side in sides_usd)
    both = longs + shorts
    eighths = np.maximum(np.rint(both / max(float(both.max()), 1e-9) * (8 * width)), both > 0)
    bars: list[dict[int, Field]] = pane.held("bars", width, lambda: [{}, {}])
    return [
        bars[long].get(size)
        or bars[long].setdefault(size, pane.field(bar_of(size, width), "long" if long else "short"))
        for size, long in zip(eighths.astype(int).tolist(), (longs > shorts).tolist(), strict=True)
    ]


_Columns = tuple[Sequence[object], ...]
"""Of all cell rows: the marks, the bars, the labels, the price where it is there."""


class Edge:
    """The mark column, the bars and the price axis; of the rows on screen only those that differ are made again."""

    def __init__(self) -> None:
        self._made_for: object = None
        self._columns: _Columns = ()
        self._strips: list[Strip] = []

    def strips(
        self,
        pane: Panel,
        snapshot: Snapshot,
        prices: PriceView,
        marked: Cluster | None,
        here: int | None,
        bars: Sequence[Field],
        axis: int,
    ) -> list[Strip]:
        """Return the mark column, the bars and the price axis of `axis` cells, one strip a cell row.

        `here` is the cell row of the price now.
        """
        count, now = len(bars), price(snapshot.detail.price_usd, decimals_of(snapshot))
        labels = _labels(pane, snapshot, prices, count)
        marks = _marks(pane, snapshot, prices, marked, count)
        prices_now: list[str | None] = [None] * count
        if here is not None:
            prices_now[here] = now
        columns: _Columns = marks, bars, labels, prices_now
        made_for = pane.dressed, axis, count
        if self._made_for != made_for:
            self._made_for, changed, self._strips = made_for, set(range(count)), [Strip([])] * count
        else:
            changed = {y for new, old in zip(columns, self._columns, strict=True) for y in _unlike(new, old)}
            self._strips = self._strips.copy()
        for y in changed:
            self._strips[y] = _edge(pane, marks[y], bars[y], labels[y], prices_now[y], axis)
        self._columns = columns
        return self._strips


def _unlike(new: Sequence[object], old: Sequence[object]) -> list[int]:
    """Return where two lists of one length differ."""
    if new is old or new == old:
        return []
    return [y for y, (one, other) in enumerate(zip(new, old, strict=True)) if one is not other and one != other]


def _edge(pane: Panel, mark: Field | None, bar: Field, label: str, now: str | None, axis: int) -> Strip:
    if now is None:
        at = pane.field(f"{label:>{axis}}", "dim")
    else:
        at = Field(f"{now:>{axis}}", pane.look("price") + Style(reverse=True))
    return pane.line([mark or Field(" ", Style()), bar, at], 1 + len(bar.text) + axis)


def _labels(pane: Panel, snapshot: Snapshot, prices: PriceView, rows: int) -> list[str]:
    """Return the label of each cell row, empty where there is none."""
    asset = asset_row(snapshot)
    key = prices, rows, asset.tick_usd if asset else None

    def make() -> list[str]:
        labels = price_labels(snapshot, prices, rows)
        return [labels.get(y, "") for y in range(rows)]

    return pane.held("labels", key, make)


def price_labels(snapshot: Snapshot, prices: PriceView, rows: int) -> dict[int, str]:
    """Return the labels of round prices by cell row."""
    row_tick = asset_row(snapshot)
    per_cell = prices.rows // rows
    ticks = price_ticks(prices, row_tick.tick_usd if row_tick else 0.01, 3 * per_cell)
    return {(prices.rows - 1 - row) // per_cell: text for row, text in ticks}


def _marks(pane: Panel, snapshot: Snapshot, prices: PriceView, marked: Cluster | None, rows: int) -> list[Field | None]:
    """Return the mark of each cell row: the zones, observed positions over them, the picked zone over all."""
    zones, known = snapshot.detail.clusters, standing(pane)

    def make() -> list[Field | None]:
        marks = zone_marks(pane, zones, prices, rows) | known_marks(pane, known, prices, rows)
        if marked is not None:
            marks |= picked_marks(pane, marked, prices, rows)
        return [marks.get(y) for y in range(rows)]

    # Not the zones themselves: their distances change with the price.
    reaches = [(zone.side, zone.low_usd, zone.price_usd, zone.high_usd) for zone in zones]
    return pane.held("marks", (reaches, known, prices, marked, rows), make)
