"""What the pages under the status line share: the mode from their first frame on, and the keys that scroll."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget

from liqtui.model.snapshot import Snapshot
from liqtui.widgets.status import Condition, Hints, Status


class Page(Screen[None]):
    """A page that may be longer than the screen, under the status line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("g,home", "edge(False)", "Top", show=False),
        Binding("G,end", "edge(True)", "Bottom", show=False),
    ]

    HINTS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Keys of the page and what they do, for its last line."""

    def __init__(self, snapshot: Snapshot | None, condition: Condition, *content: Widget) -> None:
        super().__init__()
        self._content = content
        self._status = Status(condition)
        self._status.begin_with(snapshot)

    def compose(self) -> ComposeResult:
        """Lay out the status line, with the mode from its first frame on, the page and its keys."""
        yield self._status
        yield VerticalScroll(*self._content, id="page")
        yield Hints(self.HINTS)

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self.query_one("#page").scroll_relative(y=step, animate=False)

    def action_edge(self, last: bool) -> None:
        """Scroll to the start or the end."""
        page = self.query_one("#page")
        if last:
            page.scroll_end(animate=False)
        else:
            page.scroll_home(animate=False)
