"""Painting past Textual's compositor: the changed lines of a widget that nothing covers go straight to the shadow.

The compositor would render, cut and join them again. It still paints all that is laid out anew, covered, cut by its
container, or on a screen that it has not painted yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import eq
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rich.color import ColorSystem
from rich.console import RenderableType
from rich.segment import Segment
from textual._compositor import Compositor, LayoutUpdate
from textual.driver import Driver
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from liqtui.painting.light import LightApp, has
from liqtui.painting.light_strip import Part, part_of
from liqtui.painting.shadow import Shadow

if TYPE_CHECKING:
    from liqtui.painting.codes import Block


def direct_fault() -> str | None:
    """Return why all painting goes through the compositor, or None when changed lines go past it."""
    wanted: tuple[tuple[type, str], ...] = ((Screen, "_compositor"), (Compositor, "visible_widgets"))
    missing = [f"{owner.__name__}.{name}" for owner, name in wanted if not has(owner, name)]
    return f"Textual has no {', '.join(missing)}" if missing else None


def differing(old: Sequence[Segment], new: Sequence[Segment]) -> Part | None:
    """Return the part of a line without what is the same at both ends of an older one, None where nothing differs."""
    same = list(map(eq, old, new))
    start = same.index(False) if False in same else len(same)
    if start == len(old) == len(new):
        return None
    most = len(same) - start
    backwards = list(map(eq, reversed(old), reversed(new)))[:most]
    end = backwards.index(False) if False in backwards else most
    return part_of(new, start, len(new) - end)


class Redrawn(Protocol):
    """A widget that finds out by itself which of its lines have changed."""

    def draw_changes(self) -> None:
        """Paint the lines that differ from those on screen."""
        ...


class Places:
    """Where widgets stand that nothing covers and nothing cuts; kept until the screen is laid out anew."""

    def __init__(self) -> None:
        self._shown: Mapping[Widget, tuple[Region, Region]] | None = None
        self._free: dict[object, Region] = {}

    def region(self, screen: Screen[object], widget: object) -> Region | None:
        """Return where a widget stands on a screen, None where it is not whole to be seen."""
        return self.free(screen).get(widget)

    def free(self, screen: Screen[object]) -> Mapping[object, Region]:
        """Return where the widgets stand that are whole to be seen on a screen."""
        shown = screen._compositor.visible_widgets
        if shown is not self._shown:
            self._shown, self._free = shown, dict(_uncovered(shown, screen.size.region))
        return self._free


def _uncovered(shown: Mapping[Widget, tuple[Region, Region]], whole: Region) -> Iterator[tuple[Widget, Region]]:
    """Yield the widgets that are whole to be seen; `shown` lists them from the front to the back."""
    before: list[Region] = []
    for widget, (region, clip) in shown.items():
        seen = region.intersection(clip).intersection(whole)
        if seen == region and not any(front.overlaps(region) for front in before):
            yield widget, region
        before.append(seen)


class _Ground(NamedTuple):
    """What the widgets of one picture are painted on."""

    shadow: Shadow
    free: Mapping[object, Region]
    """Where those stand that are whole to be seen."""
    system: ColorSystem


class DirectApp(LightApp):
    """An app whose widgets paint their changed lines at once, all those of a picture in one write."""

    def __init__(self, driver_class: type[Driver] | None = None, ansi_color: bool | None = None) -> None:
        super().__init__(driver_class=driver_class, ansi_color=ansi_color)
        self._places = Places() if direct_fault() is None else None
        self._painted: object = None
        """The screen that the shadow holds."""
        self._waiting: dict[Redrawn, None] | None = None
        """The widgets to be drawn at the end of the picture, None while none is being made."""
        self._ground: _Ground | None = None
        """What the widgets are painted on while a picture is drawn, None where Textual has to do it."""

    @property
    def paints_directly(self) -> bool:
        """Whether changed cells can go past the compositor at all."""
        return self._shadow is not None and self._places is not None

    @contextmanager
    def one_picture(self) -> Iterator[None]:
        """Draw what changes within this, each widget once, and send it together."""
        if self._waiting is not None:
            yield
            return
        waiting: dict[Redrawn, None] = {}
        self._waiting = waiting
        try:
            yield
            self._ground = self._find_ground()
            for widget in waiting:
                widget.draw_changes()
        finally:
            self._waiting = self._ground = None
        self._send()

    def write_beside(self, text: str) -> None:
        """Write sequences in one write with the picture that is being made, or at once where none is."""
        if self._waiting is None or self._shadow is None:
            self.write_terminal(text)
        else:
            self._beside += text

    def defer(self, widget: Redrawn) -> bool:
        """Return whether a picture is being made, at the end of which the widget will be drawn."""
        if self._waiting is None:
            return False
        self._waiting[widget] = None
        return True

    def free_region(self, widget: Widget) -> Region | None:
        """Return where a widget stands that is whole to be seen on the screen; None for any other."""
        if self._ground is not None:
            return self._ground.free.get(widget)
        return None if self._places is None else self._places.region(self.screen, widget)

    def _find_ground(self) -> "_Ground | None":
        """Return what can be painted on, if the shadow holds all of the screen."""
        shadow, screen = self._shadow, self.screen
        if shadow is None or self._places is None or self._painted is not screen or shadow.size != screen.outer_size:
            return None
        return _Ground(shadow, self._places.free(screen), self.console._color_system or ColorSystem.TRUECOLOR)

    def paint_parts(self, widget: Widget, parts: Mapping[int, Part], blocks: "Iterable[Block]" = ()) -> bool:
        """Paint parts of a widget's lines by their row, and blocks; return False where only Textual can do that."""
        if self._ground is None:
            return False
        shadow, free, system = self._ground
        region = free.get(widget)
        if region is None:
            return False
        for y, (x, segments) in parts.items():
            shadow.splice(region.x + x, region.y + y, segments, system)
        for block in blocks:
            x, y = region.x + block.x + block.since, region.y + block.y
            shadow.take_block(x, y, block.ids(shadow.glyphs, system))
        return True

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Paint a frame as Textual has composed it, and note of which screen the shadow holds all."""
        if isinstance(renderable, LayoutUpdate):
            whole = self._running and not self._batch_count
            self._painted = screen if whole and not self.is_headless else None
        super()._display(screen, renderable)
