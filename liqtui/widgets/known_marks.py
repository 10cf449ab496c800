"""Observed positions, drawn apart from the modelled ones: diamonds at the map's edge, sums in the ladder."""

from collections import defaultdict
from collections.abc import Sequence

from liqtui.model.market import Side
from liqtui.model.snapshot import KnownPosition
from liqtui.render.text import Field
from liqtui.render.view import PriceView
from liqtui.widgets.panel import Panel

GLYPH: dict[Side, str] = {"long": "◆", "short": "◇"}
"""Full and hollow, so that the side shows without colour."""


def known_marks(panel: Panel, known: Sequence[KnownPosition], prices: PriceView, rows: int) -> dict[int, Field]:
    """Return a diamond for each of `rows` cell rows, from the top, in which observed positions are liquidated.

    The side is that of the larger notional in the row.
    """
    per_cell = prices.rows // rows
    sums: defaultdict[int, float] = defaultdict(float)
    for position in known:
        row = prices.row_of(position.liquidation_usd) if position.liquidation_usd > 0 else -1
        if 0 <= row < prices.rows:
            sums[(prices.rows - 1 - row) // per_cell] += position.usd if position.side == "long" else -position.usd
    return {y: known_mark(panel, "long" if usd >= 0 else "short") for y, usd in sums.items()}


def known_mark(panel: Panel, side: Side) -> Field:
    """Return the diamond of a side."""
    return panel.field(GLYPH[side], side)


def has_known(panel: Panel) -> bool:
    """Return whether any observed positions are drawn."""
    return bool(standing(panel))


def known_legend(panel: Panel) -> list[Field]:
    """Return what the diamonds mean, where there are any."""
    if not has_known(panel):
        return []
    return [panel.field(f"  {GLYPH['long']}{GLYPH['short']} observed", "text", 2)]


def standing(panel: Panel) -> tuple[KnownPosition, ...]:
    """Return the observed positions; none beside a map of the past, as they are those of now."""
    detail = panel.snapshot.detail if panel.snapshot else None
    return detail.known if detail is not None and detail.selection.until_ms is None else ()
