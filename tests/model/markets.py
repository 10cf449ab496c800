"""Hand-made observations for the tests: a seeded wandering price as bars, with open interest beside it."""

import numpy as np

from liqtui.model.market import MINUTE_MS, OpenInterest, PriceBar

START_MS = 1_764_547_200_000
"""2025-12-01 00:00 UTC."""


def wandering_bars(
    count: int, step_ms: int = 5 * MINUTE_MS, seed: int = 1, start_usd: float = 50_000.0, start_ms: int = START_MS
) -> list[PriceBar]:
    """Return closed bars whose prices are continuous from one to the next."""
    rng = np.random.default_rng(seed)
    price, bars = start_usd, []
    for i in range(count):
        path = price * np.exp(np.cumsum(rng.normal(0, 0.0008, 8)))
        low, high = float(min(path.min(), price)), float(max(path.max(), price))
        volume = float(rng.uniform(5, 50))
        bars.append(
            PriceBar(start_ms + i * step_ms, step_ms, price, high, low, float(path[-1]), volume, volume * rng.uniform())
        )
        price = float(path[-1])
    return bars


def wandering_oi(
    count: int, step_ms: int = 5 * MINUTE_MS, seed: int = 2, start_ms: int = START_MS
) -> list[OpenInterest]:
    """Return samples at equal steps."""
    rng = np.random.default_rng(seed)
    values = 10_000 * np.exp(np.cumsum(rng.normal(0, 0.003, count)))
    return [OpenInterest(start_ms + i * step_ms, float(v)) for i, v in enumerate(values)]
