"""The pane title: price and nearest zone within the cells that tmux's status line shows."""

from liqtui.model.snapshot import Cluster, Snapshot
from liqtui.render.numbers import compact, price
from liqtui.terminal import TITLE_CELLS
from liqtui.widgets.panel import decimals_of


def pane_title(snapshot: Snapshot) -> str:
    """Return for example `BTC 97123 S+1.4% 45M`; the mode follows behind the part that always shows."""
    detail = snapshot.detail
    if detail.price_usd is None:
        return f"liqtui {detail.selection.asset}"
    decimals = decimals_of(snapshot) if detail.price_usd < 1000 else 0
    head = f"{detail.selection.asset} {price(detail.price_usd, decimals).replace(',', '')}"
    nearest = min(detail.clusters, key=lambda cluster: abs(cluster.distance_pct), default=None)
    zones = [*_zones(nearest), ""] if nearest else [""]
    shown = head + next(zone for zone in zones if not zone or len(head + zone) <= TITLE_CELLS)
    return f"{shown:<{TITLE_CELLS}} {snapshot.label}" if snapshot.label else shown


def _zones(cluster: Cluster) -> tuple[str, ...]:
    """Return the zone in words of falling length."""
    side, distance = cluster.side[0].upper(), f"{cluster.distance_pct:+.1f}%"
    size = compact(cluster.usd)
    whole = size.split(".")[0] + size[-1] if "." in size else size
    return f" {side}{distance} {size}", f" {side}{distance} {whole}", f" {side}{distance}"
