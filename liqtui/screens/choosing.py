"""What is asked of the engine: asset, venue, window and time, by keys and by name."""

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from liqtui.link.base import Link
from liqtui.messages import ViewReset
from liqtui.model.selection import WINDOWS, Selection
from liqtui.model.snapshot import Snapshot
from liqtui.painting.pace import Pace
from liqtui.screens.themed import ThemedApp
from liqtui.theming import ColourSystem

NOTHING_EARLIER = "nothing earlier is remembered in this window"


def panned(selection: Selection, steps: int, snapshot: Snapshot | None) -> Selection:
    """Return the selection some quarters of its window later, within what the snapshot's engine remembers.

    Before the first snapshot it is the same.
    """
    return selection if snapshot is None else selection.panned(steps, snapshot.ts_ms, snapshot.detail.since_ms)


class ChoosingApp(ThemedApp):
    """An app that shows what is selected of the newest snapshot of a link."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(slot), f"slot({slot})", f"Asset {slot}", show=False) for slot in range(1, 10)),
        Binding("tab", "next_asset(1)", "Next asset", priority=True),
        Binding("shift+tab", "next_asset(-1)", "Previous asset", priority=True),
        Binding("left_square_bracket", "next_window(-1)", "Shorter window"),
        Binding("right_square_bracket", "next_window(1)", "Longer window"),
        Binding("v", "next_venue", "Next venue"),
        Binding("shift+left,comma", "pan_time(-1)", "Earlier"),
        Binding("shift+right,full_stop", "pan_time(1)", "Later"),
    ]

    def __init__(self, link: Link, selection: Selection, colour: ColourSystem, pace: Pace) -> None:
        super().__init__(colour, pace)
        self.link, self.selection = link, selection
        self._newest: Snapshot | None = None

    def choose(self) -> None:
        """Take over a `selection` that is about to be asked for."""
        raise NotImplementedError

    async def _select(self, selection: Selection) -> None:
        """Ask the engine for something else."""
        if selection == self.selection:
            return
        self.selection = selection
        self.choose()
        await self.link.select(selection)

    def command_assets(self) -> tuple[str, ...]:
        """Return the assets of the watch list."""
        return tuple(row.asset for row in self._newest.assets) if self._newest else ()

    def command_venues(self) -> tuple[str, ...]:
        """Return the venues that list the chosen asset."""
        rows = self._newest.assets if self._newest else ()
        return next((row.venues for row in rows if row.asset == self.selection.asset), ())

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
        await self.action_choose_window(WINDOWS[min(max(index, 0), len(WINDOWS) - 1)])

    async def action_choose_window(self, window: str) -> None:
        """Choose a window by its name."""
        chosen = replace(self.selection, window=next(w for w in WINDOWS if w == window))
        await self._select(panned(chosen, 0, self._newest))

    async def action_pan_time(self, steps: int) -> None:
        """Look at earlier columns, or at later ones."""
        if self._newest is None:
            return
        chosen = panned(self.selection, steps, self._newest)
        if steps < 0 and chosen == self.selection:
            self.notify(NOTHING_EARLIER)
        await self._select(chosen)

    async def on_view_reset(self, message: ViewReset) -> None:
        """Follow the newest."""
        await self._select(replace(self.selection, until_ms=None))

    async def action_next_venue(self) -> None:
        """Choose the next venue; after the last come all together."""
        turns: tuple[str | None, ...] = (None, *self.command_venues())
        index = turns.index(self.selection.venue) if self.selection.venue in turns else 0
        await self._select(replace(self.selection, venue=turns[(index + 1) % len(turns)]))

    async def action_choose_venue(self, venue: str) -> None:
        """Choose a venue by its name, or all with an empty one."""
        await self._select(replace(self.selection, venue=venue or None))
