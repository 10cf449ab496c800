"""The heatmap: where positions would be liquidated, price by time."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.events import Click
from textual.geometry import Size
from textual.reactive import var
from textual.strip import Strip

from liqtui.model.snapshot import Cluster, Detail, Snapshot
from liqtui.painting.direct import DirectApp
from liqtui.painting.light_strip import Part
from liqtui.render.axes import time_line, time_ticks
from liqtui.render.canvas import Body, Canvas
from liqtui.render.edge import Edge
from liqtui.render.numbers import clock, day_clock, price
from liqtui.render.ramp import Inks
from liqtui.render.view import PriceView, TimeView
from liqtui.widgets.crosshair import Crosshair, cell_of, place_of
from liqtui.widgets.known_marks import has_known
from liqtui.widgets.map_cross import cross_map, cross_time
from liqtui.widgets.map_edge import edge_looks, marks, price_axis
from liqtui.widgets.map_frame import Framed, Framing
from liqtui.widgets.map_heading import heading
from liqtui.widgets.map_legend import HIDDEN_PCT, least_class, legend
from liqtui.widgets.map_profile import profile_lines
from liqtui.widgets.panel import Panel, changes, decimals_of

_PROFILE_FROM, _PROFILE_MOST = 60, 14
"""Width from which the column of now is drawn as bars too, and how long these get."""
_LEGEND_FROM = 8
"""Height from which the legend has a line of its own."""


class _Picture(NamedTuple):
    """The map over time without a crosshair: only of this the cells go past the strips."""

    heading: Strip
    body: Body
    below: list[Strip]

    @property
    def shape(self) -> tuple[object, ...]:
        """Return what two pictures have alike of which one can be painted over the other."""
        return self.body.shape, self.body.axis[0].cell_length, len(self.below)


class Heatmap(Panel):
    """Price by time, with the price path, axes, legend and a mark for the zone picked in the ladder."""

    inks: var[Inks | None] = var(None, init=False)
    """How pixels become cells; None until the theme is known."""
    scale: var[int | None] = var(None, init=False)
    """Bins a row, one of SCALES; None chooses by itself."""
    marked: var[Cluster | None] = var(None, init=False)
    profile: var[bool] = var(False, init=False)
    """Whether the map of now is drawn as bars instead."""
    hidden_pct: var[int] = var(0, init=False)
    """Share of the classes that is hidden, one of HIDDEN_PCT."""
    centre_usd: var[float | None] = var(None, init=False)
    """Price in the middle of the view; None follows the price."""
    cross: var[Crosshair | None] = var(None, init=False)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._canvas: Canvas | None = None
        self._framing = Framing()
        self._shown: tuple[Framed, int] | None = None
        """What the map shows and on how many cell rows; None while there is no map."""
        self._picture: _Picture | None = None
        """What is drawn, where it is the map alone."""
        self._is_behind = False
        """Whether the lines are not those of the picture yet."""

    def heed(self, old: Snapshot | None, new: Snapshot | None) -> None:
        """Draw what is new; what was set for another asset's prices does not hold for this one's."""
        if old is not None and new is not None and old.detail.selection.asset != new.detail.selection.asset:
            self.centre_usd = self.cross = None
        self.redraw()

    def watch_inks(self, inks: Inks | None) -> None:
        """Start painting in the new colours."""
        self._use(inks)
        self.redraw()

    def set_inks(self, inks: Inks | None) -> None:
        """Choose the colours before the first picture."""
        self.set_reactive(Heatmap.inks, inks)
        self._use(inks)

    def _use(self, inks: Inks | None) -> None:
        self._canvas = Canvas(inks) if inks else None
        self._kept.clear()

    def watch_scale(self) -> None:
        """Draw at the new zoom."""
        self.redraw()

    def watch_marked(self) -> None:
        """Draw the mark."""
        self.redraw()

    def watch_profile(self) -> None:
        """Draw the other picture."""
        self.redraw()

    def watch_hidden_pct(self) -> None:
        """Draw fewer or more cells."""
        self.redraw()

    def watch_centre_usd(self) -> None:
        """Draw other prices."""
        self.redraw()

    def watch_cross(self) -> None:
        """Draw the crosshair elsewhere."""
        self.redraw()

    def pan(self, steps: int) -> None:
        """Move the view up by some eighths of its height."""
        self.centre_usd = self._framing.centre_after(steps)

    def reset(self) -> None:
        """Follow the price at a zoom chosen by itself, without a crosshair."""
        self.scale, self.centre_usd, self.cross = None, None, None

    def toggle_cross(self) -> None:
        """Put the crosshair on now, at the picked zone or the price, or take it away."""
        if self.cross is not None:
            self.cross = None
        elif self._shown is not None and self.snapshot is not None:
            usd = self.marked.price_usd if self.marked else self.snapshot.detail.price_usd
            shown, rows = self._shown
            now = Crosshair(self.snapshot.ts_ms, usd or 1.0)
            self.cross = place_of(*cell_of(now, shown, rows), shown, rows)

    def move_cross(self, columns: int, rows_down: int) -> None:
        """Move the crosshair by cells; beyond the upper and lower edge the view moves along."""
        if self.cross is None or self._shown is None:
            return
        shown, rows = self._shown
        x, y = cell_of(self.cross, shown, rows)
        x, y = min(max(x + columns, 0), shown.newest), y + rows_down
        self.cross = place_of(x, y, shown, rows)
        if not 0 <= y < rows:
            self.pan(1 if y < 0 else -1)

    def on_click(self, event: Click) -> None:
        """Put the crosshair where the mouse is."""
        if self._shown is None or self.profile:
            return
        shown, rows = self._shown
        if 0 <= event.x < shown.times.cells and 1 <= event.y <= rows:
            self.cross = place_of(min(event.x, shown.newest), event.y - 1, shown, rows)

    def hide_more(self) -> None:
        """Hide more of the weak cells; after the most, none."""
        self.hidden_pct = HIDDEN_PCT[(HIDDEN_PCT.index(self.hidden_pct) + 1) % len(HIDDEN_PCT)]

    def zoom(self, step: int) -> None:
        """Zoom in (step -1) or out (step +1) from the scale on screen."""
        self.scale = self._framing.scale_after(self.scale, step)

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return heading, map with price axis, time axis and legend."""
        made = self._make(width, height)
        self._picture, self._is_behind = (made if isinstance(made, _Picture) else None), False
        return [made.heading, *made.body.strips(), *made.below] if isinstance(made, _Picture) else made

    def _draw_over(self, size: Size, subject: object) -> None:
        """Paint what differs: the cells of the map as they are, without making lines of them."""
        old, app = self._picture, self.app
        if old is None or not (isinstance(app, DirectApp) and app.paints_directly):
            super()._draw_over(size, subject)
            return
        self._kept.begin()
        made = self._make(*size)
        if isinstance(made, _Picture) and made.shape == old.shape:
            self._picture, self._is_behind = made, True
            blocks = zip(old.body.blocks(1), made.body.blocks(1), strict=True)
            self._paint(_parts(old, made, size.width), size.width, list(blocks))
        else:
            self._catch_up()
            super()._draw_over(size, subject)

    def _catch_up(self) -> None:
        """Make the lines of what is drawn."""
        picture = self._picture
        if self._is_behind and picture is not None:
            self._lines = [picture.heading, *picture.body.strips(), *picture.below]
            self._is_behind = False

    def render_line(self, y: int) -> Strip:
        """Return a line for Textual to paint."""
        self._catch_up()
        return super().render_line(y)

    def _make(self, width: int, height: int) -> _Picture | list[Strip]:
        """Return the map over time, or the lines of anything else."""
        snapshot, canvas = self.snapshot, self._canvas
        heat = snapshot.detail.heat if snapshot else None
        self._shown = None
        if snapshot is None or canvas is None or heat is None or snapshot.detail.price_usd is None:
            return self._skeleton(snapshot, width, height)
        with_legend = height >= _LEGEND_FROM
        rows = (height - 2 - with_legend) * canvas.inks.pixels_per_cell
        axis = len(price(snapshot.detail.price_usd * 1.2, decimals_of(snapshot))) + 1
        bars = self.bars(width)
        cells = width - axis - 1 - bars
        if rows < 2 or cells < 4:
            return [self._heading(snapshot, None, width)]
        shown = self._framing.frame(heat, snapshot, rows, cells, self.scale, self.centre_usd)
        top = self._heading(snapshot, shown.prices, width)
        if self.profile:
            size = (width, rows // canvas.inks.pixels_per_cell, axis)
            return [top, *profile_lines(self, snapshot, heat, shown.prices, self.marked, size)]
        body, times = self._body(canvas, snapshot, shown, bars, axis), self._times(shown.times, bars, axis)
        self._shown = shown, body.shape[0]
        last = [self._legend(canvas.inks, shown, width)] if with_legend else []
        if self.cross is None:
            return _Picture(top, body, [times, *last])
        crossed = cross_map(self, snapshot, shown, self.cross, body.strips(), axis)
        return [top, *crossed, cross_time(self, shown, self.cross, times), *last]

    def bars(self, width: int) -> int:
        """Return how long the bars of the column of now may get, 0 where there is no room for them."""
        return min(width // 9, _PROFILE_MOST) if width >= _PROFILE_FROM else 0

    def _legend(self, inks: Inks, shown: Framed, width: int) -> Strip:
        """Return the legend, the last one while nothing in it changes."""
        limits, moved = [(side, own.tobytes()) for side, own in shown.limits.items()], self.centre_usd is not None
        key = limits, self.hidden_pct, moved, has_known(self), width
        return self.held("legend", key, lambda: legend(self, inks, shown.limits, self.hidden_pct, moved, width))

    def _body(self, canvas: Canvas, snapshot: Snapshot, shown: Framed, bars: int, axis: int) -> Body:
        """Return the map with its right edge: marks, the column of now as bars, the price axis."""
        prices, per_cell = shown.prices, canvas.inks.pixels_per_cell
        rows, looks = prices.rows // per_cell, edge_looks(self)
        here = self._framing.price_row(prices, snapshot.detail.price_usd, per_cell)
        codes = looks.codes(marks(self, snapshot, prices, self.marked, rows), shown.forming_usd, bars)
        edge = Edge(looks, codes, price_axis(self, snapshot, prices, here, rows, axis))
        least = least_class(self.hidden_pct)
        return canvas.body(shown.field, shown.limits, shown.prints_usd, prices, least, here, shown.same, edge)

    def _skeleton(self, snapshot: Snapshot | None, width: int, height: int) -> list[Strip]:
        text = "waiting for the engine"
        if snapshot is not None:
            text = snapshot.note or _no_map(snapshot.detail)
        lines = [self.line([], width) for _ in range(height)]
        lines[0] = self._heading(snapshot, None, width)
        if height > 2:
            pad = " " * max((width - len(text)) // 2, 0)
            lines[height // 2] = self.line([self.field(f"{pad}{text}", "dim")], width)
        return lines

    def _heading(self, snapshot: Snapshot | None, prices: PriceView | None, width: int) -> Strip:
        return heading(self, snapshot, prices, width, zoom_is_set=self.scale is not None)

    def _last_word(self) -> str:
        """Return what the bars beside the map are of: now, or the moment at which a map of the past ends."""
        until_ms = self.snapshot.detail.selection.until_ms if self.snapshot else None
        return "now" if until_ms is None else clock(until_ms)[:5]

    def _times(self, times: TimeView, profile: int, axis: int) -> Strip:
        def make() -> Strip:
            last = f"{self._last_word()[:profile]:<{profile}}"
            text = f"{time_line(time_ticks(times, 8), times.cells)} {last}{'UTC':>{axis}}"
            return self.fresh_line([self.field(text, "dim")], len(text))

        return self.held("times", (times, profile, axis, self._last_word()), make)


def _parts(old: _Picture, new: _Picture, width: int) -> dict[int, Part]:
    """Return by line what differs beside the cells of two pictures of one shape."""
    old_axis, axis = old.body.axis, new.body.axis
    rows, cells = len(axis), width - axis[0].cell_length
    found = changes([old.heading, *old.below], [new.heading, *new.below])
    parts = {(y + rows if y else y): part for y, part in found.items()}
    return parts | {y + 1: part for y, part in changes(old_axis, axis, cells).items()}


def _no_map(detail: Detail) -> str:
    """Return why there is no map, and for one of the past how to get to one."""
    asset, since_ms = detail.selection.asset, detail.since_ms
    if detail.selection.until_ms is None or since_ms is None:
        return f"no map of {asset} yet"
    return f"no map of {asset} before {day_clock(since_ms)}: 0 for now, . for later"
