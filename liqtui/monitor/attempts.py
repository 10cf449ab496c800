"""Calls of one venue that are repeated until they succeed, with the budget and the health kept in step."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from liqtui.feeds.base import FeedError, Unsupported
from liqtui.feeds.clock import Clock
from liqtui.monitor.backoff import retry_ms
from liqtui.monitor.budget import Budget
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.health import Health, as_feed_error

T = TypeVar("T")

log = logging.getLogger(__name__)


class Attempts:
    """The way in which a venue is asked: nothing that goes wrong leaves it but Unsupported, as a False or None."""

    def __init__(
        self, health: Health, budget: Budget, clock: Clock, cadence: Cadence, touched: Callable[[], None]
    ) -> None:
        self.health, self.budget, self.clock, self.cadence, self.touched = health, budget, clock, cadence, touched

    async def until_done(self, strand: str, step: Callable[[], Awaitable[None]]) -> bool:
        """Repeat a step with growing waits until it succeeds; False where the venue has no such data."""
        while True:
            try:
                await step()
            except Unsupported:
                self.health.drop(strand)
                return False
            except Exception as error:
                await self.failed(strand, error)
            else:
                if self.health.good(strand, self.clock.now_ms()):
                    log.warning("%s: %s: answers again", self.health.venue, strand)
                self.touched()
                return True

    async def until_answered(self, strand: str, call: Callable[[], Awaitable[T]], rank: int) -> T | None:
        """Ask until there is an answer and return it; None where the venue has no such data."""
        found: list[T] = []

        async def step() -> None:
            found.append(await self.budget.spend(call, rank))

        return found[0] if await self.until_done(strand, step) else None

    async def poll(
        self, strand: str, every_ms: float, call: Callable[[], Awaitable[T]], take: Callable[[T], None], rank: int
    ) -> None:
        """Ask for ever, `every_ms` after each answer; ends where the venue has no such data."""

        async def step() -> None:
            take(await self.budget.spend(call, rank))

        while await self.until_done(strand, step):
            await self.clock.sleep_ms(every_ms)

    async def failed(self, strand: str, error: Exception) -> None:
        """Note a failure, say so on stderr the first time, and wait."""
        failures = self.health.failures(strand) + 1
        known = self._said(strand, error, failures)
        wait_ms = retry_ms(known, failures, self.cadence)
        self.health.bad(strand, known, self.clock.now_ms() + int(wait_ms))
        self.touched()
        await self.clock.sleep_ms(wait_ms)

    def note_prints(self, error: Exception, failures: int) -> float:
        """Note that the print stream could not be had, say so the first time, and return the wait in ms."""
        known = self._said("prints", error, failures)
        wait_ms = retry_ms(known, failures, self.cadence)
        self.health.prints_error, self.health.prints_retry_ms = str(known), self.clock.now_ms() + int(wait_ms)
        self.touched()
        return wait_ms

    def _said(self, strand: str, error: Exception, failures: int) -> FeedError:
        known = as_feed_error(error)
        if known is not error:
            log.error("%s: %s: defect", self.health.venue, strand, exc_info=error)
        elif failures == 1:
            log.warning("%s: %s: %s: %s", self.health.venue, strand, type(known).__name__, known)
        return known
