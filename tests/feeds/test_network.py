"""The session: one address for all hosts, one more authority; and the loopback venues in a thread of their own."""

import asyncio
import contextlib
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from liqtui.feeds.clock import WallClock
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.network import make_session
from liqtui.model.market import Liquidation
from tests.venues.opened import QUICK
from tests.venues.server import LoopbackVenues


async def test_every_host_is_reached_at_the_fixed_address() -> None:
    """The name decides the venue, the address is ours; an unknown name reaches the same server."""
    async with LoopbackVenues() as server, make_session(("127.0.0.1", server.port), server.ca_file) as session:
        async with session.get("https://fapi.binance.com/fapi/v1/time") as answer:
            assert "serverTime" in await answer.json()
        async with session.get("https://api.bybit.com/v5/market/time") as answer:
            assert "result" in await answer.json()
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get("https://example.org/")


async def test_without_the_authority_nothing_is_trusted() -> None:
    """The throwaway certificate is worth nothing to a session that was not given its authority."""
    async with LoopbackVenues() as server, make_session(("127.0.0.1", server.port)) as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get("https://fapi.binance.com/fapi/v1/time")


async def test_a_bad_authority_file_is_an_error_at_once(tmp_path: Path) -> None:
    """A file that is missing, or holds no certificate."""
    with pytest.raises(OSError):
        make_session(ca_file=tmp_path / "nosuch.pem")
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        make_session(ca_file=tmp_path / "empty.pem")


async def test_the_venues_run_in_a_thread() -> None:
    """The same server for tests whose app is another process: blocking methods, a loop of its own."""
    with LoopbackVenues.in_thread() as server:
        session = make_session(("127.0.0.1", server.port), server.ca_file)
        feed = ExchangeFeed("bybit", session, WallClock(), limits=QUICK)
        assert (await feed.quote("BTC")).last_usd > 0
        assert server.requests("bybit")["/v5/market/tickers"] == 1
        events = feed.prints(["BTC"])
        waiting = anext(events)
        told = Liquidation(time.time_ns() // 1_000_000, "bybit", "BTC", "long", 1.5, 9.0, 9.0)
        task = asyncio.ensure_future(waiting)
        async with asyncio.timeout(5):
            while server.listeners("bybit") == 0:  # noqa: ASYNC110 - another thread's state
                await asyncio.sleep(0.02)
        assert server.liquidate("bybit", [told]) == 1
        got = await asyncio.wait_for(task, 5)
        assert isinstance(got, Liquidation) and got.qty_base == 1.5
        await feed.close()
        await session.close()


async def test_everything_goes_through_the_proxy() -> None:
    """Requests and streams alike are tunnelled by CONNECT; nothing goes out beside the proxy."""
    async with LoopbackVenues() as server, tunnel(server.port) as (address, asked):
        session = make_session(ca_file=server.ca_file, proxy=address)
        feed = ExchangeFeed("okx", session, WallClock(), limits=QUICK)
        assert (await feed.quote("BTC")).last_usd > 0
        task = asyncio.ensure_future(anext(feed.prints(["BTC"])))
        async with asyncio.timeout(5):
            while not feed.prints_live():  # noqa: ASYNC110 - the feed tells, it does not call
                await asyncio.sleep(0.02)
        assert set(asked) == {"www.okx.com:443", "ws.okx.com:443"}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await feed.close()
        await session.close()


@asynccontextmanager
async def tunnel(port: int) -> AsyncIterator[tuple[str, list[str]]]:
    """Yield the address of an HTTP proxy whose tunnels all end at `port`, and the list of what it was asked for."""
    asked: list[str] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        onward, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(onward, writer))

    proxy = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}", asked
    finally:
        proxy.close()


def test_the_table_of_venues_needs_no_ccxt() -> None:
    """`doctor` and the screens read names and hosts from it without the half second that ccxt costs."""
    code = "import sys, liqtui.feeds.venues as v; print(len(v.VENUES), 'ccxt' in sys.modules, 'aiohttp' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["4", "False", "False"]
