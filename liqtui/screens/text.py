"""The snapshot as a page of sentences."""

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.screen import Screen
from textual.strip import Strip

from liqtui.model.snapshot import Snapshot
from liqtui.widgets.panel import Panel
from liqtui.widgets.status import Condition, Hints, Status
from liqtui.widgets.words import sentences


class Sentences(Panel):
    """As many wrapped sentences as fit, from `top` on."""

    top: var[int] = var(0, init=False)
    """First line shown."""

    def watch_top(self) -> None:
        """Draw other lines."""
        self.redraw()

    def lines(self, width: int) -> list[str]:
        """Return all lines."""
        told = sentences(self.snapshot) if self.snapshot else ["Waiting for the engine."]
        return [line for text in told for line in textwrap.wrap(text, width, subsequent_indent="  ")]

    def move(self, step: int) -> None:
        """Scroll by lines, no further than to the last one."""
        last = max(len(self.lines(self._room)) - self.size.height, 0)
        self.top = min(max(self.top + step, 0), last)

    @property
    def _room(self) -> int:
        return max(self.size.width - 2, 10)

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the lines that fit."""
        shown = self.lines(self._room)[self.top : self.top + height]
        return [self.line([self.field(f" {text}")], width) for text in shown]


class TextScreen(Screen[None]):
    """Sentences under the status line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,T,x", "app.pop_screen", "Close"),
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("pagedown", "move(20)", "Page down", show=False),
        Binding("pageup", "move(-20)", "Page up", show=False),
        Binding("home", "move(-9999)", "Top", show=False),
        Binding("end", "move(9999)", "Bottom", show=False),
    ]

    def __init__(self, snapshot: Snapshot | None, condition: Condition) -> None:
        super().__init__()
        self._status, self._page = Status(condition), Sentences()
        for panel in (self._status, self._page):
            panel.begin_with(snapshot)

    def compose(self) -> ComposeResult:
        """Lay out the status line, the page and its keys."""
        yield self._status
        yield self._page
        yield Hints((("j k", "scroll"), ("home end", "top, end"), ("q", "close")))

    def action_move(self, step: int) -> None:
        """Scroll."""
        self._page.move(step)
