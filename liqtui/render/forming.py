"""The cell that is still forming, painted alone: what the cells before it give to it is kept while these stand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liqtui.render.heatmap import Pixels
from liqtui.render.levels import Field, Floats, classes
from liqtui.render.ramp import EMPTY, LONG, SHORT
from liqtui.render.swept import Before, before_cell, swept_cell
from liqtui.render.view import PriceView


@dataclass(frozen=True, slots=True)
class Forming:
    """What is known of a cell before it is painted: the cells before it, which stand still."""

    cell: int
    before: Before
    limits: tuple[Floats, Floats]
    """Of longs and shorts."""
    differ: tuple[bool, bool]
    """Whether these are all different."""
    view: PriceView
    least: int

    def pixels(self, field: Field) -> NDArray[np.int32]:
        """Return the (rows,) pixels of the cell, top row first, as `paint` would."""
        sides = field.long_usd[self.cell], field.short_usd[self.cell]
        longs, shorts = map(_ranks, sides, self.limits, self.differ)
        is_long = sides[0] > sides[1]
        ranks = np.where(is_long, longs, shorts)
        pixels = np.where(ranks < self.least, EMPTY, ranks + np.where(is_long, LONG, SHORT))
        ends = float(field.low_usd[self.cell]), float(field.high_usd[self.cell])
        swept = swept_cell(self.before, sides, np.maximum(longs, shorts) > 0, ends, self.view)
        if swept is not None:
            pixels = np.where(ranks > 0, pixels, swept)
        return pixels[::-1].astype(np.int32)


def forming_cell(
    field: Field, limits: Mapping[str, Floats], view: PriceView, least: int, shown: int, cell: int
) -> Forming:
    """Return what the cells before one give to it; what was taken is seen for `shown` cells."""
    start = max(cell - 2 * shown - 2, 0)
    own = limits["long"], limits["short"]
    ranks = tuple(
        classes(usd[start:cell], side) for usd, side in zip((field.long_usd, field.short_usd), own, strict=True)
    )
    differ = _differ(own[0]), _differ(own[1])
    return Forming(cell, before_cell(field, (ranks[0], ranks[1]), view, shown, start, cell), own, differ, view, least)


def is_alone(field: Field, cell: int) -> bool:
    """Return whether a cell holds data and those after it are yet to come."""
    rest = field.close_usd[cell:].tolist()
    return not math.isnan(rest[0]) and all(map(math.isnan, rest[1:])) and not field.gap[cell:].any()


def beside_nothing(column: Pixels, cells: int) -> Pixels:
    """Return the (rows, cells) codes of a column and of cells right of it in which there is nothing."""
    found = np.zeros((len(column), cells), np.int32)
    found[:, 0] = column
    return found


def _differ(limits: Floats) -> bool:
    return limits.size > 0 and bool((limits[1:] > limits[:-1]).all())


def _ranks(usd: Floats, limits: Floats, differ: bool) -> NDArray[np.int64]:
    """Return what `classes` does, with fewer steps where the limits differ."""
    return limits.searchsorted(usd, "right") if differ else classes(usd, limits).astype(np.int64)
