"""The demo through a whole monitor: what it has shown and learned is there with its first map."""

import asyncio
import contextlib

from liqtui.feeds.clock import MarketClock
from liqtui.feeds.demo import DEMO_START_MS, demo_feeds
from liqtui.model.selection import Selection
from liqtui.model.snapshot import BANDS_PCT, TAPE_ROWS, Snapshot
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.monitor import Monitor

SPEED = 60.0


async def taken(monitor: Monitor, loaded: bool) -> Snapshot:
    """Wait for a map, of the first venue or of all."""
    async with asyncio.timeout(90):
        version = 0
        while True:
            version = await monitor.changed(version)
            shot = monitor.snapshot(Selection("BTC", None, "24h"))
            if shot.detail.clusters and not (loaded and shot.note):
                return shot


async def test_skill_mix_bands_and_whole_totals_come_with_the_first_map() -> None:
    """The history is replayed with its prints, as a stream would have told them; each of them counts once."""
    clock = MarketClock(DEMO_START_MS, SPEED)
    feeds = demo_feeds(7, clock)
    monitor = Monitor(feeds, ("BTC",), clock, Cadence.accelerated(SPEED), "demo", lambda: "DEMO")
    task = asyncio.create_task(monitor.run())
    try:
        skill = (first := (await taken(monitor, loaded=False)).detail).skill
        assert skill is not None and skill.verdict and skill.prints > 100 and skill.learned_prints > 300
        assert skill.over_price is not None and skill.over_price.mean > 0 and skill.lift is not None
        assert len(skill.mix) == 16 and len(skill.reliability) == 10
        assert all(len(cluster.bands_usd) == len(BANDS_PCT) for cluster in first.clusters)
        detail = (await taken(monitor, loaded=True)).detail
        assert len(detail.totals) == 6 and all(total.complete for total in detail.totals)
        assert len(detail.tape) == TAPE_ROWS and detail.skill is not None
        assert abs(detail.skill.learned_prints - detail.prints_seen) < 0.05 * detail.prints_seen
        await asyncio.sleep(2)
        told = [await feed.print_history("BTC", 0, 2**53) for feed in feeds]
        seen = monitor.snapshot(Selection("BTC", None, "24h")).detail.prints_seen
        assert 0.97 * sum(map(len, told)) <= seen <= sum(map(len, told))
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
