"""Columns of the map kept at half their width: what is remembered of a market's past is most of what it needs."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
"""Columns that memory is taken for at a time, when the first of them is put."""

_TOP_EXPONENT, _LEAST_EXPONENT = 15, -126
"""The largest cell of a column is kept below 2 ** 15, since float16 ends at 65504; float32 begins at 2 ** -126."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A column as it is kept."""

    cells: NDArray[np.float16]
    """(rows,)"""
    scale: float
    """What they are multiplied by."""


def packed(cells: NDArray[np.float32]) -> Packed:
    """Return a column of cells (rows,), finite and none below 0, as it is kept."""
    _, exponent = math.frexp(float(cells.max()))
    scale = 2.0 ** max(exponent - _TOP_EXPONENT, _LEAST_EXPONENT)
    return Packed((cells / np.float32(scale)).astype(np.float16), scale)


class PackedColumns:
    """`size` slots of one column each, (rows,) float16 times a power of two.

    A cell is right to 1 in 2048; one that is smaller than its column's largest by a factor of 2 ** 29 loses digits.
    """

    def __init__(self, size: int, rows: int) -> None:
        self._rows = rows
        self._blocks: list[NDArray[np.float16] | None] = [None] * -(-size // BLOCK)
        self._scales = np.ones(size, dtype=np.float32)

    def put(self, slot: int, column: Packed) -> None:
        """Keep a column in a slot."""
        block = self._blocks[slot // BLOCK]
        if block is None:
            block = self._blocks[slot // BLOCK] = np.zeros((BLOCK, self._rows), dtype=np.float16)
        block[slot % BLOCK] = column.cells
        self._scales[slot] = column.scale

    def unpack(self, slot: int, out: NDArray[np.float32]) -> None:
        """Write the column of a slot to the beginning of `out`; nothing where none was put."""
        block = self._blocks[slot // BLOCK]
        if block is not None:
            np.multiply(block[slot % BLOCK], self._scales[slot], out=out[: self._rows])
