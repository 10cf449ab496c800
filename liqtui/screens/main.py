"""The main screen: every pane, laid out by the size of the terminal."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from liqtui.theming import ColourSystem, ThemeSpec
from liqtui.widgets.asset_bar import AssetBar
from liqtui.widgets.divergence import Divergence
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.opening import Opening
from liqtui.widgets.status import Hints, Status
from liqtui.widgets.tape import Tape, Totals

if TYPE_CHECKING:
    from liqtui.widgets.heatmap import Heatmap

TABLE_FROM = (100, 27)
"""Width and height from which the asset bar is a table; each asset adds a line to the height."""
WIDTHS = (80, 100, 120, 140, 180)
HEIGHTS = (13, 17, 24, 34, 42, 44, 54)
"""Sizes from which the stylesheet shows more: the classes `-w-80`, `-h-24` and so on."""


class MainScreen(Screen[None]):
    """Status, assets, heatmap, ladder, divergence, realised liquidations, hints.

    It is first painted without the map: that needs numpy, which takes longer to load than a first screen may take.
    """

    def __init__(self) -> None:
        super().__init__()
        self._assets = 0
        self._heatmap: Heatmap | None = None
        self._look: tuple[ThemeSpec, ColourSystem, bool] | None = None

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
            self._heatmap.set_reactive(Heatmap.snapshot, opening.snapshot)
            self._dress(self._heatmap)
            self.query_one("#body").mount(self._heatmap, before=opening)
            opening.remove()
        return self._heatmap

    def wear(self, theme: ThemeSpec, colour: ColourSystem, few: bool) -> None:
        """Draw the map in the colours of a theme, or in a `few` of them, as soon as it is there."""
        self._look = (theme, colour, few)
        if self._heatmap is not None:
            self._dress(self._heatmap)

    def _dress(self, heatmap: "Heatmap") -> None:
        from liqtui.widgets.inks import inks  # numpy, as the map itself

        if self._look is not None:
            heatmap.inks = inks(*self._look)

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
