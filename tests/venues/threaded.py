"""The loopback venues in a thread, for tests whose own loop is busy or whose app runs in another process."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from liqtui.model.market import Liquidation
from tests.venues.faults import Fault
from tests.venues.world import World

if TYPE_CHECKING:
    from tests.venues.server import LoopbackVenues

T = TypeVar("T")

_PATIENCE_S = 30.0


class ThreadedVenues:
    """`with LoopbackVenues.in_thread(world) as server`: the methods of LoopbackVenues, all of them blocking."""

    def __init__(self, server: "LoopbackVenues") -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-venues", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread and the server."""
        self._thread.start()
        self._wait(self._server.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both."""
        self._wait(self._server.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)
        self._loop.close()

    @property
    def world(self) -> World:
        """Return the world; single assignments to its markets are safe from outside."""
        return self._server.world

    @property
    def port(self) -> int:
        """Return the port on 127.0.0.1."""
        return self._server.port

    @property
    def ca_file(self) -> Path:
        """Return the certificate of the authority."""
        return self._server.ca_file

    def fault(self, venue: str, path_prefix: str, fault: Fault) -> None:
        """See LoopbackVenues.fault."""
        self._loop.call_soon_threadsafe(self._server.fault, venue, path_prefix, fault)

    def clear(self, venue: str | None = None) -> None:
        """See LoopbackVenues.clear."""
        self._loop.call_soon_threadsafe(self._server.clear, venue)

    def requests(self, venue: str) -> Counter[str]:
        """See LoopbackVenues.requests."""
        return self._wait(_later(self._server.requests, venue))

    def listeners(self, venue: str) -> int:
        """See LoopbackVenues.listeners."""
        return self._wait(_later(self._server.listeners, venue))

    def liquidate(self, venue: str, rows: Sequence[Liquidation], rows_per_frame: int = 10) -> int:
        """See LoopbackVenues.liquidate."""
        return self._wait(self._server.liquidate(venue, rows, rows_per_frame))

    def go_silent(self, venue: str) -> None:
        """See LoopbackVenues.go_silent."""
        self._loop.call_soon_threadsafe(self._server.go_silent, venue)

    def hang_up(self, venue: str | None = None) -> None:
        """See LoopbackVenues.hang_up."""
        self._wait(self._server.hang_up(venue))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)


async def _later(function: Callable[[str], T], venue: str) -> T:
    return function(venue)
