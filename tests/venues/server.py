"""The loopback venues: one TLS server on 127.0.0.1 that is Binance, Bybit, OKX or Hyperliquid by its Host header."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from aiohttp import WSMsgType, web

from liqtui.feeds.venues import VENUES
from liqtui.model.market import Liquidation
from tests.venues.binance import Binance
from tests.venues.bybit import Bybit
from tests.venues.faults import Fault
from tests.venues.hyperliquid import Hyperliquid
from tests.venues.okx import Okx
from tests.venues.threaded import ThreadedVenues
from tests.venues.tls import make_authority
from tests.venues.wire import Ask, Listener, Refused, WireFormat
from tests.venues.world import World, usual_world

_VENUE_OF_HOST = {host: venue.key for venue in VENUES.values() for host in venue.hosts}


class LoopbackVenues:
    """`async with LoopbackVenues(world) as server`: then `port`, `ca_file`, `fault`, `liquidate`, `requests`."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or usual_world()
        self.port = 0
        self.ca_file = Path()
        self.bybit = Bybit(self.world)
        self._wires: dict[str, WireFormat] = {
            "binance": Binance(self.world),
            "bybit": self.bybit,
            "okx": Okx(self.world),
            "hyperliquid": Hyperliquid(self.world),
        }
        self._faults: list[tuple[str, str, Fault]] = []
        self._counts: dict[str, Counter[str]] = {venue: Counter() for venue in self._wires}
        self._streams: dict[str, dict[web.WebSocketResponse, Listener]] = {venue: {} for venue in self._wires}
        self._runner: web.AppRunner | None = None
        self._folder = Path()
        self._mute: set[web.WebSocketResponse] = set()

    @staticmethod
    def in_thread(world: World | None = None) -> ThreadedVenues:
        """Return the same server for a `with` block, in a thread with a loop of its own; its methods are blocking."""
        return ThreadedVenues(LoopbackVenues(world))

    async def __aenter__(self) -> Self:
        """Start serving on a free port."""
        self._folder = Path(tempfile.mkdtemp(prefix="loopback-venues-"))
        self.ca_file, context = make_authority(self._folder, sorted(_VENUE_OF_HOST))
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop serving and cut what is connected."""
        await self.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()
            await asyncio.sleep(0.05)  # connections under TLS are cut over a few turns of the loop
        shutil.rmtree(self._folder, ignore_errors=True)

    def fault(self, venue: str, path_prefix: str, fault: Fault) -> None:
        """Make answers of a venue fail whose path begins so; Hyperliquid's are `/info/<type>`, streams go by path."""
        self._faults.append((venue, path_prefix, fault))

    def clear(self, venue: str | None = None) -> None:
        """Heal a venue, or all; streams that have gone silent stay so until they are reconnected."""
        self._faults = [entry for entry in self._faults if venue is not None and entry[0] != venue]

    def requests(self, venue: str) -> Counter[str]:
        """Return how many requests and handshakes came, by path."""
        return Counter(self._counts[venue])

    def listeners(self, venue: str) -> int:
        """Return how many streams are subscribed to something."""
        return sum(1 for listener in self._streams[venue].values() if listener.topics)

    async def liquidate(self, venue: str, rows: Sequence[Liquidation], rows_per_frame: int = 10) -> int:
        """Push realised liquidations in the venue's format; return how many messages were sent."""
        frames = self._wires[venue].liquidations(rows, rows_per_frame)
        sent = 0
        for topic, message in frames:
            data = json.dumps(message, separators=(",", ":"))
            for stream, listener in list(self._streams[venue].items()):
                if topic in listener.topics and stream not in self._mute:
                    with contextlib.suppress(ConnectionError):
                        await stream.send_str(data)
                        sent += 1
        return sent

    async def say(self, venue: str, text: str) -> None:
        """Send a raw frame to every stream of a venue."""
        for stream in list(self._streams[venue]):
            await stream.send_str(text)

    def go_silent(self, venue: str) -> None:
        """Leave the venue's open streams half-open: nothing is sent, no ping is answered."""
        self._mute.update(self._streams[venue])

    async def hang_up(self, venue: str | None = None) -> None:
        """Cut the TCP connections of a venue's streams, or of all."""
        for key, streams in self._streams.items():
            if venue in (None, key):
                for listener in list(streams.values()):
                    _cut(listener.transport)
        await asyncio.sleep(0)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        venue = _VENUE_OF_HOST.get((request.host or "").split(":")[0])
        if venue is None:
            return web.Response(status=404, text=f"nobody is {request.host}")
        ask = await _ask(request, venue)
        self._counts[venue][ask.path] += 1
        fault = self._find_fault(venue, ask.path)
        await asyncio.sleep(fault.delay_s)
        if fault.reset:
            _cut(request.transport)
        if request.headers.get("Upgrade", "").lower() == "websocket" and fault.status == 200:
            return await self._stream(request, venue, Listener(ask.path, request.transport), fault)
        return _answer(self._wires[venue], ask, fault)

    def _find_fault(self, venue: str, path: str) -> Fault:
        for key, prefix, fault in self._faults:
            if key == venue and path.startswith(prefix) and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return Fault()

    async def _stream(self, request: web.Request, venue: str, listener: Listener, fault: Fault) -> web.StreamResponse:
        stream = web.WebSocketResponse(autoping=False, compress=False)
        await stream.prepare(request)
        if fault.silent:
            self._mute.add(stream)
        self._streams[venue][stream] = listener
        beats = asyncio.ensure_future(self._beat(stream, venue, listener))
        try:
            await self._converse(stream, venue, listener)
        finally:
            beats.cancel()
            self._streams[venue].pop(stream, None)
            self._mute.discard(stream)
        return stream

    async def _converse(self, stream: web.WebSocketResponse, venue: str, listener: Listener) -> None:
        async for message in stream:
            if stream in self._mute:
                continue
            if message.type is WSMsgType.PING:
                await stream.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                for reply in self._wires[venue].hear(listener, message.data):
                    await stream.send_str(reply if isinstance(reply, str) else json.dumps(reply))

    async def _beat(self, stream: web.WebSocketResponse, venue: str, listener: Listener) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(self.world.heartbeat_s)
                for message in [] if stream in self._mute else self._wires[venue].beat(listener):
                    await stream.send_str(json.dumps(message))


async def _ask(request: web.Request, venue: str) -> Ask:
    body = await request.json() if request.method == "POST" else {}
    path = f"/info/{body.get('type')}" if venue == "hyperliquid" and body else request.path
    return Ask(path, request.query, body)


def _answer(wire: WireFormat, ask: Ask, fault: Fault) -> web.Response:
    if fault.status != 200 or fault.text is not None:
        kind = fault.headers.get("Content-Type", "application/json")
        rest = {name: value for name, value in fault.headers.items() if name != "Content-Type"}
        return web.Response(status=fault.status, text=fault.text or "", headers=rest, content_type=kind)
    try:
        body, status = wire.answer(ask), 200
    except Refused as refusal:
        body, status = refusal.body, refusal.status
    except KeyError as missing:
        body, status = {"error": f"no {missing}"}, 404
    if fault.edit is not None:
        body = fault.edit(body)
    text = json.dumps(body)
    text = text[: len(text) // 2] if fault.cut else text
    return web.Response(status=status, text=text, content_type="application/json")


def _cut(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.Transport):
        transport.abort()
