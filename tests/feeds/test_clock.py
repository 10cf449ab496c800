"""Clocks: market time that runs, stops at its end, and can be moved by hand."""

import asyncio
import time

import pytest

from liqtui.feeds.clock import ManualClock, MarketClock, WallClock


async def test_a_market_clock_runs_at_its_speed_and_stands_still_at_its_end() -> None:
    clock = MarketClock(1_000_000, 1000.0, end_ms=1_100_000)
    assert clock.now_ms() == pytest.approx(1_000_000, abs=20_000)
    began = time.monotonic()
    await clock.sleep_ms(50_000)
    assert 0.04 < time.monotonic() - began < 0.5
    assert clock.now_ms() >= 1_045_000
    await asyncio.sleep(0.12)
    assert clock.now_ms() == 1_100_000


def test_a_market_clock_starts_when_first_asked() -> None:
    clock = MarketClock(0, 1000.0)
    time.sleep(0.05)
    assert clock.now_ms() < 10_000


def test_a_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        MarketClock(0, 0.0)


def test_the_wall_clock_is_the_time_of_day() -> None:
    assert abs(WallClock().now_ms() - time.time() * 1000) < 1000


async def test_a_manual_clock_wakes_sleepers_in_order_and_shows_each_its_own_moment() -> None:
    clock, seen = ManualClock(0), []

    async def sleeper(span_ms: int) -> None:
        await clock.sleep_ms(span_ms)
        seen.append((span_ms, clock.now_ms()))
        await clock.sleep_ms(100)
        seen.append((span_ms + 100, clock.now_ms()))

    tasks = [asyncio.create_task(sleeper(span)) for span in (300, 100)]
    await asyncio.sleep(0)
    await clock.advance(250)
    assert seen == [(100, 100), (200, 200)]
    await clock.advance(1000)
    assert seen[2:] == [(300, 300), (400, 400)]
    assert clock.now_ms() == 1250
    await asyncio.gather(*tasks)


def test_a_market_clock_begins_where_it_is_told_to_however_fast_it_runs() -> None:
    clock = MarketClock(1_000_000, 1e9)
    assert clock.now_ms() == 1_000_000
    assert clock.now_ms() > 1_000_000
