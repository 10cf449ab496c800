"""What price has taken: cells that held much of late and were crossed, filled at first, then an outline, then gone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liqtui.render.levels import Field, Floats
from liqtui.render.ramp import EMPTY, OUTLINE, SWEPT
from liqtui.render.view import PriceView

HELD_FROM = 2
"""Class from which a cell held enough for its loss to be shown."""
_LEFT = 0.1
"""A cell that keeps more than this share was not taken."""
_SHOWN, _SHOWN_LEAST, _FRESH = 1 / 10, 4, 1 / 3
"""Share of the cells over which it fades, at least so many cells, and the part of that in which it is filled."""

_NEVER = -1_000_000

Bools = NDArray[np.bool_]


def fading(cells: int) -> int:
    """Return for how many cells what was taken is seen, in a map of so many."""
    return max(round(cells * _SHOWN), _SHOWN_LEAST)


def swept_pixels(
    field: Field, long_classes: NDArray[np.uint8], short_classes: NDArray[np.uint8], view: PriceView, shown: int
) -> NDArray[np.int32]:
    """Return (cells, rows) of EMPTY, SWEPT and OUTLINE; nothing is swept in a gap or in what is yet to come.

    What was taken is seen for `shown` cells: a cell depends on no more than twice as many before it.
    """
    crossed, cells = _crossed(field, view), len(field.close_usd)
    sides = ((field.long_usd, long_classes), (field.short_usd, short_classes))
    taken = np.logical_or(*(_lost(usd, ranks, shown) for usd, ranks in sides))
    taken[1:] &= crossed[1:] | crossed[:-1]
    index = np.arange(cells)[:, None]
    age = index - np.maximum.accumulate(np.where(taken, index, _NEVER), axis=0)
    known = np.isfinite(field.close_usd)[:, None]
    recent = (age < shown) & (np.maximum(long_classes, short_classes) == 0) & known
    fresh = recent & (age < max(round(shown * _FRESH), 1))
    return np.where(fresh, SWEPT, np.where(recent & _is_edge(recent), OUTLINE, EMPTY)).astype(np.int32)


def _crossed(field: Field, view: PriceView) -> Bools:
    """Return which (cells, rows) price was in; none in a gap."""
    edges = (view.low_row + np.arange(view.rows + 1)) * view.row_log
    with np.errstate(invalid="ignore"):
        low, high = np.log(field.low_usd)[:, None], np.log(field.high_usd)[:, None]
        found: Bools = (edges[1:] > low) & (edges[:-1] <= high)
    return found


def _lost(usd: Floats, ranks: NDArray[np.uint8], span: int) -> Bools:
    """Return where a cell holds next to nothing of the much that one of the `span` before it held."""
    lost = np.zeros(usd.shape, np.bool_)
    held, rank = _highest(usd, span), _highest(ranks, span)
    lost[1:] = (rank[:-1] >= HELD_FROM) & (usd[1:] <= _LEFT * held[:-1])
    return lost


def _highest(values: NDArray[Any], span: int) -> NDArray[Any]:
    """Return the highest of each value and the `span` - 1 before it, along the first axis."""
    best, reach = values.copy(), 1
    while reach < span:
        step = min(reach, span - reach)
        best[step:] = np.maximum(best[step:], best[:-step])
        reach += step
    return best


def _is_edge(shown: Bools) -> Bools:
    """Return the shown cells with a neighbour above or below that is not."""
    inner = np.zeros_like(shown)
    inner[:, 1:-1] = shown[:, :-2] & shown[:, 2:]
    edge: Bools = shown & ~inner
    return edge
