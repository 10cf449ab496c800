"""The instrument list: on disk for a day, renewed when it is old or contradicted, never lost to a bad file."""

import json
import os
from pathlib import Path

import pytest

from liqtui.feeds.base import Unavailable
from liqtui.feeds.cache import load_listings
from liqtui.feeds.clock import ManualClock
from liqtui.model.market import DAY_MS, MINUTE_MS
from tests.venues.faults import Fault
from tests.venues.opened import feed_on
from tests.venues.server import LoopbackVenues
from tests.venues.world import usual_world

NOW_MS = 1_795_178_060_123
INFO = "/fapi/v1/exchangeInfo"


def server_at(clock: ManualClock) -> LoopbackVenues:
    """Return a server whose time is the clock's."""
    world = usual_world()
    world.now_ms = clock.now_ms
    return LoopbackVenues(world)


async def test_a_second_start_asks_nothing(tmp_path: Path) -> None:
    """The list of today is read from disk; without a folder it is asked for."""
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server:
        for venue in ("binance", "bybit", "okx", "hyperliquid"):
            async with feed_on(server, venue, clock=clock, cache_dir=tmp_path) as feed:
                first = await feed.market("BTC")
            asked = server.requests(venue).total()
            async with feed_on(server, venue, clock=clock, cache_dir=tmp_path) as feed:
                await feed.open()
                assert await feed.market("BTC") == first
                assert server.requests(venue).total() == asked
                assert (await feed.funding("BTC")).interval_h > 0 and await feed.brackets("BTC")


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"format":1,"saved_ms":1,"listings":{}}', "\x00" * 100])
async def test_a_damaged_file_is_ignored_and_replaced(tmp_path: Path, damage: str) -> None:
    """Half a file, another format, nothing at all."""
    clock = ManualClock(NOW_MS)
    path = tmp_path / "markets-binance.json"
    path.write_text(damage)
    async with server_at(clock) as server, feed_on(server, "binance", clock=clock, cache_dir=tmp_path) as feed:
        assert (await feed.market("BTC")).tick_usd == 0.1
    cached = load_listings(tmp_path, "binance")
    assert cached is not None and set(cached[0]) == {"BTC", "ETH", "SOL"}
    assert os.listdir(tmp_path) == [path.name]


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """No cache is no reason not to run."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server, feed_on(server, "okx", clock=clock, cache_dir=blocked / "x") as feed:
        assert (await feed.market("BTC")).contract_base == 0.01


async def test_a_file_from_the_future_is_not_trusted(tmp_path: Path) -> None:
    """A clock that was set back does not freeze the list for ever."""
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server:
        async with feed_on(server, "binance", clock=clock, cache_dir=tmp_path) as feed:
            await feed.open()
        path = tmp_path / "markets-binance.json"
        told = json.loads(path.read_text())
        path.write_text(json.dumps(told | {"saved_ms": NOW_MS + DAY_MS}))
        async with feed_on(server, "binance", clock=clock, cache_dir=tmp_path) as feed:
            await feed.open()
        assert server.requests("binance")[INFO] == 2


async def test_a_new_tick_size_is_there_the_next_day(tmp_path: Path) -> None:
    """The list is renewed once a day, in a running feed and on disk."""
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server, feed_on(server, "bybit", clock=clock, cache_dir=tmp_path) as feed:
        assert (await feed.market("BTC")).tick_usd == 0.1
        server.world.market("bybit", "BTC").tick_usd = 0.5
        await clock.advance(DAY_MS - 1)
        assert (await feed.market("BTC")).tick_usd == 0.1
        await clock.advance(1)
        assert (await feed.market("BTC")).tick_usd == 0.5
        cached = load_listings(tmp_path, "bybit")
        assert cached is not None and cached[0]["BTC"].market.tick_usd == 0.5


async def test_a_price_off_the_tick_renews_the_list_at_once() -> None:
    """A finer tick shows in the first price that is no multiple of the old one."""
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server, feed_on(server, "binance", clock=clock) as feed:
        btc = server.world.market("binance", "BTC")
        assert (await feed.market("BTC")).tick_usd == 0.1
        await clock.advance(11 * MINUTE_MS)
        btc.tick_usd, btc.price_usd = 0.01, lambda ts_ms: 90_000.07
        assert (await feed.quote("BTC")).last_usd == 90_000.07
        assert (await feed.market("BTC")).tick_usd == 0.01
        assert server.requests("binance")[INFO] == 2


async def test_a_venue_that_refuses_the_new_list_keeps_the_old_one() -> None:
    """It is asked again ten minutes later, not at every call."""
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server, feed_on(server, "binance", clock=clock) as feed:
        await feed.open()
        server.world.market("binance", "BTC").tick_usd = 0.5
        server.fault("binance", INFO, Fault(status=503))
        await clock.advance(DAY_MS)
        for _ in range(5):
            assert (await feed.market("BTC")).tick_usd == 0.1
        assert server.requests("binance")[INFO] == 2
        server.clear()
        await clock.advance(10 * MINUTE_MS)
        assert (await feed.market("BTC")).tick_usd == 0.5


async def test_without_any_list_every_call_says_so() -> None:
    """A first list that does not come is the error of the call that needed it."""
    clock = ManualClock(NOW_MS)
    async with server_at(clock) as server, feed_on(server, "okx", clock=clock) as feed:
        server.fault("okx", "/api/v5/public/instruments", Fault(status=500))
        for _ in range(2):
            with pytest.raises(Unavailable):
                await feed.quote("BTC")
