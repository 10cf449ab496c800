"""How sure the map is: draws of it, from what is not known of the mix and from positions coming in lumps."""

from dataclasses import dataclass

import numpy as np

from liqtui.model.experts import Experts
from liqtui.model.grid import BINS_PER_HEAT_ROW
from liqtui.model.market import SIDES, Side
from liqtui.model.params import Floats
from liqtui.model.snapshot import BANDS_PCT, HEAT_BIN_LOG

DRAWS, SEED = 64, 20_261
LUMP_SIZES, LUMP_SHAPE = 2.7, 4.0
"""Mean sizes of a liquidation that stand together as one lump, and the shape of the gamma law of the sizes of lumps: a
position is printed in parts, and of those that fall into the same second only one is told."""

MOST_LUMPS = 1e12


@dataclass(frozen=True, slots=True)
class MapDraws:
    """Draws of the map of one moment, in heat rows."""

    first_bin: int
    """Absolute heat bin of the first row."""
    width_log: float
    long_usd: Floats
    """(draws, rows)"""
    short_usd: Floats
    """(draws, rows)"""

    def side_usd(self, side: Side) -> Floats:
        """Return the draws of one side, (draws, rows)."""
        return self.long_usd if side == "long" else self.short_usd

    def row_bands(self, side: Side) -> Floats:
        """Return (len(BANDS_PCT), 2, rows): lower and upper end of each band of each row, in USD."""
        return quantile_bands(self.side_usd(side))

    def zone_band(self, side: Side, first: int, stop: int) -> Floats:
        """Return (len(BANDS_PCT), 2): ends of the bands of the sum over the rows [first, stop), in USD."""
        return quantile_bands(self.side_usd(side)[:, max(first, 0) : max(stop, 0)].sum(1, keepdims=True))[..., 0]


def quantile_bands(draws: Floats) -> Floats:
    """Return the central bands of draws (draws, n) as (len(BANDS_PCT), 2, n)."""
    tails = np.array([(50 - pct / 2, 50 + pct / 2) for pct in BANDS_PCT])
    out: Floats = np.percentile(draws, tails.ravel(), axis=0).reshape(len(BANDS_PCT), 2, -1)
    return out


def map_draws(experts: Experts, price_usd: float, first_row: int, rows: int, swept: tuple[int, int]) -> MapDraws:
    """Draw the map at a price over some heat rows; the same state gives the same draws.

    `swept` are the absolute book bins that bound what price has met since the book's last bar: no long stands at or
    above the first, no short below the second. Each draw has weights of its own, and in each row a number of lumps
    that is Poisson about what the weights expect: so where little stands, there may be nothing.
    """
    start = first_row * BINS_PER_HEAT_ROW
    stop = start + rows * BINS_PER_HEAT_ROW
    drawn, books = experts.draws(DRAWS, SEED), experts.books
    long, short = (
        np.concatenate([books.levels(one, side, start, stop, weights[:, at]) for one, weights in drawn])
        for at, side in enumerate(SIDES)
    )
    long[:, max(swept[0] - start, 0) :] = 0.0
    short[:, : max(swept[1] - start, 0)] = 0.0
    lump_usd = LUMP_SIZES * (experts.size_base or 0.0) * price_usd
    rng = np.random.default_rng(SEED)
    sides = [lumpy(half.reshape(DRAWS, rows, -1).sum(2) * price_usd, lump_usd, rng) for half in (long, short)]
    return MapDraws(first_row, HEAT_BIN_LOG, sides[0], sides[1])


def lumpy(mean: Floats, lump: float, rng: np.random.Generator) -> Floats:
    """Return amounts in lumps about a mean, one for one; the mean itself where no lump is known."""
    if lump <= 0:
        return mean
    number = rng.poisson(np.minimum(mean / lump, MOST_LUMPS))
    out: Floats = rng.gamma(number * LUMP_SHAPE) * (lump / LUMP_SHAPE)
    # So many lumps are as good as even, and more than a Poisson count can hold.
    return np.where(mean / lump < MOST_LUMPS, out, mean)
