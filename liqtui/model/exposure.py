"""What a bar swept of the book against the liquidations printed in it: the rows that the mix is learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BOOK_BIN_LOG, bin_at
from liqtui.model.listening import Heard
from liqtui.model.market import SIDES, SIGN
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
    """(experts, ROWS, columns) base coin before it was taken, by row; no columns where nothing was."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Exposures and liquidations, chunk by chunk of what was swept."""

    exposure: Floats
    """(experts, rows, WEIGHTS) base coin swept."""
    count: Floats
    """(rows,) liquidations there, those that were not printed included."""


def rows_of(sweeps: Sequence[Sweep], heard: Heard) -> Rows:
    """Return the rows of one bar from what was heard of it; prints of a side without exposure are left out.

    `sweeps` are those of the longs and of the shorts.
    """
    chunks = [-(-sweep.mass.shape[2] // CHUNK_BINS) for sweep in sweeps]
    exposure = np.zeros((len(sweeps[0].mass), sum(chunks), WEIGHTS))
    count = np.zeros(sum(chunks))
    for at, (first, sweep) in enumerate(zip((0, chunks[0]), sweeps, strict=True)):
        if chunks[at]:
            by_chunk = sweep.mass
            if by_chunk.shape[2] > 1:
                by_chunk = np.add.reduceat(by_chunk, np.arange(0, by_chunk.shape[2], CHUNK_BINS), axis=2)
            exposure[:, first : first + chunks[at], at * ROWS : (at + 1) * ROWS] = by_chunk.transpose(0, 2, 1)
    for one, level_log, weight in heard.placed():
        at = SIDES.index(one.side)
        if chunks[at]:
            column = bin_at(SIGN[one.side] * level_log, BOOK_BIN_LOG) - sweeps[at].first_bin
            place = min(max(column, 0), sweeps[at].mass.shape[2] - 1) // CHUNK_BINS
            count[place + at * chunks[0]] += weight
    return Rows(exposure, count)
