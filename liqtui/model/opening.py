"""Where one coin of what a bar opens lies in a side's book, worked out once for all books that ask the same."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BINS, BOOK_BIN_LOG
from liqtui.model.levels import Kernel, kernel
from liqtui.model.market import Side
from liqtui.model.params import ROWS, BookParams, Floats, Ints

REMEMBERED = 4
"""Answers kept: a bar opens at most twice, and books that lag behind ask for another bar."""

STRIDE, WIDEST = 4, 256
"""Columns in which ranges of entries are rounded up to find their layout, and the widest of which it is kept."""


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


@dataclass(frozen=True, slots=True)
class _Layer:
    """At most one piece of each row."""

    at: Ints
    """Which of the rows that have pieces."""
    near: Floats
    far: Floats
    share: Floats
    """Share of what is opened over the width of the piece."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Edges and cells of all rows in a line, by how wide the range of the entries is at most."""

    counts: Ints
    """(rows,) cells of each row that has pieces."""
    layers: tuple[tuple[Ints, Floats, Ints | None], ...]
    """For each layer, of every edge of its rows: which of its pieces, steps from the row's first, place in the line
    (None where that is all of them in order)."""
    begins: Ints
    """Edges that begin a cell."""
    at: Ints
    """Of each cell: which of the rows that have pieces, the row itself, and steps from the row's first."""
    row: Ints
    step: Ints


class Opening:
    """The levels of one side of a market, for every book that shares its parameters of opening."""

    def __init__(self, params: BookParams, side: Side) -> None:
        self.kernel = kernel(params, side, BOOK_BIN_LOG)
        self._never = float(params.opened[-1])
        self._rows: Ints = np.unique(self.kernel.row)
        self._layers = _layers(self.kernel, self._rows)
        self._near: Floats = np.full(len(self._rows), np.inf)
        self._far: Floats = np.zeros(len(self._rows))
        for layer in self._layers:
            self._near[layer.at] = np.minimum(self._near[layer.at], layer.near)
            self._far[layer.at] = np.maximum(self._far[layer.at], layer.far)
        self._layouts: dict[int, _Layout] = {}
        self._known: dict[tuple[float, float, int, bytes], Opened] = {}

    def opened(self, low: float, high: float, stop: int, pull: Floats) -> Opened:
        """Return one coin with entries even over the columns [low, high], nothing from the column `stop` on.

        `pull` (ROWS + 1,), never last, is what the assumed mix is multiplied by.
        """
        key = low, high, stop, pull.tobytes()
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._lay(low, max(high, low + 0.5), stop, pull)
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return found

    def _lay(self, low: float, high: float, stop: int, pull: Floats) -> Opened:
        """Each column's share in closed form: the level of an entry at y and a distance D, both even, lies at y - D."""
        layout = self._layout(high - low)
        first = np.floor(low - self._far).astype(np.int64)
        below = self._below(layout, first, low, high, pull.take(self._rows))
        share = (below[1:] - below[:-1]).take(layout.begins)
        # Beyond a piece the difference is rounding.
        np.maximum(share, 0.0, out=share)
        last = np.minimum(np.ceil(high - self._near).astype(np.int64), stop)
        row, column = layout.row, layout.step + first.take(layout.at)
        own = np.flatnonzero(column < last.take(layout.at))
        row, column, share = row.take(own), column.take(own), share.take(own)
        never = self._never * float(pull[-1])
        total = float(share.sum()) + never
        share /= total
        outside: Floats = np.zeros(ROWS)
        if len(column) and int(first.min()) < 0:
            inside = column >= 0
            outside += np.bincount(row[~inside], share[~inside], ROWS)
            row, column, share = row[inside], column[inside], share[inside]
        tops = np.zeros(ROWS, dtype=np.int64)
        tops[self._rows] = np.where(last > first, np.maximum(last, 0), 0)
        by_row: Floats = np.zeros(ROWS)
        by_row += np.bincount(row, share, ROWS)
        return Opened(row, column, row * BINS + column, share, by_row, outside, never / total, tops)

    def _layout(self, width: float) -> _Layout:
        """Return the layout for entries over so many columns."""
        most = STRIDE * math.ceil(width / STRIDE) if width < WIDEST else math.ceil(width)
        found = self._layouts.get(most)
        if found is None:
            found = _lined_up(self._rows, self._layers, np.ceil(self._far - self._near).astype(np.int64) + most + 1)
            if most <= WIDEST:
                self._layouts[most] = found
        return found

    def _below(self, layout: _Layout, first: Ints, low: float, high: float, pull: Floats) -> Floats:
        """Return what lies below each edge."""
        out: Floats = np.zeros(int(layout.counts.sum()) + len(layout.counts))
        for layer, (piece, step, place) in zip(self._layers, layout.layers, strict=True):
            offset = first.take(layer.at) - low
            part = _area(step + (offset + layer.far).take(piece), high - low)
            part -= _area(step + (offset + layer.near).take(piece), high - low)
            part *= (layer.share * pull.take(layer.at)).take(piece)
            if place is None:
                out += part
            else:
                out[place] += part
        return out


def _layers(pieces: Kernel, rows: Ints) -> list[_Layer]:
    """Sort the pieces into layers; `rows` are those that have any, ascending."""
    order = np.argsort(pieces.row, kind="stable")
    row = pieces.row[order]
    # How many pieces of the same row came before.
    turn = np.arange(len(row)) - np.searchsorted(row, row)
    layers = []
    for one in range(int(turn.max()) + 1):
        own = order[turn == one]
        near, far = pieces.near[own], pieces.far[own]
        layers.append(_Layer(np.searchsorted(rows, pieces.row[own]), near, far, pieces.share[own] / (far - near)))
    return layers


def _lined_up(rows: Ints, layers: list[_Layer], counts: Ints) -> _Layout:
    """Return the layout for so many cells of each row."""
    starts = np.cumsum(counts + 1) - counts - 1
    found: list[tuple[Ints, Floats, Ints | None]] = []
    for layer in layers:
        piece, step = _steps(counts[layer.at] + 1)
        place = None if len(layer.at) == len(rows) else starts[layer.at][piece] + step
        found.append((piece, step.astype(np.float64), place))
    at, step = _steps(counts)
    return _Layout(counts, tuple(found), starts[at] + step, at, rows[at], step)


def _steps(counts: Ints) -> tuple[Ints, Ints]:
    """Return for so many of each: which it is, and how many of its kind came before."""
    at = np.repeat(np.arange(len(counts)), counts)
    return at, np.arange(len(at)) - (np.cumsum(counts) - counts)[at]


def _area(y: Floats, width: float) -> Floats:
    """Return the integral up to y of the share of entries, even over [0, width], that lie below."""
    t = np.minimum(np.maximum(y, 0.0), width)
    out: Floats = (y - t * 0.5) * t
    out /= width
    return out
