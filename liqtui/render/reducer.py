"""Reduces the fields of one picture after another, of which mostly the forming column differs."""

import math
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from liqtui.render.levels import Field, Floats, cell_columns, column_rows, reduce_field
from liqtui.render.view import PriceView, TimeView


class Settled(Protocol):
    """A name for the columns before the last one."""

    def shift_from(self, older: object) -> int | None:
        """Return by how far those of an older name have moved, 0 for the same; None where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a field is made from."""

    cells_usd: NDArray[np.float32]
    first_bin: int
    ts_ms: NDArray[np.int64]
    step_ms: int
    ohlc_usd: Floats
    gap: NDArray[np.bool_]
    settled: Settled | None

    @property
    def key(self) -> tuple[int, ...]:
        """Return what must be alike in two of them."""
        return self.first_bin, self.cells_usd.shape[1], self.step_ms

    def from_column(self, start: int, prices: PriceView, times: TimeView) -> Field:
        """Return the field of the columns from one on."""
        return reduce_field(
            self.cells_usd[start:], self.first_bin, self.ts_ms[start:], self.step_ms, self.ohlc_usd[start:],
            self.gap[start:], prices, times,
        )  # fmt: skip

    def only_forms(self, old: "_Columns") -> bool:
        """Return whether this is said to differ in the last column at most, and that one has data."""
        return (
            self.settled is not None
            and self.settled is old.settled
            and self.key == old.key
            and len(self.ts_ms) == len(old.ts_ms)
            and (self.ts_ms is old.ts_ms or self.ts_ms[0] == old.ts_ms[0])
            and not self.gap[-1]
            and all(map(math.isfinite, self.ohlc_usd[-1].tolist()))
        )

    def goes_on(self, old: "_Columns") -> int | None:
        """Return by how many columns this begins later, where it differs in none that were closed; None else."""
        shift, rest = divmod(int(self.ts_ms[0] - old.ts_ms[0]), self.step_ms)
        closed = len(old.ts_ms) - 1 - shift
        if self.key != old.key or rest or shift < 0 or not 0 < closed < len(self.ts_ms):
            return None
        if self.settled is not None and old.settled is not None and self.settled.shift_from(old.settled) == shift:
            return shift
        # Where all columns are others, the first one is, too.
        same = (
            np.array_equal(mine[:end], his[shift : shift + end], equal_nan=mine.dtype == np.float64)
            for end in (1, closed)
            for mine, his in zip(self._arrays, old._arrays, strict=True)
        )
        return shift if all(same) else None

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.cells_usd, self.ohlc_usd, self.gap


@dataclass(frozen=True, slots=True)
class _Closed:
    """What the columns before the last one give to the first cell that this one reaches, and where it ends."""

    usd: tuple[Floats, Floats]
    """Longs and shorts; zeros where the last column begins the cell."""
    low_usd: float
    high_usd: float
    end: int
    """The first cell that is yet to come."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A field, what it was made from, and where the forming column begins to matter."""

    columns: _Columns
    view: tuple[PriceView, TimeView]
    field: Field
    cell: int
    column: int


class Reducer:
    """Keeps the last field: where no closed column has changed, only the cells after these are made anew."""

    def __init__(self) -> None:
        self._made: _Made | None = None
        self.renewed = True
        """Whether the last field may differ from the one before in settled cells."""
        self._age = 0
        self._closed: _Closed | None = None
        self._forming: Floats | None = None

    def forming_usd(self) -> Floats:
        """Return the (2, rows) longs and shorts of the last column over the rows of the last field."""
        if self._forming is None:
            assert self._made is not None
            columns, (prices, _) = self._made.columns, self._made.view
            cells_usd, close_usd = columns.cells_usd[-1].astype(np.float64), float(columns.ohlc_usd[-1, 3])
            self._forming = column_rows(cells_usd, columns.first_bin, close_usd, prices)
        return self._forming

    @property
    def same(self) -> tuple[int, int]:
        """Return a number that changes with the cells that were settled, and the first cell that is not."""
        return self._age, self._made.cell if self._made else 0

    def reduce(
        self, cells_usd: NDArray[np.float32], first_bin: int, ts_ms: NDArray[np.int64], step_ms: int,
        ohlc_usd: Floats, gap: NDArray[np.bool_], prices: PriceView, times: TimeView, settled: Settled | None = None,
    ) -> Field:  # fmt: skip
        """Return what `reduce_field` makes of these; its arrays may be changed by the next call.

        Columns before the last need not be compared where `settled` says what has become of them.
        """
        columns = _Columns(cells_usd, first_bin, ts_ms, step_ms, ohlc_usd, gap, settled)
        made, view = self._made, (prices, times)
        if made is not None and made.view == view and columns.only_forms(made.columns):
            return self._formed(made, columns)
        shift = columns.goes_on(made.columns) if made is not None and made.view == view else None
        self.renewed = made is None or shift != 0 or len(ts_ms) != len(made.columns.ts_ms)
        if made is None or shift is None or (shift and (times.start_ms < ts_ms[0] or shift > made.column)):
            self._age += 1
            field = columns.from_column(0, prices, times)
        else:
            ahead = TimeView(times.cell_ms, times.first_cell + made.cell, times.cells - made.cell)
            field = made.field
            _put(field, made.cell, columns.from_column(made.column - shift, prices, ahead))
        reached = _reached(ts_ms, step_ms, times) if made is None or self.renewed else (made.cell, made.column)
        self._made, self._closed, self._forming = _Made(columns, view, field, *reached), None, None
        return field

    def _formed(self, made: _Made, columns: _Columns) -> Field:
        """Put the last column into the cells that it reaches."""
        self.renewed, field, cell = False, made.field, made.cell
        closed = self._closed or _closed(made)
        (prices, _), (_, high, low, close) = made.view, columns.ohlc_usd[-1].tolist()
        sides = column_rows(columns.cells_usd[-1].astype(np.float64), columns.first_bin, close, prices)
        for usd, own, before in zip((field.long_usd, field.short_usd), sides, closed.usd, strict=True):
            usd[cell + 1 : closed.end] = own
            np.maximum(own, before, out=usd[cell])
        reached = slice(cell, closed.end)
        field.close_usd[reached], field.low_usd[reached], field.high_usd[reached] = close, low, high
        if not math.isnan(closed.low_usd):
            field.low_usd[cell], field.high_usd[cell] = min(low, closed.low_usd), max(high, closed.high_usd)
        field.gap[reached] = False
        self._made, self._closed = _Made(columns, made.view, field, cell, made.column), closed
        self._forming = sides
        return field


def _closed(made: _Made) -> _Closed:
    """Return what the columns before the last one give to the first cell that this one reaches."""
    columns, (prices, times) = made.columns, made.view
    last, start_ms = len(columns.ts_ms) - 1, (times.first_cell + made.cell) * times.cell_ms
    end_ms = int(columns.ts_ms[-1]) + columns.step_ms
    end = min(-(-end_ms // times.cell_ms) - times.first_cell, times.cells)
    if made.column >= last:
        nothing = np.zeros(prices.rows)
        return _Closed((nothing, nothing), math.nan, math.nan, end)
    own = slice(made.column, last)
    before = reduce_field(
        columns.cells_usd[own], columns.first_bin, columns.ts_ms[own], columns.step_ms, columns.ohlc_usd[own],
        columns.gap[own], prices, TimeView(times.cell_ms, start_ms // times.cell_ms, 1),
    )  # fmt: skip
    extremes = float(before.low_usd[0]), float(before.high_usd[0])
    return _Closed((before.long_usd[0], before.short_usd[0]), *extremes, end)


def _reached(ts_ms: NDArray[np.int64], step_ms: int, times: TimeView) -> tuple[int, int]:
    """Return the first cell that the last column reaches, and the first column of that cell."""
    found = cell_columns(ts_ms.tobytes(), step_ms, times)
    cell = min(int(np.argmax(found.last + found.low >= len(ts_ms) - 1)), times.cells - 1)
    return cell, int(found.at[cell]) + found.low


def _put(field: Field, cell: int, tail: Field) -> None:
    """Put a field in place of the cells from one on."""
    for one in fields(Field):
        getattr(field, one.name)[cell:] = getattr(tail, one.name)
