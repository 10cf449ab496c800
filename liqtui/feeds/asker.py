"""Asks a venue through its ccxt client: shared answers, spaced requests, nothing but FeedError."""

import asyncio
import json
from typing import Any

from liqtui.feeds.base import Unavailable
from liqtui.feeds.calls import Params, Reply
from liqtui.feeds.clock import Clock
from liqtui.feeds.errors import feed_errors
from liqtui.feeds.venues import Venue


class Asker:
    """One venue's requests. The pace as a whole is ccxt's; shared answers and spaced methods are the table's."""

    def __init__(self, venue: Venue, client: Any, clock: Clock, paced: bool = True) -> None:
        self._venue, self._client, self._clock = venue, client, clock
        self._gaps_ms = venue.gap_ms if paced else {}
        self._shared: dict[str, tuple[float, asyncio.Task[Reply]]] = {}
        self._next_s: dict[str, float] = {}

    async def ask(self, method: str, params: Params) -> Reply:
        """Return the answer to one request, or the one that a like request got a moment ago."""
        keep_ms = self._venue.share_ms.get(_kind(method, params))
        if keep_ms is None:
            return await self._send(method, params)
        task = self._share(method, params, keep_ms / 1000.0)
        await asyncio.wait({task})
        if task.cancelled():
            raise Unavailable(f"{self._venue.key}: closed")
        return task.result()

    async def call(self, method: str) -> Any:
        """Return what a unified ccxt method without parameters gives."""
        with feed_errors(self._venue.key):
            return await getattr(self._client, method)()

    async def close(self) -> None:
        """Drop the requests under way and the client."""
        for _, task in self._shared.values():
            task.cancel()
        await self._client.close()

    def _share(self, method: str, params: Params, keep_s: float) -> asyncio.Task[Reply]:
        now_s = asyncio.get_running_loop().time()
        self._shared = {key: held for key, held in self._shared.items() if _usable(held, now_s)}
        key = f"{method} {json.dumps(params, sort_keys=True)}"
        if key not in self._shared:
            task = asyncio.ensure_future(self._send(method, params))
            task.add_done_callback(_retrieve)
            self._shared[key] = (now_s + keep_s, task)
        return self._shared[key][1]

    async def _send(self, method: str, params: Params) -> Reply:
        await self._space(_kind(method, params))
        with feed_errors(self._venue.key):
            body = await getattr(self._client, method)(params)
        return Reply(body, self._clock.now_ms())

    async def _space(self, kind: str) -> None:
        gap_ms = self._gaps_ms.get(kind)
        if gap_ms is None:
            return
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._next_s.get(kind, 0.0))
        self._next_s[kind] = turn_s + gap_ms / 1000.0
        await asyncio.sleep(turn_s - now_s)


def _kind(method: str, params: Params) -> str:
    """A request is told by its method, and where one method serves all by its type."""
    return f"{method} {params['type']}" if "type" in params else method


def _usable(held: tuple[float, asyncio.Task[Reply]], now_s: float) -> bool:
    until_s, task = held
    if not task.done():
        return True
    return now_s < until_s and not task.cancelled() and task.exception() is None


def _retrieve(task: asyncio.Task[Reply]) -> None:
    """Keep asyncio from reporting a failure that every waiter has left."""
    if not task.cancelled():
        task.exception()
