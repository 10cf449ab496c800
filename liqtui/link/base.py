"""What a viewer may expect of its engine: snapshots come in, commands go out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class LinkState:
    """What has become of the engine, when it is not simply sending."""

    state: Literal["connecting", "connected", "lost", "failed"]
    """`lost`: it died or hangs and is being restarted; `failed`: it refuses to start, the text says why."""
    text: str = ""
    retry_s: float | None = None
    """Seconds until the next try."""


class Link(Protocol):
    """One viewer's end."""

    def events(self) -> AsyncIterator[Snapshot | LinkState]:
        """Yield the newest snapshot each time it changes, and what becomes of the link, for ever.

        A slow consumer misses snapshots, never the newest.
        """
        ...

    async def select(self, selection: Selection) -> None:
        """Ask for another asset, venue or window; the answer is the next snapshot."""
        ...

    def pace(self, fps: float | None) -> None:
        """Say how many snapshots a second can be shown; more need not come. The answer to `select` comes at once."""
        ...

    async def close(self) -> None:
        """Detach; never raises."""
        ...
