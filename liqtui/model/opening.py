"""Where one coin of what a bar opens lies in both sides' books, for all experts.

The level of an entry even over [low, low + w] and of a distance even over [near, far] has a density that rises over w
from low - far on, and falls over w from low - near on. So each piece of the kernel is two ramps. Entries are even over
whole steps of a column, so that few openings differ by more than whole columns, and those few are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liqtui.model.grid import BINS, BOOK_BIN_LOG, ENTRY_STEPS
from liqtui.model.levels import kernel, row_distance_log
from liqtui.model.market import SIDES
from liqtui.model.params import ROWS, BookParams, Floats, Ints

NOWHERE = -8 * BINS
"""Column after the last of a row in which nothing is opened."""

_NO_ENDS = (0, NOWHERE + 1)
"""First column, and that after the last, of a side without cells."""

MOST_KEPT, WIDEST_KEPT = 48, 128
"""Openings that are kept, some 140 kB each, and the widest of them in steps of the entries."""

Pair = tuple[float, float]
"""One number for the longs and one for the shorts, each in its side's own direction."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One coin on each side, spread over its book; rows are those of the longs, then of the shorts."""

    counts: Ints
    """(2 ROWS,) cells of each row in the line."""
    sides: Ints
    """(2,) cells of each side in the line."""
    cell: Ints
    """Flat index, row * BINS + column, of each cell in the line; each comes once."""
    share: Floats
    """Coins in each cell of the line, once multiplied by the row's weight."""
    weight: Floats
    """(2, ROWS)"""
    whole: Floats
    """Position of a price from which the whole way leads to each cell of the line."""
    by_row: Floats
    """(2, ROWS) coins in the cells of each row."""
    outside: Floats | None
    """(2, ROWS) below the window; None where nothing is."""
    never: Floats
    """(2,)"""
    tops: Ints
    """(2 ROWS,) columns of the row from this one on get nothing."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What entries from within column 0 on open of the assumed mix, or a part of it, cell by cell in a line."""

    cell: NDArray[np.int32]
    row: Ints
    column: NDArray[np.int32]
    share: Floats
    whole: Floats
    counts: Ints
    sides: Ints
    by_row: Floats
    tops: Ints
    """(2, ROWS)"""
    ends: tuple[tuple[int, int], tuple[int, int]]
    """First column of each side, and that after the last."""

    def chosen(self, at: NDArray[np.bool_]) -> "_Shape":
        """Return some of the cells."""
        return _shape(self.row[at], self.column[at], self.share[at], self.whole[at])

    def of_side(self, side: int) -> "_Shape":
        """Return the cells of one side alone."""
        longs, is_own = int(self.sides[0]), np.arange(2) == side
        own = slice(longs, None) if side else slice(longs)
        ends = tuple(one if at == side else _NO_ENDS for at, one in enumerate(self.ends))
        return _Shape(
            self.cell[own],
            self.row[own],
            self.column[own],
            self.share[own],
            self.whole[own],
            self.counts * is_own.repeat(ROWS),
            self.sides * is_own,
            self.by_row * is_own[:, None],
            np.where(is_own[:, None], self.tops, NOWHERE),
            (ends[0], ends[1]),
        )

    def below(self, stop: Ints) -> "_Shape":
        """Return the shape with nothing in the columns `stop` (2,) of each side and above."""
        above = np.flatnonzero(self.column >= stop.repeat(self.sides))
        by_row = np.maximum(self.by_row - _by_row(self.row.take(above), self.share.take(above)), 0.0)
        share = self.share.copy()
        share[above] = 0.0
        return replace(self, share=share, by_row=by_row, tops=np.minimum(self.tops, stop[:, None]))

    def split(self, at: Ints) -> tuple["_Shape", "_Shape"]:
        """Return what lies in columns below `at` (2,) of each side, and the rest."""
        below = self.column < at.repeat(self.sides)
        return self.chosen(below), self.chosen(~below)


def _shape(row: Ints, column: Ints | NDArray[np.int32], share: Floats, whole: Floats) -> _Shape:
    counts = np.bincount(row, minlength=2 * ROWS)
    sides = counts.reshape(2, ROWS).sum(1)
    tops = np.full(2 * ROWS, NOWHERE)
    tops[row] = column + 1
    parts = column[: sides[0]], column[sides[0] :]
    ends = tuple((int(one.min(initial=0)), int(one.max(initial=NOWHERE)) + 1) for one in parts)
    cell, by_row = (row * BINS + column).astype(np.int32), _by_row(row, share)
    return _Shape(
        cell,
        row,
        column.astype(np.int32),
        share,
        whole,
        counts,
        sides,
        by_row,
        tops.reshape(2, ROWS),
        (ends[0], ends[1]),
    )


def _by_row(row: Ints, share: Floats) -> Floats:
    out: Floats = np.zeros((2, ROWS))
    out += np.bincount(row, share, 2 * ROWS).reshape(2, ROWS)
    return out


class Opening:
    """The levels of a market, for every book that shares its parameters of opening."""

    def __init__(self, params: BookParams) -> None:
        pieces = [kernel(params, side, BOOK_BIN_LOG) for side in SIDES]
        self.distance_log: Floats = np.array([row_distance_log(params, one, BOOK_BIN_LOG) for one in pieces])
        """(2, ROWS) distance to liquidation that each row stands for."""
        self._never = float(params.opened[-1])
        self._row: Ints = np.concatenate([at * ROWS + one.row for at, one in enumerate(pieces)])
        """(pieces,)"""
        self._near, self._far, share = (
            np.concatenate([getattr(one, name) for one in pieces]) for name in ("near", "far", "share")
        )
        self._density: Floats = share / (self._far - self._near)

    def opened(
        self,
        low: tuple[int, int],
        width: int,
        stop: tuple[int, int],
        pull: Floats,
        sides: Sequence[bool] = (True, True),
    ) -> Opened:
        """Return one coin with entries even over `width` from `low` on, nothing from the column `stop` on.

        `low` and `width` are in steps of which ENTRY_STEPS make a column; `pull` (2, ROWS + 1), never last, is what
        the assumed mix is multiplied by. Without one of the `sides` the line has no cells of it.
        """
        begin = low[0] % ENTRY_STEPS, low[1] % ENTRY_STEPS
        shape = _kept(self, begin, width) if width <= WIDEST_KEPT else self.made(begin, width)
        if not all(sides):
            shape = shape.of_side(sides.index(True))
        low = low[0] // ENTRY_STEPS, low[1] // ENTRY_STEPS
        (first_long, last_long), (first_short, last_short) = shape.ends
        moved, lost = np.array(low), None
        if low[0] + last_long > stop[0] or low[1] + last_short > stop[1]:
            shape = shape.below(np.array(stop) - moved)
        if low[0] + last_long > BINS or low[1] + last_short > BINS:
            shape, _ = shape.split(BINS - moved)
        if low[0] + first_long < 0 or low[1] + first_short < 0:
            out, shape = shape.split(-moved)
            lost = out.by_row
        never, rest = self._never * pull[:, -1], pull[:, :-1]
        total = ((shape.by_row if lost is None else shape.by_row + lost) * rest).sum(1) + never
        weight = rest / total[:, None]
        by_cell = moved.repeat(shape.sides)
        return Opened(
            counts=shape.counts,
            sides=shape.sides,
            cell=shape.cell + by_cell,
            share=shape.share,
            weight=weight,
            whole=shape.whole + by_cell,
            by_row=shape.by_row * weight,
            outside=None if lost is None else lost * weight,
            never=never / total,
            tops=(shape.tops + moved[:, None]).ravel(),
        )

    def made(self, begin: tuple[int, int], width: int) -> _Shape:
        """Work out what entries over `width` open that begin so many steps into column 0 of their side."""
        low, wide = np.where(self._row < ROWS, *begin) / ENTRY_STEPS, width / ENTRY_STEPS
        first = np.floor(low - self._far).astype(np.int64)
        counts = np.ceil(low + wide - self._near).astype(np.int64) - first
        piece = np.arange(len(first)).repeat(counts)
        column = np.arange(len(piece)) - (counts.cumsum() - counts - first)[piece]
        share = np.zeros(len(piece))
        for edge, sign in ((self._far, 1.0), (self._near, -1.0)):
            start = column + (edge - low)[piece]
            share += sign * (_area(start + 1, wide) - _area(start, wide))
        share *= self._density[piece]
        least, span = int(column.min()), int(np.ptp(column)) + 1
        key, line = np.unique(self._row[piece] * span + column - least, return_inverse=True)
        row, column = key // span, key % span + least
        # Beyond a piece the difference is rounding.
        share = np.maximum(np.bincount(line, share), 0.0)
        whole = column + 0.5 + self.distance_log.ravel()[row] / BOOK_BIN_LOG
        return _shape(row, column, share, whole)


@lru_cache(MOST_KEPT)
def _kept(opening: Opening, begin: tuple[int, int], width: int) -> _Shape:
    """Return what `opening` makes, for all markets together: their histories are modelled one after the other."""
    return opening.made(begin, width)


def _area(y: Floats, width: float) -> Floats:
    """Return the integral up to y of the share of entries, even over [0, width], that lie below."""
    t = np.minimum(np.maximum(y, 0.0), width)
    out: Floats = t * (y - t * 0.5) / width
    return out
