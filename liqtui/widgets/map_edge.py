"""What stands at the right edge of the map: marks of the zones and of observed positions, the price axis."""

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from liqtui.model.snapshot import Cluster, Snapshot
from liqtui.render.axes import price_ticks
from liqtui.render.edge import EdgeLooks
from liqtui.render.numbers import price
from liqtui.render.text import Field
from liqtui.render.view import PriceView
from liqtui.widgets.known_marks import known_marks, standing
from liqtui.widgets.panel import Panel, asset_row, decimals_of
from liqtui.widgets.zone_marks import picked_marks, zone_marks


def edge_looks(pane: Panel) -> EdgeLooks:
    """Return what marks and bars look like in the colours of a pane."""
    return pane.held("edge", None, lambda: EdgeLooks(pane.look("long"), pane.look("short"), pane.base))


def marks(
    pane: Panel, snapshot: Snapshot, prices: PriceView, marked: Cluster | None, rows: int
) -> Sequence[Field | None]:
    """Return the mark of each cell row: the zones, observed positions over them, the picked zone over all."""
    zones, known = snapshot.detail.clusters, standing(pane)

    def make() -> list[Field | None]:
        found = zone_marks(pane, zones, prices, rows) | known_marks(pane, known, prices, rows)
        if marked is not None:
            found |= picked_marks(pane, marked, prices, rows)
        return [found.get(y) for y in range(rows)]

    # Not the zones themselves: their distances change with the price.
    reaches = [(zone.side, zone.low_usd, zone.price_usd, zone.high_usd) for zone in zones]
    return pane.held("marks", (reaches, known, prices, marked, rows), make)


def price_axis(
    pane: Panel, snapshot: Snapshot, prices: PriceView, here: int | None, rows: int, width: int
) -> Sequence[Strip]:
    """Return the price axis of `width` cells, one strip a cell row; `here` is that of the price now."""
    asset = asset_row(snapshot)
    plain = pane.held(
        "axis",
        (prices, rows, asset.tick_usd if asset else None, width),
        lambda: _labels(pane, snapshot, prices, rows, width),
    )
    if here is None:
        return plain
    text = f"{price(snapshot.detail.price_usd, decimals_of(snapshot)):>{width}}"

    def make() -> Strip:
        return pane.fresh_line([Field(text, pane.look("price") + Style(reverse=True))], width)

    axis = list(plain)
    axis[here] = pane.refilled("now", width, (text,), make)
    return axis


def _labels(pane: Panel, snapshot: Snapshot, prices: PriceView, rows: int, width: int) -> list[Strip]:
    labels = price_labels(snapshot, prices, rows)
    return [pane.line([pane.field(f"{labels.get(y, ''):>{width}}", "dim")], width) for y in range(rows)]


def price_labels(snapshot: Snapshot, prices: PriceView, rows: int) -> dict[int, str]:
    """Return the labels of round prices by cell row."""
    row_tick = asset_row(snapshot)
    per_cell = prices.rows // rows
    ticks = price_ticks(prices, row_tick.tick_usd if row_tick else 0.01, 3 * per_cell)
    return {(prices.rows - 1 - row) // per_cell: text for row, text in ticks}
