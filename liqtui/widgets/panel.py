"""What all panes share: one snapshot in, whole lines out, and only the lines that changed drawn again."""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from operator import is_not
from typing import TYPE_CHECKING, TypeVar

from rich.color import Color
from rich.style import Style
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from liqtui.model.snapshot import AssetRow, Snapshot
from liqtui.painting.direct import DirectApp, differing
from liqtui.painting.light_strip import LightStrip, Part
from liqtui.render.numbers import price_decimals
from liqtui.render.text import Field, blank, line, spread
from liqtui.widgets.kept_lines import KeptLines

if TYPE_CHECKING:
    from liqtui.painting.codes import Block

T = TypeVar("T")

LOOKS = (
    "text", "dim", "title", "rule", "long", "short", "up", "down", "good", "warn", "bad", "price", "badge", "alarm",
    "cursor",
)  # fmt: skip


_FILLED = ("badge", "alarm", "cursor")
"""Looks with a background of their own."""


class Panel(Widget):
    """A pane drawn line by line from the newest snapshot."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._snapshot: Snapshot | None = None
        self._lines: list[Strip] = []
        self._drawn_size = Size(0, 0)
        self._looks: dict[str, Style] = {}
        self._kept = KeptLines()
        self._subject: object = None
        self.dressed = 0
        """Rises when the looks change."""

    def held(self, name: str, key: object, make: Callable[[], T]) -> T:
        """Return what was made under a name when the key was the same, else make it anew; it depends on the looks."""
        return self._kept.held(name, key, make)

    def refilled(
        self, name: str, key: object, texts: Sequence[str], make: Callable[[], Strip], at_end: bool = False
    ) -> Strip:
        """Return the line that `make` lays, with new texts in the last one where that will do (`KeptLines`)."""
        return self._kept.refilled(name, key, texts, make, at_end)

    def subject(self) -> object:
        """Return all that `draw` looks at besides size and colours: equal ones give equal lines. None is not known."""
        return None

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the lines of the pane, at most `height`, each of `width` cells."""
        raise NotImplementedError

    def look(self, name: str) -> Style:
        """Return the style of one of LOOKS without its background, for text on the pane."""
        if name not in self._looks:
            style = _theme_style(name, self.app.theme_variables)
            self._looks[name] = style if name in _FILLED else style + Style(bgcolor=self.base.bgcolor)
        return self._looks[name]

    @property
    def cursor(self) -> Style:
        """Return what the look of the cursor puts on fields: its ground, and a colour where one must be readable."""
        look = self.look("cursor")
        return Style(color=look.color, bgcolor=look.bgcolor, reverse=look.reverse)

    @property
    def base(self) -> Style:
        """Return the style of the pane's empty space."""
        if "" not in self._looks:
            self._looks[""] = self.rich_style
        return self._looks[""]

    def field(self, text: str, look: str = "text", rank: int = 0) -> Field:
        """Return a piece of a line in one of LOOKS."""
        return Field(text, self.look(look), rank)

    def line(self, fields: Sequence[Field], width: int) -> Strip:
        """Return a line of whole fields on the pane's background."""
        key = (width, *fields)
        return self._kept.line(key, lambda: line(fields, width, self.base))

    def spread(self, left: Sequence[Field], right: Sequence[Field], width: int) -> Strip:
        """Return a line with a group of whole fields at each end."""
        key = (width, *left, None, *right)
        return self._kept.line(key, lambda: spread(left, right, width, self.base))

    def fresh_line(self, fields: Sequence[Field], width: int) -> Strip:
        """Return what `line` does without keeping it, for lines that hardly come again."""
        return line(fields, width, self.base)

    def fresh_spread(self, left: Sequence[Field], right: Sequence[Field], width: int) -> Strip:
        """Return what `spread` does without keeping it."""
        return spread(left, right, width, self.base)

    @property
    def snapshot(self) -> Snapshot | None:
        """Return what is shown, None before the engine has sent anything; no reactive, which is slow to ask."""
        return self._snapshot

    def begin_with(self, snapshot: Snapshot | None) -> None:
        """Take over what is to be shown first."""
        self._snapshot = snapshot

    def take(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        old, self._snapshot = self._snapshot, snapshot
        self.heed(old, snapshot)

    def heed(self, old: Snapshot | None, new: Snapshot | None) -> None:
        """Draw what differs between the snapshot before and that of now."""
        self.redraw()

    def redraw(self) -> None:
        """Draw again, at the end of the picture if one is being made."""
        app = self.app
        if not (isinstance(app, DirectApp) and app.defer(self)):
            self.draw_changes()

    def draw_changes(self) -> None:
        """Draw again what may have changed, and paint the lines that differ from those on screen."""
        subject = self.subject()
        if subject is not None and subject == self._subject:
            return
        size = self._shown_size()
        if not size.width or not size.height:
            return
        if self._drawn_size != size:
            self.refresh()
            return
        self._draw_over(size, subject)

    def _shown_size(self) -> Size:
        """Return the size of the pane; the app knows at once where one stands that is all to be seen."""
        app = self.app
        region = app.free_region(self) if isinstance(app, DirectApp) else None
        return self.size if region is None else region.size

    def _draw_over(self, size: Size, subject: object) -> None:
        """Draw all lines, and paint what differs."""
        old = self._lines
        self._lines = self._fresh(size, subject)
        changed = changes(old, self._lines)
        if changed:
            self._paint(changed, size.width)

    def _paint(self, parts: Mapping[int, Part], width: int, blocks: "Sequence[tuple[Block, Block]]" = ()) -> None:
        """Paint parts of lines, and blocks, at once where that can be done, else have Textual paint the lines.

        `blocks` are those on screen, each with its new one.
        """
        app = self.app
        if isinstance(app, DirectApp) and app.paint_parts(self, parts, [new for _, new in blocks]):
            return
        rows = {*parts, *(y for old, new in blocks for y in new.rows_unlike(old))}
        if rows:
            self.refresh(*(Region(0, y, width, 1) for y in sorted(rows)))

    def _fresh(self, size: Size, subject: object) -> list[Strip]:
        self._kept.begin()
        lines = list(self.draw(*size))[: size.height]
        self._drawn_size, self._subject = size, subject
        return lines + [self._blank(size.width)] * (size.height - len(lines))

    def _blank(self, width: int) -> Strip:
        return self.held("blank", width, lambda: blank(width, self.base))

    def render_line(self, y: int) -> Strip:
        """Return a line, drawing all of them first when the size has changed."""
        size = self.size
        if self._drawn_size != size:
            self._lines = self._fresh(size, self.subject())
        return self._lines[y] if y < len(self._lines) else self._blank(size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a part of the pane: a pane has nothing around its lines that Textual would add."""
        whole = crop.column_span == (0, self.size.width)
        lines = [self.render_line(y) for y in crop.line_range]
        return lines if whole else [line.crop(*crop.column_span) for line in lines]

    def notify_style_update(self) -> None:
        """Forget the lines drawn in other colours."""
        super().notify_style_update()
        self._drawn_size = Size(0, 0)
        self._looks.clear()
        self._kept.clear()
        self.dressed += 1

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return no filters: the looks fit the terminal's colours already."""
        return []


def changes(old: Sequence[Strip], new: Sequence[Strip], x: int = 0) -> dict[int, Part]:
    """Return by row what differs between two lists of lines that begin at a cell."""
    found = {}
    for y in compress(range(len(old)), map(is_not, old, new)):
        part = _difference(old[y], new[y])
        if part is not None:
            found[y] = x + part[0], part[1]
    return found


def _difference(old: Strip, new: Strip) -> Part | None:
    """Return what differs in a line; a line that was made of the old one says it."""
    known = new.refilled if isinstance(new, LightStrip) else None
    return known.part if known is not None and known.line is old else differing(list(old), list(new))


def _theme_style(name: str, variables: Mapping[str, str]) -> Style:
    """Return a look as the theme's variables have it.

    Component classes would do the same, but Textual works out those of every pane anew whenever the layout changes.
    """
    plain = Style.parse(variables.get(f"liq-{name}-style", "none"))
    own = _colour(variables[f"liq-{name}"])
    if name not in _FILLED:
        return Style(color=own) + plain
    text = variables.get(f"liq-{name}-text")
    return Style(color=_colour(text) if text else None, bgcolor=own) + plain


def _colour(value: str) -> Color:
    """Return the colour of a variable: `#rrggbb`, or `ansi_` and a name."""
    name = value.removeprefix("ansi_")
    return Color.default() if name == "default" else Color.parse(name)


def panels(node: DOMNode) -> list[Panel]:
    """Return the panes below a node, in their order on screen."""
    found: list[Panel] = []
    for child in node.children:
        if isinstance(child, Panel):
            found.append(child)
        elif child.children:
            found += panels(child)
    return found


def asset_row(snapshot: Snapshot) -> AssetRow | None:
    """Return the row of the selected asset."""
    wanted = snapshot.detail.selection.asset
    return next((row for row in snapshot.assets if row.asset == wanted), None)


def decimals_of(snapshot: Snapshot) -> int:
    """Return how many decimals the selected asset's prices have."""
    row = asset_row(snapshot)
    return price_decimals(row.tick_usd) if row else 2
