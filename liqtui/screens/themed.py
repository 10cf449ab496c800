"""The colours of the app: themes by name, chosen, and painted again when their file changes."""

import contextlib
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

from textual.theme import Theme

from liqtui.painting.pace import Pace
from liqtui.painting.paced import PacedApp
from liqtui.terminal import driver_class
from liqtui.theming import (
    DEFAULT_THEME,
    ColourSystem,
    ThemeError,
    ThemeSpec,
    load_theme,
    read_theme,
    textual_theme,
    theme_names,
    theme_places,
    variables,
)

LOOK_EVERY_S = 5.0
"""How often the file of the theme is looked at, while something is drawn."""


@runtime_checkable
class Dressed(Protocol):
    """A screen with maps, whose colours are no part of the stylesheet."""

    def wear(self, theme: ThemeSpec, colour: ColourSystem, few: bool) -> None:
        """Draw in the colours of a theme, or in a `few` of them."""
        ...


class ThemedApp(PacedApp):
    """An app in one of the themes."""

    def __init__(self, colour: ColourSystem, pace: Pace) -> None:
        self._colour: ColourSystem = colour
        self._defaults = variables(load_theme(DEFAULT_THEME), colour)
        super().__init__(pace, driver_class=driver_class(), ansi_color=True if colour in ("16", "none") else None)
        self._looked_s = 0.0
        self._stamp: tuple[str, int] | None = None
        self._theme_places: tuple[str, ...] = ()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the variables that a foreign theme lacks."""
        return self._defaults

    def command_themes(self) -> tuple[str, ...]:
        """Return the names of the themes."""
        return theme_names()

    def action_choose_theme(self, name: str) -> None:
        """Paint in another theme; one that cannot be used is said to be so."""
        try:
            self._paint(name)
        except ThemeError as error:
            self.notify(str(error), severity="error")

    def _paint(self, name: str) -> None:
        theme = textual_theme(load_theme(name), self._colour)
        self.register_theme(theme)
        self._theme_places = tuple(map(str, theme_places(name)))
        self._stamp = _stamp(self._theme_places)
        if self.theme == theme.name:
            self.mutate_reactive(ThemedApp.theme)
        else:
            self.theme = theme.name

    def _show_theme(self, theme: Theme) -> None:
        name = theme.name if theme.name in theme_names() else DEFAULT_THEME
        for screen in self.screen_stack:
            if isinstance(screen, Dressed):
                screen.wear(load_theme(name), self._colour, self.saves)

    def _look_at_theme(self) -> None:
        """Paint anew if the file of the theme has changed; what is wrong with it is said once."""
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        stamp = _stamp(self._theme_places)
        if stamp is None or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            read_theme(Path(stamp[0]))
        except ThemeError as error:
            self.notify(f"{error}; the old colours stay", severity="error")
            return
        load_theme.cache_clear()
        self.action_choose_theme(self.theme)


def _stamp(places: Iterable[str]) -> tuple[str, int] | None:
    """Return the first of some places where there is a file, and when that changed; None where there is none."""
    for place in places:
        with contextlib.suppress(OSError):
            found = os.stat(place)
            if stat.S_ISREG(found.st_mode):
                return place, found.st_mtime_ns
    return None
