"""The demo feed: the same market however it is asked, nothing ahead of its clock, no print lost."""

import asyncio
import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liqtui.feeds.base import Unsupported
from liqtui.feeds.clock import Clock, ManualClock, MarketClock
from liqtui.feeds.demo import DEMO_START_MS, DemoAsset, DemoFeed, demo_feeds, specs
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Liquidation, PrintGap
from liqtui.model.synthetic import Minute

FOREVER_MS = 2**53
PAST_MS = 8 * HOUR_MS
SPEC = specs()[0]
TWO = ("BTC", "ETH")


class Eater:
    """Takes all prints of a feed and notes when they came."""

    def __init__(self, feed: DemoFeed, clock: Clock, assets: Sequence[str]) -> None:
        self.prints: list[Liquidation] = []
        self.lead_ms: list[int] = []
        self._feed, self._clock, self._assets = feed, clock, assets

    async def run(self) -> None:
        """Take prints until cancelled."""
        async for one in self._feed.prints(self._assets):
            assert not isinstance(one, PrintGap)
            self.lead_ms.append(one.ts_ms - self._clock.now_ms())
            self.prints.append(one)


async def minutes_until(now_ms: int, seed: int = 7) -> list[Minute]:
    """Return the minutes of the first asset, simulated in one go."""
    asset = DemoAsset(SPEC, seed, DEMO_START_MS - PAST_MS)
    await asset.reach(now_ms)
    return asset.minutes.values


def simulated(feed: DemoFeed, venue: int, since_ms: int, until_ms: int) -> list[Liquidation]:
    """Return the prints of two assets in (since_ms, until_ms], straight from the simulation."""
    minutes = [minute for asset in TWO for minute in feed.synthetic(asset).minutes.values]
    found = [one for minute in minutes for one in minute.venues[venue].liquidations]
    return sorted((one for one in found if since_ms < one.ts_ms <= until_ms), key=order)


async def eventually(true: Callable[[], bool]) -> None:
    """Wait in real time until something holds, half a minute at most."""
    for _ in range(1500):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never held")


def order(one: Liquidation) -> tuple[int, str, float]:
    """Return a key that puts prints in one order."""
    return one.ts_ms, one.asset, one.qty_base


async def test_two_days_are_there_at_the_start() -> None:
    feed = demo_feeds(7, ManualClock(DEMO_START_MS))[0]
    fine = await feed.bars("BTC", MINUTE_MS, 0, FOREVER_MS)
    coarse = await feed.bars("BTC", 5 * MINUTE_MS, 0, FOREVER_MS)
    assert [bar.ts_ms for bar in fine] == list(range(DEMO_START_MS - 2 * DAY_MS, DEMO_START_MS, MINUTE_MS))
    assert [bar.ts_ms for bar in coarse] == list(range(DEMO_START_MS - 2 * DAY_MS, DEMO_START_MS, 5 * MINUTE_MS))
    for bar, parts in zip(coarse, zip(*[iter(fine)] * 5, strict=True), strict=True):
        assert bar.high_usd == max(part.high_usd for part in parts)
        assert bar.volume_base == pytest.approx(sum(part.volume_base for part in parts))
    samples = await feed.open_interest_history("BTC", 0, FOREVER_MS)
    ratios = await feed.long_short_ratio("BTC", 0, FOREVER_MS)
    stamps = list(range(DEMO_START_MS - 2 * DAY_MS + 5 * MINUTE_MS, DEMO_START_MS + 1, 5 * MINUTE_MS))
    assert [one.ts_ms for one in samples] == [one.ts_ms for one in ratios] == stamps


async def test_half_a_span_is_half_a_span() -> None:
    feed = demo_feeds(7, ManualClock(DEMO_START_MS), PAST_MS)[0]
    start, end = DEMO_START_MS - HOUR_MS, DEMO_START_MS - HOUR_MS // 2
    assert [b.ts_ms for b in await feed.bars("BTC", 5 * MINUTE_MS, start, end)] == list(
        range(start, end, 5 * MINUTE_MS)
    )
    assert [b.ts_ms for b in await feed.bars("BTC", MINUTE_MS, start + 1, end + 1)] == list(
        range(start + MINUTE_MS, end + 1, MINUTE_MS)
    )
    samples = await feed.open_interest_history("BTC", start, end)
    assert [one.ts_ms for one in samples] == list(range(start, end, 5 * MINUTE_MS))


async def test_nothing_lies_ahead_of_the_clock() -> None:
    clock = ManualClock(DEMO_START_MS)
    feed = demo_feeds(7, clock, PAST_MS)[0]
    later = ManualClock(DEMO_START_MS)
    late = demo_feeds(7, later, PAST_MS)[0]
    await later.advance(3 * HOUR_MS)
    bars = {bar.ts_ms: bar for bar in await late.bars("BTC", MINUTE_MS, 0, FOREVER_MS)}
    samples = await late.open_interest_history("BTC", 0, FOREVER_MS)
    rng = random.Random(3)
    for _ in range(40):
        await clock.advance(rng.randrange(1, 4 * MINUTE_MS))
        now = clock.now_ms()
        quote = await feed.quote("BTC")
        bar = bars[now // MINUTE_MS * MINUTE_MS]
        assert quote.ts_ms == now and bar.low_usd <= quote.last_usd <= bar.high_usd
        known = await feed.bars("BTC", MINUTE_MS, DEMO_START_MS, FOREVER_MS)
        assert known == [b for b in bars.values() if b.ts_ms >= DEMO_START_MS and b.end_ms <= now]
        joined = await feed.bars("BTC", 5 * MINUTE_MS, DEMO_START_MS, FOREVER_MS)
        assert len(joined) == (now - DEMO_START_MS) // (5 * MINUTE_MS) and all(b.end_ms <= now for b in joined)
        assert await feed.open_interest_history("BTC", 0, FOREVER_MS) == [s for s in samples if s.ts_ms <= now]
        assert now - MINUTE_MS < (await feed.open_interest("BTC")).ts_ms <= now
        funding = await feed.funding("BTC")
        assert funding.ts_ms <= now and funding.next_ts_ms is not None and funding.next_ts_ms > now


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 6 * HOUR_MS), min_size=1, max_size=30))
def test_the_market_does_not_depend_on_when_it_is_asked(moments_ms: list[int]) -> None:
    async def ask() -> tuple[list[Minute], list[Minute]]:
        asset = DemoAsset(SPEC, 7, DEMO_START_MS - PAST_MS)
        start_ms = asset.start_ms
        for moment_ms in moments_ms:
            await asset.reach(start_ms + moment_ms, patient=moment_ms % 7 == 0)
        again = DemoAsset(SPEC, 7, start_ms)
        await again.reach(start_ms + max(moments_ms))
        return asset.minutes.values, again.minutes.values

    asked, at_once = asyncio.run(ask())
    assert asked == at_once


async def test_another_seed_is_another_market() -> None:
    one, other = [await minutes_until(DEMO_START_MS - PAST_MS + HOUR_MS, seed) for seed in (7, 8)]
    assert [m.path_usd for m in one] != [m.path_usd for m in other]


async def test_the_venues_share_the_price_and_nothing_else() -> None:
    one, other = demo_feeds(7, ManualClock(DEMO_START_MS), PAST_MS)
    assert (one.venue, other.venue) == ("demo-a", "demo-b")
    assert (await one.quote("ETH")).last_usd == (await other.quote("ETH")).last_usd
    ours, theirs = [(await feed.bars("ETH", MINUTE_MS, 0, FOREVER_MS))[-1] for feed in (one, other)]
    assert ours.close_usd == theirs.close_usd and ours.volume_base != theirs.volume_base
    assert (await one.open_interest("ETH")).oi_base > (await other.open_interest("ETH")).oi_base


async def test_every_print_comes_once_and_none_early_when_the_clock_is_moved_by_hand() -> None:
    clock = ManualClock(DEMO_START_MS)
    feed = demo_feeds(7, clock, PAST_MS)[1]
    eater = Eater(feed, clock, TWO)
    task = asyncio.create_task(eater.run())
    rng = random.Random(5)
    past = await feed.print_history("BTC", 0, FOREVER_MS) + await feed.print_history("ETH", 0, FOREVER_MS)
    while clock.now_ms() < DEMO_START_MS + 2 * HOUR_MS:
        await clock.advance(rng.randrange(1, 20 * MINUTE_MS))
        await eventually(lambda: all(feed.synthetic(asset).simulated_ms > clock.now_ms() for asset in TWO))
    told = simulated(feed, 1, DEMO_START_MS - PAST_MS, clock.now_ms())
    await eventually(lambda: len(past) + len(eater.prints) >= len(told))
    task.cancel()
    assert sorted(past + eater.prints, key=order) == told and len(past) > 100 and len(eater.prints) > 10
    assert max(eater.lead_ms) <= 0


async def test_every_print_comes_at_an_hour_a_second() -> None:
    clock = MarketClock(DEMO_START_MS, 3600.0)
    feed = demo_feeds(7, clock, PAST_MS)[0]
    eater = Eater(feed, clock, TWO)
    task = asyncio.create_task(eater.run())
    await eventually(lambda: bool(eater.prints) and eater.prints[-1].ts_ms > DEMO_START_MS + HOUR_MS)
    await asyncio.sleep(1.0)
    task.cancel()
    last_ms = eater.prints[-1].ts_ms
    assert sorted(eater.prints, key=order) == simulated(feed, 0, DEMO_START_MS, last_ms)
    assert max(eater.lead_ms) <= 0 and last_ms > DEMO_START_MS + HOUR_MS


async def test_a_second_stream_goes_on_where_the_first_ended() -> None:
    clock = ManualClock(DEMO_START_MS)
    feed = demo_feeds(7, clock, PAST_MS)[0]
    prints: list[Liquidation] = []
    for _ in range(4):
        eater = Eater(feed, clock, ["BTC"])
        task = asyncio.create_task(eater.run())
        await feed.quote("BTC")
        await clock.advance(HOUR_MS)
        await feed.quote("BTC")
        told = [one for one in simulated(feed, 0, DEMO_START_MS, clock.now_ms()) if one.asset == "BTC"]
        await eventually(lambda: len(prints) + len(eater.prints) >= len(told))  # noqa: B023
        task.cancel()
        prints += eater.prints
    assert sorted(prints, key=order) == told and len(told) > 20


async def test_two_venues_tell_what_is_overdue_side_by_side() -> None:
    clock = ManualClock(DEMO_START_MS)
    feeds = demo_feeds(7, clock, PAST_MS)
    await clock.advance(PAST_MS)
    await feeds[0].quote("BTC")
    minutes = feeds[0].synthetic("BTC").minutes.values
    told = [
        one
        for minute in minutes
        for end in minute.venues
        for one in end.liquidations
        if DEMO_START_MS < one.ts_ms <= clock.now_ms()
    ]
    eaters = [Eater(feed, clock, ["BTC"]) for feed in feeds]
    came: list[Liquidation] = []
    for eater in eaters:
        eater.prints = came
    tasks = [asyncio.create_task(eater.run()) for eater in eaters]
    await eventually(lambda: len(came) >= len(told))
    for task in tasks:
        task.cancel()
    assert sorted(came, key=order) == sorted(told, key=order)
    assert {one.venue for one in came} == {"demo-a", "demo-b"}
    assert max(one.ts_ms - later.ts_ms for one, later in pairwise(came)) < HOUR_MS


async def test_the_past_holds_every_print_of_a_span_and_none_ahead_of_the_clock() -> None:
    clock = ManualClock(DEMO_START_MS)
    feed = demo_feeds(7, clock, PAST_MS)[0]
    await feed.quote("ETH")
    await clock.advance(90_500)
    whole = await feed.print_history("BTC", 0, FOREVER_MS)
    assert sorted(whole, key=order) == [
        one for one in simulated(feed, 0, 0, clock.now_ms()) if one.asset == "BTC" and one.ts_ms <= clock.now_ms()
    ]
    assert [one.ts_ms for one in whole] == sorted(one.ts_ms for one in whole) and len(whole) > 100
    start, end = whole[40].ts_ms, whole[60].ts_ms
    assert await feed.print_history("BTC", start, end) == [one for one in whole if start <= one.ts_ms < end]
    with pytest.raises(Unsupported):
        await feed.print_history("DOGE", 0, FOREVER_MS)


async def test_simulating_the_past_leaves_the_loop_to_others() -> None:
    feed = demo_feeds(7, ManualClock(DEMO_START_MS), PAST_MS)[0]
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await feed.quote("BTC")
    task.cancel()
    assert turns > 20


async def test_the_order_book_surrounds_the_price() -> None:
    feed = demo_feeds(7, ManualClock(DEMO_START_MS), PAST_MS)[0]
    book, quote = await feed.order_book("SOL"), await feed.quote("SOL")
    bids, asks = [price for price, _ in book.bids], [price for price, _ in book.asks]
    assert bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < quote.last_usd < asks[0]
    assert all(size > 0 for _, size in book.bids + book.asks)


async def test_what_it_does_not_have_is_unsupported() -> None:
    feed = demo_feeds(7, ManualClock(DEMO_START_MS), PAST_MS)[0]
    with pytest.raises(Unsupported):
        await feed.market("DOGE")
    with pytest.raises(Unsupported):
        await feed.bars("BTC", HOUR_MS, 0, FOREVER_MS)
    assert (await feed.market("BTC")).tick_usd == pytest.approx(0.1)
    assert (await feed.brackets("BTC"))[0].floor_usd == 0
