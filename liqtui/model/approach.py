"""How positions end as price comes near their liquidation: which cells are concerned, and what share of each goes."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BINS, BOOK_BIN_LOG
from liqtui.model.levels import Kernel, row_distance_log
from liqtui.model.params import ROWS, BookParams, Floats, Ints

LEAST_PROGRESS = 0.2
"""Nerves hold before this share of the way to liquidation."""


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
        self._row = np.repeat(np.arange(ROWS), counts)
        self._back = np.concatenate([np.arange(n) for n in counts.tolist()])
        """Columns that each cell lies below the one of the price."""
        self._cell = self._row * BINS - self._back
        way = BOOK_BIN_LOG / self._distance[self._row]
        self._stays = params.stays[self._row]
        self._slope = way * (1 - self._stays)
        self._floor = self._stays + (self._back - 0.5) * self._slope
        self._nerve = _Nerve(params, self._row, self._back, self._cell, way)

    def nearer(self, position: float, kept: Floats) -> Near | None:
        """Return the cells that price, in columns, has come nearer to than what their `kept` (ROWS, BINS) tells."""
        column = min(math.floor(position), BINS - 1)
        if column < 0 or not self._params.has_stops:
            return None
        left = self._floor + (position - column) * self._slope
        row, cell, stays = self._row, self._cell + column, self._stays
        inside = self._back <= column
        if not inside.all():
            row, left, cell, stays = row[inside], left[inside], cell[inside], stays[inside]
        before = kept.ravel().take(cell)
        fewer = left < before
        row, cell, before = row[fewer], cell[fewer], before[fewer]
        left = np.maximum(left[fewer], stays[fewer])
        return Near(row, cell, 1 - left / before, left)

    def standing(self, position: float, spent: float) -> Near | None:
        """Return the cells in danger while price, in columns, stands there for `spent` of business time."""
        if self._params.eager <= 0 or spent <= 0:
            return None
        return self._nerve.standing(position, spent)

    def fresh(self, row: Ints, column: Ints, position: float) -> Floats:
        """Return the share left of what is opened in cells with price at a position."""
        way = (position - column - 0.5) * BOOK_BIN_LOG / self._distance[row]
        stays = self._params.stays[row]
        out: Floats = np.clip(stays + (1 - stays) * way, stays, 1.0)
        return out


class _Nerve:
    """Cells more than LEAST_PROGRESS of the way to liquidation, and how eager they are to close."""

    def __init__(self, params: BookParams, row: Ints, back: Ints, cell: Ints, way: Floats) -> None:
        near = (back - 1) * way < 1 - LEAST_PROGRESS
        self._row, self._back, self._cell, self._way = row[near], back[near], cell[near], way[near]
        self._rate = params.eager * params.hazard[self._row]
        self._power = params.eager_power

    def standing(self, position: float, spent: float) -> Near | None:
        column = min(math.floor(position), BINS - 1)
        if column < 0:
            return None
        row, back, way, rate = self._row, self._back, self._way, self._rate
        cell = self._cell + column
        inside = back <= column
        if not inside.all():
            row, back, way, rate, cell = row[inside], back[inside], way[inside], rate[inside], cell[inside]
        progress = np.clip(1 - (back - 0.5 + (position - column)) * way, 0.0, 1.0)
        gone = -np.expm1(-spent * rate * progress**self._power)
        return Near(row, cell, gone, gone)
