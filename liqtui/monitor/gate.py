"""What the workers of one monitor share so that the first map comes quickly."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from liqtui.monitor.turns import Turns

HEAD_START_S = 4.0
"""The other assets wait for the first one's map at most this long in real time."""


class Gate:
    """The head start of the first asset, and the turns in which histories are modelled, lowest rank first."""

    def __init__(self, venues: Iterable[str]) -> None:
        self.modelling = Turns()
        self._awaited = set(venues)
        self._opened = asyncio.Event()

    def done(self, venue: str) -> None:
        """Note that a venue's map of the first asset is there, or will not come soon."""
        self._awaited.discard(venue)
        if not self._awaited:
            self._opened.set()

    @asynccontextmanager
    async def holding(self, venue: str) -> AsyncIterator[None]:
        """Do not hold the others up for a venue that fails inside the block."""
        try:
            yield
        except Exception:
            self.done(venue)
            raise

    async def opened(self) -> None:
        """Wait until the other assets may go."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEAD_START_S):
                await self._opened.wait()
