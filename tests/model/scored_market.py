"""A synthetic market with its true map, its prints, and the same prints robbed of their places."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from liqtui.feeds.brackets import binance_brackets
from liqtui.model.grid import BOOK_BIN_LOG, bin_of
from liqtui.model.market import Liquidation, PriceBar
from liqtui.model.now_map import NowMap
from liqtui.model.scorer import Scorer
from liqtui.model.skill import SkillReport
from liqtui.model.synthetic import MarketSpec, SyntheticMarket

START_MS = 1_760_054_400_000
"""2025-10-10 00:00 UTC."""
REACH_BINS = 400


@dataclass(frozen=True)
class Recorded:
    """Minute by minute; the map is there before every fifth bar."""

    maps: tuple[NowMap | None, ...]
    bars: tuple[PriceBar, ...]
    prints: tuple[Liquidation, ...]


@cache
def recorded(seed: int = 3, days: int = 5) -> Recorded:
    """Return a market; the same seed gives the same."""
    spec = MarketSpec("BTC", 60_000.0, 50_000.0, 0.035, 1, binance_brackets("BTCUSDT"))
    market = SyntheticMarket(spec, {"demo": 1.0}, seed, START_MS)
    maps: list[NowMap | None] = []
    bars: list[PriceBar] = []
    prints: list[Liquidation] = []
    for at in range(days * 1440):
        maps.append(true_map(market) if at % 5 == 0 else None)
        minute = market.step()
        bars.append(minute.bar(0))
        prints += minute.venues[0].liquidations
    return Recorded(tuple(maps), tuple(bars), tuple(prints))


def true_map(market: SyntheticMarket) -> NowMap:
    """Return the market's real positions as a map."""
    first = bin_of(market.price_usd) - REACH_BINS
    edges = np.exp(np.arange(first, first + 2 * REACH_BINS + 1) * BOOK_BIN_LOG)
    long, short = market.true_map(0, edges)
    return NowMap(first, BOOK_BIN_LOG, long, short)


def scored(maps: Sequence[NowMap | None], bars: Sequence[PriceBar], prints: Sequence[Liquidation]) -> SkillReport:
    """Return the report of a scorer that was shown all."""
    return shown(Scorer(), maps, bars, prints).report()


def shown(
    scorer: Scorer, maps: Sequence[NowMap | None], bars: Sequence[PriceBar], prints: Sequence[Liquidation]
) -> Scorer:
    """Show a scorer bars with the maps before them and the prints within them."""
    waiting = list(reversed(prints))
    for now, bar in zip(maps, bars, strict=True):
        if scorer.wants_map:
            scorer.before(now)
        while waiting and waiting[-1].ts_ms < bar.end_ms:
            scorer.add_print(waiting.pop())
        scorer.add_bar(bar)
    return scorer


def moved(print_: Liquidation, price_usd: float) -> Liquidation:
    """Return the print at another price."""
    return replace(print_, price_usd=price_usd, liquidation_usd=price_usd, bankruptcy_usd=price_usd)


def exchanged(prints: Sequence[Liquidation], seed: int = 1) -> list[Liquidation]:
    """Return the prints with their prices dealt out anew among them."""
    prices = [p.liquidation_usd or p.price_usd for p in prints]
    random.Random(seed).shuffle(prices)
    return [moved(p, usd) for p, usd in zip(prints, prices, strict=True)]


def anywhere(prints: Sequence[Liquidation], seed: int = 1) -> list[Liquidation]:
    """Return the prints at prices up to a tenth away."""
    rng = random.Random(seed)
    return [moved(p, p.price_usd * math.exp(rng.uniform(-0.1, 0.1))) for p in prints]


def in_the_bar(prints: Sequence[Liquidation], bars: Sequence[PriceBar], seed: int = 1) -> list[Liquidation]:
    """Return the prints at prices drawn evenly from the range of their bars."""
    rng = random.Random(seed)
    by_start = {bar.ts_ms: bar for bar in bars}
    step_ms = bars[0].step_ms
    ranges = [by_start[p.ts_ms // step_ms * step_ms] for p in prints]
    return [moved(p, rng.uniform(b.low_usd, b.high_usd)) for p, b in zip(prints, ranges, strict=True)]
