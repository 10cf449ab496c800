"""What a bar swept of the book against the liquidations printed in it: the rows that the mix is learned from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BOOK_BIN_LOG, bin_at
from liqtui.model.listening import Heard
from liqtui.model.market import SIDES, SIGN, Side
from liqtui.model.params import ROWS, Floats

CHUNK_BINS = 2
"""Swept bins that make one row: a liquidation price is known to 10 bp or so, not to a bin."""

WEIGHTS = 2 * ROWS
"""Weights of the mix: every row of the longs, then of the shorts."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What price took out of one side in one bar."""

    first_bin: int
    """Own-direction bin of the first column."""
    mass: Floats
    """(ROWS, columns) base coin before it was taken, by row; no columns where nothing was."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Exposures and liquidations, chunk by chunk of what was swept."""

    exposure: Floats
    """(rows, WEIGHTS) base coin swept."""
    count: Floats
    """(rows,) liquidations there, those that were not printed included."""


def rows_of(sweeps: Mapping[Side, Sweep], heard: Heard) -> Rows:
    """Return the rows of one bar from what was heard of it; prints of a side without exposure are left out."""
    parts = [_side_rows(side, sweeps[side], heard) for side in SIDES]
    return Rows(np.concatenate([rows.exposure for rows in parts]), np.concatenate([rows.count for rows in parts]))


def _side_rows(side: Side, sweep: Sweep, heard: Heard) -> Rows:
    columns = sweep.mass.shape[1]
    if columns == 0:
        return Rows(np.zeros((0, WEIGHTS)), np.zeros(0))
    starts = np.arange(0, columns, CHUNK_BINS)
    at = SIDES.index(side) * ROWS
    exposure = np.zeros((len(starts), WEIGHTS))
    exposure[:, at : at + ROWS] = np.add.reduceat(sweep.mass, starts, axis=1).T
    count = np.zeros(len(starts))
    for one, level_log, weight in heard.placed():
        if one.side == side:
            column = bin_at(SIGN[side] * level_log, BOOK_BIN_LOG) - sweep.first_bin
            count[min(max(column, 0), columns - 1) // CHUNK_BINS] += weight
    return Rows(exposure, count)
