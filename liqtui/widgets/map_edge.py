"""The right edge of the map: marks of the zones, the column of now as bars, the price axis."""

import math
from collections.abc import Sequence

import numpy as np
from rich.style import Style
from textual.strip import Strip

from liqtui.model.snapshot import Cluster, Heat, Snapshot
from liqtui.render.axes import price_ticks
from liqtui.render.bars import bar
from liqtui.render.levels import column_rows
from liqtui.render.numbers import price
from liqtui.render.text import Field
from liqtui.render.view import PriceView
from liqtui.widgets.known_marks import known_marks
from liqtui.widgets.panel import Panel, asset_row, decimals_of


def cell_row(prices: PriceView, price_usd: float | None, per_cell: int) -> int | None:
    """Return the cell row from the top that holds a price, None where it is out of sight or there is none."""
    if price_usd is None or math.isnan(price_usd):
        return None
    row = prices.row_of(price_usd)
    return (prices.rows - 1 - row) // per_cell if 0 <= row < prices.rows else None


def profile_bars(pane: Panel, heat: Heat, prices: PriceView, rows: int, width: int) -> list[Field]:
    """Return the last column as bars of USD, to one scale for both sides, one a cell row from the top."""
    close_usd = float(heat.ohlc_usd[-1, 3])
    sides = column_rows(heat.cells_usd[-1].astype(np.float64), heat.first_bin, close_usd, prices)
    longs, shorts = (side.reshape(rows, -1).sum(axis=1)[::-1] for side in sides)
    most = max(float((longs + shorts).max()), 1e-9)
    return [
        pane.field(bar((long_usd + short_usd) / most, width), "long" if long_usd > short_usd else "short")
        for long_usd, short_usd in zip(longs.tolist(), shorts.tolist(), strict=True)
    ]


def edge_strips(
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
    labels = price_labels(snapshot, prices, len(bars))
    marks = _marks(pane, snapshot, prices, marked, len(bars))
    now = price(snapshot.detail.price_usd, decimals_of(snapshot))
    return [
        pane.line(
            [
                marks.get(y, Field(" ", Style())),
                bars[y],
                Field(f"{now:>{axis}}", pane.look("price") + Style(reverse=True))
                if y == here
                else pane.field(f"{labels.get(y, ''):>{axis}}", "dim"),
            ],
            1 + len(bars[y].text) + axis,
        )
        for y in range(len(bars))
    ]


def price_labels(snapshot: Snapshot, prices: PriceView, rows: int) -> dict[int, str]:
    """Return the labels of round prices by cell row."""
    row_tick = asset_row(snapshot)
    per_cell = prices.rows // rows
    ticks = price_ticks(prices, row_tick.tick_usd if row_tick else 0.01, 3 * per_cell)
    return {(prices.rows - 1 - row) // per_cell: text for row, text in ticks}


def _marks(pane: Panel, snapshot: Snapshot, prices: PriceView, marked: Cluster | None, rows: int) -> dict[int, Field]:
    """Return the marks by cell row: a tick at each zone's peak, and the span of the picked one."""
    ticks = {cell_row(prices, zone.price_usd, prices.rows // rows): zone.side for zone in snapshot.detail.clusters}
    marks = {y: Field("╴", pane.look(side)) for y, side in ticks.items() if y is not None}
    marks |= known_marks(pane, prices, rows)
    return marks if marked is None else marks | _picked(pane, marked, prices, rows)


def _picked(pane: Panel, zone: Cluster, prices: PriceView, rows: int) -> dict[int, Field]:
    style, per_cell = pane.look(zone.side), prices.rows // rows
    low, peak, high = (
        (prices.rows - 1 - prices.row_of(usd)) // per_cell for usd in (zone.low_usd, zone.price_usd, zone.high_usd)
    )
    if peak < 0 or peak >= rows:
        return {0 if peak < 0 else rows - 1: Field("▲" if peak < 0 else "▼", style)}
    span = {y: Field("▌", style) for y in range(max(high, 0), min(low, rows - 1) + 1)}
    return span | {peak: Field("◄", style)}
