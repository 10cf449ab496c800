"""Where one coin of what a bar opens lies in both sides' books, worked out once for all experts.

The level of an entry even over [low, low + w] and of a distance even over [near, far] has a density that rises over w
from low - far on, and falls over w from low - near on. So each piece of the kernel is two ramps: their increments are
put in a line of all rows of both sides and summed up along it, which costs as many steps as the ramps are long.
"""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BINS, BOOK_BIN_LOG
from liqtui.model.levels import kernel, row_distance_log
from liqtui.model.market import SIDES
from liqtui.model.params import ROWS, BookParams, Floats, Ints

LEAST_WIDTH = 0.5
"""Least range of the entries, in columns."""

NOWHERE = 1e9
"""Columns to the pieces of a row that has none."""

Pair = tuple[float, float]
"""One number for the longs and one for the shorts, each in its side's own direction."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One coin on each side, spread over its book; rows are those of the longs, then of the shorts."""

    counts: Ints
    """(2 ROWS,) cells of each row in the line."""
    shift: Ints
    """(2 ROWS,) column of a cell less its place in the line, by row."""
    cell: Ints
    """Flat index, row * BINS + column, of each cell in the line; each comes once."""
    place: Floats
    """Place of each cell in the line: 0, 1, 2."""
    share: Floats
    """Coins in each cell of the line."""
    by_row: Floats
    """(2, ROWS) sums of `share`."""
    outside: Floats | None
    """(2, ROWS) below the window; None where nothing is."""
    never: Floats
    """(2,)"""
    tops: Ints
    """(2 ROWS,) columns of the row from this one on get nothing."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the entries of both sides lie, in columns."""

    low: Floats
    """(2, 1)"""
    width: float
    stop: Ints
    """(2, 1) columns from which on nothing is opened."""


class Opening:
    """The levels of a market, for every book that shares its parameters of opening."""

    def __init__(self, params: BookParams) -> None:
        pieces = [kernel(params, side, BOOK_BIN_LOG) for side in SIDES]
        self.distance_log: Floats = np.array([row_distance_log(params, one, BOOK_BIN_LOG) for one in pieces])
        """(2, ROWS) distance to liquidation that each row stands for."""
        self._never = float(params.opened[-1])
        self._near, self._far = np.full(2 * ROWS, NOWHERE), np.full(2 * ROWS, -NOWHERE)
        row = np.concatenate([at * ROWS + one.row for at, one in enumerate(pieces)])
        near, far = (np.concatenate([getattr(one, name) for one in pieces]) for name in ("near", "far"))
        np.minimum.at(self._near, row, near)
        np.maximum.at(self._far, row, far)
        density = np.concatenate([one.share for one in pieces]) / (far - near)
        bare = np.setdiff1d(np.arange(2 * ROWS), row)
        ramp_row = np.concatenate([row, row, bare])
        order = np.argsort(ramp_row, kind="stable")
        self._row: Ints = ramp_row[order]
        """(ramps,) ascending; each row has some, if only an empty one."""
        self._edge: Floats = np.concatenate([far, near, self._far[bare]])[order]
        self._density: Floats = np.concatenate([density, -density, np.zeros(len(bare))])[order]
        self._begins: Ints = np.searchsorted(self._row, np.arange(2 * ROWS))
        """(2 ROWS,) first ramp of each row."""
        self._longs = int(self._begins[ROWS])
        self._flat: Ints = np.arange(2 * ROWS) * BINS
        self._line, self._steps = np.arange(4096), np.arange(4096.0)

    def opened(self, low: Pair, high: Pair, stop: tuple[int, int], pull: Floats) -> Opened:
        """Return one coin with entries even over the columns [low, high], nothing from the column `stop` on.

        `pull` (2, ROWS + 1), never last, is what the assumed mix is multiplied by.
        """
        width = max(high[0] - low[0], LEAST_WIDTH)
        place = _Place(np.array(low)[:, None], width, np.array(stop)[:, None])
        pulled = pull[:, :-1].ravel().take(self._row)
        pulled *= self._density
        start = self._by_ramp(place.low) - self._edge
        by_row = self._below(place, start, pulled)
        never = self._never * pull[:, -1]
        total = by_row.sum(1) + never
        pulled /= self._by_ramp(total[:, None])
        by_row /= total[:, None]
        first, last = self._ends(place)
        outside = None
        if int(first.min()) < 0:
            outside = np.maximum(self._below(_Place(place.low, width, np.zeros((2, 1), np.int64)), start, pulled), 0.0)
            by_row, first = np.maximum(by_row - outside, 0.0), np.maximum(first, 0)
        counts = np.maximum(last - first, 0)
        ends = counts.cumsum()
        shift = first - ends
        shift += counts
        share = self._summed(start, pulled, width, shift, ends, outside is not None)
        cell = (self._flat + shift).repeat(counts)
        cell += self._places(len(cell))
        tops = np.where(counts > 0, last, 0)
        return Opened(counts, shift, cell, self._steps[: len(cell)], share, by_row, outside, never / total, tops)

    def _by_ramp(self, value: Floats | Ints) -> Floats:
        """Return a value of each side, (2, 1), for each ramp."""
        out: Floats = np.empty(len(self._row))
        out[: self._longs], out[self._longs :] = value[0], value[1]
        return out

    def _places(self, count: int) -> Ints:
        if count > len(self._line):
            self._line, self._steps = np.arange(2 * count), np.arange(2.0 * count)
        return self._line[:count]

    def _ends(self, place: _Place) -> tuple[Ints, Ints]:
        """Return the first column of each row, and that after the last."""
        first = np.floor(place.low - self._far.reshape(2, ROWS)).astype(np.int64)
        last = np.ceil(place.low + place.width - self._near.reshape(2, ROWS)).astype(np.int64)
        return first.ravel(), np.minimum(last, place.stop, out=last).ravel()

    def _below(self, place: _Place, start: Floats, weight: Floats) -> Floats:
        """Return what each row has below the column `place.stop`, (2, ROWS)."""
        area = _area(self._by_ramp(place.stop) - start, place.width)
        area *= weight
        return np.add.reduceat(area, self._begins).reshape(2, ROWS)

    def _summed(self, start: Floats, weight: Floats, width: float, shift: Ints, ends: Ints, cut: bool) -> Floats:
        """Return the share in each cell of the line; `cut` where rows begin below the window."""
        first = np.floor(start)
        steps = np.arange(-1.0, math.ceil(width) + 3)
        rise = _area((first - start)[:, None] + steps, width)
        rise = rise[:, 1:] - rise[:, :-1]
        rise = rise[:, 1:] - rise[:, :-1]
        rise *= weight[:, None]
        at = (first.astype(np.int64) - shift.take(self._row))[:, None] + self._line[: rise.shape[1]]
        # What is beyond a row's end goes where the next one begins, so that it begins with nothing.
        np.minimum(at, ends.take(self._row)[:, None], out=at)
        if cut:
            begins = np.concatenate([[0], ends[:-1]])
            np.maximum(at, begins.take(self._row)[:, None], out=at)
        share = np.bincount(at.ravel(), rise.ravel(), int(ends[-1]) + 1)[:-1].cumsum()
        # Beyond a piece the sum is rounding.
        np.maximum(share, 0.0, out=share)
        return np.asarray(share)


def _area(y: Floats, width: float) -> Floats:
    """Return the integral up to y of the share of entries, even over [0, width], that lie below."""
    t = np.maximum(y, 0.0)
    np.minimum(t, width, out=t)
    out: Floats = t * -0.5
    out += y
    out *= t
    out /= width
    return out
