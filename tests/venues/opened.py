"""A feed on loopback venues, opened and closed in one `async with`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from liqtui.feeds.clock import Clock, WallClock
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.limits import Limits
from liqtui.feeds.network import make_session
from tests.venues.server import LoopbackVenues

QUICK = Limits(
    paced=False,
    request_s=2.0,
    connect_s=2.0,
    keep_alive_s=0.3,
    silence_s=1.0,
    settled_s=0.5,
    pause_s=0.1,
    pause_most_s=0.4,
)
"""The product's waits, made short; what is asked is asked at once."""


@asynccontextmanager
async def feed_on(
    server: LoopbackVenues,
    venue: str,
    limits: Limits = QUICK,
    clock: Clock | None = None,
    cache_dir: Path | None = None,
) -> AsyncIterator[ExchangeFeed]:
    """Yield a feed of `venue` whose every host is the server."""
    session = make_session(("127.0.0.1", server.port), server.ca_file)
    feed = ExchangeFeed(venue, session, clock or WallClock(), cache_dir, limits)
    try:
        yield feed
    finally:
        await feed.close()
        await session.close()
