"""What waits for a viewer: the newest snapshot, and every change of the link's state in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from liqtui.link.base import LinkState
from liqtui.model.snapshot import Snapshot


class Mailbox:
    """Keeps one snapshot and one link state in a row at most, so that a slow consumer costs nothing."""

    def __init__(self) -> None:
        self._waiting: deque[Snapshot | LinkState] = deque()
        self._news = asyncio.Event()

    def put(self, item: Snapshot | LinkState) -> None:
        """Add an item; it replaces the last one if that is of its kind."""
        if self._waiting and type(self._waiting[-1]) is type(item):
            self._waiting[-1] = item
        else:
            self._waiting.append(item)
            if len(self._waiting) > 3:
                self._waiting.popleft()
        self._news.set()

    async def items(self) -> AsyncIterator[Snapshot | LinkState]:
        """Yield what comes, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                yield self._waiting.popleft()
