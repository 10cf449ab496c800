"""The heat on the wire: whole, or as the columns and rows that differ from one the other side has."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from liqtui.link.cell_memory import CellMemory
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Heat, Settled

_F4, _F8, _U1 = np.dtype("<f4"), np.dtype("<f8"), np.dtype("u1")


class HeatPart(msgspec.Struct, array_like=True, frozen=True):
    """A heat map on top of another, or of nothing (`patch` false).

    The base is moved by `shift` columns to the left and cut or padded with zeros to the rows of this one; `rows_at`
    and `columns` then replace what that leaves wrong.
    """

    patch: bool
    step_ms: int
    start_ms: int
    """Open time of the first column."""
    count: int
    """Columns."""
    first_bin: int
    rows: int
    shift: int
    rows_at: tuple[int, ...]
    """Rows that are sent for every column."""
    row_cells: memoryview
    """(columns, len(rows_at)) float32."""
    columns: tuple[int, ...]
    """Columns that are sent whole; all of them without a base."""
    cells: memoryview
    """(len(columns), rows) float32."""
    ohlc: memoryview
    """(len(columns), 4) float64."""
    gap: memoryview
    """(len(columns),) one byte each."""
    prints: memoryview | None
    """(len(columns), 2) float32; None where nobody prints."""


def heat_part(base: Heat | None, heat: Heat | None) -> HeatPart | None:
    """Return what takes a viewer from one heat map to another."""
    if heat is None:
        return None
    if base is None or not _alike(base, heat) or not _overlap(base, heat):
        return _part(heat, False, 0, (), np.arange(len(heat.ts_ms)))
    shift = int(heat.ts_ms[0] - base.ts_ms[0]) // heat.step_ms
    moved = _moved(base, shift, len(heat.ts_ms), heat.first_bin, heat.cells_usd.shape[1])
    rows_at = _new_rows(base, heat)
    moved.cells_usd[:, list(rows_at)] = heat.cells_usd[:, list(rows_at)]
    return _part(heat, True, shift, rows_at, np.flatnonzero(_differs(moved, heat)))


def _alike(base: Heat, heat: Heat) -> bool:
    return base.step_ms == heat.step_ms and (base.prints_usd is None) == (heat.prints_usd is None)


def _overlap(base: Heat, heat: Heat) -> bool:
    """Whether moving the base saves anything: most of its columns and rows are still in sight."""
    count, rows = len(heat.ts_ms), heat.cells_usd.shape[1]
    apart_ms = int(heat.ts_ms[0] - base.ts_ms[0])
    if apart_ms % heat.step_ms or abs(len(base.ts_ms) - count) > count // 4:
        return False
    return abs(apart_ms) // heat.step_ms < count // 2 and len(_new_rows(base, heat)) < rows // 4


def _new_rows(base: Heat, heat: Heat) -> tuple[int, ...]:
    """Return the rows of `heat` that the base does not have."""
    low, high = base.first_bin, base.first_bin + base.cells_usd.shape[1]
    return tuple(row for row in range(heat.cells_usd.shape[1]) if not low <= heat.first_bin + row < high)


def _differs(moved: Heat, heat: Heat) -> NDArray[np.bool_]:
    """Return which columns are not equal, bit by bit."""
    cells = moved.cells_usd.view(np.uint32) != np.ascontiguousarray(heat.cells_usd, _F4).view(np.uint32)
    ohlc = moved.ohlc_usd.view(np.uint64) != np.ascontiguousarray(heat.ohlc_usd, _F8).view(np.uint64)
    differs: NDArray[np.bool_] = cells.any(axis=1) | ohlc.any(axis=1) | (moved.gap != heat.gap)
    if moved.prints_usd is not None and heat.prints_usd is not None:
        differs |= (moved.prints_usd != heat.prints_usd).any(axis=1)
    return differs


def _part(heat: Heat, patch: bool, shift: int, rows_at: tuple[int, ...], columns: NDArray[np.int64]) -> HeatPart:
    rows = heat.cells_usd.shape[1]
    whole = len(columns) == len(heat.ts_ms)
    at = slice(None) if whole else columns
    return HeatPart(
        patch=patch,
        step_ms=heat.step_ms,
        start_ms=int(heat.ts_ms[0]),
        count=len(heat.ts_ms),
        first_bin=heat.first_bin,
        rows=rows,
        shift=shift,
        rows_at=rows_at,
        row_cells=_bytes(heat.cells_usd[:, list(rows_at)], _F4),
        columns=() if whole and not patch else tuple(columns.tolist()),
        cells=_bytes(heat.cells_usd[at], _F4),
        ohlc=_bytes(heat.ohlc_usd[at], _F8),
        gap=_bytes(heat.gap[at].view(np.uint8), _U1),
        prints=None if heat.prints_usd is None else _bytes(heat.prints_usd[at], _F4),
    )


def _bytes(array: NDArray[Any], dtype: np.dtype[Any]) -> memoryview:
    flat: Any = np.ascontiguousarray(array, dtype).reshape(-1).view(np.uint8)
    return memoryview(flat)


def apply_heat(
    base: Heat | None, part: HeatPart | None, selection: Selection, memory: CellMemory | None = None
) -> Heat | None:
    """Return the heat map that a part makes of the base, which stays as it is. Raises ValueError where sizes differ."""
    if part is None:
        return None
    if not part.patch:
        return _whole(part, selection)
    if base is None:
        raise ValueError("a difference without a base")
    if memory is not None and _stands(base, part) and part.columns in ((), (part.count - 1,)):
        return _ended(base, part, selection, memory) if part.columns else replace(base, selection=selection)
    at = list(part.columns)
    settled = _settled(base, part)
    if memory is not None and 0 < part.shift < part.count and _has_shape(base, part):
        later = memory.after(base, settled, part.shift)
        later[part.count - part.shift :] = 0.0
        moved = _moved_beside(base, part.shift, part.count, part.first_bin, later)
    else:
        cells = None if memory is None else memory.any(part.count, part.rows, settled)
        moved = _moved(base, part.shift, part.count, part.first_bin, part.rows, cells)
    if part.rows_at:
        moved.cells_usd[:, list(part.rows_at)] = _array(part.row_cells, _F4).reshape(part.count, len(part.rows_at))
    moved.cells_usd[at] = _array(part.cells, _F4).reshape(len(at), part.rows)
    moved.ohlc_usd[at] = _array(part.ohlc, _F8).reshape(len(at), 4)
    moved.gap[at] = _array(part.gap, _U1).view(np.bool_)
    if moved.prints_usd is not None and part.prints is not None:
        moved.prints_usd[at] = _array(part.prints, _F4).reshape(len(at), 2)
    return replace(moved, selection=selection, settled=settled)


def _settled(base: Heat, part: HeatPart) -> Settled:
    """Return the name of the columns before the last one of what a part makes of the base."""
    closed = len(base.ts_ms) - 1 - part.shift
    alike = (part.rows, part.first_bin) == (base.cells_usd.shape[1], base.first_bin)
    if part.shift < 0 or part.rows_at or not alike or min(part.columns, default=part.count) < closed:
        return Settled()
    if base.settled is not None and _stands(base, part):
        return base.settled
    return Settled(base.settled, part.shift)


def _stands(base: Heat, part: HeatPart) -> bool:
    """Whether the part has the columns and rows of the base."""
    return part.shift == 0 and _has_shape(base, part)


def _has_shape(base: Heat, part: HeatPart) -> bool:
    """Whether the part has as many columns as the base, and its rows."""
    return (part.count, part.rows, part.first_bin) == (*base.cells_usd.shape, base.first_bin)


def _ended(base: Heat, part: HeatPart, selection: Selection, memory: CellMemory) -> Heat:
    """Return the base with another last column; arrays that stay the same are the base's."""
    cells, ohlc = memory.after(base, base.settled), base.ohlc_usd.copy()
    cells[-1], ohlc[-1] = _array(part.cells, _F4).reshape(part.rows), _array(part.ohlc, _F8).reshape(4)
    gap, prints = _with_last(base.gap, part.gap), base.prints_usd
    if prints is not None and part.prints is not None:
        prints = _with_last(prints, part.prints)
    return Heat(selection, base.step_ms, base.first_bin, base.ts_ms, cells, ohlc, gap, prints, base.settled)


def _with_last(array: NDArray[Any], last: memoryview) -> NDArray[Any]:
    """Return the array with another last item, or itself where that is the same."""
    if array[-1].tobytes() == last:
        return array
    changed = array.copy()
    changed[-1] = np.frombuffer(last, array.dtype).reshape(array.shape[1:])
    return changed


def _whole(part: HeatPart, selection: Selection) -> Heat:
    cells = _array(part.cells, _F4).reshape(part.count, part.rows)
    ohlc = _array(part.ohlc, _F8).reshape(part.count, 4)
    ts_ms = part.start_ms + part.step_ms * np.arange(part.count, dtype=np.int64)
    gap = _array(part.gap, _U1).view(np.bool_)
    prints = None if part.prints is None else _array(part.prints, _F4).reshape(part.count, 2)
    return Heat(selection, part.step_ms, part.first_bin, ts_ms, cells, ohlc, gap, prints, Settled())


def _array(data: memoryview, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.frombuffer(data, dtype)


def _moved(
    base: Heat, shift: int, count: int, first_bin: int, rows: int, cells: NDArray[np.float32] | None = None
) -> Heat:
    """Return a copy of the base on other columns and rows: zeros, NaN and gaps where it has none.

    `cells` are written over, if there are any, and are those of what is returned.
    """
    cells = np.empty((count, rows), _F4) if cells is None else cells
    to, source = _common(len(base.ts_ms), shift, count)
    row_to, row_source = _common(base.cells_usd.shape[1], first_bin - base.first_bin, rows)
    cells[: to.start] = cells[to.stop :] = 0.0
    cells[to, : row_to.start] = cells[to, row_to.stop :] = 0.0
    cells[to, row_to] = base.cells_usd[source, row_source]
    return _moved_beside(base, shift, count, first_bin, cells)


def _moved_beside(base: Heat, shift: int, count: int, first_bin: int, cells: NDArray[np.float32]) -> Heat:
    """Return the base on other columns, with these cells."""
    to, source = _common(len(base.ts_ms), shift, count)
    ohlc, gap = np.full((count, 4), np.nan, _F8), np.ones(count, np.bool_)
    ohlc[to], gap[to] = base.ohlc_usd[source], base.gap[source]
    prints = None
    if base.prints_usd is not None:
        prints = np.zeros((count, 2), _F4)
        prints[to] = base.prints_usd[source]
    ts_ms = base.ts_ms
    if shift or count != len(ts_ms):
        ts_ms = int(ts_ms[0]) + base.step_ms * (shift + np.arange(count, dtype=np.int64))
    return Heat(base.selection, base.step_ms, first_bin, ts_ms, cells, ohlc, gap, prints)


def _common(have: int, shift: int, want: int) -> tuple[slice, slice]:
    """Return where the part that both have lies in the wanted and in the had range, if it begins `shift` later."""
    start, stop = max(shift, 0), min(have, shift + want)
    stop = max(stop, start)
    return slice(start - shift, stop - shift), slice(start, stop)
