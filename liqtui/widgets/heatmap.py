"""The heatmap: where positions would be liquidated, price by time."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from rich.style import Style
from textual.reactive import var
from textual.strip import Strip

from liqtui.model.selection import WINDOW_MS, Selection, Window
from liqtui.model.snapshot import HEAT_BIN_LOG, Cluster, Heat, Snapshot
from liqtui.render.axes import price_ticks, time_line, time_ticks
from liqtui.render.bars import bar
from liqtui.render.heatmap import Painter, paint, trace
from liqtui.render.levels import CLASSES, Floats, column_rows, settle, thresholds
from liqtui.render.levels import Field as HeatField
from liqtui.render.numbers import compact, price
from liqtui.render.ramp import LONG, SHORT, Inks
from liqtui.render.reducer import Reducer
from liqtui.render.text import Field
from liqtui.render.view import SCALES, PriceView, TimeView, frame_prices, frame_time
from liqtui.widgets.panel import Panel, asset_row, decimals_of

_REACH_LOG: dict[Window, float] = {"4h": 0.025, "12h": 0.035, "24h": 0.05, "3d": 0.08}
"""The automatic zoom shows at least this far above and below the price."""
_MARGIN = 1.15
_PROFILE_FROM, _PROFILE_MOST = 60, 14
"""Width from which the column of now is drawn as bars too, and how long these get."""
_LEGEND_FROM = 8
"""Height from which the legend has a line of its own."""


class Heatmap(Panel):
    """Price by time, with the price path, axes, legend and a mark for the zone picked in the ladder."""

    inks: var[Inks | None] = var(None, init=False)
    """How pixels become cells; None until the theme is known."""
    scale: var[int | None] = var(None, init=False)
    """Bins a row, one of SCALES; None chooses by itself."""
    marked: var[Cluster | None] = var(None, init=False)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._painter: Painter | None = None
        self._prices: PriceView | None = None
        self._reducer = Reducer()
        self._limits: dict[str, Floats] = {}
        self._drawn_for: tuple[Selection, int, int] | None = None

    def watch_inks(self, inks: Inks | None) -> None:
        """Start painting in the new colours."""
        self._painter = Painter(inks) if inks else None
        self.redraw()

    def watch_scale(self) -> None:
        """Draw at the new zoom."""
        self.redraw()

    def watch_marked(self) -> None:
        """Draw the mark."""
        self.redraw()

    def zoom(self, step: int) -> None:
        """Zoom in (step -1) or out (step +1) from the scale on screen."""
        current = self.scale or (self._prices.bins_per_row if self._prices else SCALES[0])
        index = SCALES.index(current) + step
        self.scale = SCALES[min(max(index, 0), len(SCALES) - 1)]

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return heading, map with price axis, time axis and legend."""
        snapshot, painter = self.snapshot, self._painter
        heat = snapshot.detail.heat if snapshot else None
        if snapshot is None or painter is None or heat is None or snapshot.detail.price_usd is None:
            return self._skeleton(snapshot, width, height)
        legend = height >= _LEGEND_FROM
        rows = (height - 2 - legend) * painter.inks.pixels_per_cell
        axis = len(price(snapshot.detail.price_usd * 1.2, decimals_of(snapshot))) + 1
        profile = min(width // 9, _PROFILE_MOST) if width >= _PROFILE_FROM else 0
        cells = width - axis - 1 - profile
        if rows < 2 or cells < 4:
            return [self._heading(snapshot, None, width)]
        prices, times, field = self._frame(heat, snapshot, rows, cells)
        pixels = paint(field, self._limits["long"], self._limits["short"])
        path = trace(field.close_usd, prices, painter.inks)
        here = _cell_row(prices, snapshot.detail.price_usd, painter.inks.pixels_per_cell)
        body = painter.strips(pixels, path, here)
        bars = self._profile(heat, prices, len(body), profile)
        edge = self._edge(snapshot, prices, here, bars, axis)
        return [
            self._heading(snapshot, prices, width),
            *(Strip.join([strip, mark]) for strip, mark in zip(body, edge, strict=True)),
            self._times(times, profile, axis),
            *([self._legend(painter.inks, width)] if legend else []),
        ]

    def _frame(self, heat: Heat, snapshot: Snapshot, rows: int, cells: int) -> tuple[PriceView, TimeView, HeatField]:
        """Choose the view and the class limits, keeping those on screen where they still serve."""
        key = (heat.selection, rows, cells)
        if key != self._drawn_for:
            self._prices, self._limits, self._drawn_for = None, {}, key
        price_usd = snapshot.detail.price_usd or 1.0
        held, reach = self._prices, _reach_log(heat, price_usd)
        prices = self._prices = frame_prices(held, price_usd, reach, HEAT_BIN_LOG, rows, self.scale)
        if held is not None and held.bins_per_row != prices.bins_per_row:
            self._limits = {}
        last_ms = int(heat.ts_ms[-1])
        now_ms = min(max(snapshot.ts_ms, last_ms), last_ms + heat.step_ms - 1)
        times = frame_time(now_ms, WINDOW_MS[heat.selection.window] - heat.step_ms, cells)
        field = self._reducer.reduce(
            heat.cells_usd,
            heat.first_bin,
            heat.ts_ms,
            heat.step_ms,
            heat.ohlc_usd[:, 3],
            heat.gap,
            prices,
            times,
        )
        if not self._reducer.renewed and self._limits:
            return prices, times, field
        for side, values in (("long", field.long_usd), ("short", field.short_usd)):
            self._limits[side] = settle(self._limits.get(side), thresholds(values[field.settled]))
        return prices, times, field

    def _skeleton(self, snapshot: Snapshot | None, width: int, height: int) -> list[Strip]:
        text = "waiting for the engine"
        if snapshot is not None:
            text = snapshot.note or f"no map of {snapshot.detail.selection.asset} yet"
        lines = [self.line([], width) for _ in range(height)]
        lines[0] = self._heading(snapshot, None, width)
        if height > 2:
            pad = " " * max((width - len(text)) // 2, 0)
            lines[height // 2] = self.line([self.field(f"{pad}{text}", "dim")], width)
        return lines

    def _heading(self, snapshot: Snapshot | None, prices: PriceView | None, width: int) -> Strip:
        if snapshot is None:
            return self.line([self.field(" Liquidation map", "title")], width)
        chosen = snapshot.detail.selection
        left = [
            self.field(f" {chosen.asset}", "title"),
            self.field(f" {chosen.venue or _all_venues(snapshot)}", "text"),
            self.field(f" {chosen.window}", "title"),
        ]
        if prices is None:
            return self.line(left, width)
        auto = self.scale is None
        right = [
            self.field("estimated USD to be liquidated  ", "dim", 3),
            self.field(f"{100 * prices.row_log:.1f}%/row ", "dim", 1),
            self.field("zoom auto " if auto else "zoom set ", "dim" if auto else "warn", 2),
        ]
        return self.spread(left, right, width)

    def _profile(self, heat: Heat, prices: PriceView, rows: int, width: int) -> list[Field]:
        """Return the column of now as bars of USD, to one scale for both sides, one a cell row from the top."""
        close_usd = float(heat.ohlc_usd[-1, 3])
        sides = column_rows(heat.cells_usd[-1].astype(np.float64), heat.first_bin, close_usd, prices)
        longs, shorts = (side.reshape(rows, -1).sum(axis=1)[::-1] for side in sides)
        most = max(float((longs + shorts).max()), 1e-9)
        return [
            self.field(bar((long_usd + short_usd) / most, width), "long" if long_usd > short_usd else "short")
            for long_usd, short_usd in zip(longs.tolist(), shorts.tolist(), strict=True)
        ]

    def _edge(
        self, snapshot: Snapshot, prices: PriceView, here: int | None, bars: Sequence[Field], axis: int
    ) -> list[Strip]:
        """Return the mark column, the profile of now and the price axis, one strip a cell row."""
        rows = len(bars)
        row_tick = asset_row(snapshot)
        per_cell = prices.rows // rows
        ticks = price_ticks(prices, row_tick.tick_usd if row_tick else 0.01, 3 * per_cell)
        labels = {(prices.rows - 1 - row) // per_cell: text for row, text in ticks}
        marks = self._marks(prices, rows)
        now = price(snapshot.detail.price_usd, decimals_of(snapshot))
        return [
            self.line(
                [
                    marks.get(y, Field(" ", Style())),
                    bars[y],
                    Field(f"{now:>{axis}}", self.look("price") + Style(reverse=True))
                    if y == here
                    else self.field(f"{labels.get(y, ''):>{axis}}", "dim"),
                ],
                1 + len(bars[y].text) + axis,
            )
            for y in range(rows)
        ]

    def _marks(self, prices: PriceView, rows: int) -> dict[int, Field]:
        """Return the marks by cell row: a tick at each zone's peak, and the span of the picked one."""
        clusters = self.snapshot.detail.clusters if self.snapshot else ()
        ticks = {_cell_row(prices, zone.price_usd, prices.rows // rows): zone.side for zone in clusters}
        marks = {y: Field("╴", self.look(side)) for y, side in ticks.items() if y is not None}
        return marks if self.marked is None else marks | self._picked(self.marked, prices, rows)

    def _picked(self, zone: Cluster, prices: PriceView, rows: int) -> dict[int, Field]:
        style, per_cell = self.look(zone.side), prices.rows // rows
        low, peak, high = (
            (prices.rows - 1 - prices.row_of(usd)) // per_cell for usd in (zone.low_usd, zone.price_usd, zone.high_usd)
        )
        if peak < 0 or peak >= rows:
            return {0 if peak < 0 else rows - 1: Field("▲" if peak < 0 else "▼", style)}
        span = {y: Field("▌", style) for y in range(max(high, 0), min(low, rows - 1) + 1)}
        return span | {peak: Field("◄", style)}

    def _times(self, times: TimeView, profile: int, axis: int) -> Strip:
        text = f"{time_line(time_ticks(times, 8), times.cells)} {'now'[:profile]:<{profile}}{'UTC':>{axis}}"
        return self.line([self.field(text, "dim")], len(text))

    def _legend(self, inks: Inks, width: int) -> Strip:
        ramps = next((found for found in map(partial(self._ramps, inks), (1, 2)) if _cells(found) <= width), None)
        fields = ramps or self._ramps(inks, 4)
        fields += [self.field("  ╱ no data", "dim", 2), self.field("  classes by rank within a side", "dim", 3)]
        return self.line(fields, width)

    def _ramps(self, inks: Inks, step: int) -> list[Field]:
        """Return both ramps, every `step`-th class, with the amount in a row at which the strongest begins."""
        alike = inks.cell(LONG + 1, LONG + 1) == inks.cell(SHORT + 1, SHORT + 1)
        words = (" long, below ", "  short, above ") if alike else (" long ", "  short ")
        fields: list[Field] = []
        for side, base, word in zip(("long", "short"), (LONG, SHORT), words, strict=True):
            fields.append(self.field(word, side))
            swatches = (inks.cell(base + k, base + k) for k in range(step, CLASSES + 1, step))
            fields += [Field(text, style) for text, style in swatches]
            limits = self._limits.get(side)
            if limits is not None and limits.size:
                fields += [self.field(f" ≥{compact(float(limits[-1]))}", "dim"), self.field("/row", "dim", 1)]
        return fields


def _cells(fields: Sequence[Field]) -> int:
    return sum(len(field.text) for field in fields)


def _reach_log(heat: Heat, price_usd: float) -> float:
    """Return how far the prices of the window lie from the price, in log price, with a margin and a floor."""
    extremes = heat.ohlc_usd[:, 1:3]
    known = extremes[np.isfinite(extremes) & (extremes > 0)]
    floor = _REACH_LOG[heat.selection.window]
    if known.size == 0:
        return floor
    far = max(abs(math.log(float(usd) / price_usd)) for usd in (known.max(), known.min()))
    return max(far * _MARGIN, floor)


def _cell_row(prices: PriceView, price_usd: float, per_cell: int) -> int | None:
    row = prices.row_of(price_usd)
    return (prices.rows - 1 - row) // per_cell if 0 <= row < prices.rows else None


def _all_venues(snapshot: Snapshot) -> str:
    row = asset_row(snapshot)
    venues = row.venues if row else ()
    return venues[0] if len(venues) == 1 else f"all {len(venues)} venues" if venues else "all venues"
