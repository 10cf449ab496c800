"""Two or four assets side by side, each map on a link of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from liqtui.link.base import Link, LinkState
from liqtui.model.selection import WINDOWS, Selection, Window
from liqtui.model.snapshot import Snapshot
from liqtui.painting.paced import PacedApp
from liqtui.render.ramp import Inks
from liqtui.screens.choosing import NOTHING_EARLIER, ChoosingApp, panned
from liqtui.theming import ColourSystem, ThemeSpec
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.inks import inks
from liqtui.widgets.status import Condition, Hints, Status

PANE = Size(58, 13)
"""Least cells of one map."""
COUNTS = (2, 4)
HINTS = (
    ("escape", "one asset"), ("g", "more or one"), ("1-9", "that asset"), ("[ ]", "window"), ("+ -", "zoom"),
    (", .", "time"), ("0", "reset"), ("m", "profile"), ("t", "threshold"), ("space", "freeze"), ("?", "help"),
    ("q", "quit"),
)  # fmt: skip


def count_after(count: int, size: Size, assets: int) -> int:
    """Return how many maps come after so many, 0 where no more fit the screen or the watch list."""
    return next((n for n in COUNTS if n > count and _fits(n, size) and assets >= n), 0)


def _fits(count: int, size: Size) -> bool:
    return size.width >= 2 * PANE.width and size.height - 1 >= count // 2 * PANE.height


class LinkedMap(Heatmap):
    """A map that asks the engine itself."""

    def __init__(self, link: Link, selection: Selection) -> None:
        super().__init__()
        self._link, self.selection = link, selection
        self._newest: Snapshot | None = None

    def on_mount(self) -> None:
        """Start listening."""
        self.run_worker(self._listen(), group="link")

    async def on_unmount(self) -> None:
        """Leave the engine."""
        await self._link.close()

    async def select(self, selection: Selection) -> None:
        """Ask for something else."""
        if selection != self.selection:
            self.selection = selection
            await self._link.select(selection)

    async def choose_window(self, window: Window) -> None:
        """Ask for another window, within what is remembered."""
        await self.select(panned(replace(self.selection, window=window), 0, self._newest))

    async def pan_time(self, steps: int) -> bool:
        """Look some quarters of the window earlier or later; return whether there is anything there."""
        before = self.selection
        await self.select(panned(before, steps, self._newest))
        return self.selection != before

    def bars(self, width: int) -> int:
        """Return what all maps of the screen have: an odd width leaves one of them a cell less."""
        return super().bars(min(width, (self.screen.size.width - 1) // 2))

    def keep_pace(self) -> None:
        """Have no more sent than the app shows."""
        self._link.pace(cast(PacedApp, self.app).pace.fps)

    def take(self, snapshot: Snapshot) -> None:
        """Show the newest of its own link when the app shows what is new."""
        if self._newest is not None:
            super().take(self._newest)

    async def _listen(self) -> None:
        app = cast(PacedApp, self.app)
        self.keep_pace()
        await self._link.select(self.selection)
        async for event in self._link.events():
            if isinstance(event, LinkState):
                continue
            before, self._newest = self._newest, event
            if before is None or before.detail.selection != event.detail.selection:
                # Not by way of the app, which shows few pictures of all where bandwidth is low.
                with app.one_picture():
                    self.take(event)
            else:
                app.ask_to_draw()


class SideBySide(Screen[int]):
    """Maps of several assets under the status line; closes with the number of maps wanted next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "next", "More assets, or one"),
        Binding("escape,x", "one", "One asset"),
        Binding("left_square_bracket", "window(-1)", "Shorter window"),
        Binding("right_square_bracket", "window(1)", "Longer window"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in"),
        Binding("minus", "zoom(1)", "Zoom out"),
        Binding("0", "reset", "Reset the view"),
        Binding("m", "profile", "Profile"),
        Binding("t", "hide_more", "Hide weak cells"),
        *(Binding(str(slot), f"pick({slot})", f"Asset {slot} alone", show=False) for slot in range(1, 10)),
        Binding("shift+left,comma", "pan_time(-1)", "Earlier"),
        Binding("shift+right,full_stop", "pan_time(1)", "Later"),
        Binding("v", "nothing", show=False),
    ]

    def __init__(
        self,
        links: Callable[[], Link],
        selections: Sequence[Selection],
        colours: Inks | None,
        snapshot: Snapshot | None,
        condition: Condition,
    ) -> None:
        super().__init__(classes=f"-maps-{len(selections)}")
        self._status = Status(condition)
        self._status.begin_with(snapshot)
        self.maps = [LinkedMap(links(), selection) for selection in selections]
        for one in self.maps:
            one.set_inks(colours)

    def compose(self) -> ComposeResult:
        """Lay out the status line, the maps, and where there is room for it the keys."""
        yield self._status
        with Container(id="maps"):
            yield from self.maps
        yield Hints(HINTS)

    def on_resize(self, event: Resize) -> None:
        """Show the keys where they take nothing from the least map."""
        self.set_class(_fits(len(self.maps), event.size - Size(0, 1)), "-with-hints")

    def wear(self, theme: ThemeSpec, colour: ColourSystem, few: bool) -> None:
        """Draw all in the colours of a theme, or in a `few` of them."""
        for one in self.maps:
            one.inks = inks(theme, colour, few)
            if one.is_attached:
                one.keep_pace()

    def action_next(self) -> None:
        """Show more maps, or go back to one asset."""
        self.dismiss(len(self.maps))

    def action_one(self) -> None:
        """Go back to one asset."""
        self.dismiss(COUNTS[-1])

    def action_pick(self, slot: int) -> None:
        """Go back to one asset, that of a number."""
        self.app.call_next(self.app.run_action, f"slot({slot})")
        self.dismiss(COUNTS[-1])

    def action_nothing(self) -> None:
        """Leave alone what is not on this screen."""

    async def action_window(self, step: int) -> None:
        """Choose the next longer or shorter window for all; a frozen picture is released."""
        cast(ChoosingApp, self.app).choose()
        for one in self.maps:
            index = min(max(WINDOWS.index(one.selection.window) + step, 0), len(WINDOWS) - 1)
            await one.choose_window(WINDOWS[index])

    async def action_pan_time(self, steps: int) -> None:
        """Look at earlier columns in all, or at later ones."""
        cast(ChoosingApp, self.app).choose()
        moved = [await one.pan_time(steps) for one in self.maps]
        if steps < 0 and not any(moved):
            self.app.notify(NOTHING_EARLIER)

    def action_zoom(self, step: int) -> None:
        """Zoom all."""
        for one in self.maps:
            one.zoom(step)

    async def action_reset(self) -> None:
        """Let all choose by themselves, and follow the newest."""
        for one in self.maps:
            one.reset()
            await one.select(replace(one.selection, until_ms=None))

    def action_profile(self) -> None:
        """Show the maps of now as bars, or those over time."""
        for one in self.maps:
            one.profile = not one.profile

    def action_hide_more(self) -> None:
        """Hide more of the weak cells in all."""
        for one in self.maps:
            one.hide_more()
