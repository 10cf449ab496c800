"""A seeded market for the benches: a random walk as bars, with open interest and prints beside it."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.intensity import Intensity
from liqtui.model.market import MINUTE_MS, SIDES, Liquidation, OpenInterest, PriceBar

START_MS = 1_700_000_100_000
START_USD, OI_BASE, VOLUME_BASE_PER_MIN = 60_000.0, 80_000.0, 150.0
MINUTE_MOVE_LOG, OI_MOVE_LOG = 7e-4, 5e-4
PRINTS_PER_BAR = 1.5


@dataclass(frozen=True, slots=True)
class Moment:
    """A bar, and what is known at its end."""

    bar: PriceBar
    interest: OpenInterest
    prints: tuple[Liquidation, ...]


def market(count: int, step_ms: int, seed: int = 7) -> list[Moment]:
    """Return `count` bars with the prints in each, and open interest at least five minutes apart."""
    rng = np.random.default_rng(seed)
    move = MINUTE_MOVE_LOG * math.sqrt(step_ms / MINUTE_MS)
    path = np.log(START_USD) + np.concatenate([[0.0], rng.normal(0, move, count).cumsum()])
    reach = np.abs(rng.normal(0, move / 2, (2, count)))
    volume = VOLUME_BASE_PER_MIN * step_ms / MINUTE_MS * rng.lognormal(0, 0.8, count)
    bought = volume * rng.beta(8, 8, count)
    every = max(5 * MINUTE_MS // step_ms, 1)
    interest = OI_BASE * np.exp(rng.normal(0, OI_MOVE_LOG, count // every + 1).cumsum())
    moments = []
    for i in range(count):
        bar = PriceBar(
            ts_ms=START_MS + i * step_ms,
            step_ms=step_ms,
            open_usd=math.exp(path[i]),
            high_usd=math.exp(max(path[i], path[i + 1]) + reach[0, i]),
            low_usd=math.exp(min(path[i], path[i + 1]) - reach[1, i]),
            close_usd=math.exp(path[i + 1]),
            volume_base=float(volume[i]),
            taker_buy_base=float(bought[i]),
        )
        at = i // every
        sample = OpenInterest(START_MS + at * every * step_ms, float(interest[at]))
        moments.append(Moment(bar, sample, _prints(bar, rng)))
    return moments


def _prints(bar: PriceBar, rng: np.random.Generator) -> tuple[Liquidation, ...]:
    """Return a few prints at even prices inside the bar."""
    found = []
    for _ in range(int(rng.poisson(PRINTS_PER_BAR))):
        ts_ms = bar.ts_ms + int(rng.integers(bar.step_ms))
        price = float(rng.uniform(bar.low_usd, bar.high_usd))
        size = float(rng.lognormal(0.0, 1.0))
        found.append(Liquidation(ts_ms, "bench", "BTC", SIDES[int(rng.integers(2))], size, price, price, price))
    return tuple(found)


def tell(intensity: Intensity, moment: Moment) -> None:
    """Tell a market a bar in the order in which it would hear of it."""
    for one in moment.prints:
        intensity.add_print(one)
    intensity.add_open_interest(moment.interest)
    intensity.add_bar(moment.bar)


def told(moments: list[Moment]) -> Intensity:
    """Return a market that has heard everything, every print included."""
    intensity = Intensity()
    intensity.hear_prints(0)
    for moment in moments:
        tell(intensity, moment)
    return intensity
