"""Other packages that draw a grid of colours in Textual, each in the quickest way it has been found to have."""

import importlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from rich.color import Color
from rich.style import Style
from textual.widget import Widget

Look: TypeAlias = tuple[str, Style]
"""Character and style of a cell."""
Grid: TypeAlias = list[list[int]]
"""Rows of cells from the top, each the number of a look."""


class Drawing(Protocol):
    """A widget, and how a picture gets into it. Making one raises ImportError where its package is not installed."""

    widget: Widget

    def learn(self, looks: Sequence[Look]) -> None:
        """Take over the looks in the form that the package takes, once."""
        ...

    def draw(self, grid: Grid) -> None:
        """Show a picture."""
        ...


class HiresCanvas:
    """textual-hires-canvas, cell by cell in one batch."""

    def __init__(self) -> None:
        package: Any = importlib.import_module("textual_hires_canvas")
        self.widget: Widget = package.Canvas(200, 60)
        self._looks: list[tuple[str, str]] = []

    def learn(self, looks: Sequence[Look]) -> None:
        """Take over characters, and styles as text."""
        self._looks = [(text, str(style)) for text, style in looks]

    def draw(self, grid: Grid) -> None:
        """Set all cells, and have them painted once."""
        canvas: Any = self.widget
        looks, set_pixel = self._looks, canvas.set_pixel
        with canvas.batch_refresh():
            for y, row in enumerate(grid):
                for x, look in enumerate(row):
                    set_pixel(x, y, *looks[look])


class HiresCanvasByLook(HiresCanvas):
    """textual-hires-canvas, all cells of a look at once."""

    def draw(self, grid: Grid) -> None:
        """Set all cells, and have them painted once."""
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for y, row in enumerate(grid):
            for x, look in enumerate(row):
                places[look].append((x, y))
        canvas: Any = self.widget
        with canvas.batch_refresh():
            for look, found in places.items():
                canvas.set_pixels(found, *self._looks[look])


class PlotextMatrix:
    """textual-plotext's matrix plot, which has one row of the matrix in a cell: the upper half of each."""

    fast = False

    def __init__(self) -> None:
        package: Any = importlib.import_module("textual_plotext")
        self.widget: Widget = package.PlotextPlot()
        self.widget.styles.width, self.widget.styles.height = 200, 60
        self._colours: list[tuple[int, int, int]] = []

    def learn(self, looks: Sequence[Look]) -> None:
        """Take over colours."""
        self._colours = [_rgb(style.bgcolor if text == " " else style.color) for text, style in looks]

    def draw(self, grid: Grid) -> None:
        """Plot the matrix afresh."""
        plot: Any = self.widget
        plot.plt.clear_data()
        plot.plt.matrix_plot([[self._colours[look] for look in row] for row in grid], fast=self.fast)
        plot.refresh()


class PlotextMatrixFast(PlotextMatrix):
    """The same without axes, which the package calls fast."""

    fast = True


def _rgb(colour: Color | None) -> tuple[int, int, int]:
    return colour.get_truecolor() if colour is not None else (0, 0, 0)


RIVALS: dict[str, type[Any]] = {
    "textual-hires-canvas": HiresCanvas,
    "textual-hires-canvas, by look": HiresCanvasByLook,
    "textual-plotext": PlotextMatrix,
    "textual-plotext, fast": PlotextMatrixFast,
}
BOUNDS: dict[str, float] = {"textual-hires-canvas": 1 / 3, "textual-plotext": 1 / 15}
"""Part of the package's CPU that ours may take, beside the quicker of the two ways in which it can be used."""
