"""What price has taken: cells that held much of late and were crossed, filled at first, then an outline, then gone."""

from dataclasses import dataclass, fields
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

_Side = tuple[Floats, NDArray[np.uint8]]
"""(cells, rows) USD of a side and their classes."""


def fading(cells: int) -> int:
    """Return for how many cells what was taken is seen, in a map of so many."""
    return max(round(cells * _SHOWN), _SHOWN_LEAST)


def swept_pixels(
    field: Field, long_classes: NDArray[np.uint8], short_classes: NDArray[np.uint8], view: PriceView, shown: int
) -> NDArray[np.uint8]:
    """Return (cells, rows) of EMPTY, SWEPT and OUTLINE; nothing is swept in a gap or in what is yet to come.

    What was taken is seen for `shown` cells: a cell depends on no more than twice as many before it.
    """
    found, crossed = np.zeros(field.long_usd.shape, np.uint8), _crossed(field, view)
    visited = np.flatnonzero(crossed.any(axis=0))
    if not visited.size:
        return found
    # Nothing is taken where price was not.
    rows = slice(int(visited[0]), int(visited[-1]) + 1)
    longs, shorts = long_classes[:, rows], short_classes[:, rows]
    sides = (field.long_usd[:, rows], longs), (field.short_usd[:, rows], shorts)
    taken, index = _taken(sides, crossed[:, rows], shown), np.arange(len(field.close_usd), dtype=np.int32)[:, None]
    age = index - np.maximum.accumulate(np.where(taken, index, np.int32(_NEVER)), axis=0)
    known = np.isfinite(field.close_usd)[:, None]
    found[:, rows] = _drawn((age < shown) & (np.maximum(longs, shorts) == 0) & known, age, shown)
    return found


def _drawn(recent: Bools, age: NDArray[np.signedinteger], shown: int) -> NDArray[np.uint8]:
    """Return (cells, rows) of what was taken of late, by its age."""
    fresh = recent & (age < max(round(shown * _FRESH), 1))
    outline = np.where(recent & _is_edge(recent), np.uint8(OUTLINE), np.uint8(EMPTY))
    return np.where(fresh, np.uint8(SWEPT), outline)


@dataclass(frozen=True, slots=True)
class Before:
    """What the cells before one say about what is taken in it; arrays are (rows,)."""

    least_usd: tuple[Floats, Floats]
    """Of longs and shorts: what holds no more than this has lost what it held; -1 where it never held much."""
    crossed: Bools
    """Where price was in the cell before."""
    age: NDArray[np.int64]
    """How many cells ago it was taken."""
    shown: int


def before_cell(
    field: Field, ranks: tuple[NDArray[np.uint8], NDArray[np.uint8]], view: PriceView, shown: int, start: int, cell: int
) -> Before:
    """Return what the cells [start, cell) say; `ranks` are the classes of their longs and shorts."""
    seen = Field(*(getattr(field, one.name)[start:cell] for one in fields(Field)))
    least = tuple(
        np.where(own[-shown:].max(axis=0) >= HELD_FROM, _LEFT * usd[-shown:].max(axis=0), -1.0)
        for usd, own in zip((seen.long_usd, seen.short_usd), ranks, strict=True)
    )
    index = np.arange(start, cell)[:, None]
    crossed = _crossed(seen, view)
    taken = _taken(((seen.long_usd, ranks[0]), (seen.short_usd, ranks[1])), crossed, shown)
    last = np.where(taken, index, _NEVER).max(axis=0)
    return Before((least[0], least[1]), crossed[-1], cell - last, shown)


def swept_cell(
    before: Before, sides: tuple[Floats, Floats], is_held: Bools, ends_usd: tuple[float, float], view: PriceView
) -> NDArray[np.uint8] | None:
    """Return what `swept_pixels` does of one cell with data, None where nothing was taken of late.

    `sides` are its longs and shorts, `is_held` tells where they have a class, `ends_usd` are its lowest and highest
    price.
    """
    edges, (low, high) = _edges(view), np.log(ends_usd)
    crossed = (edges[1:] > low) & (edges[:-1] <= high)
    taken = (sides[0] <= before.least_usd[0]) | (sides[1] <= before.least_usd[1])
    taken &= crossed | before.crossed
    age = np.where(taken, 0, before.age)
    recent = (age < before.shown) & ~is_held
    return _drawn(recent[None], age[None], before.shown)[0] if recent.any() else None


def _taken(sides: tuple[_Side, _Side], crossed: Bools, shown: int) -> Bools:
    """Return which (cells, rows) lost what they held while price was there or just before; `crossed` says where."""
    taken: Bools = np.logical_or(*(_lost(usd, ranks, shown) for usd, ranks in sides))
    taken[1:] &= crossed[1:] | crossed[:-1]
    return taken


def _edges(view: PriceView) -> Floats:
    """Return the edges of the rows in log price."""
    return np.arange(view.low_row, view.low_row + view.rows + 1) * np.float64(view.row_log)


def _crossed(field: Field, view: PriceView) -> Bools:
    """Return which (cells, rows) price was in; none in a gap."""
    edges = _edges(view)
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
