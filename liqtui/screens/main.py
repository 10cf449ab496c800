"""The main screen: every pane, laid out by the size of the terminal."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from liqtui.messages import ViewReset
from liqtui.theming import ColourSystem, ThemeSpec
from liqtui.widgets.asset_bar import AssetBar
from liqtui.widgets.divergence import Divergence
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.opening import Opening
from liqtui.widgets.panel import Panel, panels
from liqtui.widgets.status import Hints, Status
from liqtui.widgets.tape import Tape, Totals

if TYPE_CHECKING:
    from liqtui.widgets.heatmap import Heatmap

TABLE_FROM = (100, 27)
"""Width and height from which the asset bar is a table; each asset adds a line to the height."""
WIDTHS = (80, 100, 120, 140, 180)
ONLY = ("-only-map", "-only-ladder", "-only-tape")
"""Classes of the layouts with one pane expanded."""
HEIGHTS = (13, 17, 24, 34, 42, 44, 54)
"""Sizes from which the stylesheet shows more: the classes `-w-80`, `-h-24` and so on."""


class MainScreen(Screen[None]):
    """Status, assets, heatmap, ladder, divergence, realised liquidations, hints; and the keys of the picture.

    It is first painted without the map: that needs numpy, which takes longer to load than a first screen may take.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in"),
        Binding("minus", "zoom(1)", "Zoom out"),
        Binding("0", "reset", "Reset the view"),
        Binding("m", "profile", "Profile"),
        Binding("t", "hide_more", "Hide weak cells"),
        Binding("c", "crosshair", "Crosshair"),
        *(
            Binding(key, f"arrow({columns}, {rows})", text, show=False)
            for key, columns, rows, text in (
                ("up", 0, -1, "Crosshair or zone up"),
                ("down", 0, 1, "Crosshair or zone down"),
                ("left", -1, 0, "Crosshair left"),
                ("right", 1, 0, "Crosshair right"),
            )
        ),
        Binding("pageup,shift+up", "pan(1)", "Higher prices"),
        Binding("pagedown,shift+down", "pan(-1)", "Lower prices"),
        Binding("e", "expand", "Expand a pane"),
        Binding("z", "zen", "Zen"),
        Binding("escape,x", "leave", "No crosshair, no zone"),
    ]

    def __init__(self) -> None:
        super().__init__(id="main")
        self._assets = 0
        self._heatmap: Heatmap | None = None
        self._look: tuple[ThemeSpec, ColourSystem, bool] | None = None
        self._panels: list[Panel] = []
        """The panes, once the map is among them."""

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Status()
        yield AssetBar()
        with Container(id="body"):
            yield Opening()
            with Vertical(id="side"):
                yield Ladder()
                yield Divergence()
            with Container(id="receipts"):
                yield Tape()
                yield Totals()
        yield Hints()

    @property
    def heatmap(self) -> "Heatmap":
        """Return the map, which is loaded when it is first asked for and takes its place at once."""
        if self._heatmap is None:
            from liqtui.widgets.heatmap import Heatmap

            opening = self.query_one(Opening)
            opening.display = False
            self._heatmap = Heatmap()
            self._heatmap.begin_with(opening.snapshot)
            self._dress(self._heatmap)
            self.query_one("#body").mount(self._heatmap, before=opening)
            opening.remove()
        return self._heatmap

    def panels(self) -> list[Panel]:
        """Return the panes in their order on screen."""
        if self._panels:
            return self._panels
        found = panels(self)
        if self._heatmap is not None and not any(isinstance(panel, Opening) for panel in found):
            self._panels = found
        return found

    def wear(self, theme: ThemeSpec, colour: ColourSystem, few: bool) -> None:
        """Draw the map in the colours of a theme, or in a `few` of them, as soon as it is there."""
        self._look = (theme, colour, few)
        if self._heatmap is not None:
            self._dress(self._heatmap)

    def _dress(self, heatmap: "Heatmap") -> None:
        from liqtui.widgets.inks import inks  # numpy, as the map itself

        if self._look is not None:
            heatmap.inks = inks(*self._look)

    def action_zoom(self, step: int) -> None:
        """Zoom the prices in (-1) or out (+1)."""
        self.heatmap.zoom(step)

    def action_reset(self) -> None:
        """Let the zoom choose by itself, follow the price and the time, take the crosshair away."""
        self.heatmap.reset()
        self.post_message(ViewReset())

    def action_profile(self) -> None:
        """Show the map of now as bars, or the map over time."""
        self.heatmap.profile = not self.heatmap.profile

    def action_hide_more(self) -> None:
        """Hide more of the weak cells, or none again."""
        self.heatmap.hide_more()

    def action_crosshair(self) -> None:
        """Show the crosshair, or take it away."""
        self.heatmap.profile = False
        self.heatmap.toggle_cross()

    def action_arrow(self, columns: int, rows: int) -> None:
        """Move the crosshair; without one, up and down move the ladder's cursor."""
        if self.heatmap.cross is not None:
            self.heatmap.move_cross(columns, rows)
        elif rows:
            self.query_one(Ladder).move(rows)

    def action_leave(self) -> None:
        """Take the crosshair away, or else the ladder's cursor."""
        if self.heatmap.cross is not None:
            self.heatmap.cross = None
        else:
            self.query_one(Ladder).leave()

    def action_pan(self, steps: int) -> None:
        """Move the view to higher or lower prices."""
        self.heatmap.pan(steps)

    def action_expand(self) -> None:
        """Show only the map, only the ladder, only the tape, all of them."""
        shown = next((index for index, name in enumerate(ONLY) if self.has_class(name)), -1)
        self._show_only((*ONLY, "")[(shown + 1) % (len(ONLY) + 1)])

    def action_zen(self) -> None:
        """Show the map and nothing else, or everything again; a mark that must be seen stays."""
        self._show_only("" if self.has_class("-zen") else "-zen")

    def _show_only(self, layout: str) -> None:
        self.update_classes({name: name == layout for name in (*ONLY, "-zen")}, animate=False)

    def on_resize(self, event: Resize) -> None:
        """Choose the layout for the size."""
        width, height = event.size
        classes = {f"-w-{step}": width >= step for step in WIDTHS} | {f"-h-{step}": height >= step for step in HEIGHTS}
        if any(self.has_class(name) != wanted for name, wanted in classes.items()):
            self.update_classes(classes, animate=False)
        self._lay_out_assets(event.size)

    def fit_assets(self, assets: int) -> None:
        """Make room for a number of assets."""
        if assets != self._assets:
            self._assets = assets
            self._lay_out_assets(self.size)

    def _lay_out_assets(self, size: Size) -> None:
        """Give the asset bar a line an asset where there is room for a table."""
        roomy = size.width >= TABLE_FROM[0] and size.height >= TABLE_FROM[1] + self._assets
        self.query_one(AssetBar).styles.height = self._assets + 2 if roomy and self._assets else None
