"""How positions end as price comes near their liquidation: which cells are concerned, and what share of each stays."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.crossing import Crossing
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
    worst: Floats
    """Position of the price that is now the worst."""
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
    """Stop orders: of what was opened, `stays + (1 - stays) r` is left when the share r of the way is left.

    How much is left of a cell is told by the worst price since it was opened, in columns; as it is linear in that
    price, what is opened later mixes with what stands by the mean.
    """

    def __init__(self, params: BookParams, distance_log: Floats) -> None:
        """`distance_log` is (2, ROWS)."""
        row, back, _ = _reach(distance_log)
        self._cells = _Reach(row, back, ())
        stays, distance = np.tile(params.stays, 2), distance_log.ravel() / BOOK_BIN_LOG
        self._beyond: Floats = distance * stays / np.maximum(1 - stays, 1e-12)
        """(2 ROWS,) columns beyond the level at which the line through what is left would come to nothing."""

    def nearer(self, position: Pair, worst: Floats, gap: Gap) -> Fewer:
        """Return the cells that price, in columns, has come nearer to than what their flat `worst` tells."""
        some, cell = self._cells.cells(columns_of(position), gap)
        before = worst.take(cell)
        hit = np.empty(len(cell), dtype=np.bool_)
        np.greater(before[: some.split], position[0], out=hit[: some.split])
        np.greater(before[some.split :], position[1], out=hit[some.split :])
        fewer = np.flatnonzero(hit)
        row, cell, before = some.row.take(fewer), cell.take(fewer), before.take(fewer)
        level = cell - row * BINS + 0.5
        now = np.maximum(np.where(row < ROWS, position[0], position[1]), level)
        level -= self._beyond.take(row)
        return Fewer(row, cell, now, (now - level) / (before - level))

    def arriving(self, side: int, crossed: Crossing, worst: Floats) -> Floats:
        """Return the share of cells (ROWS, n) that is left when price crosses them, after a `worst` price."""
        beyond = self._beyond[side * ROWS : (side + 1) * ROWS, None]
        way = np.maximum(worst - crossed.level, 0.0)
        out: Floats = (np.minimum(way, crossed.before - crossed.level) + beyond) / (way + beyond)
        return out

    def fresh(self, opened: Opened, position: Pair) -> Floats:
        """Return the worst price of what is opened in each cell of the line, with price at a position above it."""
        # Who is farther from the level than the whole way has all of it left.
        out: Floats = np.minimum(opened.whole, np.array(position).repeat(opened.sides))
        return out


class Nerves:
    """Nerves that fail while price stands near: cells more than LEAST_PROGRESS of the way to liquidation."""

    def __init__(self, params: BookParams, distance_log: Floats) -> None:
        """`distance_log` is (2, ROWS)."""
        row, back, way = _reach(distance_log)
        near = (back - 1) * way < 1 - LEAST_PROGRESS
        row, back, way = row[near], back[near], way[near]
        self._power = params.eager_power
        self._hazard: Floats = params.hazard[:-1, None]
        self._way: Floats = BOOK_BIN_LOG / distance_log[:, :, None]
        root = np.tile(params.hazard[:-1], 2)[row] ** (1 / self._power)
        """What progress is multiplied by so that its power is the rate at which the cell closes."""
        self._cells = _Reach(row, back, ((1 - (back - 0.5) * way) * root, -way * root))

    def arriving(self, side: int, crossed: Crossing, tried: float) -> Floats:
        """Return the share of cells (ROWS, n) that is left when price crosses them; `tried` is eagerness times time."""
        progress = np.maximum(1 - np.maximum(crossed.mean - crossed.level, 0.0) * self._way[side], 0.0)
        progress[progress < LEAST_PROGRESS] = 0.0
        out: Floats = np.exp(-tried * crossed.waited * self._hazard * progress**self._power)
        return out

    def standing(self, position: Pair, gap: Gap) -> Danger:
        """Return the cells in danger while price, in columns, stands there."""
        columns = columns_of(position)
        some, cell = self._cells.cells(columns, gap)
        floor, slope = some.values
        progress = _at(some, slope, floor, (position[0] - columns[0], position[1] - columns[1]))
        np.maximum(progress, 0.0, out=progress)
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
