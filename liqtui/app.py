"""The app: takes snapshots from a link and shows them, turns keys into commands; computes nothing."""

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.screen import Screen

from liqtui.allocator import give_free_memory_back
from liqtui.link.base import Link
from liqtui.messages import ClusterPicked, LinkChanged
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.painting.pace import WHOLE_S, Pace
from liqtui.render.numbers import moment
from liqtui.screens.choosing import ChoosingApp
from liqtui.screens.commands import Commands
from liqtui.screens.help import HelpScreen, traffic_text
from liqtui.screens.keys import KEYS
from liqtui.screens.main import MainScreen
from liqtui.screens.text import TextScreen
from liqtui.terminal import PaneTitle
from liqtui.theming import DEFAULT_THEME, ColourSystem
from liqtui.widgets.asset_bar import AssetBar
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import Panel, panels
from liqtui.widgets.status import Condition, Status, selection_words, whole_seconds
from liqtui.widgets.title import pane_title

_COLLECT = 10_000, 10, 10
"""Objects after which the collector looks: a picture makes thousands, hardly any of them in circles."""
TIDY_EVERY = 240
"""Pictures from one time to the next that free memory goes back to the system: a minute of them."""


class LiqtuiApp(ChoosingApp):
    """The viewer of one engine."""

    TITLE = "liqtui"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Commands] | Callable[[], type[Commands]]]] = {Commands}  # type: ignore[assignment]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        link: Link,
        selection: Selection,
        theme_name: str = DEFAULT_THEME,
        colour: ColourSystem = "truecolor",
        pace: Pace | None = None,
        links: Callable[[], Link] | None = None,
        export_folder: Path | None = None,
    ) -> None:
        """Show one link; `links` makes more of the kind for assets side by side, pictures go to the folder."""
        super().__init__(link, selection, colour, pace or Pace())
        self.animation_level = "none"
        self._links = links
        self._export_folder = export_folder or Path.cwd()
        self._frozen: Snapshot | None = None
        self._condition = Condition()
        self._retry_at_s = 0.0
        self._urgent: object = None
        self._pictures = 0
        self._title = PaneTitle(self._write_terminal, time.monotonic)
        self._main = MainScreen()
        self._paint(theme_name)

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
        if self._main.is_attached:  # else the user has left already
            _ = self._main.heatmap
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        gc.enable()

    @work(exclusive=True, group="link")
    async def _listen(self) -> None:
        self.link.pace(self.pace.fps)
        await self.link.select(self.selection)
        async for event in self.link.events():
            if isinstance(event, Snapshot):
                self._hear(event)
            else:
                self.post_message(LinkChanged(event))

    async def on_unmount(self) -> None:
        """Leave the engine and the terminal's title as they were."""
        self._title.restore()
        await self.link.close()

    def _hear(self, snapshot: Snapshot) -> None:
        """Keep the newest snapshot and show it as soon as a picture is due; the answer to a key is due at once."""
        before, self._newest = self._newest, snapshot
        if before is None or before.detail.selection != snapshot.detail.selection:
            self.draw_now()
        else:
            self.ask_to_draw()

    def draw(self) -> None:
        """Show the newest snapshot, unless the picture is frozen, and what else the app knows."""
        self._look_at_theme()
        if self._frozen is None and self._newest is not None:
            if self.pace.is_brief and not self._is_news(self._newest):
                self._main.query_one(AssetBar).take_urgent(self._newest)
            else:
                self._show(self._newest)
        self._say()

    def _is_news(self, snapshot: Snapshot) -> bool:
        """Return whether a snapshot holds what must be seen at once, be bandwidth ever so low."""
        shown, self._urgent = self._urgent, _urgent(snapshot)
        return shown != self._urgent

    def save(self) -> None:
        """Begin or end to use few colours and to ask for few snapshots, and say so."""
        self.link.pace(self.pace.fps)
        self._show_theme(self.current_theme)
        self._say()

    def on_link_changed(self, message: LinkChanged) -> None:
        """Say what became of the engine; the last picture stays."""
        self._retry_at_s = time.monotonic() + (message.state.retry_s or 0.0)
        self._count_down(replace(self._condition, link=message.state))

    def _count_down(self, condition: Condition | None = None) -> None:
        """Keep the seconds until the next try up to date."""
        self._say(condition)
        if self._condition.retry_in_s:
            left_s = self._retry_at_s - time.monotonic()
            self.set_timer(max(left_s - (self._condition.retry_in_s - 1), 0.01), self._count_down)

    def on_cluster_picked(self, message: ClusterPicked) -> None:
        """Mark on the map what the ladder points at."""
        self._main.heatmap.marked = message.cluster

    def _panels(self) -> Iterable[Panel]:
        for screen in self.screen_stack:
            yield from screen.panels() if isinstance(screen, MainScreen) else panels(screen)

    def _show(self, snapshot: Snapshot) -> None:
        self.pace.drawn_whole()
        self._urgent = _urgent(snapshot)
        with self.one_picture():
            self._main.fit_assets(len(snapshot.assets))
            for panel in self._panels():
                panel.take(snapshot)
        self._pictures += 1
        if self._pictures % TIDY_EVERY == 0:
            # The oldest generation is hardly ever collected by itself, and its cycles hold pages.
            gc.collect()
            give_free_memory_back()
        if self._title.is_due and not self.is_output_pending:
            self._title.show(pane_title(snapshot))

    def _say(self, condition: Condition | None = None) -> None:
        """Tell the status lines what the app knows."""
        shown = self._newest.detail.selection if self._newest else None
        wish = "" if shown in (None, self.selection) else f"loading {selection_words(self.selection)}"
        before = self._condition
        self._condition = replace(
            condition or before,
            frozen_ms=self._frozen.ts_ms if self._frozen else None,
            newest_ms=self._newest.ts_ms if self._newest and self._frozen else None,
            wish=wish,
            retry_in_s=whole_seconds(self._retry_at_s - time.monotonic()),
            saving=f"{self.pace.words}, map each {WHOLE_S:.0f} s" if self.saves else "",
        )
        if self._condition == before:
            return
        for panel in self._panels():
            if isinstance(panel, Status):
                panel.tell(self._condition)

    def _write_terminal(self, text: str) -> None:
        if not self.is_headless and not self.is_web:
            self.write_beside(text)

    def choose(self) -> None:
        """Release a frozen picture, and say what was asked for."""
        if self._frozen is not None:
            self.action_freeze()
        self._say()

    def run_command(self, action: str) -> None:
        """Run an action from the command palette; `picture.` stands before those of the main screen."""
        place, _, name = action.partition(".")
        if place == "picture":
            self.call_next(self.run_action, name, self._main)
        else:
            self.call_next(self.run_action, action)

    def action_rung(self, step: int) -> None:
        """Move the ladder's cursor."""
        self._main.query_one(Ladder).move(step)

    async def action_above_or_skill(self) -> None:
        """Move the ladder's cursor up where it has one, else show the skill."""
        await self.run_action("rung(-1)" if self._main.query_one(Ladder).picked else "skill")

    def action_rung_edge(self, last: bool) -> None:
        """Move the ladder's cursor to the highest or lowest zone."""
        self._main.query_one(Ladder).jump(last)

    def action_freeze(self) -> None:
        """Freeze the picture, or release it and show the newest."""
        if self._frozen is None:
            self._frozen = self._newest
        else:
            self._frozen = None
            if self._newest is not None:
                self._show(self._newest)
        self._say()

    def action_export(self) -> None:
        """Write what is on screen to files, and say where."""
        from liqtui.screens.pictures import told, write_pictures  # loads all names of HTML's characters

        at = f"{moment(self._newest.ts_ms):%Y%m%dT%H%M%SZ}" if self._newest else "empty"
        try:
            paths = write_pictures(self, self._export_folder, f"liqtui-{self.selection.asset}-{at}", "liqtui")
        except OSError as error:
            self.notify(f"cannot write pictures: {error}", severity="error")
        else:
            self.notify(told(paths))

    def action_side_by_side(self) -> None:
        """Show two assets side by side; there the same key shows four, then one again."""
        self._show_maps(0)

    def _show_maps(self, count: int | None) -> None:
        """Show more maps than `count`, as far as they fit; where not even two do, say what they need."""
        from liqtui.screens.side_by_side import PANE, SideBySide, count_after  # numpy, as every map

        assets = self.command_assets()
        more = count_after(count or 0, self.size, len(assets))
        if self._links is not None and more:
            start = assets.index(self.selection.asset) if self.selection.asset in assets else 0
            chosen = [replace(self.selection, asset=asset) for asset in (assets[start:] + assets[:start])[:more]]
            shown = self._frozen or self._newest
            screen = SideBySide(self._links, chosen, self._main.heatmap.inks, shown, self._condition)
            self.push_screen(screen, self._show_maps)
        elif not count:
            self.notify(f"side by side needs two assets and {2 * PANE.width} columns")

    def action_help(self) -> None:
        """Show the help page."""
        self.heed_pace()
        self._open(HelpScreen, traffic_text(self.pace, self.sent_bytes))

    def action_skill(self) -> None:
        """Show how far the map can be trusted."""
        from liqtui.screens.skill import SkillScreen  # numpy, as the map

        self._open(SkillScreen)

    def action_text(self) -> None:
        """Show all in sentences."""
        self._open(TextScreen)

    def _open(self, page: Callable[..., Screen[None]], *more: str) -> None:
        """Show a page, unless it is open already."""
        if not any(type(screen) is page for screen in self.screen_stack):
            self.push_screen(page(self._frozen or self._newest, self._condition, *more), lambda _: self._say())


def _urgent(snapshot: Snapshot) -> object:
    """Return what is shown at once when it changes."""
    return snapshot.detail.selection, snapshot.note, [(state.venue, state.status) for state in snapshot.venues]
