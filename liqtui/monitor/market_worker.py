"""The worker of one asset on one venue: models its history, then keeps it up to date."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from liqtui.feeds.base import Feed
from liqtui.journal.store import Recalled
from liqtui.model.market import HOUR_MS, MINUTE_MS, Liquidation, OpenInterest
from liqtui.monitor.attempts import Attempts
from liqtui.monitor.coverage import recorded_spans
from liqtui.monitor.gate import Gate
from liqtui.monitor.history import SAMPLE_TRIES, coarse_step_ms, fetch_history, fetch_prints, fetch_since
from liqtui.monitor.market_state import HistoryEvent, MarketState
from liqtui.monitor.memory import Memory
from liqtui.monitor.prints import Tape

T = TypeVar("T")

SLICE_S = 0.004
"""The model yields to the loop after this much work."""
LED_BY_HISTORY_MS = MINUTE_MS
"""Where open interest would be polled more rarely than this, its history is asked for instead."""
HOLE_MS = 10 * MINUTE_MS
"""After a silence longer than this, open interest is asked for as far back as the bars."""
SAMPLE_STEP_MS = 5 * MINUTE_MS
FLAT_REMARK = "no history of open interest: taken as constant before the start"


@dataclass(frozen=True, slots=True)
class Past:
    """Where a market's past comes from and goes to."""

    tape: Tape
    memory: Memory
    recalled: Recalled
    """What the journal knew of it at the start."""


class MarketWorker:
    """Asks for all that concerns one market and is the only one to change its state."""

    def __init__(
        self, feed: Feed, asset: str, state: MarketState, past: Past, attempts: Attempts, gate: Gate, rank: int
    ) -> None:
        self._feed, self._asset, self._state, self._past = feed, asset, state, past
        self._attempts, self._gate, self._rank = attempts, gate, rank
        self._clock, self._cadence = attempts.clock, attempts.cadence
        self._prints_asked_ms = 0
        """Up to when past prints have been asked for."""
        self._led_by_history = (
            feed.abilities.open_interest_history and attempts.cadence.open_interest_ms > LED_BY_HISTORY_MS
        )

    async def run(self) -> None:
        """Work until cancelled; prices are polled while the history is loaded."""
        async with asyncio.TaskGroup() as group:
            for poll in self._polls():
                group.create_task(poll)
            await self._load()
            group.create_task(self._keep_bars())
            if self._feed.abilities.long_short_ratio:
                group.create_task(self._keep_ratio())

    def _polls(self) -> list[Coroutine[Any, Any, None]]:
        feed, asset, state, cadence = self._feed, self._asset, self._state, self._cadence
        poll, rank = self._attempts.poll, self._rank
        polls = [poll(f"price {asset}", cadence.quote_ms, lambda: feed.quote(asset), state.add_quote, rank)]
        if not self._led_by_history:
            polls.append(
                poll(
                    f"open interest {asset}",
                    cadence.open_interest_ms,
                    lambda: feed.open_interest(asset),
                    self._take_open_interest,
                    rank,
                )
            )
        if feed.abilities.funding:
            polls.append(
                poll(f"funding {asset}", cadence.funding_ms, lambda: feed.funding(asset), state.add_funding, rank)
            )
        return polls

    def _take_open_interest(self, sample: OpenInterest) -> None:
        self._state.add_open_interest(sample)
        self._past.memory.add_sample(self._feed.venue, self._asset, sample)

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        return await self._attempts.budget.spend(call, self._rank)

    async def _ask_in_background(self, call: Callable[[], Awaitable[T]]) -> T:
        return await self._attempts.budget.spend(call, self._rank + 1)

    async def _load(self) -> None:
        """Fetch and model the history."""
        strand = f"history {self._asset}"
        health = self._attempts.health

        async def step() -> None:
            now_ms = self._clock.now_ms()
            give_up = health.failures(strand) >= SAMPLE_TRIES - 1
            async with self._gate.holding(self._feed.venue):
                events, flat = await fetch_history(
                    self._feed,
                    self._ask_in_background,
                    self._asset,
                    now_ms,
                    self._cadence,
                    give_up,
                    self._past.recalled,
                )
            self._tell_past(events, now_ms)
            self._state.intensity.expect_look(now_ms)
            await self._model(events, self._rank)
            if flat:
                health.remark = FLAT_REMARK

        await self._attempts.until_done(strand, step)
        health.drop(strand)
        self._state.end_history()
        self._gate.done(self._feed.venue)
        self._attempts.touched()

    def _tell_past(self, events: Sequence[HistoryEvent], now_ms: int) -> None:
        """Put the prints of the history on the tape."""
        prints = [event for event in events if isinstance(event, Liquidation)]
        self._prints_asked_ms = now_ms + 1
        told = self._feed.abilities.print_history
        spans = recorded_spans([one.ts_ms for one in prints], now_ms) if told else self._past.recalled.heard
        self._past.tape.add_past(self._feed.venue, self._asset, prints, spans)

    async def _model(self, events: Sequence[HistoryEvent], rank: int) -> None:
        """Feed events to the model, one market of the monitor at a time, yielding to the loop every few ms."""
        async with self._gate.modelling.at(rank):
            began_s = time.perf_counter()
            for event in events:
                self._state.add_event(event)
                if time.perf_counter() - began_s > SLICE_S:
                    await asyncio.sleep(0)
                    began_s = time.perf_counter()

    async def _keep_bars(self) -> None:
        """Model each bar soon after its close, with all that was missed before it."""
        while True:
            await self._clock.sleep_ms(self._until_next_bar_ms())
            if not await self._attempts.until_done(f"bars {self._asset}", self._catch_up):
                return

    def _until_next_bar_ms(self) -> float:
        every_ms = int(max(self._cadence.bar_ms, self._state.step_ms))
        return every_ms - (self._clock.now_ms() - int(self._cadence.bar_delay_ms)) % every_ms

    async def _catch_up(self) -> None:
        now_ms = self._clock.now_ms()
        last_ms = self._state.intensity.last_bar_end_ms or now_ms - self._cadence.history_ms
        step_ms = self._state.step_ms or coarse_step_ms(self._feed.abilities.bar_steps_ms)
        hole = now_ms - last_ms > HOLE_MS + max(step_ms, self._cadence.bar_ms)
        with_samples = self._feed.abilities.open_interest_history and (self._led_by_history or hole)
        samples_since_ms = last_ms - SAMPLE_STEP_MS if with_samples else None
        events = await fetch_since(self._feed, self._ask, self._asset, step_ms, last_ms, samples_since_ms, now_ms)
        # A stream that lags behind a fast clock must not let a bar go by before its prints.
        prints = await fetch_prints(self._feed, self._ask, self._asset, self._prints_asked_ms, now_ms + 1)
        self._prints_asked_ms = now_ms + 1
        await self._model([*prints, *events], -1)
        self._state.end_history()

    async def _keep_ratio(self) -> None:
        while await self._attempts.until_done(f"ratio {self._asset}", self._update_ratio):
            await self._clock.sleep_ms(self._cadence.ratio_ms)

    async def _update_ratio(self) -> None:
        now_ms = self._clock.now_ms()
        newest_ms = self._state.ratio_ms
        since_ms = now_ms - HOUR_MS if newest_ms is None else newest_ms + 1
        for ratio in await self._ask(lambda: self._feed.long_short_ratio(self._asset, since_ms, now_ms + 1)):
            self._state.add_event(ratio)
