"""Cells that move along their rows: the terminal moves them by itself where characters are deleted and inserted.

Formats: ECMA-48 (DCH, ICH). What stands right of the cells moves with the first of the two and back with the second.
"""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liqtui.painting.codes import shown_cells

LEAST_ROW_CELLS = 12
"""So many cells fewer must be left to write in a row: two moves and two sequences are about as long."""
LEAST_CELLS = 200
"""And so many in all, for the moving to be worth looking for."""
_SAMPLE = 6
"""Every so manieth row tells by how much most cells have moved."""


class Slide(NamedTuple):
    """Rows of which the cells [start, end) move by some cells to the left, or to the right where `by` is negative."""

    rows: tuple[int, ...]
    start: int
    end: int
    by: int

    @property
    def opened(self) -> tuple[int, int]:
        """Return where the cells stand of which nothing is known afterwards."""
        return (self.end - self.by, self.end) if self.by > 0 else (self.start, self.start - self.by)

    @property
    def closed(self) -> int:
        """Return from where on as many cells are gone."""
        return self.start if self.by > 0 else self.end + self.by

    def moved(self, row: "array[int]", unknown: int) -> "array[int]":
        """Return the cells of a whole row of which [start, end) has moved."""
        count, gap = abs(self.by), array("i", [unknown]) * abs(self.by)
        kept = row[: self.closed] + row[self.closed + count :]
        begin = self.opened[0]
        return kept[:begin] + gap + kept[begin:]


def find_slide(sent: "array[int]", size: tuple[int, int], x: int, y: int, ids: NDArray[np.int32]) -> Slide | None:
    """Return how the cells of a block have moved since they were sent, None where that spares little."""
    old, cells = shown_cells(sent, size, x, y, ids.shape), ids.shape[1]
    by = _distance(old[::_SAMPLE], ids[::_SAMPLE])
    if not by:
        return None
    left = (_over(old, by) != _over(ids, -by)).sum(axis=1) + abs(by)
    spared = (old != ids).sum(axis=1) - left
    at = np.flatnonzero(spared >= LEAST_ROW_CELLS)
    return Slide(tuple((at + y).tolist()), x, x + cells, by) if spared[at].sum() >= LEAST_CELLS else None


def _distance(old: NDArray[np.int32], new: NDArray[np.int32]) -> int:
    """Return by how many cells to the left most have moved; 0 where most stand still."""
    count = new.shape[1] // 2
    same = {by: int((_over(old, by) == _over(new, -by)).sum()) for by in _both(count)}
    return max(same, key=lambda by: same[by])


def _both(count: int) -> Iterator[int]:
    yield 0
    for by in range(1, count):
        yield by
        yield -by


def _over(block: NDArray[np.int32], by: int) -> NDArray[np.int32]:
    """Return the columns that are left when the first ones, or with a negative number the last ones, are gone."""
    return block[:, by:] if by >= 0 else block[:, :by]
