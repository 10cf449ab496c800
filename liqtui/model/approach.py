"""How positions end as price comes near their liquidation: which cells are concerned, and what share of each goes."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BINS, BOOK_BIN_LOG
from liqtui.model.levels import Kernel, row_distance_log
from liqtui.model.params import ROWS, BookParams, Floats, Ints

LEAST_PROGRESS = 0.2
"""Nerves hold before this share of the way to liquidation."""

SLACK, LOOK_STEPS = 16, 64
"""Columns by which more is looked at than holds something, and steps after which that is looked up again."""


@dataclass(frozen=True, slots=True)
class Near:
    """Cells near the price."""

    row: Ints
    cell: Ints
    """Flat index, row * BINS + column."""
    gone: Floats
    """Share of the cell that closes."""
    left: Floats
    """Share of what was opened that is left after it."""


class Approach:
    """The cells in reach of a price, row by row, and what happens in them."""

    def __init__(self, params: BookParams, kernel: Kernel) -> None:
        self._params = params
        self._distance = row_distance_log(params, kernel, BOOK_BIN_LOG)
        counts = np.ceil(self._distance / BOOK_BIN_LOG).astype(np.int64) + 2
        row = np.repeat(np.arange(ROWS), counts)
        back = np.concatenate([np.arange(n) for n in counts.tolist()])
        way = BOOK_BIN_LOG / self._distance[row]
        stays = params.stays[row]
        slope = way * (1 - stays)
        self._stops = _Reach(row, back, (stays + (back - 0.5) * slope, slope, stays))
        near = (back - 1) * way < 1 - LEAST_PROGRESS
        self._nerve = _Nerve(params, row[near], back[near], way[near])

    def nearer(self, position: float, kept: Floats, tops: Ints) -> Near | None:
        """Return the cells that price, in columns, has come nearer to than what their `kept` (ROWS, BINS) tells.

        Cells from the column `tops` (ROWS,) of their row on hold nothing and may be left out.
        """
        column = min(math.floor(position), BINS - 1)
        if column < 0 or not self._params.has_stops:
            return None
        row, cell, (floor, slope, stays) = self._stops.cells(column, tops)
        left = slope * (position - column)
        left += floor
        before = kept.ravel().take(cell)
        fewer = np.flatnonzero(left < before)
        left = np.maximum(left.take(fewer), stays.take(fewer))
        return Near(row.take(fewer), cell.take(fewer), 1 - left / before.take(fewer), left)

    def standing(self, position: float, spent: float, tops: Ints) -> Near | None:
        """Return the cells in danger while price, in columns, stands there for `spent` of business time.

        Cells from the column `tops` (ROWS,) of their row on hold nothing and may be left out.
        """
        if self._params.eager <= 0 or spent <= 0:
            return None
        return self._nerve.standing(position, spent, tops)

    def fresh(self, row: Ints, column: Ints, position: float) -> Floats:
        """Return the share left of what is opened in cells with price at a position."""
        stays = self._params.stays
        slope = (1 - stays) * BOOK_BIN_LOG / self._distance
        out: Floats = (stays + (position - 0.5) * slope).take(row)
        out -= slope.take(row) * column
        np.maximum(out, stays.take(row), out=out)
        return np.minimum(out, 1.0, out=out)


class _Reach:
    """Cells by row and by columns below the price, of which those are told that may hold something.

    Most far rows hold nothing in most of their reach: where that is, is looked up again when price or levels have
    moved by more than SLACK, not at every step.
    """

    def __init__(self, row: Ints, back: Ints, values: tuple[Floats, ...]) -> None:
        self._row, self._back, self._values = row, back, values
        self._deepest = int(back.max())
        self._some: tuple[Ints, Ints, tuple[Floats, ...]] = (row, row * BINS - back, values)
        self._gap: Ints = np.zeros(ROWS, dtype=np.int64)
        """(ROWS,) least columns below the price of the cells in `_some`."""
        self._steps = 0

    def cells(self, column: int, tops: Ints) -> tuple[Ints, Ints, tuple[Floats, ...]]:
        """Return row, flat index and values of the cells, with price in a column."""
        gap = column + 1 - tops
        self._steps += 1
        if self._steps >= LOOK_STEPS or bool((gap < self._gap).any()):
            self._look(gap)
        row, cell, values = self._some
        cell = cell + column
        if column < self._deepest:
            inside = cell >= row * BINS
            row, cell, values = row[inside], cell[inside], tuple(value[inside] for value in values)
        return row, cell, values

    def _look(self, gap: Ints) -> None:
        self._gap, self._steps = np.maximum(gap - SLACK, 0), 0
        at = np.flatnonzero(self._back >= self._gap[self._row])
        row = self._row[at]
        self._some = row, row * BINS - self._back[at], tuple(value[at] for value in self._values)


class _Nerve:
    """Cells more than LEAST_PROGRESS of the way to liquidation, and how eager they are to close."""

    def __init__(self, params: BookParams, row: Ints, back: Ints, way: Floats) -> None:
        self._power = params.eager_power
        root = (params.eager * params.hazard[row]) ** (1 / self._power)
        """What progress is multiplied by so that its power is the rate at which the cell closes."""
        self._reach = _Reach(row, back, ((1 - (back - 0.5) * way) * root, way * root, root))

    def standing(self, position: float, spent: float, tops: Ints) -> Near | None:
        column = min(math.floor(position), BINS - 1)
        if column < 0:
            return None
        row, cell, (floor, slope, root) = self._reach.cells(column, tops)
        progress = slope * (column - position)
        progress += floor
        np.maximum(progress, 0.0, out=progress)
        np.minimum(progress, root, out=progress)
        rate = progress * progress * progress if self._power == 3 else progress**self._power
        rate *= -spent
        gone = np.exp(rate, out=rate)
        np.subtract(1.0, gone, out=gone)
        return Near(row, cell, gone, gone)
