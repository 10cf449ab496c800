"""Recorded or simulated prints, let out when the clock passes their stamps."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

from liqtui.feeds.clock import Clock, MarketClock
from liqtui.feeds.timeline import Timeline
from liqtui.model.market import HOUR_MS, MINUTE_MS, Liquidation

BATCH_S = 0.02
"""Shortest real time between two wake-ups: a fast clock lets prints out in batches."""

SLICE_MS = 2 * MINUTE_MS


class PrintSource(Protocol):
    """Where the prints lie."""

    async def prints_between(self, since_ms: int, until_ms: int) -> Sequence[Liquidation]:
        """Return the prints with since_ms < ts_ms <= until_ms, ascending in time."""
        ...

    def next_print_ms(self, since_ms: int) -> int | None:
        """Return when to look again after `since_ms`, None if nothing more is to come."""
        ...


class RecordedPrints:
    """Prints that are all known beforehand."""

    def __init__(self, lines: Iterable[Iterable[Liquidation]]) -> None:
        self._line = Timeline(sorted((one for line in lines for one in line), key=lambda one: one.ts_ms))

    async def prints_between(self, since_ms: int, until_ms: int) -> list[Liquidation]:
        """Return what is stamped in (since_ms, until_ms]."""
        return self._line.after(since_ms, until_ms)

    def next_print_ms(self, since_ms: int) -> int | None:
        """Return the stamp of the next."""
        return self._line.next_ms(since_ms)


def batch_ms(clock: Clock) -> float:
    """Return the market time that passes in one batch."""
    return BATCH_S * 1000.0 * clock.speed if isinstance(clock, MarketClock) else 1.0


async def let_out(clock: Clock, source: PrintSource, since_ms: int) -> AsyncIterator[Liquidation]:
    """Yield every print stamped after `since_ms` once the clock has reached it, for ever.

    What is overdue comes slice by slice, so that several streams that catch up at once stay in step.
    """
    gap_ms = batch_ms(clock)
    while True:
        until_ms = max(since_ms, min(clock.now_ms(), since_ms + SLICE_MS))
        for liquidation in await source.prints_between(since_ms, until_ms):
            yield liquidation
        since_ms = until_ms
        following = source.next_print_ms(since_ms)
        now_ms = clock.now_ms()
        if following is not None and following <= now_ms:
            await asyncio.sleep(0)
            continue
        since_ms = max(since_ms, now_ms)
        await clock.sleep_ms(HOUR_MS if following is None else max(following - now_ms, gap_ms))
