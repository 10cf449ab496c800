"""Heats of several venues brought to the same columns."""

import numpy as np

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
