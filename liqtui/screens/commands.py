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
    ("Zoom in", "zoom(-1)", "fewer prices, finer rows"),
    ("Zoom out", "zoom(1)", "more prices, coarser rows"),
    ("Zoom by itself", "zoom_reset", "fit the prices of the window"),
    ("All venues together", "choose_venue('')", "the sum over venues"),
    ("Next venue", "next_venue", ""),
    ("Zone below", "rung(1)", "move the ladder's cursor"),
    ("Zone above", "rung(-1)", "move the ladder's cursor"),
    ("No zone", "rung_leave", "take the mark off the map"),
    ("Low bandwidth on or off", "low_bandwidth", "one picture a second, five colours a side, no mouse"),
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
