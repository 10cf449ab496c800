"""The zones of the ladder at the map's edge: how far each reaches and where it peaks, the picked one stronger."""

from collections.abc import Sequence

from rich.style import Style

from liqtui.model.market import Side
from liqtui.model.snapshot import Cluster
from liqtui.render.spans import Span, span_lines
from liqtui.render.text import Field
from liqtui.render.view import PriceView
from liqtui.widgets.panel import Panel

PEAK: dict[Side, str] = {"long": "◄", "short": "◅"}
"""Of the picked zone: full and hollow, so that the side shows without colour."""


def zone_marks(panel: Panel, zones: Sequence[Cluster], prices: PriceView, rows: int) -> dict[int, Field]:
    """Return by cell row, from the top, the lines of the zones: heavy for longs, light for shorts."""
    lines = span_lines((_span(zone, prices, rows) for zone in zones), rows)
    return {y: panel.field(text, "long" if is_heavy else "short") for y, (text, is_heavy) in lines.items()}


def picked_marks(panel: Panel, zone: Cluster, prices: PriceView, rows: int) -> dict[int, Field]:
    """Return the bar of the picked zone with an arrow at its peak, or at the edge beyond which that is."""
    style, span = panel.look(zone.side) + Style(bold=True), _span(zone, prices, rows)
    marks = {y: Field("▌", style) for y in range(max(span.top, 0), min(span.bottom, rows - 1) + 1)}
    if span.peak < 0:
        return marks | {0: Field("▲", style)}
    if span.peak >= rows:
        return marks | {rows - 1: Field("▼", style)}
    return marks | {span.peak: Field(PEAK[zone.side], style)}


def _span(zone: Cluster, prices: PriceView, rows: int) -> Span:
    per_cell = prices.rows // rows
    top, peak, bottom = (
        (prices.rows - 1 - prices.row_of(usd)) // per_cell for usd in (zone.high_usd, zone.price_usd, zone.low_usd)
    )
    return Span(top, peak, bottom, zone.side == "long")
