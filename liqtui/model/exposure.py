"""What a bar swept of the book against the liquidations printed in it: the rows that the mix is learned from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from liqtui.model.grid import BOOK_BIN_LOG, bin_at
from liqtui.model.market import MINUTE_MS, SIDES, SIGN, Liquidation, Side
from liqtui.model.params import DISTANCE_BINS, Floats

CHUNK_BINS = 4
"""Swept bins that make one row: a recovered liquidation price is known to 10 bp or so, not to a bin."""

WEIGHTS = 2 * DISTANCE_BINS
"""Weights of the mix: every distance bin of the longs, then of the shorts."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What price took out of one side in one bar."""

    first_bin: int
    """Own-direction bin of the first column."""
    mass: Floats
    """(K, columns) base coin before it was taken, by distance bin; no columns where nothing was."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Exposures and liquidations, chunk by chunk of what was swept."""

    exposure: Floats
    """(rows, WEIGHTS) base coin swept."""
    count: Floats
    """(rows,) liquidations there, those that were not printed included."""


def rows_of(sweeps: Mapping[Side, Sweep], prints: Sequence[Liquidation], sampled: bool) -> Rows:
    """Return the rows of one bar from the prints stamped in it; prints of a side without exposure are left out."""
    weights = true_counts(prints, sampled)
    parts = [_side_rows(side, sweeps[side], prints, weights) for side in SIDES]
    return Rows(np.concatenate([rows.exposure for rows in parts]), np.concatenate([rows.count for rows in parts]))


def true_counts(prints: Sequence[Liquidation], sampled: bool) -> Floats:
    """Return how many liquidations each print stands for.

    A venue that prints at most one a second shows presence or absence in each second: with n of the S = 60 seconds of
    a minute marked, the likelihood n ln(1 - exp(-L/S)) - (S - n) L/S is highest at L = -S ln(1 - n/S) liquidations.
    It takes them as even over the minute; where they came in fewer seconds, more were hidden than this says.
    """
    if not sampled:
        return np.ones(len(prints))
    seconds: dict[int, set[int]] = {}
    for one in prints:
        seconds.setdefault(one.ts_ms // MINUTE_MS, set()).add(one.ts_ms // 1000)
    per_print = {}
    for minute, marked in seconds.items():
        share = min(len(marked), 59.5) / 60
        per_print[minute] = -60 * math.log(1 - share) / len(marked)
    return np.array([per_print[one.ts_ms // MINUTE_MS] for one in prints])


def level_of(one: Liquidation) -> float | None:
    """Return the log of the price at which a liquidation was triggered, as well as it is known; None if not at all."""
    for price in (one.liquidation_usd, one.bankruptcy_usd, one.price_usd):
        if price is not None and 0 < price < math.inf:
            return math.log(price)
    return None


def _side_rows(side: Side, sweep: Sweep, prints: Sequence[Liquidation], weights: Floats) -> Rows:
    columns = sweep.mass.shape[1]
    if columns == 0:
        return Rows(np.zeros((0, WEIGHTS)), np.zeros(0))
    starts = np.arange(0, columns, CHUNK_BINS)
    at = SIDES.index(side) * DISTANCE_BINS
    exposure = np.zeros((len(starts), WEIGHTS))
    exposure[:, at : at + DISTANCE_BINS] = np.add.reduceat(sweep.mass, starts, axis=1).T
    count = np.zeros(len(starts))
    for one, weight in zip(prints, weights.tolist(), strict=True):
        level = level_of(one) if one.side == side else None
        if level is not None:
            column = bin_at(SIGN[side] * level, BOOK_BIN_LOG) - sweep.first_bin
            count[min(max(column, 0), columns - 1) // CHUNK_BINS] += weight
    return Rows(exposure, count)
