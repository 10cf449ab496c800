"""Watched accounts end to end: settings, the engine in a process of its own, Hyperliquid on loopback, a viewer."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
import pytest_asyncio

from liqtui.feeds.clock import MarketClock
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.network import make_session
from liqtui.link.socket import Process, SocketLink
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.known_map import now_map
from liqtui.monitor.monitor import Monitor
from tests.e2e.terminal import PtyApp
from tests.e2e.test_live import INTEREST_BASE, PRICES_USD, Rig, quiet_world
from tests.venues.faults import Fault, broken, portal, put, rate_limited
from tests.venues.opened import QUICK
from tests.venues.server import LoopbackVenues
from tests.venues.threaded import ThreadedVenues
from tests.venues.world import Holding, usual_world

WHALE, MINNOW = "0x" + "ab" * 20, "0x" + "12" * 20
LONG = Holding("BTC", 1_000.0, 88_000.0, 4_400_000.0, 84_321.5)
SHORT = Holding("BTC", -500.0, 92_000.0, 2_300_000.0, 95_432.0)
SAFE = Holding("BTC", 250.0, 90_000.0, 22_500_000.0, None)
SPEED = 60.0
HYPERLIQUID = Selection("BTC", "hyperliquid")


@pytest.fixture(scope="module")
def venues() -> Iterator[ThreadedVenues]:
    """Return the venues with two accounts on Hyperliquid."""
    world = quiet_world()
    world.accounts = {WHALE: [LONG, SAFE, Holding("ETH", 3.0, 3_000.0, 900.0, 2_700.0)], MINNOW: [SHORT]}
    with LoopbackVenues.in_thread(world) as server:
        yield server


@pytest.fixture(scope="module")
def rig(venues: ThreadedVenues, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """Return a rig whose settings name one account and whose file names the other."""
    rig = Rig(tmp_path_factory.mktemp("home"), venues, "bybit,hyperliquid")
    addresses = rig.home / "whales.txt"
    addresses.write_text(f"# watched\n{MINNOW}  # small\n")
    watch = f'[watch]\nhyperliquid_addresses = ["{WHALE.upper().replace("0X", "0x")}"]\n'
    with open(rig.config, "a", encoding="utf-8") as file:
        file.write(f'{watch}hyperliquid_addresses_file = "{addresses}"\n')
    return rig


@pytest.fixture(scope="module")
def app(rig: Rig) -> Iterator[PtyApp]:
    """Return the app with both venues answering."""
    with rig.app() as running:
        running.wait_for("ATR", 60)
        yield running


async def snapshot_when(rig: Rig, selection: Selection, true: Callable[[Snapshot], bool]) -> Snapshot:
    """Attach a second viewer to the engine and return the first snapshot of which something is true."""

    def never() -> Process:
        raise AssertionError("the engine is there already")

    link = SocketLink(rig.socket(), never)
    await link.select(selection)
    last: Snapshot | None = None
    try:
        async with asyncio.timeout(90):
            async for event in link.events():
                if isinstance(event, Snapshot) and event.detail.selection == selection:
                    last = event
                    if true(event):
                        return event
    except TimeoutError:
        raise AssertionError(f"it never was so: {last and (last.venues, last.detail.known)}") from None
    finally:
        await link.close()
    raise AssertionError("the link ended")


def test_a_viewer_sees_what_the_accounts_hold(app: PtyApp, rig: Rig) -> None:
    """Levels, amounts at the price now, and the share of the open interest of what is selected."""
    shot = asyncio.run(snapshot_when(rig, HYPERLIQUID, lambda shot: len(shot.detail.known) == 2))
    price_usd = PRICES_USD["hyperliquid"]
    long, short = shot.detail.known
    assert [(one.side, one.liquidation_usd) for one in (long, short)] == [("long", 84_321.5), ("short", 95_432.0)]
    assert [long.usd, short.usd] == pytest.approx([1_000 * price_usd, 500 * price_usd], rel=1e-9)
    assert shot.detail.observed_pct == pytest.approx(100 * 1_750 / INTEREST_BASE["hyperliquid"], rel=1e-6)
    assert any(zone.low_usd <= 84_321.5 <= zone.high_usd and zone.usd >= long.usd for zone in shot.detail.clusters)
    both = asyncio.run(snapshot_when(rig, Selection("BTC"), lambda shot: len(shot.detail.known) == 2))
    whole = INTEREST_BASE["hyperliquid"] + INTEREST_BASE["bybit"]
    assert both.detail.observed_pct == pytest.approx(100 * 1_750 / whole, rel=1e-6)
    bybit = asyncio.run(snapshot_when(rig, Selection("BTC", "bybit"), lambda shot: shot.detail.heat is not None))
    assert (bybit.detail.known, bybit.detail.observed_pct) == ((), None)


@dataclass
class Fast:
    """A monitor on Hyperliquid alone, in this process, on a clock that runs SPEED times as fast as the wall's."""

    server: LoopbackVenues
    monitor: Monitor

    def shot(self) -> Snapshot:
        """Return the newest snapshot."""
        return self.monitor.snapshot(HYPERLIQUID)

    async def until(self, true: Callable[[Snapshot], bool], timeout_s: float = 40.0) -> Snapshot:
        """Wait until something is true of the snapshot."""
        end = time.monotonic() + timeout_s
        while not true(shot := self.shot()):
            assert time.monotonic() < end, (shot.venues, shot.detail.known, shot.detail.observed_pct)
            await asyncio.sleep(0.05)
        return shot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fast() -> AsyncIterator[Fast]:
    """Return a running monitor with both accounts observed."""
    world = usual_world()
    clock = MarketClock(time.time_ns() // 1_000_000, SPEED)
    world.now_ms = clock.now_ms
    world.accounts = {WHALE: [LONG, SAFE], MINNOW: [SHORT]}
    async with LoopbackVenues(world) as server, make_session(("127.0.0.1", server.port), server.ca_file) as session:
        feed = ExchangeFeed("hyperliquid", session, clock, None, replace(QUICK, request_s=1.0), [WHALE, MINNOW])
        monitor = Monitor([feed], ["BTC"], clock, Cadence.accelerated(SPEED), "live", str)
        running = asyncio.create_task(monitor.run())
        fast = Fast(server, monitor)
        await fast.until(lambda shot: len(shot.detail.known) == 2 and shot.detail.heat is not None)
        yield fast
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.asyncio(loop_scope="module")
async def test_both_sides_total_the_open_interest(fast: Fast) -> None:
    """What is drawn, what lies beyond the map and what no price liquidates: nothing is counted twice or lost."""
    market = fast.monitor._workers[0].markets["BTC"]
    now_ms = fast.shot().ts_ms
    plain, made, series = market.intensity.now_map(), now_map(market, now_ms), market.intensity.series()
    forming = market.intensity.heat(HYPERLIQUID, now_ms)
    assert plain is not None and made is not None and series is not None and forming is not None
    oi_base, price_usd = float(series.oi_base[-1]), float(forming.ohlc_usd[-1, 3])
    whole_usd = oi_base * price_usd
    for without, with_, held, safe in (
        (plain.long_usd, made.long_usd, 1_250.0, 250.0),
        (plain.short_usd, made.short_usd, 500.0, 0.0),
    ):
        beyond_usd = (whole_usd - without.sum()) * (1 - held / oi_base)
        assert with_.sum() + beyond_usd + safe * price_usd == pytest.approx(whole_usd, rel=1e-9)
        assert not np.array_equal(without, with_)


FAULTS = {
    "HTML": portal(),
    "half a JSON": Fault(cut=True),
    "wrong type": Fault(edit=put("none", "assetPositions")),
    "429": rate_limited(5),
    "500": broken(500),
    "timeout": Fault(delay_s=3.0),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", list(FAULTS))
async def test_accounts_that_cannot_be_read_are_said_and_still_count(fast: Fast, name: str) -> None:
    """The venue is PARTIAL, or STALE where it must be left alone; prices go on, and it recovers by itself."""
    fast.server.fault("hyperliquid", "/info/clearinghouseState", FAULTS[name])
    try:
        shot = await fast.until(lambda shot: shot.venues[0].status != "LIVE")
        assert shot.venues[0].detail.startswith("account 0x")
        assert len(shot.detail.known) == 2
        assert shot.detail.observed_pct is not None
    finally:
        fast.server.clear()
    await fast.until(lambda shot: shot.venues[0].status == "LIVE")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("value", ["NaN", "-5", "0", "cheap"])
async def test_an_impossible_liquidation_price_is_never_drawn(fast: Fast, value: str) -> None:
    """The row is left out: the account's other position is still known."""
    edit = put(value, "assetPositions", 0, "position", "liquidationPx")
    fast.server.fault("hyperliquid", "/info/clearinghouseState", Fault(edit=edit))
    try:
        shot = await fast.until(lambda shot: [one.side for one in shot.detail.known] == ["short"])
        assert all(math.isfinite(one.liquidation_usd) and one.liquidation_usd > 0 for one in shot.detail.known)
    finally:
        fast.server.clear()
    await fast.until(lambda shot: len(shot.detail.known) == 2)
