"""What stands at which distance from its entry, as assumed and as learned: the mix of one market for people to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from liqtui.model.bands import DRAWS, SEED
from liqtui.model.experts import Experts
from liqtui.model.market import SIDES, Side
from liqtui.model.params import DISTANCE_BINS, OPENED_EDGES_PCT, BookParams, Floats
from liqtui.model.snapshot import MixClass

BAND_PCT = 80.0


@dataclass(frozen=True, slots=True)
class Mix:
    """Notional that price can liquidate by class of distance (`OPENED_EDGES_PCT`), by side."""

    assumed_usd: Mapping[Side, Floats]
    """(classes,)"""
    learned_usd: Mapping[Side, Floats]
    """(classes,)"""
    draws_usd: Mapping[Side, Floats]
    """(draws, classes)"""


def mix_of(experts: Experts, price_usd: float) -> Mix:
    """Return the mix of what the experts hold at a price, each counted by its share."""
    classes = _classes(experts.books.params)
    held, shares = experts.held(), experts.shares()[:, None, None] * price_usd
    plain = _by_side((shares * held).sum(0) @ classes)
    if not experts.taught:
        return Mix(plain, plain, {side: np.repeat(usd[None], DRAWS, 0) for side, usd in plain.items()})
    drawn = [weights * held[one] @ classes * price_usd for one, weights in experts.draws(DRAWS, SEED)]
    learned = _by_side((shares * held * experts.weights()).sum(0) @ classes)
    return Mix(plain, learned, _by_side(np.concatenate(drawn).swapaxes(0, 1)))


def _by_side(values: Floats) -> dict[Side, Floats]:
    """Return the values (2, ...) by side."""
    return dict(zip(SIDES, values, strict=True))


def _classes(params: BookParams) -> Floats:
    """Return the (ROWS, classes) share of each row that lies in each class; a bin is even in the logarithm."""
    bins, classes = np.log(params.edges_log), np.log(np.array(OPENED_EDGES_PCT) / 100)
    low = np.maximum(bins[:-1, None], classes[None, :-1])
    high = np.minimum(bins[1:, None], classes[None, 1:])
    smooth = np.maximum(high - low, 0.0) / np.diff(bins)[:, None]
    rungs = np.log(params.distance_log[DISTANCE_BINS:])[:, None]
    return np.concatenate([smooth, ((classes[:-1] <= rungs) & (rungs < classes[1:])).astype(np.float64)])


def mix_classes(mixes: Sequence[Mix]) -> tuple[MixClass, ...]:
    """Return the classes of both sides over some markets, longs first, nearest first; markets are drawn apart."""
    found: list[MixClass] = []
    for side in SIDES:
        assumed = _shares_pct(np.sum([mix.assumed_usd[side] for mix in mixes], axis=0))
        learned = _shares_pct(np.sum([mix.learned_usd[side] for mix in mixes], axis=0))
        draws = _shares_pct(np.sum([apart(mix.draws_usd[side], at) for at, mix in enumerate(mixes)], axis=0))
        low, high = np.percentile(draws, [50 - BAND_PCT / 2, 50 + BAND_PCT / 2], axis=0)
        edges = pairwise(OPENED_EDGES_PCT)
        found += [
            MixClass(side, near, far, *(float(row[at]) for row in (assumed, learned, low, high)))
            for at, (near, far) in enumerate(edges)
        ]
    return tuple(found)


def apart(draws: Floats, market: int) -> Floats:
    """Return the draws (draws, n) in an order of each market's own: equal seeds must not make markets move together."""
    return draws if market == 0 else draws[np.random.default_rng(market).permutation(len(draws))]


def _shares_pct(usd: Floats) -> Floats:
    """Return (..., classes) in per cent of their sum; 0 where nothing stands."""
    total = usd.sum(-1, keepdims=True)
    out: Floats = np.divide(100.0 * usd, total, out=np.zeros_like(usd), where=total > 0)
    return out
