"""Realised prints teach the map of their market while the stream is whole."""

import pytest

from liqtui.feeds.clock import ManualClock
from liqtui.model.market import HOUR_MS, MINUTE_MS, PrintGap
from tests.monitor.scripted import ScriptedFeed
from tests.monitor.test_monitor import NOW_MS, running


@pytest.mark.parametrize("broken", [False, True])
async def test_prints_teach_unless_some_were_lost(broken: bool) -> None:
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock)
    async with running(clock, [feed]) as bench:
        await bench.loaded()
        for _ in range(140):
            for _ in range(5):
                feed.stream.put_nowait(feed.liquidation("long", 2.0))
                feed.stream.put_nowait(feed.liquidation("short", 2.0))
            if broken:
                feed.stream.put_nowait(PrintGap("alpha", clock.now_ms() - 1_000, clock.now_ms()))
            await bench.advance(MINUTE_MS, 10_000)
        learned = bench.monitor._workers[0].markets["BTC"].intensity.calibration.state
    if broken:
        assert learned.size_count == 0 and learned.learned_ms is None
    else:
        assert learned.size_count > 500
        assert learned.learned_ms is not None and learned.learned_ms > NOW_MS + HOUR_MS
