"""Where the liquidation prices of what is opened lie: pieces of distance below the entry, spread over bins."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.margin import liquidation_price
from liqtui.model.market import SIGN, Side
from liqtui.model.params import DISTANCE_BINS, POPULARITY, ROUND_LEVERAGES, BookParams, Floats, Ints, SizeTier

MOST_OF_MARGIN = 0.5
"""Most that maintenance takes of the initial margin: a bracket with a higher rate does not offer the leverage."""

LEAST_WIDTH_LOG = 1e-3
"""Least width of the levels of one round leverage: entries, fees and funding differ."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Pieces of the distance from entry to liquidation, each even over its width, in book bins."""

    near: Floats
    far: Floats
    row: Ints
    """Distance bin that the piece belongs to."""
    share: Floats
    """Share of what is opened; all of them make one minus the never share."""


def round_distance_log(leverage: float, rate: float, side: Side) -> float:
    """Return |ln(liquidation / entry)| of an isolated position, `math.inf` where no price liquidates it.

    0 where the maintenance margin is more than the margin, so that it could not be opened.
    """
    price = liquidation_price(side, 1.0, leverage, rate)
    return max(-SIGN[side] * math.log(price), 0.0) if price > 0 else math.inf


def kernel(params: BookParams, side: Side, bin_log: float) -> Kernel:
    """Return the pieces for one side: every distance bin, and the round leverages of each tier with the share there."""
    edges, shares = params.edges_log, params.opened[:-1]
    smooth = 1 - params.round_share * sum(tier.share for tier in params.tiers)
    parts = [(edges[:-1], edges[1:], shares * smooth, np.arange(DISTANCE_BINS))]
    parts += [_rungs(params, side, tier) for tier in params.tiers]
    near, far, share, row = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Kernel(near / bin_log, far / bin_log, row, share)


def row_distance_log(params: BookParams, pieces: Kernel, bin_log: float) -> Floats:
    """Return the (ROWS,) distance to liquidation that each row stands for on the side of the pieces."""
    middle, rows = (pieces.near + pieces.far) / 2 * bin_log, len(params.distance_log)
    weight = np.bincount(pieces.row, pieces.share, rows)
    mean = np.bincount(pieces.row, pieces.share * middle, rows) / np.maximum(weight, 1e-300)
    rung = (np.arange(rows) >= DISTANCE_BINS) & (weight > 0)
    out: Floats = np.where(rung, mean, params.distance_log)
    return out


def _rungs(params: BookParams, side: Side, tier: SizeTier) -> tuple[Floats, Floats, Floats, Ints]:
    """Return near and far edge, share and row of each round leverage that a tier can choose."""
    edges = params.edges_log
    offered = [x for x in ROUND_LEVERAGES if x <= tier.max_leverage] or [tier.max_leverage]
    rung = {x: DISTANCE_BINS + i for i, x in enumerate(ROUND_LEVERAGES)}
    rates = [[min(rate, MOST_OF_MARGIN / x) for rate in (tier.low_rate, tier.high_rate)] for x in offered]
    pairs = [sorted(round_distance_log(x, m, side) for m in pair) for x, pair in zip(offered, rates, strict=True)]
    inside = [(*p, x) for p, x in zip(pairs, offered, strict=True) if edges[0] < sum(p) / 2 < edges[-1]]
    near, far, leverage = np.array(inside or [(edges[0], edges[-1], 0.0)]).T
    order = np.argsort(near)
    near = np.maximum(near[order], edges[0])
    far = np.maximum(far[order], near + LEAST_WIDTH_LOG)
    liked = dict(zip(ROUND_LEVERAGES, POPULARITY, strict=True))
    popularity = np.array([liked.get(x, 1.0) for x in leverage[order].tolist()])
    taken = _shared_among(params, (near + far) / 2, popularity)
    row = [rung.get(x, DISTANCE_BINS - 1) for x in leverage[order].tolist()]
    return near, far, taken * params.round_share * tier.share, np.array(row)


def _shared_among(params: BookParams, middle: Floats, popularity: Floats) -> Floats:
    """Return what is opened at each of some ascending distances (n,), all that can be liquidated together.

    Each popular one draws from as far as half-way to the next; the others get their popularity's share of what the
    nearest popular one draws.
    """
    edges, cum = params.edges_log, np.concatenate([[0.0], np.cumsum(params.opened[:-1])])
    main = middle[popularity >= popularity.max()]
    borders = np.concatenate([edges[:1], np.sqrt(main[1:] * main[:-1]), edges[-1:]])
    drawn = np.diff(np.interp(np.log(borders), np.log(edges), cum))
    nearest = np.abs(np.log(middle)[:, None] - np.log(main)).argmin(1)
    taken = popularity / popularity.max() * drawn[nearest]
    out: Floats = taken * (cum[-1] / taken.sum())
    return out
