"""Reduces the fields of one picture after another, of which mostly the forming column differs."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liqtui.render.levels import Field, Floats, columns_of_cells, reduce_field
from liqtui.render.view import PriceView, TimeView


@dataclass(frozen=True, slots=True)
class _Made:
    """A field, what it was made from, and where the forming column begins to matter."""

    key: object
    closed: Sequence[NDArray[Any]]
    field: Field
    cell: int
    column: int
    settled: object


class Reducer:
    """Keeps the last field: where only the last column has changed, only the cells it reaches are made anew."""

    def __init__(self) -> None:
        self._made: _Made | None = None
        self.renewed = True
        """Whether the last field may differ from the one before in settled cells."""
        self._age = 0

    @property
    def same(self) -> tuple[int, int]:
        """Return a number that changes with anything in the cells before a certain one, and that cell."""
        return self._age, self._made.cell if self._made else 0

    def reduce(
        self, cells_usd: NDArray[np.float32], first_bin: int, ts_ms: NDArray[np.int64], step_ms: int,
        ohlc_usd: Floats, gap: NDArray[np.bool_], prices: PriceView, times: TimeView, settled: object = None,
    ) -> Field:  # fmt: skip
        """Return what `reduce_field` makes of these.

        `settled` is the same object where all columns before the last are the same, so that they need not be compared.
        """
        key = (first_bin, cells_usd.shape, int(ts_ms[0]), step_ms, prices, times)
        closed, made = (cells_usd[:-1], ohlc_usd[:-1], gap[:-1]), self._made
        self.renewed = made is None or made.key != key or not (
            (settled is not None and settled is made.settled) or _same(made.closed, closed)
        )
        self._age += self.renewed
        if made is None or self.renewed:
            field = reduce_field(cells_usd.astype(np.float64), first_bin, ts_ms, step_ms, ohlc_usd, gap, prices, times)
            cell, column = _reached(ts_ms, step_ms, times)
        else:
            cell, column = made.cell, made.column
            ahead = TimeView(times.cell_ms, times.first_cell + cell, times.cells - cell)
            tail = reduce_field(
                cells_usd[column:].astype(np.float64), first_bin, ts_ms[column:], step_ms,
                ohlc_usd[column:], gap[column:], prices, ahead,
            )  # fmt: skip
            field = _joined(made.field, cell, tail)
        self._made = _Made(key, closed, field, cell, column, settled)
        return field


def _same(old: Sequence[NDArray[Any]], new: Sequence[NDArray[Any]]) -> bool:
    return all(np.array_equal(a, b, equal_nan=a.dtype == np.float64) for a, b in zip(old, new, strict=True))


def _reached(ts_ms: NDArray[np.int64], step_ms: int, times: TimeView) -> tuple[int, int]:
    """Return the first cell that the last column reaches, and the first column of that cell."""
    first, _ = columns_of_cells(ts_ms, step_ms, times)
    last = np.maximum(np.append(first[1:], len(ts_ms)) - 1, first)
    cell = min(int(np.argmax(last >= len(ts_ms) - 1)), times.cells - 1)
    return cell, int(first[cell])


def _joined(head: Field, cell: int, tail: Field) -> Field:
    parts = ((getattr(head, one.name)[:cell], getattr(tail, one.name)) for one in fields(Field))
    return Field(*(np.concatenate(pair) for pair in parts))
