"""What stands at which distance from its entry, as assumed and as learned: the mix of one market for people to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from liqtui.model.bands import DRAWS, SEED
from liqtui.model.book import Book
from liqtui.model.calibration import Calibration, by_side, fitted
from liqtui.model.market import SIDES, Side
from liqtui.model.params import OPENED_EDGES_PCT, Floats
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


def mix_of(book: Book, calibration: Calibration, weights: Mapping[Side, Floats] | None, price_usd: float) -> Mix:
    """Return the mix of a book at a price; `weights` (K,) by side are those of the map, None while every one is 1."""
    classes = _classes(book.params.edges_log)
    held = {side: half.held()[:-1] for side, half in book.sides.items()}
    plain = {side: mass @ classes * price_usd for side, mass in held.items()}
    if weights is None:
        return Mix(plain, plain, {side: np.repeat(usd[None], DRAWS, 0) for side, usd in plain.items()})
    drawn = [fitted(by_side(theta), held, book.oi_base) for theta in calibration.draws(DRAWS, SEED)]
    return Mix(
        plain,
        {side: (mass * weights[side]) @ classes * price_usd for side, mass in held.items()},
        {side: np.array([one[side] * held[side] for one in drawn]) @ classes * price_usd for side in held},
    )


def _classes(edges_log: Floats) -> Floats:
    """Return the (K, classes) share of each distance bin that lies in each class, even in the logarithm."""
    bins, classes = np.log(edges_log), np.log(np.array(OPENED_EDGES_PCT) / 100)
    low = np.maximum(bins[:-1, None], classes[None, :-1])
    high = np.minimum(bins[1:, None], classes[None, 1:])
    out: Floats = np.maximum(high - low, 0.0) / np.diff(bins)[:, None]
    return out


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
