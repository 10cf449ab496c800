"""Bars joined with what else is known at their end: open interest, takers, the crowd."""

import math
from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass
from itertools import dropwhile, takewhile

from liqtui.model.book import Flow
from liqtui.model.market import DAY_MS, Funding, Liquidation, LongShortRatio, OpenInterest, PriceBar

KEEP_OI_MS = 4 * DAY_MS


class OpenInterestTrack:
    """Open-interest samples in order of time, whatever the order they arrive in."""

    def __init__(self) -> None:
        self._samples: list[tuple[int, float]] = []

    def add(self, sample: OpenInterest) -> None:
        """Take in a sample; one with the same stamp is replaced."""
        if not math.isfinite(sample.oi_base) or sample.oi_base < 0:
            return
        if not self._samples or self._samples[-1][0] < sample.ts_ms:
            self._samples.append((sample.ts_ms, sample.oi_base))
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
        if self._samples[-1][0] <= ts_ms:
            return self._samples[-1]
        i = bisect_right(self._samples, (ts_ms, math.inf)) - 1
        return self._samples[max(i, 0)]

    def forget_before(self, ts_ms: int) -> None:
        """Drop what is older, but never the newest sample."""
        if len(self._samples) <= 1001 or self._samples[1001][0] >= ts_ms:
            return
        i = min(bisect_right(self._samples, (ts_ms, -1.0)), len(self._samples) - 1)
        if i > 1000:
            del self._samples[:i]


class RecentRange:
    """Log price ranges of the newest bars, newest first: where a change of open interest known late came about."""

    def __init__(self) -> None:
        self._bars: deque[PriceBar] = deque(maxlen=60)

    def add(self, bar: PriceBar) -> None:
        """Take in a bar."""
        self._bars.appendleft(bar)

    def between(self, after_ms: int, until_ms: int) -> tuple[float, float] | None:
        """Return lowest and highest of the bars whose middle lies in (after, until], None without any."""
        early = dropwhile(lambda bar: bar.ts_ms + bar.step_ms / 2 > until_ms, self._bars)
        found = list(takewhile(lambda bar: bar.ts_ms + bar.step_ms / 2 > after_ms, early))
        if not found:
            return None
        return math.log(min(bar.low_usd for bar in found)), math.log(max(bar.high_usd for bar in found))


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


@dataclass(slots=True)
class Told:
    """A bar, and what was known of the market at its end."""

    bar: PriceBar
    before_usd: float
    """The close before it."""
    oi_base: float
    change_ms: tuple[int, int]
    """Stamps of the open interest before and of this one."""
    crowd: float
    """How far the crowd leans to the long side, in [-1, 1]."""
    prints: list[Liquidation] | None = None
    """All its prints; None where some may be missing."""


class Flows:
    """What stands beside the bars of a market, and what it makes of each of them."""

    def __init__(self) -> None:
        self.oi = OpenInterestTrack()
        self._ratio: LongShortRatio | None = None
        self._funding: Funding | None = None
        self._crowd = 0.0
        self._recent = RecentRange()
        self._stamp_ms: int | None = None
        """Stamp of the sample that the newest bar was given."""

    def add_ratio(self, sample: LongShortRatio) -> None:
        """Take in a ratio of accounts."""
        self._ratio, self._crowd = sample, crowd_lean(sample, self._funding)

    def add_funding(self, sample: Funding) -> None:
        """Take in a funding rate."""
        self._funding, self._crowd = sample, crowd_lean(self._ratio, sample)

    def told(self, bar: PriceBar, before_usd: float) -> Told:
        """Return a bar, the next one, with what is known at its end; `before_usd` is the close before it."""
        stamp_ms, oi_base = self.oi.at(bar.end_ms)
        self._recent.add(bar)
        before_ms = stamp_ms if self._stamp_ms is None else self._stamp_ms
        self._stamp_ms = max(stamp_ms, before_ms)
        self.oi.forget_before(bar.end_ms - KEEP_OI_MS)
        return Told(bar, before_usd, oi_base, (before_ms, stamp_ms), self._crowd)

    def flow(self, told: Told) -> Flow:
        """Return what the newest bar did."""
        bar = told.bar
        low, high = math.log(bar.low_usd), math.log(bar.high_usd)
        change = self._recent.between(*told.change_ms) if told.change_ms[1] > told.change_ms[0] else None
        return Flow(
            low_log=low,
            high_log=high,
            close_log=math.log(bar.close_usd),
            volume_base=max(bar.volume_base, 0.0),
            oi_base=told.oi_base,
            taker=taker_imbalance(bar),
            crowd=told.crowd,
            swept_log=swept_range(bar, told.before_usd),
            change_log=None if change == (low, high) else change,
        )
