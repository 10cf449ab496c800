"""A viewer in the process of its engine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from liqtui.link.base import LinkState
from liqtui.link.mailbox import Mailbox
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot

if TYPE_CHECKING:
    from liqtui.monitor.monitor import Monitor


class LocalLink:
    """Hears a monitor directly; whoever made the monitor runs it."""

    def __init__(self, monitor: "Monitor", selection: Selection | None = None) -> None:
        self._monitor, self._selection = monitor, selection
        self._mailbox = Mailbox()
        self._follower: asyncio.Task[None] | None = None

    async def events(self) -> AsyncIterator[Snapshot | LinkState]:
        """Yield that the engine is there, then the newest snapshot each time it changes."""
        if self._follower is None:
            self._follower = asyncio.create_task(self._follow())
        yield LinkState("connected")
        async for item in self._mailbox.items():
            yield item

    async def select(self, selection: Selection) -> None:
        """Ask for another asset, venue or window."""
        self._selection = selection
        self._mailbox.put(self._monitor.snapshot(selection))

    def pace(self, fps: float | None) -> None:
        """Change nothing: here a snapshot that is not shown costs nothing."""

    async def close(self) -> None:
        """Detach."""
        if self._follower is not None:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower

    async def _follow(self) -> None:
        version = 0
        while True:
            version = await self._monitor.changed(version)
            if self._selection is not None:
                self._mailbox.put(self._monitor.snapshot(self._selection))
