"""The one owner of what a venue may be asked: every call of a venue passes here."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from liqtui.feeds.base import FeedError, Unavailable
from liqtui.feeds.clock import Clock
from liqtui.monitor.backoff import hold_ms
from liqtui.monitor.turns import Turns

T = TypeVar("T")

WIDTH = 6
"""Calls of one venue under way at once, where calls are rationed."""
BURST_S = 2.0
"""A venue left alone this long may be asked for all of it at once."""


class Budget:
    """A token bucket with a queue by rank; a rate limit, ban or block stops the venue until it is over.

    After such a hold a single call goes out, and the rest wait for what becomes of it.
    """

    def __init__(self, clock: Clock, calls_per_s: float, timeout_s: float) -> None:
        self._clock, self._timeout_s = clock, timeout_s
        self._per_ms = calls_per_s / 1_000
        self._width = WIDTH if calls_per_s < float("inf") else 1_000
        self._most = max(calls_per_s * BURST_S, 1.0)
        self._tokens, self._counted_ms = self._most, clock.now_ms()
        self._queue = Turns()
        self._in_flight, self._freed = 0, asyncio.Event()
        self._probing = False
        self.held_until_ms: int | None = None
        """End of the hold that is in force or was the last."""

    async def spend(self, call: Callable[[], Awaitable[T]], rank: int = 0) -> T:
        """Run a call when its turn has come and return its answer; raises what it raises."""
        await self._admit(rank)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await call()
        except TimeoutError as error:
            raise Unavailable(f"no answer within {self._timeout_s:g} s") from error
        except FeedError as error:
            self._hold(error)
            raise
        else:
            self._probing = False
            return answer
        finally:
            self._in_flight -= 1
            self._freed.set()

    def held(self) -> bool:
        """Whether the venue is being left alone now."""
        return self.held_until_ms is not None and self._clock.now_ms() < self.held_until_ms

    def _hold(self, error: FeedError) -> None:
        span_ms = hold_ms(error)
        if span_ms is not None:
            until = self._clock.now_ms() + int(span_ms)
            self.held_until_ms = max(until, self.held_until_ms or 0)
            self._probing = True

    async def _admit(self, rank: int) -> None:
        async with self._queue.at(rank):
            while True:
                if self._in_flight >= (1 if self._probing else self._width):
                    self._freed.clear()
                    await self._freed.wait()
                elif (wait_ms := self._wait_ms()) > 0:
                    await self._clock.sleep_ms(wait_ms)
                else:
                    break
            self._tokens -= 1
            self._in_flight += 1

    def _wait_ms(self) -> float:
        now_ms = self._clock.now_ms()
        if self.held_until_ms is not None and now_ms < self.held_until_ms:
            return self.held_until_ms - now_ms
        if self._per_ms == float("inf"):
            return 0.0
        self._tokens = min(self._most, self._tokens + max(now_ms - self._counted_ms, 0) * self._per_ms)
        self._counted_ms = now_ms
        return 0.0 if self._tokens >= 1 - 1e-9 else (1 - self._tokens) / self._per_ms
