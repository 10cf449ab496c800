"""A recorded market, replayed as at a start, and what is known of its bars one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from liqtui.feeds.brackets import binance_brackets
from liqtui.model.intensity import Intensity
from liqtui.model.joined_bars import SINGLE_MS, joined_bar
from liqtui.model.joining import Flows, Told
from liqtui.model.market import DAY_MS, MINUTE_MS, Liquidation, OpenInterest, PriceBar
from liqtui.model.synthetic import MarketSpec, SyntheticMarket
from tests.model.markets import START_MS

FIVE = 5 * MINUTE_MS
LOOK_MS = START_MS + 9 * DAY_MS
"""A first look at which no column of the first two days is seen, and the third in the longest window alone."""
SEEN_LOOK_MS = START_MS + 3 * DAY_MS + SINGLE_MS
"""One at which the longest window shows all three days, and no other one does."""


def told_bars(bars: Sequence[PriceBar], samples: Sequence[OpenInterest]) -> list[Told]:
    """Return bars with what was known at the end of each."""
    flows, before = Flows(), bars[0].open_usd
    for sample in samples:
        flows.oi.add(sample)
    out = []
    for bar in bars:
        out.append(flows.told(bar, before))
        before = bar.close_usd
    return out


@dataclass(frozen=True)
class Recorded:
    """Observations of a synthetic market, 5 minutes apart."""

    bars: tuple[PriceBar, ...]
    samples: tuple[OpenInterest, ...]
    prints: tuple[Liquidation, ...]


@cache
def market(days: int = 3) -> Recorded:
    """Return a market in which people are really liquidated."""
    spec = MarketSpec("BTC", 60_000.0, 50_000.0, 0.035, 1, binance_brackets("BTCUSDT"))
    made = SyntheticMarket(spec, {"demo": 1.0}, 3, START_MS)
    bars, samples = list[PriceBar](), [OpenInterest(START_MS, made.oi_base(0))]
    prints = list[Liquidation]()
    for _ in range(days * 288):
        minutes = [made.step() for _ in range(5)]
        bars.append(joined_bar([one.bar(0) for one in minutes]))
        samples.append(OpenInterest(made.now_ms, made.oi_base(0)))
        prints += [told for one in minutes for told in one.venues[0].liquidations]
    return Recorded(tuple(bars), tuple(samples), tuple(prints))


def replayed(
    look_ms: int | None,
    past: Recorded,
    heard_since_ms: Callable[[PriceBar], int | None] = lambda bar: None,
) -> Intensity:
    """Return a market that has taken in everything, in the order in which it was known."""
    model = Intensity()
    model.expect_look(look_ms)
    told = sampled = 0
    for bar in past.bars:
        while sampled < len(past.samples) and past.samples[sampled].ts_ms <= bar.end_ms:
            model.add_open_interest(past.samples[sampled])
            sampled += 1
        while told < len(past.prints) and past.prints[told].ts_ms < bar.end_ms:
            model.add_print(past.prints[told])
            told += 1
        model.hear_prints(heard_since_ms(bar))
        model.add_bar(bar)
    return model


def far_maps(*models: Intensity) -> list[np.ndarray]:
    """Return the maps, long and short, within 10 % of price."""
    out = []
    for model in models:
        now = model.now_map()
        assert now is not None
        middle = len(now.long_usd) // 2
        out.append(np.concatenate([now.long_usd[middle - 200 : middle], now.short_usd[middle : middle + 200]]))
    return out
