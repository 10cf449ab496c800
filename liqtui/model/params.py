"""What is assumed of the people behind the positions: how far from liquidation they open, and how positions end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from liqtui.model.margin import bracket_at
from liqtui.model.market import Bracket

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DISTANCE_BINS = 24
NEAREST_LOG, FARTHEST_LOG = 0.003, 0.8

ROUND_LEVERAGES = (125.0, 100.0, 75.0, 50.0, 40.0, 30.0, 25.0, 20.0, 15.0, 12.0, 10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0)
"""Leverages that people choose: the stops of the venues' sliders, and the numbers between them that are round too."""

POPULARITY = (1.0, 1.0, 1.0, 1.0, 0.15, 0.15, 1.0, 1.0, 0.3, 0.1, 1.0, 0.1, 0.1, 1.0, 0.1, 1.0, 1.0)
"""How often each is chosen over the nearest of the most popular ones, before any print has taught otherwise."""

ROWS = DISTANCE_BINS + len(ROUND_LEVERAGES)
"""Rows of a side's book: the distance bins, then the round leverages."""

OPENED_EDGES_PCT = (0.3, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 80.0)
"""Edges of the classes of distance for which a share is assumed."""

OPENED_PCT = (2.0, 4.0, 9.0, 16.0, 22.0, 25.0, 18.0, 4.0)
"""Notional opened in each class, in per cent of what can be liquidated at all: between the shares told of large
centralised venues and the leverage classes that Hyperliquid's open interest shows."""

TIER_OF_LARGEST = (2e-5, 2e-3, 2e-2)
"""Notionals between which positions are spread evenly in the logarithm, people and large traders, as shares of the
floor of the market's last bracket: a venue sets its brackets to the size of the market."""

TIER_SHARE = (0.75, 0.25)
"""Share of the open interest in each of the stretches between them."""


@dataclass(frozen=True, slots=True)
class SizeTier:
    """A stretch of position sizes of one market."""

    low_rate: float
    """Maintenance margin over notional of the smallest."""
    high_rate: float
    max_leverage: float
    """Highest leverage open to the smallest."""
    share: float
    """Share of the open interest."""


MAJOR_TIERS = (SizeTier(0.004, 0.0062, 125.0, 0.75), SizeTier(0.0062, 0.0156, 75.0, 0.25))
"""The tiers of the most traded markets, for where no brackets are known."""


STUBBORN_AT_LOG = 0.05
"""Distance to liquidation at which the share that stays is told."""

BRACKET_TRUST = 0.6
"""Weight of a market's own brackets against the usual ones: venues change them, and a table may be of another day."""


@dataclass(frozen=True)
class BookParams:
    """Constants of the book; all but the tiers are the same for every venue and asset."""

    rho: float = 0.2
    """Share of the volume left after the change in open interest that makes positions outliving the bar."""
    never: float = 0.5
    """Share of what is opened that no price liquidates: hedgers, unlevered, and beyond the last distance bin."""
    eta: float = 0.35
    """Closing hazard falls with distance d as d^-eta."""
    eager: float = 0.0
    """How many times likelier a close gets right before liquidation; it grows with progress p as p^eager_power."""
    eager_power: float = 3.0
    stubborn: float = 0.25
    """Share of positions opened STUBBORN_AT_LOG from liquidation that are still there when price arrives."""
    stubborn_fall: float = 0.1
    """That share falls with distance d as d^-stubborn_fall: a longer way leaves more time to step out."""
    round_share: float = 0.7
    """Share of what is opened that stands at a round leverage; the rest (cross margin, averaging) is continuous."""
    taker_gain: float = 1.3
    """How strongly the taker imbalance tilts leverage to the aggressor's side."""
    crowd_gain: float = 0.25
    """How strongly account ratios and funding tilt leverage to the crowded side."""
    prior_smear_log: float = 0.03
    """Spread of the entries of the book that stands at the start."""
    tiers: tuple["SizeTier", ...] = MAJOR_TIERS
    """How size sets maintenance and the highest leverage, in this market."""

    @cached_property
    def edges_log(self) -> Floats:
        """(K + 1,) edges of the bins of |ln(liquidation / entry)|, equal in logarithm."""
        return np.geomspace(NEAREST_LOG, FARTHEST_LOG, DISTANCE_BINS + 1)

    @cached_property
    def distance_log(self) -> Floats:
        """(ROWS,) middle of each distance bin, then the distance of each round leverage, mean over the sides."""
        middles = np.sqrt(self.edges_log[1:] * self.edges_log[:-1])
        at = 1 / np.array(ROUND_LEVERAGES)
        rungs = np.clip((np.log1p(at) - np.log1p(-at)) / 2 - self.tiers[0].low_rate, NEAREST_LOG, FARTHEST_LOG)
        return np.concatenate([middles, rungs])

    @cached_property
    def hazard(self) -> Floats:
        """(K + 1,) relative closing hazard of each distance bin and, last, of the never bin."""
        near = (self.distance_log / self.distance_log[DISTANCE_BINS - 1]) ** -self.eta
        return np.append(near, 1.0)

    @cached_property
    def has_stops(self) -> bool:
        """Whether anybody stops out on the way."""
        return bool((self.stays < 1).any())

    @cached_property
    def stays(self) -> Floats:
        """(K,) share of each distance bin that is still there when price arrives."""
        return np.clip(self.stubborn * (self.distance_log / STUBBORN_AT_LOG) ** -self.stubborn_fall, 0.0, 1.0)

    @cached_property
    def opened(self) -> Floats:
        """(K + 1,) shares of what is opened by distance bin, never last; sum 1."""
        cum = np.concatenate([[0.0], np.cumsum(OPENED_PCT)]) / sum(OPENED_PCT)
        share = np.diff(np.interp(np.log(self.edges_log), np.log(np.array(OPENED_EDGES_PCT) / 100), cum))
        return np.append(share / share.sum() * (1 - self.never), self.never)

    @cached_property
    def tilt_rank(self) -> Floats:
        """(K + 1,) how a tilt toward leverage moves each bin: 1 at the nearest, -0.75 for never."""
        middles = np.log(self.distance_log)
        rank = np.interp(middles, middles[:DISTANCE_BINS], np.linspace(1.0, -0.5, DISTANCE_BINS))
        return np.append(rank, -0.75)


def params_for(brackets: Sequence[Bracket]) -> BookParams:
    """Return the constants for a market with these maintenance brackets (lowest first); the defaults without any."""
    if not brackets:
        return BookParams()
    sizes_usd = [max(share * brackets[-1].floor_usd, 1.0) for share in TIER_OF_LARGEST]
    rates = [effective_rate(brackets, usd) for usd in sizes_usd]
    leverage = [bracket_at(brackets, usd).max_leverage for usd in sizes_usd]
    own = [SizeTier(rates[i], rates[i + 1], leverage[i], share * BRACKET_TRUST) for i, share in enumerate(TIER_SHARE)]
    usual = [
        replace(t, max_leverage=min(t.max_leverage, brackets[0].max_leverage), share=t.share * (1 - BRACKET_TRUST))
        for t in MAJOR_TIERS
    ]
    return replace(BookParams(), tiers=(*own, *usual))


def effective_rate(brackets: Sequence[Bracket], notional_usd: float) -> float:
    """Return maintenance margin over notional, the maintenance amount taken off."""
    bracket = bracket_at(brackets, notional_usd)
    return max(bracket.rate - bracket.amount_usd / notional_usd, 1e-4)
