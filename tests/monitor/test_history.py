"""What is fetched of the past, in which order, and what is done where a venue lacks part of it."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import TypeVar

import pytest

from liqtui.feeds.base import Unavailable
from liqtui.feeds.clock import ManualClock
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, LongShortRatio, OpenInterest, PriceBar
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.history import coarse_step_ms, fetch_history, fetch_since, join_steps
from liqtui.monitor.market_state import known_ms
from tests.monitor.scripted import ABILITIES, START_MS, ScriptedFeed, without

T = TypeVar("T")

NOW_MS = START_MS + 4 * DAY_MS + 7 * MINUTE_MS + 1_234


async def ask(call: Callable[[], Awaitable[T]]) -> T:
    """Call at once."""
    return await call()


def venue(**changes: object) -> ScriptedFeed:
    """A venue with other abilities."""
    return ScriptedFeed(ManualClock(NOW_MS), abilities=without(ABILITIES, **changes))


async def test_three_days_the_last_one_in_minutes_without_hole_or_overlap() -> None:
    """Bars join end to end up to the newest closed minute, five minutes long first, then one."""
    events, flat = await fetch_history(venue(), ask, "BTC", NOW_MS, Cadence(), give_up=False)
    bars = [event for event in events if isinstance(event, PriceBar)]
    assert not flat
    assert all(before.end_ms == after.ts_ms for before, after in pairwise(bars))
    assert sum(bar.step_ms for bar in bars) >= 3 * DAY_MS - 10 * MINUTE_MS
    assert [bar.step_ms for bar in bars] == sorted((bar.step_ms for bar in bars), reverse=True)
    assert sum(bar.step_ms == MINUTE_MS for bar in bars) >= 24 * 60
    assert bars[-1].end_ms == NOW_MS // MINUTE_MS * MINUTE_MS


async def test_a_longer_past_is_asked_for_where_that_is_wished() -> None:
    """All of it: bars, open interest and ratios."""
    span_ms = 90 * HOUR_MS
    cadence = Cadence(history_ms=span_ms)
    events, flat = await fetch_history(venue(), ask, "BTC", NOW_MS, cadence, give_up=False)
    oldest = {type(event): NOW_MS - event.ts_ms for event in reversed(events)}
    assert not flat and set(oldest) == {PriceBar, OpenInterest, LongShortRatio}
    assert all(span_ms - 20 * MINUTE_MS <= age_ms <= span_ms for age_ms in oldest.values())


async def test_events_come_in_the_order_in_which_they_were_known() -> None:
    """A sample stamped at the end of a bar comes before that bar, one stamped later after it."""
    events, _ = await fetch_history(venue(), ask, "BTC", NOW_MS, Cadence(), give_up=False)
    keys = [known_ms(event) for event in events]
    assert keys == sorted(keys)
    at = {type(event).__name__: event for event in events[-20:]}
    assert set(at) == {"PriceBar", "OpenInterest", "LongShortRatio"}
    assert isinstance(events[0], OpenInterest)


async def test_minutes_that_fail_leave_five_minute_bars_throughout() -> None:
    """The long history is worth having alone."""
    feed = venue()
    feed.fail("bars 60000", Unavailable("no minutes"))
    events, _ = await fetch_history(feed, ask, "BTC", NOW_MS, Cadence(), give_up=False)
    assert {event.step_ms for event in events if isinstance(event, PriceBar)} == {300_000}


async def test_open_interest_without_history_is_carried_backwards() -> None:
    """The sample of now stands at the start as well, and is said to be flat."""
    events, flat = await fetch_history(venue(open_interest_history=False), ask, "BTC", NOW_MS, Cadence(), give_up=False)
    samples = [event for event in events if isinstance(event, OpenInterest)]
    assert flat
    assert [sample.ts_ms for sample in samples] == [NOW_MS - 3 * DAY_MS, NOW_MS]
    assert len({sample.oi_base for sample in samples}) == 1


async def test_a_failing_history_of_open_interest_is_tried_before_it_is_given_up() -> None:
    """First the error is raised, so that it is tried again; in the end the constant does."""
    feed = venue()
    feed.fail("open_interest_history", Unavailable("down"))
    with pytest.raises(Unavailable):
        await fetch_history(feed, ask, "BTC", NOW_MS, Cadence(), give_up=False)
    assert (await fetch_history(feed, ask, "BTC", NOW_MS, Cadence(), give_up=True))[1]


async def test_failing_ratios_do_not_stop_the_map() -> None:
    """The map stands without them."""
    feed = venue()
    feed.fail("long_short_ratio", Unavailable("down"))
    events, _ = await fetch_history(feed, ask, "BTC", NOW_MS, Cadence(), give_up=False)
    assert {type(event) for event in events} == {PriceBar, OpenInterest}


async def test_what_was_missed_is_fetched_with_its_samples() -> None:
    """After an outage the bars since then come, and the samples in their places."""
    since_ms = NOW_MS // MINUTE_MS * MINUTE_MS - 60 * MINUTE_MS
    events = await fetch_since(venue(), ask, "BTC", MINUTE_MS, since_ms, since_ms - 300_000, NOW_MS)
    assert sum(isinstance(event, PriceBar) for event in events) == 60
    assert sum(isinstance(event, OpenInterest) for event in events) >= 12
    assert [known_ms(event) for event in events] == sorted(known_ms(event) for event in events)


def test_joining_cuts_at_a_whole_coarse_bar() -> None:
    """Fine bars that begin inside a coarse one do not overlap it."""

    def bars(step_ms: int, start: int, stop: int) -> list[PriceBar]:
        return [PriceBar(ts, step_ms, 1, 1, 1, 1, 1) for ts in range(start * MINUTE_MS, stop * MINUTE_MS, step_ms)]

    joined = join_steps(bars(5 * MINUTE_MS, 0, 60), bars(MINUTE_MS, 33, 62))
    assert [bar.ts_ms // MINUTE_MS for bar in joined] == [0, 5, 10, 15, 20, 25, 30, *range(35, 62)]
    assert join_steps([], bars(MINUTE_MS, 0, 2)) == bars(MINUTE_MS, 0, 2)
    assert join_steps(bars(MINUTE_MS, 0, 2), []) == bars(MINUTE_MS, 0, 2)


@pytest.mark.parametrize(
    ("steps", "step"), [((60_000, 300_000), 300_000), ((60_000,), 60_000), ((900_000, 3_600_000), 900_000)]
)
def test_the_long_history_uses_the_bars_there_are(steps: tuple[int, ...], step: int) -> None:
    """Five minutes where there are such bars."""
    assert coarse_step_ms(steps) == step
