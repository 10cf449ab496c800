"""Realised liquidations of a venue: every row of every message, through outages, each one once."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace

import aiohttp

from liqtui.feeds.base import Banned, Blocked, FeedError, Garbled, Unsupported
from liqtui.feeds.calls import Listing, Stream
from liqtui.feeds.clock import Clock
from liqtui.feeds.limits import Limits
from liqtui.feeds.stream import Connection
from liqtui.feeds.venues import Venue
from liqtui.model.market import Liquidation, PrintGap

_STALE_MS = 5_000
"""A first push older than this when the subscription began was replayed by the venue."""

_REMEMBERED = 4096
"""Prints that are known again after a reconnection."""


class PrintStream:
    """The prints of one venue. It remembers, from one `follow` to the next, since when it has been deaf."""

    def __init__(self, venue: Venue, session: aiohttp.ClientSession, clock: Clock, limits: Limits) -> None:
        if venue.stream is None:
            raise Unsupported(f"{venue.key}: no public stream of liquidations")
        self._venue, self._stream = venue, venue.stream
        self._session, self._clock, self._limits = session, clock, limits
        self._connection: Connection | None = None
        self._deaf_since_ms: int | None = None
        self._recent: deque[Liquidation] = deque(maxlen=_REMEMBERED)
        self._closing: set[asyncio.Task[None]] = set()
        self.trouble = ""
        """Why the stream was last lost, or could not be opened."""
        self.garbled = 0
        """Rows that could not be read."""
        self.lost = 0
        """Messages that a full backlog refused."""

    def live(self) -> bool:
        """Whether the stream is up and has shown a sign of life lately."""
        return self._connection is not None and self._connection.live()

    async def follow(self, listings: Sequence[Listing]) -> AsyncIterator[Liquidation | PrintGap]:
        """Yield prints and gaps for ever; FeedError where no connection comes about, or the venue shuts us out."""
        pauses = Pauses(self._limits)
        connected = False
        while True:
            try:
                connection = await self._connect(listings)
            except FeedError as error:
                self.trouble = str(error)
                if not connected or isinstance(error, Blocked | Banned | Unsupported):
                    raise
                await asyncio.sleep(pauses.next_s(error.retry_after_s))
                continue
            connected = True
            began_s = asyncio.get_running_loop().time()
            try:
                if gap := self._gap(connection):
                    yield gap
                async for event in self._events(connection, listings):
                    yield event
            except FeedError as error:
                self.trouble = str(error)  # the gap is told once the stream is back
            finally:
                self._disconnect(connection)
            if asyncio.get_running_loop().time() - began_s >= self._limits.settled_s:
                pauses = Pauses(self._limits)
            await asyncio.sleep(pauses.next_s())

    async def close(self) -> None:
        """Drop the connection and wait for those that are closing, for a moment."""
        if self._connection is not None:
            self._disconnect(self._connection)
        if self._closing:
            _, late = await asyncio.wait(self._closing, timeout=1.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _connect(self, listings: Sequence[Listing]) -> Connection:
        connection = Connection(self._venue, self._stream, self._session, self._clock, self._limits)
        try:
            await connection.open(listings)
        except BaseException:
            self._drop(connection)
            raise
        self._connection = connection
        return connection

    def _disconnect(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self._deaf_since_ms = connection.heard_ms
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        """Close in the background: a half-open socket takes its time to say goodbye."""
        task = asyncio.ensure_future(_quietly_close(connection))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _gap(self, connection: Connection) -> PrintGap | None:
        since_ms, self._deaf_since_ms = self._deaf_since_ms, None
        return None if since_ms is None else PrintGap(self._venue.key, since_ms, connection.opened_ms)

    async def _events(
        self, connection: Connection, listings: Sequence[Listing]
    ) -> AsyncIterator[Liquidation | PrintGap]:
        reader = Reader(self._stream, listings, connection.opened_ms, frozenset(self._recent))
        taken_ms = connection.opened_ms
        while True:
            messages = await connection.take()
            for message in messages:
                for told in reader.read(message):
                    self._recent.append(told)
                    yield self._in_time(told)
            self.garbled += reader.take_garbled()
            if connection.lost:
                self.lost, connection.lost = self.lost + connection.lost, 0
                yield PrintGap(self._venue.key, taken_ms, self._clock.now_ms())
            taken_ms = self._clock.now_ms()

    def _in_time(self, told: Liquidation) -> Liquidation:
        """A venue's clock may run ahead of ours; nothing is stamped after our own now."""
        now_ms = self._clock.now_ms()
        return replace(told, ts_ms=now_ms) if told.ts_ms > now_ms else told


class Reader:
    """Turns the messages of one connection into prints: all rows, none twice, nothing replayed."""

    def __init__(
        self, stream: Stream, listings: Sequence[Listing], opened_ms: int, known: frozenset[Liquidation] = frozenset()
    ) -> None:
        self._stream, self._opened_ms, self._known = stream, opened_ms, known
        self._listings: Mapping[str, Listing] = {listing.id: listing for listing in listings}
        self._first = True
        self._garbled = 0

    def read(self, message: object) -> Iterator[Liquidation]:
        """Yield the prints of a message; a row that cannot be read costs none of its neighbours."""
        replayed = self._first and self._stream.replays_on_subscribe
        self._first = False
        for told in self._rows(message):
            stale = replayed and told.ts_ms < self._opened_ms - _STALE_MS
            if not stale and told not in self._known:
                yield told

    def take_garbled(self) -> int:
        """Return how many rows could not be read since the last call."""
        count, self._garbled = self._garbled, 0
        return count

    def _rows(self, message: object) -> Iterator[Liquidation]:
        try:
            rows = self._stream.split(message)
        except Garbled:
            self._garbled += 1
            return
        for row in rows:
            try:
                listing = self._listings.get(self._stream.market_id(row))
                told = None if listing is None else self._stream.read(listing, row)
            except Garbled:
                self._garbled += 1
                continue
            if told is not None:
                yield told


class Pauses:
    """Pauses between tries: doubled each time up to a limit, each with half of it left to chance."""

    def __init__(self, limits: Limits) -> None:
        self._next_s, self._most_s = limits.pause_s, limits.pause_most_s

    def next_s(self, at_least_s: float | None = None) -> float:
        """Return the next pause."""
        pause_s = self._next_s * random.uniform(0.5, 1.0)
        self._next_s = min(self._next_s * 2.0, self._most_s)
        return max(pause_s, at_least_s or 0.0)


async def _quietly_close(connection: Connection) -> None:
    with contextlib.suppress(Exception):
        await connection.close()
