"""Restarts: what was learned and scored goes on as if nothing had happened, and honestly over the time in between."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from liqtui.feeds.clock import ManualClock
from liqtui.journal.journal import Journal
from liqtui.journal.store import Recalled
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqtui.model.params import BookParams
from liqtui.model.scorer import Scorer
from liqtui.model.skill import SkillReport
from liqtui.monitor.market_state import HistoryEvent, MarketState
from liqtui.monitor.memory import market_state
from tests.model.scored_market import START_MS as MARKET_START_MS
from tests.model.scored_market import recorded
from tests.monitor.scripted import ABILITIES, START_MS, ScriptedFeed, without
from tests.monitor.test_market_state import MARKET, in_order, report_of
from tests.monitor.test_monitor import BTC, Bench, running

NOW_MS = START_MS + 4 * DAY_MS


def heard(_: int) -> int:
    """Say that every print was heard since the start."""
    return MARKET_START_MS


def again(recalled: Recalled) -> MarketState:
    """A market as the monitor makes it from what the journal knows."""
    return market_state(MARKET, BookParams(), "full", heard, recalled)


def fed(market: MarketState, events: Sequence[HistoryEvent], live_from: int) -> MarketState:
    """Feed events, the history first."""
    for at, event in enumerate(events):
        if at == live_from:
            market.end_history()
        market.add_event(event)
    return market


def through_the_file(market: MarketState) -> Recalled:
    """What of it would come back from the journal."""
    assert market.mix is not None and market.scores is not None
    return Recalled(
        mix=json.loads(json.dumps(market.mix.to_dict())),
        scores=json.loads(json.dumps(market.scores)),
    )


@pytest.fixture(scope="module")
def events() -> list[HistoryEvent]:
    """A day and a half of a market."""
    market = recorded(3, 5)
    bars = market.bars[:2100]
    return in_order(bars, [one for one in market.prints if one.ts_ms < bars[-1].end_ms])


def without_bands(state: MarketState) -> SkillReport:
    """Return what a market's scorer has found, the coverage of bands left out."""
    return replace(report_of(state), coverage=(), coverage_n=0)


def test_a_restart_equals_no_restart(events: list[HistoryEvent]) -> None:
    """Stopped in the middle of a step and of a batch and replayed from the start: every figure is the same."""
    stop = 9 * len(events) // 10 + 3
    whole = fed(again(Recalled()), events, 0)
    first = fed(again(Recalled()), events[:stop], 100)
    recalled = through_the_file(first)
    second = fed(again(recalled), events, stop)
    lost = report_of(whole).coverage_n - report_of(second).coverage_n
    assert 0 <= lost <= 2, "the bands of the hour under way, one forecast a side, are all that a restart loses"
    assert without_bands(second) == without_bands(whole)
    assert report_of(whole).prints > 100
    assert whole.scorer is not None and second.scorer is not None
    assert {**second.scorer.state(), "bands": None} == {**whole.scorer.state(), "bands": None}
    learned, without_stop = second.intensity.experts.state, whole.intensity.experts.state
    assert learned.learned_ms == without_stop.learned_ms and learned.levels == without_stop.levels
    for name, one in learned.experts.items():
        other = without_stop.experts[name]
        assert one.size_count == other.size_count
        assert one.mean == pytest.approx(other.mean, abs=1e-9)


def test_what_was_learned_is_there_before_anything_happens_again(events: list[HistoryEvent]) -> None:
    """The first map after a restart, with no print heard, is drawn with the weights of before."""
    first = fed(again(Recalled()), events, 100)
    short = events[:400]
    second = fed(again(through_the_file(first)), short, 0)
    assert second.intensity.experts.state == first.mix
    assert second.intensity.map_draws() is not None
    assert report_of(second).prints == Scorer.from_state(first.scores or {}).report().prints > 100


@pytest.mark.parametrize("kind", ["mix", "scores"])
def test_states_of_another_version_are_not_taken_up(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """They are left out with a warning, and the market begins anew."""
    strange = {"version": 99}
    market = again(Recalled(mix=strange if kind == "mix" else None, scores=strange if kind == "scores" else None))
    assert "is not taken up" in caplog.text and "99" in caplog.text
    assert market.intensity.experts.prints == 0 and report_of(market).prints == 0


@asynccontextmanager
async def remembering(path: Path, clock: ManualClock, feed: ScriptedFeed) -> AsyncIterator[Bench]:
    """A running monitor with a journal."""
    journal = Journal(path, 30)
    await journal.open()
    try:
        async with running(clock, [feed], journal=journal) as bench:
            await bench.loaded()
            yield bench
    finally:
        await journal.close()


async def test_the_tape_goes_on_over_a_restart_and_says_where_it_was_deaf(tmp_path: Path) -> None:
    """Prints of the run before are in the totals, once; a total over the time in between is not complete."""
    clock, path = ManualClock(NOW_MS), tmp_path / "journal.db"
    async with remembering(path, clock, ScriptedFeed(clock)) as bench:
        feed = bench.feeds[0]
        await bench.advance(2 * HOUR_MS, 30_000)
        for _ in range(40):
            feed.stream.put_nowait(feed.liquidation("long", 2.0))
        await bench.until(lambda: bench.now().detail.prints_seen == 40)
    clock = ManualClock(NOW_MS + 2 * HOUR_MS + 10 * MINUTE_MS)
    async with remembering(path, clock, ScriptedFeed(clock)) as bench:
        feed = bench.feeds[0]
        detail = bench.now().detail
        assert detail.prints_seen == 40 and len(detail.tape) == 40
        assert [total.count for total in detail.totals] == [40, 40, 40]
        assert not any(total.complete for total in detail.totals)
        feed.stream.put_nowait(feed.liquidation("short", 1.0))
        detail = (await bench.until(lambda: bench.now().detail.prints_seen == 41)).detail
        assert [row.side for row in detail.tape[-2:]] == ["long", "short"]
        await bench.advance(HOUR_MS + 2 * MINUTE_MS, 30_000)
        assert [total.complete for total in bench.now().detail.totals] == [True, False, False]


async def test_a_quick_restart_leaves_totals_complete_up_to_the_stop(tmp_path: Path) -> None:
    """What was heard before is known to have been heard: only the moments between two runs are missing."""
    clock, path = ManualClock(NOW_MS), tmp_path / "journal.db"
    async with remembering(path, clock, ScriptedFeed(clock)) as bench:
        await bench.advance(30 * MINUTE_MS, 30_000)
    journal = Journal(path, 30)
    await journal.open()
    found = await journal.recall("alpha", "BTC", NOW_MS - DAY_MS, clock.now_ms())
    await journal.close()
    ((start_ms, end_ms),) = found.heard
    assert abs(start_ms - NOW_MS) < MINUTE_MS and abs(end_ms - clock.now_ms()) < MINUTE_MS
    assert found.scores is not None


async def test_open_interest_of_a_venue_without_history_comes_from_the_journal(tmp_path: Path) -> None:
    """Samples of the run before take the place of the constant, and the venue says so no more."""
    path = tmp_path / "journal.db"
    abilities = without(ABILITIES, open_interest_history=False)
    clock = ManualClock(NOW_MS)
    async with remembering(path, clock, ScriptedFeed(clock, abilities=abilities)) as bench:
        assert "no history of open interest" in bench.venue().detail
        await bench.advance(6 * HOUR_MS, 20_000)
    clock = ManualClock(NOW_MS + 6 * HOUR_MS + 5 * MINUTE_MS)
    async with remembering(path, clock, ScriptedFeed(clock, abilities=abilities)) as bench:
        assert bench.venue().detail == ""
        four_hours = bench.monitor.snapshot(BTC).detail.divergence[2]
        assert four_hours.oi_pct is not None and abs(four_hours.oi_pct) > 0.1
