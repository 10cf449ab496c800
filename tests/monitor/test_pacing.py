"""Cadence, backoff, turns and budget: who is asked how often, and who is left alone for how long."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.feeds.base import Banned, Blocked, FeedError, Garbled, RateLimited, Unavailable
from liqtui.feeds.clock import ManualClock
from liqtui.monitor.backoff import BANNED_MS, BLOCKED_MS, RATE_LIMITED_MS, hold_ms, retry_ms
from liqtui.monitor.budget import WIDTH, Budget
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.turns import Turns

LIVE = Cadence()


@given(st.floats(0.1, 100_000.0))
def test_an_accelerated_market_is_polled_at_most_four_times_a_real_second(speed: float) -> None:
    """Every span is at least a quarter of a real second, and never shorter than live."""
    fast = Cadence.accelerated(speed)
    for name in ("quote_ms", "open_interest_ms", "funding_ms", "ratio_ms", "bar_ms", "retry_ms"):
        assert getattr(fast, name) >= max(getattr(LIVE, name), 250.0 * speed * (1 - 1e-12)), name
    assert fast.bar_ms % 60_000 == 0
    assert fast.stale_ms > 2 * fast.quote_ms


@given(st.integers(1, 1_000), st.floats(0.0, 1.0), st.sampled_from([Unavailable, Garbled, FeedError]))
def test_waits_grow_and_stay_within_bounds(failures: int, chance: float, kind: type[FeedError]) -> None:
    """Doubling from a second to a minute, a quarter either way."""
    wait = retry_ms(kind("down"), failures, LIVE, lambda: chance)
    plain = min(1_000.0 * 2 ** min(failures - 1, 40), 60_000.0)
    assert 0.75 * plain <= wait <= 1.25 * plain


def test_retry_after_and_blocks_are_honoured() -> None:
    """What the venue asks for is the least that is waited."""
    assert retry_ms(RateLimited("slow", 120.0), 1, LIVE) == 120_000.0
    assert retry_ms(Blocked("451"), 1, LIVE) == BLOCKED_MS
    assert hold_ms(Banned("418", 7.0)) == 7_000.0
    assert hold_ms(Banned("418")) == BANNED_MS
    assert hold_ms(RateLimited("429")) == RATE_LIMITED_MS
    assert hold_ms(Unavailable("503")) is None


async def test_turns_go_by_rank_then_by_arrival() -> None:
    """A later comer of a lower rank overtakes; one that gives up is skipped."""
    turns, order = Turns(), list[str]()

    async def take(name: str, rank: int) -> None:
        async with turns.at(rank):
            order.append(name)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(take(name, rank)) for name, rank in [("a", 5), ("b", 9), ("c", 1), ("d", 1), ("e", 0)]]
    await asyncio.sleep(0)
    tasks[4].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["a", "c", "d", "b"]
    async with asyncio.timeout(1), turns.at(0):
        pass


async def test_a_turn_given_to_one_that_is_cancelled_is_passed_on() -> None:
    """Cancelling the very task whose turn has just come does not lock the others out."""
    turns, got = Turns(), asyncio.Event()

    async def take(mark: asyncio.Event | None = None) -> None:
        async with turns.at(0):
            if mark:
                mark.set()

    async with turns.at(0):
        first = asyncio.create_task(take())
        second = asyncio.create_task(take(got))
        await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(1):
        await got.wait()
    await second


class Calls:
    """Counts the calls that a budget lets through, and when."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.at_ms, self.under_way, self.most = clock, list[int](), 0, 0
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> int:
        self.at_ms.append(self.clock.now_ms())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.gate:
                await self.gate.wait()
            if self.error:
                raise self.error
            return len(self.at_ms)
        finally:
            self.under_way -= 1


async def test_calls_are_spread_by_a_token_bucket() -> None:
    """A burst of two seconds' worth, then the rate, to the millisecond."""
    clock = ManualClock(0)
    calls, budget = Calls(clock), Budget(clock, calls_per_s=2.0, timeout_s=5.0)
    tasks = [asyncio.create_task(budget.spend(calls)) for _ in range(8)]
    await clock.advance(0)
    await clock.advance(10_000)
    assert calls.at_ms == [0, 0, 0, 0, 500, 1_000, 1_500, 2_000]
    assert [task.result() for task in tasks] == list(range(1, 9))


async def test_few_calls_are_under_way_at_once() -> None:
    """The rest wait in the queue."""
    clock = ManualClock(0)
    calls, budget = Calls(clock), Budget(clock, 1_000.0, 5.0)
    calls.gate = asyncio.Event()
    tasks = [asyncio.create_task(budget.spend(calls)) for _ in range(20)]
    await clock.advance(1_000)
    assert calls.under_way == WIDTH
    calls.gate.set()
    await asyncio.gather(*tasks)
    assert calls.most == WIDTH


@pytest.mark.parametrize("error", [RateLimited("429", 90.0), Banned("418", 90.0), Blocked("451")])
async def test_a_hold_stops_all_calls_and_then_sends_one(error: FeedError) -> None:
    """Nothing goes out until the hold is over; then a single probe, whose success frees the others."""
    clock = ManualClock(0)
    calls, budget = Calls(clock), Budget(clock, 1_000.0, 5.0)
    calls.error = error
    with pytest.raises(type(error)):
        await budget.spend(calls)
    hold = hold_ms(error)
    assert hold is not None
    assert budget.held_until_ms == hold
    calls.error, calls.gate = None, asyncio.Event()
    tasks = [asyncio.create_task(budget.spend(calls)) for _ in range(6)]
    await clock.advance(int(hold) - 1)
    assert len(calls.at_ms) == 1
    await clock.advance(60_000)
    assert len(calls.at_ms) == 2
    calls.gate.set()
    await clock.advance(1)
    assert len(calls.at_ms) == 7
    await asyncio.gather(*tasks)


async def test_a_failed_probe_renews_the_hold() -> None:
    """Still blocked: one call each quarter of an hour, however many want to go."""
    clock = ManualClock(0)
    calls, budget = Calls(clock), Budget(clock, 1_000.0, 5.0)
    calls.error = Blocked("451")

    async def insist() -> None:
        while True:
            with contextlib.suppress(Blocked):
                await budget.spend(calls)

    tasks = [asyncio.create_task(insist()) for _ in range(3)]
    await clock.advance(0)
    first = len(calls.at_ms)
    assert first == 1
    await clock.advance(BLOCKED_MS * 4)
    assert calls.at_ms[first:] == [BLOCKED_MS * k for k in (1, 2, 3, 4)]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_call_without_an_answer_is_ended() -> None:
    """It counts as unavailable and frees its place."""
    clock = ManualClock(0)
    calls, budget = Calls(clock), Budget(clock, 1_000.0, timeout_s=0.01)
    calls.gate = asyncio.Event()
    with pytest.raises(Unavailable, match="no answer"):
        await budget.spend(calls)
    assert calls.under_way == 0


async def test_cancelled_waiters_leave_the_budget_whole() -> None:
    """Cancelling calls that wait or are under way gives their places back."""
    clock = ManualClock(0)
    calls, budget = Calls(clock), Budget(clock, 1_000.0, 5.0)
    calls.gate = asyncio.Event()
    tasks = [asyncio.create_task(budget.spend(calls)) for _ in range(10)]
    await clock.advance(10)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    calls.gate.set()
    async with asyncio.timeout(1):
        assert await budget.spend(calls) > 0
