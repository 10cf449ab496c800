"""The app: takes snapshots from a link and shows them, turns keys into commands; computes nothing."""

import gc
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from liqtui.link.base import Link
from liqtui.messages import ClusterPicked, LinkChanged, SnapshotTaken
from liqtui.model.selection import WINDOWS, Selection
from liqtui.model.snapshot import Snapshot
from liqtui.painting.pace import Pace
from liqtui.painting.paced import PacedApp
from liqtui.screens.commands import Commands
from liqtui.screens.help import HelpScreen, traffic_text
from liqtui.screens.main import MainScreen
from liqtui.terminal import PaneTitle, driver_class
from liqtui.theming import (
    DEFAULT_THEME,
    ColourSystem,
    ThemeError,
    load_theme,
    textual_theme,
    theme_names,
    variables,
)
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import Panel
from liqtui.widgets.status import Condition, Status
from liqtui.widgets.title import pane_title


class LiqtuiApp(PacedApp):
    """The viewer of one engine."""

    TITLE = "liqtui"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Commands] | Callable[[], type[Commands]]]] = {Commands}  # type: ignore[assignment]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(slot), f"slot({slot})", f"Asset {slot}", show=False) for slot in range(1, 10)),
        Binding("tab", "next_asset(1)", "Next asset", priority=True),
        Binding("shift+tab", "next_asset(-1)", "Previous asset", priority=True),
        Binding("left_square_bracket", "next_window(-1)", "Shorter window"),
        Binding("right_square_bracket", "next_window(1)", "Longer window"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in"),
        Binding("minus", "zoom(1)", "Zoom out"),
        Binding("0", "zoom_reset", "Zoom by itself"),
        Binding("v", "next_venue", "Next venue"),
        Binding("j,down", "rung(1)", "Zone below"),
        Binding("k,up", "rung(-1)", "Zone above"),
        Binding("g,home", "rung_edge(False)", "Highest zone"),
        Binding("G,end", "rung_edge(True)", "Lowest zone"),
        Binding("escape,x", "rung_leave", "No zone"),
        Binding("space", "freeze", "Freeze"),
        Binding("B", "low_bandwidth", "Low bandwidth"),
        Binding("question_mark,f1", "help", "Help"),
        Binding("colon", "command_palette", "Commands"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(
        self,
        link: Link,
        selection: Selection,
        theme_name: str = DEFAULT_THEME,
        colour: ColourSystem = "truecolor",
        pace: Pace | None = None,
    ) -> None:
        self._colour: ColourSystem = colour
        super().__init__(
            pace or Pace(), driver_class=driver_class(), ansi_color=True if colour in ("16", "none") else None
        )
        self.animation_level = "none"
        self.link = link
        self.selection = selection
        self._newest: Snapshot | None = None
        self._frozen: Snapshot | None = None
        self._condition = Condition()
        self._retry_at_s = 0.0
        self._title = PaneTitle(self._write_terminal, time.monotonic)
        self._main = MainScreen()
        self._paint(theme_name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the variables that a foreign theme lacks."""
        return variables(load_theme(DEFAULT_THEME), self._colour)

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return self._main

    def on_ready(self) -> None:
        """Load the map, now that the first screen is painted, and start listening to the engine."""
        self.theme_changed_signal.subscribe(self, self._show_theme)
        self._show_theme(self.current_theme)
        self.heed_pace()
        self._listen()
        self.call_after_refresh(self._complete)

    def _complete(self) -> None:
        """Load what the first screen could do without, and let the collector look at what is made from now on."""
        _ = self._main.heatmap
        gc.freeze()
        gc.enable()

    def _show_theme(self, theme: Theme) -> None:
        name = theme.name if theme.name in theme_names() else DEFAULT_THEME
        self._main.wear(load_theme(name), self._colour, self.saves)

    @work(exclusive=True, group="link")
    async def _listen(self) -> None:
        await self.link.select(self.selection)
        async for event in self.link.events():
            self.post_message(SnapshotTaken(event) if isinstance(event, Snapshot) else LinkChanged(event))

    async def on_unmount(self) -> None:
        """Leave the engine and the terminal's title as they were."""
        self._title.restore()
        await self.link.close()

    def on_snapshot_taken(self, message: SnapshotTaken) -> None:
        """Keep the newest snapshot and show it as soon as a picture is due; the answer to a key is due at once."""
        before, self._newest = self._newest, message.snapshot
        if before is None or before.detail.selection != message.snapshot.detail.selection:
            self.draw_now()
        else:
            self.ask_to_draw()

    def draw(self) -> None:
        """Show the newest snapshot, unless the picture is frozen, and what else the app knows."""
        if self._frozen is None and self._newest is not None:
            self._show(self._newest)
        self._say()

    def save(self) -> None:
        """Begin or end to use few colours, and say so."""
        self._show_theme(self.current_theme)
        self._say()

    def on_link_changed(self, message: LinkChanged) -> None:
        """Say what became of the engine; the last picture stays."""
        self._retry_at_s = time.monotonic() + (message.state.retry_s or 0.0)
        self._condition = replace(self._condition, link=message.state)
        self._count_down()

    def _count_down(self) -> None:
        """Keep the seconds until the next try up to date."""
        self._say()
        if self._condition.retry_in_s:
            left_s = self._retry_at_s - time.monotonic()
            self.set_timer(max(left_s - (self._condition.retry_in_s - 1), 0.01), self._count_down)

    def on_cluster_picked(self, message: ClusterPicked) -> None:
        """Mark on the map what the ladder points at."""
        self._main.heatmap.marked = message.cluster

    def _panels(self) -> Iterable[Panel]:
        for screen in self.screen_stack:
            yield from screen.query(Panel)

    def _show(self, snapshot: Snapshot) -> None:
        with self.batch_update():
            self._main.fit_assets(len(snapshot.assets))
            for panel in self._panels():
                panel.snapshot = snapshot
        if not self.is_output_pending:
            self._title.show(pane_title(snapshot))

    def _say(self, condition: Condition | None = None) -> None:
        """Tell the status lines what the app knows."""
        shown = self._newest.detail.selection if self._newest else None
        wish = "" if shown in (None, self.selection) else f"loading {_words(self.selection)}"
        self._condition = replace(
            condition or self._condition,
            frozen_ms=self._frozen.ts_ms if self._frozen else None,
            newest_ms=self._newest.ts_ms if self._newest else None,
            wish=wish,
            retry_in_s=_whole_seconds(self._retry_at_s - time.monotonic()),
            saving=self.pace.words if self.saves else "",
        )
        for panel in self._panels():
            if isinstance(panel, Status):
                panel.condition = self._condition

    def _write_terminal(self, text: str) -> None:
        if self._driver is not None and not self.is_headless and not self.is_web:
            self._driver.write(text)

    async def _select(self, selection: Selection) -> None:
        """Ask the engine for something else; a frozen picture is released first."""
        if selection == self.selection:
            return
        if self._frozen is not None:
            self.action_freeze()
        self.selection = selection
        self._say()
        await self.link.select(selection)

    def command_assets(self) -> tuple[str, ...]:
        """Return the assets of the watch list."""
        return tuple(row.asset for row in self._newest.assets) if self._newest else ()

    def command_venues(self) -> tuple[str, ...]:
        """Return the venues that list the chosen asset."""
        rows = self._newest.assets if self._newest else ()
        return next((row.venues for row in rows if row.asset == self.selection.asset), ())

    def command_themes(self) -> tuple[str, ...]:
        """Return the names of the themes."""
        return theme_names()

    def run_command(self, action: str) -> None:
        """Run an action from the command palette."""
        self.call_next(self.run_action, action)

    async def action_slot(self, slot: int) -> None:
        """Choose an asset by its number."""
        assets = self.command_assets()
        if slot <= len(assets):
            await self.action_choose_asset(assets[slot - 1])

    async def action_next_asset(self, step: int) -> None:
        """Choose the next or the previous asset."""
        assets = self.command_assets()
        if assets:
            index = assets.index(self.selection.asset) if self.selection.asset in assets else -step
            await self.action_choose_asset(assets[(index + step) % len(assets)])

    async def action_choose_asset(self, asset: str) -> None:
        """Choose an asset, keeping the venue where that lists it."""
        rows = self._newest.assets if self._newest else ()
        venues = next((row.venues for row in rows if row.asset == asset), ())
        venue = self.selection.venue if self.selection.venue in venues else None
        await self._select(replace(self.selection, asset=asset, venue=venue))

    async def action_next_window(self, step: int) -> None:
        """Choose the next longer or shorter window."""
        index = WINDOWS.index(self.selection.window) + step
        await self._select(replace(self.selection, window=WINDOWS[min(max(index, 0), len(WINDOWS) - 1)]))

    async def action_choose_window(self, window: str) -> None:
        """Choose a window by its name."""
        await self._select(replace(self.selection, window=next(w for w in WINDOWS if w == window)))

    async def action_next_venue(self) -> None:
        """Choose the next venue; after the last come all together."""
        turns: tuple[str | None, ...] = (None, *self.command_venues())
        index = turns.index(self.selection.venue) if self.selection.venue in turns else 0
        await self._select(replace(self.selection, venue=turns[(index + 1) % len(turns)]))

    async def action_choose_venue(self, venue: str) -> None:
        """Choose a venue by its name, or all with an empty one."""
        await self._select(replace(self.selection, venue=venue or None))

    def action_choose_theme(self, name: str) -> None:
        """Paint in another theme; one that cannot be used is said to be so."""
        try:
            self._paint(name)
        except ThemeError as error:
            self.notify(str(error), severity="error")

    def _paint(self, name: str) -> None:
        theme = textual_theme(load_theme(name), self._colour)
        self.register_theme(theme)
        self.theme = theme.name

    def action_zoom(self, step: int) -> None:
        """Zoom the prices in (-1) or out (+1)."""
        self._main.heatmap.zoom(step)

    def action_zoom_reset(self) -> None:
        """Let the zoom choose by itself."""
        self._main.heatmap.scale = None

    def action_rung(self, step: int) -> None:
        """Move the ladder's cursor."""
        self._main.query_one(Ladder).move(step)

    def action_rung_edge(self, last: bool) -> None:
        """Move the ladder's cursor to the highest or lowest zone."""
        self._main.query_one(Ladder).jump(last)

    def action_rung_leave(self) -> None:
        """Take the ladder's cursor away."""
        self._main.query_one(Ladder).leave()

    def action_freeze(self) -> None:
        """Freeze the picture, or release it and show the newest."""
        if self._frozen is None:
            self._frozen = self._newest
        else:
            self._frozen = None
            if self._newest is not None:
                self._show(self._newest)
        self._say()

    def action_help(self) -> None:
        """Show the help page."""
        shown = self._frozen or self._newest
        self.heed_pace()
        traffic = traffic_text(self.pace, self.sent_bytes)
        self.push_screen(HelpScreen(shown, self._condition, traffic), lambda _: self._say())


def _whole_seconds(left_s: float) -> int:
    """Return the seconds left, rounded up; less than half of one is none."""
    return math.ceil(left_s) if left_s >= 0.5 else 0


def _words(selection: Selection) -> str:
    return f"{selection.asset} {selection.venue or 'all venues'} {selection.window}"
