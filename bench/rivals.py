"""Other packages that draw a grid of colours in Textual, each handed the colours of the cells in the form it takes."""

import importlib
from typing import Any, Protocol, TypeAlias

from rich.color import Color
from rich.style import Style
from textual.widget import Widget

Look: TypeAlias = tuple[str, Style]
"""Character and style of a cell."""
Grid: TypeAlias = list[list[Look]]


class Drawing(Protocol):
    """A widget, and how a picture gets into it. Making one raises ImportError where its package is not installed."""

    widget: Widget

    def prepare(self, grid: Grid) -> Any:
        """Return a grid as the package takes it; this is not measured."""
        ...

    def draw(self, ready: Any) -> None:
        """Show what was prepared."""
        ...


class HiresCanvas:
    """textual-hires-canvas, cell by cell in one batch."""

    def __init__(self) -> None:
        package: Any = importlib.import_module("textual_hires_canvas")
        self.widget: Widget = package.Canvas(200, 60)

    def prepare(self, grid: Grid) -> list[tuple[int, int, str, str]]:
        """Return column, row, character and style of all cells."""
        return [(x, y, text, str(style)) for y, row in enumerate(grid) for x, (text, style) in enumerate(row)]

    def draw(self, ready: list[tuple[int, int, str, str]]) -> None:
        """Set all cells, and have them painted once."""
        canvas: Any = self.widget
        with canvas.batch_refresh():
            for x, y, text, style in ready:
                canvas.set_pixel(x, y, text, style)


class HiresCanvasByLook(HiresCanvas):
    """textual-hires-canvas, all cells of a look at once."""

    def prepare(self, grid: Grid) -> Any:
        """Return the places of each look."""
        places: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for x, y, text, style in super().prepare(grid):
            places.setdefault((text, style), []).append((x, y))
        return places

    def draw(self, ready: Any) -> None:
        """Set all cells, and have them painted once."""
        canvas: Any = self.widget
        with canvas.batch_refresh():
            for (text, style), places in ready.items():
                canvas.set_pixels(places, text, style)


class PlotextMatrix:
    """textual-plotext's matrix plot, which has one row of the matrix in a cell."""

    fast = False

    def __init__(self) -> None:
        package: Any = importlib.import_module("textual_plotext")
        self.widget: Widget = package.PlotextPlot()
        self.widget.styles.width, self.widget.styles.height = 200, 60

    def prepare(self, grid: Grid) -> list[list[tuple[int, int, int]]]:
        """Return the colour of the upper half of each cell."""
        return [[_rgb(style.bgcolor if text == " " else style.color) for text, style in row] for row in grid]

    def draw(self, ready: list[list[tuple[int, int, int]]]) -> None:
        """Plot the matrix afresh."""
        plot: Any = self.widget
        plot.plt.clear_data()
        plot.plt.matrix_plot(ready, fast=self.fast)
        plot.refresh()


class PlotextMatrixFast(PlotextMatrix):
    """The same without axes, which the package calls fast."""

    fast = True


def _rgb(colour: Color | None) -> tuple[int, int, int]:
    return tuple(colour.get_truecolor()) if colour is not None else (0, 0, 0)


RIVALS: dict[str, type[Any]] = {
    "textual-hires-canvas": HiresCanvas,
    "textual-hires-canvas, by look": HiresCanvasByLook,
    "textual-plotext": PlotextMatrix,
    "textual-plotext, fast": PlotextMatrixFast,
}
BOUNDS: dict[str, float] = {"textual-hires-canvas": 1 / 3, "textual-plotext": 1 / 15}
"""Part of the package's CPU that ours may take, beside the quicker of the two ways in which it can be used."""
