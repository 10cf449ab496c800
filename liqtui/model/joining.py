"""Bars joined with what else is known at their end: open interest, takers, the crowd."""

import math
from bisect import bisect_right, insort
from collections import deque

from liqtui.model.market import Funding, LongShortRatio, OpenInterest, PriceBar


class OpenInterestTrack:
    """Open-interest samples in order of time, whatever the order they arrive in."""

    def __init__(self) -> None:
        self._samples: list[tuple[int, float]] = []

    def add(self, sample: OpenInterest) -> None:
        """Take in a sample; one with the same stamp is replaced."""
        if not math.isfinite(sample.oi_base) or sample.oi_base < 0:
            return
        at = bisect_right(self._samples, (sample.ts_ms, -1.0))
        if at < len(self._samples) and self._samples[at][0] == sample.ts_ms:
            self._samples[at] = (sample.ts_ms, sample.oi_base)
        else:
            insort(self._samples, (sample.ts_ms, sample.oi_base))

    def __bool__(self) -> bool:
        return bool(self._samples)

    def at(self, ts_ms: int) -> tuple[int, float]:
        """Return stamp and value of the newest sample stamped `ts_ms` or before; the first one for times before it."""
        i = bisect_right(self._samples, (ts_ms, math.inf)) - 1
        return self._samples[max(i, 0)]

    def forget_before(self, ts_ms: int) -> None:
        """Drop what is older, but never the newest sample."""
        i = min(bisect_right(self._samples, (ts_ms, -1.0)), len(self._samples) - 1)
        if i > 1000:
            del self._samples[:i]


class RecentRange:
    """Log price ranges of the newest bars: where a change of open interest that is only now known came about."""

    def __init__(self) -> None:
        self._bars: deque[tuple[float, float, float]] = deque(maxlen=60)

    def add(self, bar: PriceBar) -> None:
        """Take in a bar."""
        middle_ms = bar.ts_ms + bar.step_ms / 2
        self._bars.append((middle_ms, math.log(bar.low_usd), math.log(bar.high_usd)))

    def between(self, after_ms: int, until_ms: int) -> tuple[float, float] | None:
        """Return lowest and highest of the bars whose middle lies in (after, until], None without any."""
        found = [b for b in self._bars if after_ms < b[0] <= until_ms]
        return (min(b[1] for b in found), max(b[2] for b in found)) if found else None


def taker_imbalance(bar: PriceBar) -> float:
    """Return taker buys minus sells over volume, in [-1, 1]; 0 where unknown."""
    if bar.taker_buy_base is None or bar.volume_base <= 0:
        return 0.0
    return min(max(2 * bar.taker_buy_base / bar.volume_base - 1, -1.0), 1.0)


def crowd_lean(ratio: LongShortRatio | None, funding: Funding | None) -> float:
    """Return how far the crowd leans to the long side, in [-1, 1], from account ratio and funding (8 h rate)."""
    lean = math.tanh(math.log(ratio.ratio)) if ratio else 0.0
    pay = math.tanh(funding.rate * 8 / funding.interval_h / 5e-4) if funding else 0.0
    return 0.5 * (lean + pay)


def is_sound(bar: PriceBar) -> bool:
    """Return whether the prices of a bar are positive and finite and its volume finite."""
    prices = (bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd)
    return all(0 < p < math.inf for p in prices) and bar.low_usd <= bar.high_usd and math.isfinite(bar.volume_base)


def swept_range(bar: PriceBar, before_usd: float) -> tuple[float, float]:
    """Return lowest and highest log price that triggered liquidations: mark prices where known, else last prices.

    Last prices run on from the close before, so that what price jumped over in a hole is swept too.
    """
    low, high = bar.mark_low_usd, bar.mark_high_usd
    if low is not None and high is not None and 0 < low <= high < math.inf:
        return math.log(low), math.log(high)
    return math.log(min(bar.low_usd, before_usd)), math.log(max(bar.high_usd, before_usd))
