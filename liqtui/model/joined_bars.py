"""Bars taken several at a time: what lies long before the first look needs less time on it than what is looked at.

A bar that joins others opens as much as they do, over the ranges in which they did, and takes price to the levels that
it crosses in their steps: what stands there gives up on the way, or is swept, as if bar by bar.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, groupby

from liqtui.model.book import Flow, Inside, Part, opened_base
from liqtui.model.grid import BOOK_BIN_LOG
from liqtui.model.history import oldest_ms
from liqtui.model.joining import Told, swept_range, taker_imbalance
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Liquidation, PriceBar

PART_MS, MOST_PARTS = HOUR_MS, 4
"""What is opened in so long of a joined bar is opened over one range, and in so many parts of it at most."""

FINE_BINS = 8
"""Wider ranges of entries are rounded."""

UNSEEN_MS, OLD_MS = 4 * HOUR_MS, 20 * MINUTE_MS
"""Lengths to which bars are joined that no column shows, and those that windows of several days show."""

DISTANT_AGE_MS, DISTANT_MS = 14 * DAY_MS, DAY_MS
"""Bars that end earlier than so long before the first look, and their length: next to nothing of them still stands
when the oldest column opens."""

TAUGHT_MS, LESSON_MS = HOUR_MS, 4 * HOUR_MS
"""Longer bars teach nothing: within them positions come and go that nobody sees, and the mix would be learned wrong.
Shorter joined ones are gathered for so long before the mix is learned from them."""

SINGLE_MS = DAY_MS + HOUR_MS
"""Bars that end later than so long before the first look are taken one by one: the shorter windows show them."""


class Lengths:
    """To which length bars are joined: the longer, the less can be seen of them at the first look."""

    def __init__(self, first_ms: int) -> None:
        """`first_ms` is when the columns of the past are first looked at."""
        self._distant_ms, self._long_ms = first_ms - DISTANT_AGE_MS, oldest_ms(first_ms)
        self._single_ms = first_ms - SINGLE_MS

    def at(self, bar: PriceBar) -> int:
        """Return the length for a bar, 0 for none."""
        end_ms = bar.end_ms
        if end_ms <= self._distant_ms:
            return DISTANT_MS
        if end_ms <= self._long_ms:
            return UNSEEN_MS
        return OLD_MS if end_ms <= self._single_ms else 0


class Waiting:
    """Bars that wait to be taken as one, consecutive and of equal length; none, mostly."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._length_ms = self._until_ms = 0
        """Length of the stretch that they share, and its end."""

    def __len__(self) -> int:
        return len(self._told)

    @property
    def last(self) -> Told:
        """The newest; IndexError while none waits."""
        return self._told[-1]

    def add(self, told: Told, length_ms: int) -> None:
        """Let a bar wait with the others, in a stretch of `length_ms` if it is the first."""
        if not self._told:
            self._length_ms = length_ms
            self._until_ms = (told.bar.ts_ms // length_ms + 1) * length_ms if length_ms else 0
        self._told.append(told)

    def joins(self, bar: PriceBar, length_ms: int) -> bool:
        """Return whether a bar lies in the same stretch of `length_ms` as what waits, with no hole between."""
        if not self._told or length_ms != self._length_ms or bar.end_ms > self._until_ms:
            return False
        last = self._told[-1].bar
        return bar.ts_ms == last.end_ms and bar.step_ms == last.step_ms

    def taken(self) -> Iterator[list[Told]]:
        """Yield, and forget, what waits: in one piece where all or none of the prints were heard."""
        told, self._told = self._told, []
        for _, run in groupby(told, lambda one: one.prints is not None):
            yield list(run)


def joined_prints(told: Sequence[Told]) -> list[Liquidation] | None:
    """Return the prints of several bars; None where some may be missing, or the bars are too long to learn from."""
    if told[-1].bar.end_ms - told[0].bar.ts_ms > max(TAUGHT_MS, told[0].bar.step_ms):
        return None
    heard = [one.prints for one in told if one.prints is not None]
    return list(chain.from_iterable(heard)) if len(heard) == len(told) else None


def joined_bar(bars: Sequence[PriceBar]) -> PriceBar:
    """Return the prices and volumes of consecutive bars; what one of them does not know, the whole does not."""
    bought = [one.taker_buy_base for one in bars if one.taker_buy_base is not None]
    high = [one.mark_high_usd for one in bars if one.mark_high_usd is not None]
    low = [one.mark_low_usd for one in bars if one.mark_low_usd is not None]
    return PriceBar(
        ts_ms=bars[0].ts_ms,
        step_ms=bars[-1].end_ms - bars[0].ts_ms,
        open_usd=bars[0].open_usd,
        high_usd=max(one.high_usd for one in bars),
        low_usd=min(one.low_usd for one in bars),
        close_usd=bars[-1].close_usd,
        volume_base=sum(one.volume_base for one in bars),
        taker_buy_base=sum(bought) if len(bought) == len(bars) else None,
        mark_high_usd=max(high) if len(high) == len(bars) else None,
        mark_low_usd=min(low) if len(low) == len(bars) else None,
    )


def joined_flow(told: Sequence[Told], oi_base: float, rho: float) -> Flow:
    """Return what several bars did after an open interest; `rho` is the share of the turnover that opens."""
    births, before = [], oi_base
    for one in told:
        births.append(opened_base(before, one.oi_base, max(one.bar.volume_base, 0.0), rho))
        before = one.oi_base
    swept = [swept_range(one.bar, one.before_usd) for one in told]
    lows, highs = tuple(low for low, _ in swept), tuple(high for _, high in swept)
    parts = [_part(told[cut], births[cut]) for cut in _cuts(told)]
    return Flow(
        low_log=min(part.low_log for part in parts),
        high_log=max(part.high_log for part in parts),
        close_log=parts[-1].close_log,
        volume_base=sum(max(one.bar.volume_base, 0.0) for one in told),
        oi_base=before,
        taker=_mean([taker_imbalance(one.bar) for one in told], births),
        crowd=_mean([one.crowd for one in told], births),
        swept_log=(min(lows), max(highs)),
        inside=Inside(tuple(parts), lows, highs),
    )


def _cuts(told: Sequence[Told]) -> Iterator[slice]:
    """Yield where the parts of several bars lie."""
    part_ms = max(PART_MS, (told[-1].bar.end_ms - told[0].bar.ts_ms) // MOST_PARTS)
    for _, part in groupby(range(len(told)), lambda at: told[at].bar.ts_ms // part_ms):
        own = list(part)
        yield slice(own[0], own[-1] + 1)


def _part(told: Sequence[Told], births: Sequence[float]) -> Part:
    low, high = math.log(min(one.bar.low_usd for one in told)), math.log(max(one.bar.high_usd for one in told))
    return Part(
        low_log=low,
        high_log=high,
        close_log=math.log(told[-1].bar.close_usd),
        entries_log=even_range(low, high),
        births_base=sum(births),
    )


def even_range(low: float, high: float) -> tuple[float, float]:
    """Return a range of log prices in whole bins, its width rounded to an eighth of itself: so openings are alike.

    A range narrower than FINE_BINS stays what it is.
    """
    width = (high - low) / BOOK_BIN_LOG
    if width < FINE_BINS:
        return low, high
    grain = 1 << (int(width) // FINE_BINS).bit_length() - 1
    bins = round(width / grain) * grain
    first = round((low + high) / 2 / BOOK_BIN_LOG - bins / 2)
    return first * BOOK_BIN_LOG, (first + bins) * BOOK_BIN_LOG


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    if total <= 0:
        return sum(values) / len(values)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / total
