"""An engine process on two venues written by hand: `python -m tests.link.scripted_engine SOCKET [--key value]`."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from liqtui.engine import serve
from liqtui.feeds.clock import MarketClock
from liqtui.journal.journal import Journal
from liqtui.model.market import DAY_MS, HOUR_MS
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.monitor import Monitor
from tests.monitor.scripted import START_MS, ScriptedFeed

SPEED = 60.0


async def scripted_monitor(
    assets: tuple[str, ...] = ("BTC", "ETH"), journal: Journal | None = None, late_ms: int = 0
) -> Monitor:
    """Return a monitor on two venues that differ a little, starting a day and `late_ms` into the market."""
    clock = MarketClock(START_MS + DAY_MS + late_ms, SPEED)
    feeds = [ScriptedFeed(clock, "alpha"), ScriptedFeed(clock, "beta", offset=1e-4, oi_base=500.0)]
    for feed in feeds:
        asyncio.get_running_loop().create_task(_pour(feed))
    cadence = replace(Cadence.accelerated(SPEED), history_ms=6 * HOUR_MS, fine_history_ms=HOUR_MS)
    return Monitor(feeds, assets, clock, cadence, "demo", lambda: f"SCRIPTED {SPEED:g}x", journal)


async def _pour(feed: ScriptedFeed) -> None:
    """Put a print on the tape ten times a second."""
    while True:
        await asyncio.sleep(0.1)
        feed.stream.put_nowait(feed.liquidation())


async def main() -> int:
    """Serve until the last viewer has left."""
    parser = argparse.ArgumentParser()
    parser.add_argument("socket", type=Path)
    parser.add_argument("--linger", type=float, default=1.0)
    parser.add_argument("--refuse", default="")
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--late-ms", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.refuse:
        print(arguments.refuse, file=sys.stderr)
        return 2
    journal = Journal(arguments.journal, 30) if arguments.journal else None
    if journal is not None:
        await journal.open()
    return await serve(
        await scripted_monitor(journal=journal, late_ms=arguments.late_ms), arguments.socket, arguments.linger
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
