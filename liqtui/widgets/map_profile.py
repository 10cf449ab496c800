"""The map of now across the whole pane: bars of USD by price, and their sums from the price outwards."""

from collections.abc import Sequence

import numpy as np
from rich.style import Style
from textual.strip import Strip

from liqtui.model.snapshot import Cluster, Heat, Snapshot
from liqtui.render.levels import column_rows
from liqtui.render.numbers import clock, compact
from liqtui.render.profile import ProfileRow, ProfileStyles, profile_rows, profile_strips
from liqtui.render.text import Field
from liqtui.render.view import PriceView
from liqtui.widgets.map_edge import marks, price_axis
from liqtui.widgets.map_frame import cell_row
from liqtui.widgets.panel import Panel

_FIGURES = 15
"""Width of the figures beside the bars."""
_FIGURES_FROM = 50


def profile_lines(
    pane: Panel, snapshot: Snapshot, heat: Heat, prices: PriceView, marked: Cluster | None, size: tuple[int, int, int]
) -> list[Strip]:
    """Return the rows of the pane and two lines that say what they show; `size` is width, cell rows, price axis."""
    width, rows, axis = size
    shown = _rows(heat, prices, rows)
    figures = _FIGURES if width >= _FIGURES_FROM else 0
    room = width - axis - 1 - figures
    styles = ProfileStyles(pane.look("long"), pane.look("short"), pane.look("title"), pane.base)
    here = cell_row(prices, float(heat.ohlc_usd[-1, 3]), prices.rows // rows)
    beside = [
        pane.line([mark or Field(" ", Style()), _figures(pane, row, figures)], 1 + figures)
        for mark, row in zip(marks(pane, snapshot, prices, marked, rows), shown, strict=True)
    ]
    labels = price_axis(pane, snapshot, prices, here, rows, axis)
    return [
        *map(Strip.join, zip(profile_strips(shown, room, styles), beside, labels, strict=True)),
        *_words(pane, shown, int(heat.ts_ms[-1]), width),
    ]


def _rows(heat: Heat, prices: PriceView, rows: int) -> list[ProfileRow]:
    close_usd = float(heat.ohlc_usd[-1, 3])
    sides = column_rows(heat.cells_usd[-1].astype(np.float64), heat.first_bin, close_usd, prices)
    longs, shorts = (side.reshape(rows, -1).sum(axis=1)[::-1] for side in sides)
    return profile_rows(longs, shorts)


def _figures(pane: Panel, row: ProfileRow, width: int) -> Field:
    if not width or not row.usd:
        return Field(" " * width, pane.base)
    side = "long" if row.is_long else "short"
    return pane.field(f" {side[0].upper()} {compact(row.usd):>5} {compact(row.sum_usd):>6}", side)


def _words(pane: Panel, rows: Sequence[ProfileRow], ts_ms: int, width: int) -> list[Strip]:
    most = max((row.usd for row in rows), default=0.0)
    total = max((row.sum_usd for row in rows), default=0.0)
    scale = _scale(pane, compact(most), compact(total), width)
    words = [
        pane.field(f" map of {clock(ts_ms)[:5]} UTC", "dim"),
        pane.field("  long below the price, short above", "dim", 1),
        pane.field("  m: map over time", "dim", 2),
    ]
    return [pane.line(scale, width), pane.line(words, width)]


def _scale(pane: Panel, most: str, total: str, width: int) -> Sequence[Field]:
    """Return what bars and curve are worth, in as many words as there is room for."""
    bar, curve = pane.field(" █ ", "long"), pane.field("   │ ", "title")
    forms = [
        [bar, pane.field(f"{row} {most}"), curve, pane.field(f"{sum_words} {total}")]
        for row, sum_words in (
            ("USD in a row, full width", "sum from the price, full width"),
            ("a row, full", "sum, full"),
        )
    ]
    return next((form for form in forms if sum(len(field.text) for field in form) <= width), forms[-1][:2])
