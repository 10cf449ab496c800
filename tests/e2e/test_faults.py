"""Everything that goes wrong at a venue: the monitor goes on, says so, keeps its numbers, and recovers by itself.

The venues speak over loopback and share a clock that runs sixty times as fast, so that a quarter of an hour's wait for
a blocked venue takes half a minute.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from liqtui.feeds.clock import MarketClock
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.limits import Limits
from liqtui.feeds.network import make_session
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot, VenueState
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.monitor import Monitor
from tests.venues.faults import Fault, banned, broken, cloudfront, geoblocked, portal, put, rate_limited
from tests.venues.server import LoopbackVenues
from tests.venues.world import usual_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEED = 60.0
MARKETS_MS = 300_000.0
"""Age at which instrument lists are renewed here: five seconds of real time."""
SELECTION = Selection("BTC")
OTHER = "bybit"


@dataclass
class Rig:
    """A running monitor on two venues."""

    server: LoopbackVenues
    monitor: Monitor

    def snapshot(self) -> Snapshot:
        """Return the newest state."""
        return self.monitor.snapshot(SELECTION)

    def venue(self, name: str = "binance") -> VenueState:
        """Return the state of one venue."""
        return next(state for state in self.snapshot().venues if state.venue == name)

    async def until(self, name: str, *statuses: str, timeout_s: float = 40.0) -> VenueState:
        """Wait until a venue has one of these statuses, watching that the other one and the price stay sound."""
        end = time.monotonic() + timeout_s
        while (state := self.venue(name)).status not in statuses:
            self.check_the_rest()
            assert time.monotonic() < end, f"{state}; wanted {statuses}"
            await asyncio.sleep(0.05)
        return state

    def check_the_rest(self) -> None:
        """Assert what no fault of Binance may change."""
        assert self.venue(OTHER).status == "LIVE"
        price = self.snapshot().detail.price_usd
        assert price is not None
        assert 85_000 < price < 95_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig() -> AsyncIterator[Rig]:
    """Return a monitor on Binance and Bybit with the map of BTC modelled."""
    world = usual_world()
    clock = MarketClock(time.time_ns() // 1_000_000, SPEED)
    world.now_ms = clock.now_ms
    async with LoopbackVenues(world) as server, make_session(("127.0.0.1", server.port), server.ca_file) as session:
        limits = Limits(
            request_s=1.0,
            connect_s=2.0,
            silence_s=3.0,
            keep_alive_s=1.0,
            pause_s=0.1,
            pause_most_s=0.5,
            markets_age_s=MARKETS_MS / 1000,
        )
        feeds = [ExchangeFeed(name, session, clock, None, limits) for name in ("binance", OTHER)]
        cadence = replace(Cadence.accelerated(SPEED), markets_ms=MARKETS_MS)
        monitor = Monitor(feeds, ["BTC"], clock, cadence, "live", str)
        running = asyncio.create_task(monitor.run())
        rig = Rig(server, monitor)
        end = time.monotonic() + 60
        while rig.snapshot().detail.heat is None or {s.status for s in rig.snapshot().venues} != {"LIVE"}:
            assert time.monotonic() < end, rig.snapshot().venues
            await asyncio.sleep(0.1)
        yield rig
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


FAULTS: dict[str, Fault] = {
    "429": rate_limited(5),
    "429 without a wait": rate_limited(),
    "418": banned(20),
    "500": broken(500),
    "503": broken(503),
    "timeout": Fault(delay_s=5.0),
    "reset": Fault(reset=True),
    "half a JSON": Fault(cut=True),
    "HTML": portal(),
    "a list for an object": Fault(text="[1, 2]"),
    "no body": Fault(text=""),
}


@pytest.mark.parametrize("name", list(FAULTS))
async def test_a_failing_venue_is_said_and_recovers_by_itself(rig: Rig, name: str) -> None:
    rig.server.fault("binance", "/", FAULTS[name])
    try:
        state = await rig.until("binance", "PARTIAL", "STALE")
        assert state.detail
        await asyncio.sleep(1.0)
        rig.check_the_rest()
        assert rig.venue().status in ("PARTIAL", "STALE")
    finally:
        rig.server.clear()
    await rig.until("binance", "LIVE")


@pytest.mark.parametrize("value", ["NaN", "-5", "0", "cheap", None, []])
async def test_an_impossible_price_is_an_error_of_that_poll_and_never_a_number(rig: Rig, value: object) -> None:
    rig.server.fault("binance", "/fapi/v1/premiumIndex", Fault(edit=put(value, "markPrice")))
    rig.server.fault("binance", "/fapi/v1/ticker", Fault(edit=put(value, "lastPrice")))
    try:
        state = await rig.until("binance", "PARTIAL", "STALE")
        assert state.detail
        for row in rig.snapshot().assets:
            assert row.mark_usd is None or (math.isfinite(row.mark_usd) and row.mark_usd > 0)
    finally:
        rig.server.clear()
    await rig.until("binance", "LIVE")


@pytest.mark.parametrize("fault", [geoblocked(), cloudfront()], ids=["451", "CloudFront 403"])
async def test_a_blocked_venue_is_left_alone_for_a_quarter_of_an_hour_and_then_tried(rig: Rig, fault: Fault) -> None:
    rig.server.fault("binance", "/", fault)
    await rig.until("binance", "BLOCKED")
    await asyncio.sleep(0.5)
    asked = sum(rig.server.requests("binance").values())
    await asyncio.sleep(5.0)
    assert sum(rig.server.requests("binance").values()) == asked
    assert rig.venue().status == "BLOCKED"
    rig.check_the_rest()
    rig.server.clear()
    await rig.until("binance", "LIVE", timeout_s=60)


async def test_a_half_open_print_stream_is_noticed_and_opened_again(rig: Rig) -> None:
    rig.server.fault("binance", "/", Fault(silent=True))
    rig.server.go_silent("binance")
    state = await rig.until("binance", "PARTIAL")
    assert "prints" in state.detail
    assert not state.prints_live
    rig.server.clear()
    await rig.until("binance", "LIVE")


async def test_a_new_tick_size_is_taken_over(rig: Rig) -> None:
    rig.server.world.market("binance", "BTC").tick_usd = 0.5
    rig.server.world.market(OTHER, "BTC").tick_usd = 0.5
    end = time.monotonic() + 30
    while rig.snapshot().assets[0].tick_usd != 0.5:
        rig.check_the_rest()
        assert time.monotonic() < end, "the old tick size stays"
        await asyncio.sleep(0.2)
