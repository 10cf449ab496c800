"""What the four wire formats of the loopback venues have in common."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from liqtui.model.market import Liquidation
from tests.venues.world import MarketWorld, World, WorldBar

STEPS_MS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1H": 3_600_000}


class Refused(Exception):
    """The venue answers with an error of its own."""

    def __init__(self, body: object, status: int = 200) -> None:
        super().__init__(str(body))
        self.body, self.status = body, status


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]

    def number(self, key: str, default: int) -> int:
        """Return an integer parameter."""
        return int(self.query.get(key, default))


@dataclass
class Listener:
    """One open stream."""

    path: str
    transport: asyncio.BaseTransport | None = None
    topics: set[str] = field(default_factory=set)


class WireFormat(Protocol):
    """One venue's formats."""

    world: World

    def answer(self, ask: Ask) -> object:
        """Return the JSON of an answer; Refused for an error of the venue, LookupError for an unknown path."""
        ...

    def hear(self, listener: Listener, text: str) -> list[str | object]:
        """Take a message of a stream; return what is sent back, text as it is and the rest as JSON."""
        ...

    def beat(self, listener: Listener) -> list[object]:
        """Return the messages of one heartbeat."""
        ...

    def liquidations(self, rows: Sequence[Liquidation], rows_per_frame: int) -> list[tuple[str, object]]:
        """Return (topic, message) for realised liquidations."""
        ...


def text(value: float) -> str:
    """Return a number as the venues write it: plain decimals."""
    return f"{value:.10f}".rstrip("0").rstrip(".")


def market_of(world: World, venue: str, asset: str | None, error: Refused) -> MarketWorld:
    """Return a market; the venue's error where there is none."""
    found = world.markets[venue].get(asset or "")
    if found is None:
        raise error
    return found


def newest(bars: Sequence[WorldBar], limit: int) -> list[WorldBar]:
    """Return the last `limit` bars, newest first."""
    return list(reversed(bars))[:limit]


def grouped(rows: Sequence[Liquidation], size: int) -> list[list[Liquidation]]:
    """Return runs of one asset, in order, of at most `size` rows each."""
    runs: list[list[Liquidation]] = []
    for _, same in itertools.groupby(rows, key=lambda row: row.asset):
        run = list(same)
        runs.extend(run[at : at + size] for at in range(0, len(run), size))
    return runs
