"""The monitor on venues written by hand: histories, polls, states, faults and recoveries, on a clock moved by hand."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest

from liqtui.feeds.base import Banned, Blocked, FeedError, Garbled, RateLimited, Unavailable
from liqtui.feeds.clock import ManualClock
from liqtui.journal.journal import Journal
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, PriceBar, PrintGap
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot, VenueState
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.gate import HEAD_START_S
from liqtui.monitor.monitor import Monitor
from tests.monitor.scripted import ABILITIES, START_MS, ScriptedFeed, error_of, price_at, without

CADENCE = replace(Cadence(), frame_s=0.0, idle_frame_s=0.001, history_ms=6 * HOUR_MS, fine_history_ms=HOUR_MS)
NOW_MS = START_MS + 4 * DAY_MS
BTC = Selection("BTC", None, "4h")


@dataclass
class Bench:
    """A running monitor with its clock."""

    monitor: Monitor
    clock: ManualClock
    feeds: Sequence[ScriptedFeed]

    async def advance(self, span_ms: int, step_ms: int = 500) -> None:
        """Let market time pass, with real turns of the loop in between."""
        for _ in range(0, span_ms, step_ms):
            await self.clock.advance(step_ms)
        await self.settle()

    async def settle(self) -> None:
        """Let the monitor raise its version."""
        await self.monitor.changed(self.monitor.version + 1)

    async def until(self, true: Callable[[], bool], selection: Selection = BTC) -> Snapshot:
        """Wait in real time until something is true of the monitor."""
        async with asyncio.timeout(20):
            while not true():
                await self.settle()
        return self.monitor.snapshot(selection)

    async def loaded(self, selection: Selection = BTC) -> Snapshot:
        """Wait until all histories are modelled."""
        await self.clock.advance(0)
        return await self.until(lambda: self.now(selection).note == "" and bool(self.now().assets[0].venues), selection)

    def now(self, selection: Selection = BTC) -> Snapshot:
        """Return the snapshot of this version."""
        return self.monitor.snapshot(selection)

    def venue(self, name: str = "alpha") -> VenueState:
        """Return the state of a venue."""
        return next(state for state in self.now().venues if state.venue == name)


@asynccontextmanager
async def running(
    clock: ManualClock,
    feeds: Sequence[ScriptedFeed],
    assets: Sequence[str] = ("BTC",),
    cadence: Cadence = CADENCE,
    journal: Journal | None = None,
) -> AsyncIterator[Bench]:
    """Run a monitor on some feeds."""
    monitor = Monitor(feeds, assets, clock, cadence, "live", lambda: "", journal)
    task = asyncio.create_task(monitor.run())
    try:
        yield Bench(monitor, clock, feeds)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_two_venues_become_one_map() -> None:
    """The sum has both open interests and both maps; each venue alone is there too; all feeds are closed at the end."""
    clock = ManualClock(NOW_MS)
    feeds = [ScriptedFeed(clock), ScriptedFeed(clock, "beta", offset=1e-3, oi_base=500.0)]
    async with running(clock, feeds, ("BTC", "ETH")) as bench:
        whole = await bench.loaded()
        alpha, beta = (bench.now(Selection("BTC", venue, "4h")) for venue in ("alpha", "beta"))
        assert [state.status for state in whole.venues] == ["LIVE", "LIVE"]
        assert whole.assets[0].oi_base == pytest.approx(1.5 * feeds[0].oi_at(clock.now_ms()))
        assert whole.detail.price_usd == pytest.approx(
            (price_at("BTC", NOW_MS) + price_at("BTC", NOW_MS, 1e-3)) / 2, rel=1e-9
        )
        assert beta.detail.price_usd == pytest.approx(price_at("BTC", NOW_MS, 1e-3))
        heats = [shot.detail.heat for shot in (whole, alpha, beta)]
        assert all(heat is not None and not heat.gap[-60:].any() for heat in heats)
        sums = [float(heat.cells_usd[-1].sum()) for heat in heats if heat is not None]
        assert sums[0] == pytest.approx(sums[1] + sums[2], rel=1e-4)
        assert sums[1] > 0
        assert whole.detail.long_usd == pytest.approx(alpha.detail.long_usd + beta.detail.long_usd, rel=0.02)
        assert whole.assets[1].venues == ("alpha", "beta")
        assert len(whole.detail.divergence) == 4
        assert bench.now(Selection("ETH")).detail.heat is not None
        assert whole.detail.since_ms is not None
        first = bench.now(Selection("BTC", window="4h").panned(-1000, NOW_MS, whole.detail.since_ms)).detail.heat
        assert first is not None and first.ts_ms[0] == whole.detail.since_ms and not first.gap.all()
    assert [feed.closed for feed in feeds] == [1, 1]


class Young(ScriptedFeed):
    """A venue that has listed its markets two hours ago."""

    async def bars(self, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[PriceBar]:
        """Return what there is."""
        return await super().bars(asset, step_ms, max(start_ms, NOW_MS - 2 * HOUR_MS), end_ms)


async def test_the_map_reaches_as_far_back_as_the_venue_that_knows_most() -> None:
    clock = ManualClock(NOW_MS)
    async with running(clock, [ScriptedFeed(clock), Young(clock, "beta")], ("BTC",)) as bench:
        whole = (await bench.loaded()).detail.since_ms
        alpha, beta = (bench.now(Selection("BTC", venue, "4h")).detail.since_ms for venue in ("alpha", "beta"))
        assert whole is not None and alpha is not None and beta is not None
        assert whole == alpha < beta


async def test_the_map_moves_with_price_and_bars() -> None:
    """Each minute brings one bar, asked for once; nothing is asked more often than the cadence says."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock)
    async with running(clock, [feed]) as bench:
        before = (await bench.loaded()).detail.heat
        feed.calls.clear()
        await bench.advance(10 * MINUTE_MS + 3_000)
        after = bench.now().detail.heat
        assert before is not None and after is not None
        assert after.ts_ms[-1] - before.ts_ms[-1] == 10 * MINUTE_MS
        assert not np.array_equal(before.cells_usd, after.cells_usd)
        assert after.ohlc_usd[-1, 3] == pytest.approx(bench.now().detail.price_usd)
        assert feed.calls["bars"] == 11
        assert 295 <= feed.calls["quote"] <= 302
        assert 59 <= feed.calls["open_interest"] <= 61
        assert 9 <= feed.calls["funding"] <= 11
        assert feed.calls["open_interest_history"] == 0
        assert [ms for ms, call, _ in feed.asked if call == "bars"][-1] % MINUTE_MS == CADENCE.bar_delay_ms


async def test_the_first_asset_has_a_head_start() -> None:
    """Nothing but the listing is asked of the second one before the first one's map is there, on every venue."""
    clock = ManualClock(NOW_MS)
    feeds = [ScriptedFeed(clock), ScriptedFeed(clock, "beta")]
    async with running(clock, feeds, ("BTC", "ETH")) as bench:
        await bench.clock.advance(0)
        shot = await bench.until(lambda: bench.now().detail.heat is not None)
        assert shot.note.startswith("loading history")
        await bench.loaded()
        for feed in feeds:
            calls = [(call, asset) for _, call, asset in feed.asked if asset]
            first_of_eth = next(k for k, (call, asset) in enumerate(calls) if asset == "ETH" and call != "market")
            assert ("long_short_ratio", "BTC") in calls[:first_of_eth], "the last call of the first one's history"


async def test_a_venue_that_fails_does_not_hold_the_other_assets_up() -> None:
    """They go as soon as the failing venue is known to fail."""
    clock = ManualClock(NOW_MS)
    feeds = [ScriptedFeed(clock), ScriptedFeed(clock, "beta"), ScriptedFeed(clock, "gamma", assets=("ETH",))]
    feeds[1].fail("open", Unavailable("down"))
    async with running(clock, feeds, ("BTC", "ETH")) as bench:
        await bench.clock.advance(0)
        began_s = time.monotonic()
        await bench.until(lambda: bench.now(Selection("ETH")).detail.heat is not None)
        assert time.monotonic() - began_s < HEAD_START_S


async def test_an_asset_that_a_venue_does_not_list_is_not_on_it() -> None:
    """The others are; a venue that lists none is off."""
    clock = ManualClock(NOW_MS)
    feeds = [ScriptedFeed(clock), ScriptedFeed(clock, "beta", assets=("ETH",)), ScriptedFeed(clock, "gamma", assets=())]
    async with running(clock, feeds, ("BTC", "ETH")) as bench:
        shot = await bench.loaded()
        assert [row.venues for row in shot.assets] == [("alpha",), ("alpha", "beta")]
        assert bench.venue("gamma").status == "OFF"
        assert bench.now(Selection("BTC", "beta", "4h")).detail.heat is None


async def test_a_venue_without_history_of_open_interest_has_a_map_and_says_so() -> None:
    """The first sample is carried backwards."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock, abilities=without(ABILITIES, open_interest_history=False, prints="none"))
    async with running(clock, [feed]) as bench:
        shot = await bench.loaded()
        assert shot.detail.heat is not None
        assert bench.venue().status == "LIVE"
        assert "open interest" in bench.venue().detail


FAULTS = [
    (Unavailable, None, "STALE", 60_000 * 1.25),
    (Garbled, None, "STALE", 60_000 * 1.25),
    (RateLimited, 45.0, "STALE", 45_000 * 1.25),
    (Banned, 600.0, "STALE", 600_000 * 1.01),
    (Blocked, None, "BLOCKED", 15 * 60_000 * 1.01),
]


@pytest.mark.parametrize(("kind", "retry_after_s", "status", "wait_ms"), FAULTS)
async def test_a_fault_is_shown_waited_out_and_left_behind(
    kind: type[FeedError], retry_after_s: float | None, status: str, wait_ms: float
) -> None:
    """The venue shows its state, is not hammered, comes back by itself; the other venue never notices."""
    clock = ManualClock(NOW_MS)
    feed, other = ScriptedFeed(clock), ScriptedFeed(clock, "beta")
    async with running(clock, [feed, other]) as bench:
        await bench.loaded()
        feed.fail("*", error_of(kind, retry_after_s))
        broke_ms = clock.now_ms()
        calls_before = feed.calls.total()
        await bench.advance(5 * MINUTE_MS)
        assert bench.venue().status == status
        assert "no luck" in bench.venue().detail
        retry_ms = bench.venue().retry_ms
        assert retry_ms is not None and clock.now_ms() - 1 <= retry_ms <= clock.now_ms() + wait_ms
        assert (bench.venue().age_ms or 0) >= 4 * MINUTE_MS
        assert feed.calls.total() - calls_before <= _allowed(kind, 5 * MINUTE_MS, retry_after_s)
        assert bench.venue("beta").status == "LIVE"
        heat = bench.now(Selection("BTC", "beta", "4h")).detail.heat
        assert heat is not None and heat.ts_ms[-1] >= broke_ms + 3 * MINUTE_MS
        assert bench.now().detail.price_usd == pytest.approx(price_at("BTC", clock.now_ms()), rel=1e-3)
        feed.mend()
        await bench.advance(int(wait_ms) + 3 * MINUTE_MS, 1_000)
        assert bench.venue().status == "LIVE"
        heat = bench.now(Selection("BTC", "alpha", "4h")).detail.heat
        assert heat is not None and not heat.gap[-10:].any(), "the outage is filled up again"
        long_outage = wait_ms > 11 * MINUTE_MS
        assert feed.calls["open_interest_history"] == (2 if long_outage else 1), "with its open interest"


def _allowed(kind: type[FeedError], span_ms: int, retry_after_s: float | None) -> float:
    """Return how many calls a broken venue may get in a span."""
    if kind is Blocked:
        return 4
    if issubclass(kind, RateLimited):
        return 4 + 5 * span_ms / ((retry_after_s or 30.0) * 1_000)
    return 5 * (7 + span_ms / 45_000)


async def test_one_kind_of_call_that_fails_makes_a_venue_partial() -> None:
    """The rest of it goes on."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock)
    async with running(clock, [feed]) as bench:
        await bench.loaded()
        feed.fail("funding", Unavailable("maintenance"))
        await bench.advance(2 * MINUTE_MS)
        assert bench.venue().status == "PARTIAL"
        assert bench.venue().detail == "funding BTC: maintenance"
        assert bench.now().detail.price_usd == pytest.approx(price_at("BTC", clock.now_ms()), rel=1e-3)
        feed.mend()
        await bench.advance(2 * MINUTE_MS)
        assert bench.venue().status == "LIVE"


async def test_a_defect_in_a_feed_is_logged_and_counts_as_a_failed_answer(caplog: pytest.LogCaptureFixture) -> None:
    """With its traceback; the worker lives on."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock)
    async with running(clock, [feed]) as bench:
        await bench.loaded()
        with caplog.at_level(logging.ERROR):
            feed.fail("quote", ZeroDivisionError("a defect"))
            await bench.advance(30_000)
        assert bench.venue().status == "PARTIAL"
        assert any(record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records)
        feed.mend()
        await bench.advance(90_000)
        assert bench.venue().status == "LIVE"


async def test_a_venue_that_is_down_at_the_start_joins_later() -> None:
    """Markets and history are tried again; the map of the others is there meanwhile."""
    clock = ManualClock(NOW_MS)
    feed, other = ScriptedFeed(clock), ScriptedFeed(clock, "beta")
    feed.fail("*", Blocked("not here"))
    async with running(clock, [feed, other]) as bench:
        await bench.clock.advance(0)
        await bench.until(lambda: bench.now().detail.heat is not None)
        assert bench.venue().status == "BLOCKED"
        assert bench.now().note == "loading history 1/2"
        feed.mend()
        await bench.advance(16 * MINUTE_MS, 1_000)
        shot = await bench.loaded()
        assert bench.venue().status == "LIVE"
        assert shot.assets[0].venues == ("alpha", "beta")


async def test_prints_reach_the_tape_and_a_broken_stream_is_taken_up_again() -> None:
    """A gap makes totals incomplete, a stream that is down makes the venue partial."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock)
    async with running(clock, [feed]) as bench:
        await bench.loaded()
        for _ in range(1_000):
            feed.stream.put_nowait(feed.liquidation("long", 2.0))
        feed.stream.put_nowait(feed.liquidation("short", 1.0, "ETH"))
        detail = (await bench.until(lambda: bench.now().detail.prints_seen >= 1_000)).detail
        assert detail.prints_seen == 1_000
        assert [row.seq for row in detail.tape] == list(range(801, 1_001))
        assert detail.totals[0].long_usd == pytest.approx(2_000 * price_at("BTC", clock.now_ms()))
        assert not detail.totals[0].complete
        await bench.advance(HOUR_MS + MINUTE_MS, 5_000)
        assert bench.now().detail.totals[0].complete
        feed.stream_up = False
        feed.stream.put_nowait(Unavailable("cut off"))
        await bench.advance(1_000)
        assert bench.venue().status == "PARTIAL"
        assert bench.venue().detail == "prints: cut off"
        assert not bench.now().detail.totals[0].complete
        await bench.advance(3_000)
        feed.stream_up = True
        feed.stream.put_nowait(PrintGap("alpha", clock.now_ms() - 4_000, clock.now_ms()))
        feed.stream.put_nowait(feed.liquidation())
        await bench.advance(2_000)
        assert bench.venue().status == "LIVE"
        assert bench.now().detail.prints_seen == 1_001
        assert not bench.now().detail.totals[0].complete


async def test_a_changed_tick_size_is_picked_up() -> None:
    """Markets are looked up again from time to time."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock)
    async with running(clock, [feed]) as bench:
        assert (await bench.loaded()).assets[0].tick_usd == 0.1
        feed.tick_usd = 0.5
        await bench.advance(int(CADENCE.markets_ms) + MINUTE_MS, 60_000)
        assert bench.now().assets[0].tick_usd == 0.5


async def test_a_fast_market_misses_no_sample_of_open_interest() -> None:
    """Where a poll comes only every quarter of an hour of market time, the history is read on instead."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock, abilities=without(ABILITIES, bar_steps_ms=(5 * MINUTE_MS,)))
    cadence = replace(Cadence.accelerated(3_600), frame_s=0.0, idle_frame_s=0.001, history_ms=6 * HOUR_MS)
    async with running(clock, [feed], cadence=cadence) as bench:
        await bench.loaded()
        for _ in range(75):
            await bench.advance(MINUTE_MS, MINUTE_MS)
            heat = bench.now().detail.heat
            assert heat is not None and not heat.gap[-5:].any(), "bars that are not yet due are no gap"
        series = bench.monitor._workers[0].markets["BTC"].intensity.series()
        assert series is not None and series.ts_ms[-1] >= clock.now_ms() - 16 * MINUTE_MS
        assert np.diff(series.ts_ms).tolist() == [5 * MINUTE_MS] * (len(series.ts_ms) - 1)
        assert series.oi_base.tolist() == [pytest.approx(feed.oi_at(ts_ms)) for ts_ms in series.ts_ms.tolist()]
        assert feed.calls["open_interest"] == 0
        assert bench.now().assets[0].oi_base == pytest.approx(feed.oi_at(clock.now_ms()), rel=0.02)


async def test_versions_rise_with_time_and_a_snapshot_is_one_value() -> None:
    """The same version and selection give the same object; ages make the version rise without news."""
    clock = ManualClock(NOW_MS)
    async with running(clock, [ScriptedFeed(clock)]) as bench:
        await bench.loaded()
        version = bench.monitor.version
        assert bench.now() is bench.now()
        assert await bench.monitor.changed(version) > version
        assert bench.now().version > version
        assert await bench.monitor.changed(0) == bench.monitor.version
