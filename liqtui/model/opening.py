"""Where one coin of what a bar opens lies in a side's book, worked out once for all books that ask the same."""

from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BINS, BOOK_BIN_LOG
from liqtui.model.levels import Kernel, kernel, spread
from liqtui.model.market import Side
from liqtui.model.params import ROWS, BookParams, Floats, Ints

REMEMBERED = 4
"""Answers kept: a bar opens at most twice, and books that lag behind ask for another bar."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One coin, spread over the book."""

    row: Ints
    column: Ints
    cell: Ints
    """Flat index, row * BINS + column; each comes once."""
    share: Floats
    by_row: Floats
    """(ROWS,) sums of `share`."""
    outside: Floats
    """(ROWS,) below the window."""
    never: float
    tops: Ints
    """(ROWS,) columns of the row from this one on get nothing."""


class Opening:
    """The levels of one side of a market, for every book that shares its parameters of opening."""

    def __init__(self, params: BookParams, side: Side) -> None:
        self.kernel = _by_row(kernel(params, side, BOOK_BIN_LOG))
        self._never = float(params.opened[-1])
        self._known: dict[tuple[float, float, int, bytes], Opened] = {}

    def opened(self, low: float, high: float, stop: int, pull: Floats) -> Opened:
        """Return one coin with entries even over the columns [low, high], nothing from the column `stop` on.

        `pull` (ROWS + 1,), never last, is what the assumed mix is multiplied by.
        """
        key = low, high, stop, pull.tobytes()
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._lay(low, high, stop, pull)
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return found

    def _lay(self, low: float, high: float, stop: int, pull: Floats) -> Opened:
        piece, column, part = spread(self.kernel, low, high, stop)
        add = part * (self.kernel.share * pull.take(self.kernel.row)).take(piece)
        never = self._never * float(pull[-1])
        total = float(add.sum()) + never
        add /= total
        row = self.kernel.row.take(piece)
        outside: Floats = np.zeros(ROWS)
        if len(column) and int(column.min()) < 0:
            inside = column >= 0
            outside += np.bincount(row[~inside], add[~inside], ROWS)
            row, column, add = row[inside], column[inside], add[inside]
        return _merged(row, column, add, outside, never / total)


def _by_row(pieces: Kernel) -> Kernel:
    order = np.argsort(pieces.row, kind="stable")
    return Kernel(pieces.near[order], pieces.far[order], pieces.row[order], pieces.share[order])


def _merged(row: Ints, column: Ints, add: Floats, outside: Floats, never: float) -> Opened:
    """Add up what comes more than once into a cell; rows ascend."""
    tops = np.zeros(ROWS, dtype=np.int64)
    if not len(row):
        return Opened(row, column, row, add, np.zeros(ROWS), outside, never, tops)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    first, stop = np.minimum.reduceat(column, starts), np.maximum.reduceat(column, starts) + 1
    rows, counts = row[starts], stop - first
    tops[rows] = stop
    base = np.zeros(ROWS, dtype=np.int64)
    base[rows] = np.cumsum(counts) - counts - first
    share = np.zeros(int(counts.sum()))
    share += np.bincount(base.take(row) + column, add, len(share))
    row = np.repeat(rows, counts)
    column = np.arange(len(row)) - base.take(row)
    by_row = np.zeros(ROWS)
    by_row += np.bincount(row, share, ROWS)
    return Opened(row, column, row * BINS + column, share, by_row, outside, never, tops)
