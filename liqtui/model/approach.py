"""How positions end as price comes near their liquidation: which cells are concerned, and what share of each stays."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BINS, BOOK_BIN_LOG
from liqtui.model.opening import Opened, Pair
from liqtui.model.params import ROWS, BookParams, Floats, Ints

LEAST_PROGRESS = 0.2
"""Nerves hold before this share of the way to liquidation."""

SLACK, LOOK_STEPS = 16, 64
"""Columns by which more is looked at than holds something, and steps after which that is looked up again."""


@dataclass(frozen=True, slots=True)
class Fewer:
    """Cells that price has come nearer to than ever before."""

    row: Ints
    """Rows of the longs, then of the shorts."""
    cell: Ints
    """Flat index, row * BINS + column."""
    left: Floats
    """Share of what was opened that is left."""
    stay: Floats
    """Share of the cell that stays."""


@dataclass(frozen=True, slots=True)
class Danger:
    """Cells in danger while price stands near them, row by row."""

    cell: Ints
    rate: Floats
    """How fast they close, for nerves that are eager by 1."""
    split: int
    """Cells of the longs, which come first."""
    rows: Ints
    """The rows that have any, and where each begins."""
    begins: Ints


class Gap:
    """How far from price each row begins to hold something, looked up now and then.

    Most far rows hold nothing in most of their reach: where that is, is looked up again when price or levels have
    moved by more than SLACK, not at every step.
    """

    def __init__(self) -> None:
        self.columns: Ints = np.zeros(2 * ROWS, dtype=np.int64)
        """(2 ROWS,) least columns below the price of the cells that may hold something."""
        self.looks = 0
        """Times that it was looked up."""
        self._steps = LOOK_STEPS

    def look(self, columns: tuple[int, int], tops: Ints) -> None:
        """Take note of a price in some columns, with nothing from the column `tops` (2 ROWS,) of each row on."""
        gap = (np.array(columns)[:, None] - tops.reshape(2, ROWS)).ravel()
        self._steps += 1
        if self._steps >= LOOK_STEPS or bool((gap < self.columns).any()):
            self.columns, self._steps = np.maximum(gap - SLACK, 0), 0
            self.looks += 1


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells by row and by columns below the price."""

    row: Ints
    offset: Ints
    """Flat index of the cell, less the column of the price."""
    values: tuple[Floats, ...]
    split: int
    rows: Ints
    begins: Ints

    def chosen(self, at: Ints) -> "_Cells":
        """Return some of them, in the same order."""
        return _cells(self.row[at], self.offset[at], tuple(value[at] for value in self.values))


def _cells(row: Ints, offset: Ints, values: tuple[Floats, ...]) -> _Cells:
    rows, begins = np.unique(row, return_index=True)
    return _Cells(row, offset, values, int(np.searchsorted(row, ROWS)), rows, begins)


class _Reach:
    """The cells in reach of a price, of which those are told that may hold something."""

    def __init__(self, row: Ints, back: Ints, values: tuple[Floats, ...]) -> None:
        self._back = back
        self._deepest = int(back.max())
        self._all = self._some = _cells(row, row * BINS - back, values)
        self._look = -1

    def cells(self, columns: tuple[int, int], gap: Gap) -> tuple[_Cells, Ints]:
        """Return the cells and the flat index of each, with price in some columns."""
        if self._look != gap.looks:
            self._look = gap.looks
            self._some = self._all.chosen(np.flatnonzero(self._back >= gap.columns[self._all.row]))
        some = self._some
        if min(columns) < self._deepest:
            cell = _moved(some, columns)
            some = some.chosen(np.flatnonzero(cell >= some.row * BINS))
        return some, _moved(some, columns)


def _moved(some: _Cells, columns: tuple[int, int]) -> Ints:
    out = some.offset.copy()
    out[: some.split] += columns[0]
    out[some.split :] += columns[1]
    return out


def _at(some: _Cells, slope: Floats, floor: Floats, steps: Pair) -> Floats:
    """Return floor + slope * steps, with the steps of each cell's side."""
    out: Floats = np.empty(len(slope))
    np.multiply(slope[: some.split], steps[0], out=out[: some.split])
    np.multiply(slope[some.split :], steps[1], out=out[some.split :])
    out += floor
    return out


def columns_of(position: Pair) -> tuple[int, int]:
    """Return the columns that hold prices at some positions, at most the last."""
    return min(math.floor(position[0]), BINS - 1), min(math.floor(position[1]), BINS - 1)


class Stops:
    """Stop orders: of what was opened, `stays + (1 - stays) r` is left when the share r of the way is left."""

    def __init__(self, params: BookParams, distance_log: Floats) -> None:
        """`distance_log` is (2, ROWS)."""
        row, back, way = _reach(distance_log)
        self._stays = np.tile(params.stays, 2)
        self._slope = (1 - self._stays) * BOOK_BIN_LOG / distance_log.ravel()
        slope = way * (1 - self._stays[row])
        self._cells = _Reach(row, back, (self._stays[row] + (back - 0.5) * slope, slope))

    def nearer(self, position: Pair, kept: Floats, gap: Gap) -> Fewer:
        """Return the cells that price, in columns, has come nearer to than what their flat `kept` tells."""
        columns = columns_of(position)
        some, cell = self._cells.cells(columns, gap)
        floor, slope = some.values
        left = _at(some, slope, floor, (position[0] - columns[0], position[1] - columns[1]))
        before = kept.take(cell)
        fewer = np.flatnonzero(left < before)
        row = some.row.take(fewer)
        left = np.maximum(left.take(fewer), self._stays.take(row))
        return Fewer(row, cell.take(fewer), left, left / before.take(fewer))

    def fresh(self, opened: Opened, position: Pair) -> Floats:
        """Return the share left of what is opened in each cell of the line, with price at a position above it."""
        by_row = np.empty((2, 2 * ROWS))
        by_row[1] = self._slope
        by_row[0] = np.repeat(position, ROWS)
        by_row[0] -= opened.shift
        by_row[0] -= 0.5
        by_row[0] *= self._slope
        by_row[0] += self._stays
        start, slope = by_row.repeat(opened.counts, axis=1)
        slope *= opened.place
        start -= slope
        np.minimum(start, 1.0, out=start)
        return np.asarray(start)


class Nerves:
    """Nerves that fail while price stands near: cells more than LEAST_PROGRESS of the way to liquidation."""

    def __init__(self, params: BookParams, distance_log: Floats) -> None:
        """`distance_log` is (2, ROWS)."""
        row, back, way = _reach(distance_log)
        near = (back - 1) * way < 1 - LEAST_PROGRESS
        row, back, way = row[near], back[near], way[near]
        self._power = params.eager_power
        root = np.tile(params.hazard[:-1], 2)[row] ** (1 / self._power)
        """What progress is multiplied by so that its power is the rate at which the cell closes."""
        self._cells = _Reach(row, back, ((1 - (back - 0.5) * way) * root, -way * root, root))

    def standing(self, position: Pair, gap: Gap) -> Danger:
        """Return the cells in danger while price, in columns, stands there."""
        columns = columns_of(position)
        some, cell = self._cells.cells(columns, gap)
        floor, slope, root = some.values
        progress = _at(some, slope, floor, (position[0] - columns[0], position[1] - columns[1]))
        np.maximum(progress, 0.0, out=progress)
        np.minimum(progress, root, out=progress)
        rate = progress * progress * progress if self._power == 3 else progress**self._power
        return Danger(cell, rate, some.split, some.rows, some.begins)


def stays(danger: Danger, tried: Floats) -> Floats:
    """Return the share of each cell in danger that stays, (n, cells), where eagerness times time is `tried` (n, 2)."""
    rate = -tried
    out: Floats = np.empty((len(tried), len(danger.cell)))
    np.multiply(rate[:, :1], danger.rate[: danger.split], out=out[:, : danger.split])
    np.multiply(rate[:, 1:], danger.rate[danger.split :], out=out[:, danger.split :])
    return np.exp(out, out=out)


def _reach(distance_log: Floats) -> tuple[Ints, Ints, Floats]:
    """Return row, columns below the price and share of the way in a column of each cell in reach, row by row."""
    way = BOOK_BIN_LOG / distance_log.ravel()
    counts = np.ceil(1 / way).astype(np.int64) + 2
    row = np.repeat(np.arange(2 * ROWS), counts)
    back = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, back, way[row]
