"""Time as the feeds and the monitor see it: the wall's, or a market's own running at some speed."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from; injected, so that demo, replay and tests run at any speed."""

    def now_ms(self) -> int:
        """Return the market time, UTC epoch ms."""
        ...

    async def sleep_ms(self, span_ms: float) -> None:
        """Wait until `span_ms` of market time have passed."""
        ...


class WallClock:
    """The real time."""

    def now_ms(self) -> int:
        """Return the wall time, UTC epoch ms."""
        return time.time_ns() // 1_000_000

    async def sleep_ms(self, span_ms: float) -> None:
        """Sleep in real time."""
        await asyncio.sleep(max(span_ms, 0.0) / 1000.0)


class MarketClock:
    """A clock that starts at `start_ms` when first asked and runs `speed` times as fast as the wall, up to `end_ms`."""

    def __init__(self, start_ms: int, speed: float, end_ms: int | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, got {speed}")
        self.speed = speed
        self._start_ms, self._end_ms = start_ms, end_ms
        self._began: float | None = None

    def now_ms(self) -> int:
        """Return the market time, UTC epoch ms; it stands still at the end."""
        monotonic_s = time.monotonic()
        if self._began is None:
            self._began = monotonic_s
        now = self._start_ms + int((monotonic_s - self._began) * 1000 * self.speed)
        return now if self._end_ms is None else min(now, self._end_ms)

    async def sleep_ms(self, span_ms: float) -> None:
        """Sleep `span_ms` of market time."""
        await asyncio.sleep(max(span_ms, 0.0) / 1000.0 / self.speed)


class ManualClock:
    """A clock moved by hand: `advance` wakes the sleepers whose time has come, in order."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now_ms(self) -> int:
        """Return the time set by hand."""
        return self._now_ms

    async def sleep_ms(self, span_ms: float) -> None:
        """Wait until `advance` has passed the moment."""
        if span_ms <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        entry = (self._now_ms + span_ms, woken)
        self._sleepers.append(entry)
        try:
            await woken.wait()
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    async def advance(self, span_ms: int) -> None:
        """Move on by `span_ms`, stopping at every moment somebody waits for."""
        target = self._now_ms + span_ms
        while due := sorted((e for e in self._sleepers if e[0] <= target), key=lambda e: e[0])[:1]:
            self._now_ms = max(self._now_ms, int(due[0][0]))
            self._sleepers.remove(due[0])
            due[0][1].set()
            await self._settle()
        self._now_ms = target
        await self._settle()

    @staticmethod
    async def _settle() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
