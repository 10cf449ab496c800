"""Every command of the app in words, for the command palette."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from liqtui.model.selection import WINDOWS


class Commanded(Protocol):
    """What the palette needs of the app."""

    def command_assets(self) -> tuple[str, ...]:
        """Return the assets to choose from."""
        ...

    def command_venues(self) -> tuple[str, ...]:
        """Return the venues to choose from."""
        ...

    def command_themes(self) -> tuple[str, ...]:
        """Return the themes to choose from."""
        ...

    def run_command(self, action: str) -> None:
        """Run an action by its name and arguments."""
        ...


_PLAIN = (
    ("Freeze or release the picture", "freeze", "the data goes on in the background"),
    ("Zoom in", "picture.zoom(-1)", "fewer prices, finer rows"),
    ("Zoom out", "picture.zoom(1)", "more prices, coarser rows"),
    ("Reset the view", "picture.reset", "zoom by itself, no pan, no crosshair"),
    ("Profile of now", "picture.profile", "bars by price with their sums, or the map over time"),
    ("Hide weak cells", "picture.hide_more", "a quarter, half, three quarters, nine tenths, none"),
    ("All venues together", "choose_venue('')", "the sum over venues"),
    ("Next venue", "next_venue", ""),
    ("Zone below", "rung(1)", "move the ladder's cursor"),
    ("Zone above", "rung(-1)", "move the ladder's cursor"),
    ("Expand a pane", "picture.expand", "the map, the ladder, the tape, all of them"),
    ("Zen", "picture.zen", "the map and nothing else"),
    ("Assets side by side", "side_by_side", "two, four, one"),
    ("In sentences", "text", "zones, open interest and liquidations as text"),
    ("Save a picture", "export", "SVG, ANSI and plain text of what is on screen"),
    ("No zone", "picture.leave", "take the crosshair or the mark off the map"),
    ("Crosshair", "picture.crosshair", "read and explain a cell; arrows move it"),
    ("Higher prices", "picture.pan(1)", "move the view"),
    ("Lower prices", "picture.pan(-1)", "move the view"),
    ("Earlier", "pan_time(-1)", "the map as it was known then"),
    ("Later", "pan_time(1)", ""),
    (
        "Low bandwidth on or off",
        "low_bandwidth",
        "price each second, all else every two minutes, five colours, no mouse",
    ),
    ("Skill", "skill", "how far to trust the map: gain, tests, bands, learned mix"),
    ("Help", "help", "keys, words and marks"),
    ("Quit", "quit", ""),
)


class Commands(Provider):
    """Searches the commands."""

    def _all(self) -> Iterator[tuple[str, Callable[[], None], str]]:
        app = cast(Commanded, self.app)
        listed = [
            *((f"Show {asset}", f"choose_asset('{asset}')", "asset") for asset in app.command_assets()),
            *((f"Only {venue}", f"choose_venue('{venue}')", "venue") for venue in app.command_venues()),
            *((f"Window {window}", f"choose_window('{window}')", "time shown") for window in WINDOWS),
            *_PLAIN,
            *((f"Theme {name}", f"choose_theme('{name}')", "colours") for name in app.command_themes()),
        ]
        for name, action, text in listed:
            yield name, partial(app.run_command, action), text

    async def discover(self) -> Hits:
        """List every command."""
        for name, run, text in self._all():
            yield DiscoveryHit(name, run, help=text)

    async def search(self, query: str) -> Hits:
        """List the commands that match."""
        matcher = self.matcher(query)
        for name, run, text in self._all():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=text)
