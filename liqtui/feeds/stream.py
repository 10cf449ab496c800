"""One connection to a venue's stream of liquidations: ccxt carries it, we listen to every raw message."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Any

import aiohttp

from liqtui.feeds.base import FeedError, Unavailable
from liqtui.feeds.calls import Listing, Stream
from liqtui.feeds.clock import Clock
from liqtui.feeds.errors import as_feed_error
from liqtui.feeds.library import build_client
from liqtui.feeds.limits import Limits
from liqtui.feeds.venues import Venue

_TOPIC = "liquidations"

_VERDICT_S = 0.05
"""The first frame may be a refusal; ccxt needs a few turns of the loop to pass it on."""


class Ears:
    """Mixed into a ccxt class: passes on every raw liquidation message and every sign of life.

    ccxt's own handler answers only the first message of a burst to whoever waits, and only the first row of each.
    """

    connection: "Connection"

    def client(self, url: str) -> Any:
        """Return ccxt's WebSocket client, made to fail at once on a frame that is not JSON instead of going deaf."""
        client = super().client(url)  # type: ignore[misc]
        decode = type(client).handle_text_or_binary_message

        def guarded(data: object) -> None:
            try:
                decode(client, data)
            except Exception as error:
                client.on_error(error)

        client.handle_text_or_binary_message = guarded
        return client

    def handle_message(self, client: Any, message: object) -> None:
        """Note the sign of life."""
        self.connection.hear()
        super().handle_message(client, message)  # type: ignore[misc]

    def handle_liquidation(self, client: Any, message: object) -> None:
        """Pass the raw message on."""
        self.connection.tell(message)

    def handle_mark_prices(self, client: Any, message: object) -> None:
        """Do nothing: the mark price is subscribed to as a sign of life only."""


class Connection:
    """A subscribed stream. Messages are taken with `take`; it raises FeedError once the stream is dead."""

    def __init__(self, venue: Venue, stream: Stream, session: aiohttp.ClientSession, clock: Clock, limits: Limits):
        self._venue, self._stream, self._clock, self._limits = venue, stream, clock, limits
        self._client = build_client(venue, session, limits, Ears)
        self._client.connection = self
        self._waiting: deque[object] = deque()
        self._changed = asyncio.Event()
        self._heard_s: float | None = None
        self._watch: asyncio.Future[Any] | None = None
        self.heard_ms = 0
        """Market time of the last sign of life."""
        self.opened_ms = 0
        """Market time of the first one."""
        self.lost = 0
        """Messages that found the backlog full since the last `take`."""

    async def open(self, listings: Sequence[Listing]) -> None:
        """Connect and subscribe; FeedError if the venue does not answer the subscription in time."""
        url = self._stream.url(self._client.urls["api"])
        message = self._stream.subscribe(listings)
        try:
            watch = self._client.watch_multiple(url, [_TOPIC], message, [_TOPIC], {"id": 1})
            self._watch = asyncio.ensure_future(watch)
            self._watch.add_done_callback(lambda _: self._changed.set())
            async with asyncio.timeout(self._limits.connect_s):
                await self._changed.wait()
                await asyncio.wait({self._watch}, timeout=_VERDICT_S)
        except TimeoutError:
            raise Unavailable(f"{self._venue.key}: the stream does not answer") from None
        except Exception as error:
            raise as_feed_error(self._venue.key, error) from error
        self._check()

    def hear(self) -> None:
        """Note a sign of life."""
        self.heard_ms = self._clock.now_ms()
        self.opened_ms = self.opened_ms or self.heard_ms
        self._heard_s = asyncio.get_running_loop().time()
        self._changed.set()

    def tell(self, message: object) -> None:
        """Hold a message for `take`."""
        if len(self._waiting) < self._limits.backlog:
            self._waiting.append(message)
        else:
            self.lost += 1

    async def take(self) -> list[object]:
        """Return the messages that have come, waiting for a first one; FeedError once the stream is dead."""
        while not self._waiting:
            self._check()
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._left_s()):
                    await self._changed.wait()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def live(self) -> bool:
        """Whether it is connected and not silent."""
        return self._watch is not None and not self._watch.done() and self._left_s() > 0

    async def close(self) -> None:
        """Drop the connection."""
        if self._watch is not None:
            self._watch.cancel()
        try:
            await self._client.close()
        finally:
            self._client.session = None

    def _left_s(self) -> float:
        if self._heard_s is None:
            return 0.0
        return self._heard_s + self._limits.silence_s - asyncio.get_running_loop().time()

    def _check(self) -> None:
        if self._watch is not None and self._watch.done():
            raise self._failure(self._watch)
        if self._left_s() <= 0:
            raise Unavailable(f"{self._venue.key}: the stream has fallen silent")

    def _failure(self, watch: "asyncio.Future[Any]") -> FeedError:
        error = None if watch.cancelled() else watch.exception()
        if error is None:
            return Unavailable(f"{self._venue.key}: the stream has ended")
        return as_feed_error(self._venue.key, error)
