"""The line over the map: what it is of, how much it is worth, and how far it is zoomed."""

from textual.strip import Strip

from liqtui.model.snapshot import Snapshot
from liqtui.render.numbers import day_clock
from liqtui.render.view import PriceView
from liqtui.widgets.panel import Panel, asset_row
from liqtui.widgets.skill_words import printing_venues, with_skill


def heading(
    pane: Panel, snapshot: Snapshot | None, prices: PriceView | None, width: int, *, zoom_is_set: bool
) -> Strip:
    """Return the line, the last one while nothing in it changes; `prices` is None while there is no map."""
    if snapshot is None:
        return pane.line([pane.field(" Liquidation map", "title")], width)
    skill = snapshot.detail.skill or printing_venues(snapshot)
    row_pct = None if prices is None else 100 * prices.row_log
    key = snapshot.detail.selection, _venues(snapshot), skill, row_pct, zoom_is_set, width
    return pane.held("heading", key, lambda: _made(pane, snapshot, row_pct, width, zoom_is_set))


def _made(pane: Panel, snapshot: Snapshot, row_pct: float | None, width: int, zoom_is_set: bool) -> Strip:
    chosen = snapshot.detail.selection
    left = [
        pane.field(f" {chosen.asset}", "title"),
        pane.field(f" {_venues(snapshot)}", "text", 1),
        pane.field(f" {chosen.window}", "title"),
    ]
    if chosen.until_ms is not None:
        left.append(pane.field(f"  PAST, to {day_clock(chosen.until_ms)}", "warn"))
    if row_pct is None:
        return pane.line(left, width)
    right = [
        pane.field("estimated USD to be liquidated  ", "dim", 3),
        pane.field(f"{row_pct:.1f}%/row ", "dim", 1),
        pane.field("zoom set " if zoom_is_set else "zoom auto ", "warn" if zoom_is_set else "dim", 2),
    ]
    return pane.spread(left, with_skill(pane, snapshot, left, right, width), width)


def _venues(snapshot: Snapshot) -> str:
    """Return which venues the map is of."""
    row, venue = asset_row(snapshot), snapshot.detail.selection.venue
    venues = row.venues if row else ()
    alone = venue or (venues[0] if len(venues) == 1 else None)
    return alone or (f"all {len(venues)} venues" if venues else "all venues")
