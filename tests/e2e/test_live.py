"""The live path end to end: the real app on a pty, its engine in a process of its own, venues on loopback over TLS."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqtui.cli.spec import EngineSpec, live_spec
from liqtui.config_sources import load
from liqtui.link.address import socket_path
from liqtui.link.socket import Process, SocketLink
from liqtui.model.market import Liquidation, Side
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from tests.e2e.terminal import PtyApp, app_environment
from tests.venues.faults import broken, cloudfront, geoblocked
from tests.venues.server import LoopbackVenues
from tests.venues.threaded import ThreadedVenues
from tests.venues.world import World, usual_world

PRICES_USD = {"binance": 91_234.5, "bybit": 91_236.7, "okx": 91_232.1, "hyperliquid": 91_238.0}
INTEREST_BASE = {"binance": 80_000.0, "bybit": 50_000.0, "okx": 30_000.0, "hyperliquid": 20_000.0}


def quiet_world() -> World:
    """Return a world in which the present is constant, so that a number on screen can be told."""
    world = usual_world()
    for venue, markets in world.markets.items():
        market = markets["BTC"]
        past = market.price_usd
        price, stands_from_ms = PRICES_USD[venue], time.time_ns() // 1_000_000 - 600_000

        def curve(ts_ms: int, past=past, price=price, since=stands_from_ms) -> float:  # type: ignore[no-untyped-def]
            return price if ts_ms >= since else float(past(ts_ms))

        market.price_usd = curve
        market.open_interest_base = lambda ts_ms, base=INTEREST_BASE[venue]: base  # type: ignore[misc]
        market.funding_rate = 0.000125 if venue == "hyperliquid" else 0.001
    return world


@pytest.fixture(scope="module")
def venues() -> Iterator[ThreadedVenues]:
    """Return the four venues on loopback."""
    with LoopbackVenues.in_thread(quiet_world()) as server:
        yield server


class Rig:
    """One home folder with settings that lead to the loopback venues."""

    def __init__(self, home: Path, venues: ThreadedVenues, names: str = "binance,bybit,okx,hyperliquid") -> None:
        self.home, self.names = home, names
        self.config = home / "liqtui.toml"
        self.config.write_text(
            f'[network]\nresolve_to = "127.0.0.1:{venues.port}"\nca_file = "{venues.ca_file}"\ntimeout_s = 3.0\n'
        )
        self.environment = app_environment(home)

    def app(self, columns: int = 160, rows: int = 45) -> PtyApp:
        """Start the app."""
        arguments = ["--config", str(self.config), "--assets", "BTC", "--venues", self.names]
        return PtyApp(arguments, self.environment, columns, rows)

    def spec(self) -> EngineSpec:
        """Return what the app hands to its engine."""
        names = tuple(self.names.split(","))
        return live_spec(load(self.config, {}, watch__assets=("BTC",), watch__venues=names))

    def socket(self) -> Path:
        """Return where that engine listens."""
        return socket_path(self.home / "state" / "liqtui" / "run" / self.spec().socket_path.name)


@pytest.fixture(scope="module")
def rig(venues: ThreadedVenues, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """Return the rig of this module."""
    return Rig(tmp_path_factory.mktemp("home"), venues)


@pytest.fixture(scope="module")
def app(rig: Rig) -> Iterator[PtyApp]:
    """Return the app with the map of BTC on screen and all venues answering."""
    with rig.app() as running:
        running.wait_for(lambda text: text.count("LIVE") >= 4, 60)
        running.wait_for("ATR", 60)
        yield running


def test_the_numbers_on_screen_are_the_numbers_sent(app: PtyApp) -> None:
    app.press("v")
    for venue in ("binance", "bybit", "okx", "hyperliquid"):
        app.wait_for(f"BTC {venue}")
        app.wait_for(f"{PRICES_USD[venue]:,.1f}")
        app.press("v")
    app.wait_for("BTC all 4 venues")
    text = app.text()
    assert "91,235.6" in text or "91,235.5" in text
    assert re.search(r"180K BTC", text)
    assert re.search(r"16\.4B", text)
    assert re.search(r"\+0\.0125%/1h|\+0\.1000%/8h", text)


def burst(venue: str, seconds: int = 2, per_second: int = 500) -> list[Liquidation]:
    """Return liquidations that differ in size and side, as many a second as asked."""
    now_ms = time.time_ns() // 1_000_000
    rows = []
    for i in range(seconds * per_second):
        side: Side = "long" if i % 3 else "short"
        qty = round(1 + i * 0.01, 2)
        rows.append(Liquidation(now_ms + i, venue, "BTC", side, qty, 91_000.0, 91_000.0))
    return rows


async def newest(rig: Rig, wanted: int) -> Snapshot:
    """Attach a second viewer to the engine and return the first snapshot that counts so many prints."""

    def never() -> Process:
        raise AssertionError("the engine is there already")

    link = SocketLink(rig.socket(), never)
    await link.select(Selection("BTC"))
    last: Snapshot | None = None
    try:
        async with asyncio.timeout(20):
            async for event in link.events():
                if isinstance(event, Snapshot):
                    last = event
                    if event.detail.prints_seen >= wanted:
                        return event
    except TimeoutError:
        seen = last.detail.prints_seen if last else None
        raise AssertionError(f"{seen} prints of {wanted} were seen") from None
    finally:
        await link.close()
    raise AssertionError("the link ended")


def test_a_burst_of_500_a_second_on_three_streams_arrives_complete(
    app: PtyApp, rig: Rig, venues: ThreadedVenues
) -> None:
    sent = {venue: burst(venue) for venue in ("binance", "bybit", "okx")}
    for start in range(0, 1000, 100):
        for venue, rows in sent.items():
            venues.liquidate(venue, rows[start : start + 100])
        time.sleep(0.1)
    snapshot = asyncio.run(newest(rig, 3000))
    assert snapshot.detail.prints_seen == 3000
    totals = {(row.venue, row.window): row for row in snapshot.detail.totals}
    for venue, rows in sent.items():
        total = totals[venue, "1h"]
        assert total.count == 1000
        for side, usd in (("long", total.long_usd), ("short", total.short_usd)):
            assert usd == pytest.approx(sum(row.usd for row in rows if row.side == side), rel=1e-6)
    app.wait_for("3,000 prints", 10)


def test_a_geoblocked_venue_is_said_and_the_others_go_on(tmp_path: Path) -> None:
    with LoopbackVenues.in_thread(quiet_world()) as venues:
        venues.fault("binance", "/", geoblocked())
        venues.fault("bybit", "/", cloudfront())
        with Rig(tmp_path, venues).app() as running:
            running.wait_for(lambda text: text.count("BLOCKED") >= 2, 40)
            running.wait_for("ATR", 60)
            asked = sum(venues.requests("binance").values())
            time.sleep(5)
            assert sum(venues.requests("binance").values()) == asked
            assert running.text().count("LIVE") >= 2


def test_venues_that_come_back_are_live_again_without_help(app: PtyApp, venues: ThreadedVenues) -> None:
    app.wait_for(lambda text: text.count("LIVE") >= 4, 30)
    venues.fault("okx", "/", broken(502))
    app.wait_for(lambda text: re.search(r"okx (STALE|PARTIAL)", text) is not None, 40)
    venues.clear()
    app.wait_for(lambda text: "okx LIVE" in text, 60)


def test_an_engine_killed_hard_is_started_again_and_knows_its_prints(tmp_path: Path) -> None:
    """The viewer starts the next one, whose tape goes on where the journal of the killed one ended."""
    with LoopbackVenues.in_thread(quiet_world()) as venues:
        rig = Rig(tmp_path, venues, "okx,bybit")
        lock = rig.socket().with_suffix(".lock")
        with rig.app() as running:
            running.wait_for(lambda text: text.count("LIVE") >= 2 and "ATR" in text, 60)
            rows = burst("okx")
            venues.liquidate("okx", rows[:50])
            running.wait_for("50 prints", 20)
            time.sleep(2.5)
            killed = int(lock.read_text())
            os.kill(killed, signal.SIGKILL)
            running.wait_for(lambda text: int(lock.read_text() or killed) != killed and "LIVE" not in text, 20)
            running.wait_for(lambda text: text.count("LIVE") >= 2 and "ATR" in text and "50 prints" in text, 60)
            venues.liquidate("okx", rows[50:60])
            running.wait_for("60 prints", 20)
    assert (tmp_path / "state" / "liqtui" / "journal.db").stat().st_size > 0
