"""Heats of several venues brought to the same columns, and their sum."""

from collections.abc import Sequence

import numpy as np

from liqtui.model.selection import Selection
from liqtui.model.snapshot import Heat

LATE_STEPS = 2
"""Columns by which bars may lag behind the clock before a gap is shown."""


def carried(heat: Heat, end_ms: int) -> Heat:
    """Return the heat with columns up to `end_ms`: its last one repeated if it lags a little, else gaps."""
    missing = int((end_ms - heat.ts_ms[-1]) // heat.step_ms)
    if missing == 0:
        return heat
    more = heat.ts_ms[-1] + heat.step_ms * np.arange(1, missing + 1, dtype=np.int64)
    late = missing > LATE_STEPS or bool(heat.gap[-1])
    fill = np.zeros_like(heat.cells_usd[-1:]) if late else heat.cells_usd[-1:]
    price = np.nan if late else heat.ohlc_usd[-1, 3]
    return Heat(
        heat.selection,
        heat.step_ms,
        heat.first_bin,
        np.concatenate([heat.ts_ms[missing:], more]),
        np.concatenate([heat.cells_usd[missing:], np.repeat(fill, missing, axis=0)]),
        np.concatenate([heat.ohlc_usd[missing:], np.full((missing, 4), price)]),
        np.concatenate([heat.gap[missing:], np.full(missing, late)]),
    )


def coarsened(heat: Heat, step_ms: int) -> Heat:
    """Return the heat in longer columns: cells at the end of each, prices over all of it."""
    if heat.step_ms == step_ms:
        return heat
    group = heat.ts_ms // step_ms
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    ends = np.append(starts[1:], len(group)) - 1
    ohlc = np.full((len(starts), 4), np.nan)
    for i, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        part = heat.ohlc_usd[a : b + 1][~heat.gap[a : b + 1]]
        if len(part):
            ohlc[i] = part[0, 0], part[:, 1].max(), part[:, 2].min(), part[-1, 3]
    return Heat(
        heat.selection, step_ms, heat.first_bin, group[starts] * step_ms, heat.cells_usd[ends], ohlc, heat.gap[ends]
    )


def combine_heat(selection: Selection, heats: Sequence[Heat]) -> Heat | None:
    """Return the sum over venues, aligned in time and rows; a gap where all are gaps.

    Where column lengths differ the longest rules. A venue whose bars lag by a column or two is carried forward.
    Price comes from the venue with the most notional, and from the others where that one has a gap.
    """
    if not heats:
        return None
    step = max(h.step_ms for h in heats)
    parts = [coarsened(h, step) for h in heats]
    end = max(int(h.ts_ms[-1]) for h in parts)
    parts = [carried(h, end) for h in parts]
    count = max(len(h.ts_ms) for h in parts)
    first = min(h.first_bin for h in parts)
    rows = max(h.first_bin + h.cells_usd.shape[1] for h in parts) - first
    ts = end - step * np.arange(count - 1, -1, -1, dtype=np.int64)
    cells = np.zeros((count, rows), dtype=np.float32)
    ohlc, gap = np.full((count, 4), np.nan), np.ones(count, dtype=np.bool_)
    for h in sorted(parts, key=lambda h: float(h.cells_usd[-1].sum()), reverse=True):
        columns = slice(int((h.ts_ms[0] - ts[0]) // step), None)
        cells[columns, h.first_bin - first : h.first_bin - first + h.cells_usd.shape[1]] += h.cells_usd
        ohlc[columns] = np.where(gap[columns, None], h.ohlc_usd, ohlc[columns])
        gap[columns] &= h.gap
    return Heat(selection, step, first, ts, cells, ohlc, gap)
