"""What the monitor asks of a source of market data, and how a source says that it cannot answer.

FeedError
├── RateLimited      asked too often; `retry_after_s` says how long to keep still
│   └── Banned       the venue has banned this address (418): nothing may be sent until then
├── Blocked          not served from here (451, geoblock 403): try again after a quarter of an hour
├── Unavailable      the venue or the network is down, slow or cut off: try again
│   └── Garbled      it answered 200 with something that is not the answer
└── Unsupported      this venue has no such data: do not ask again
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from liqtui.model.market import (
    Bracket,
    Funding,
    Liquidation,
    LongShortRatio,
    Market,
    OpenInterest,
    OrderBook,
    Position,
    PriceBar,
    PrintGap,
    Quote,
)
from liqtui.model.selection import PrintWorth


class FeedError(Exception):
    """A source could not answer. The text is for a person."""

    retry_after_s: float | None = None


class RateLimited(FeedError):
    """Asked too often."""

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Banned(RateLimited):
    """The venue has banned this address for a while."""


class Blocked(FeedError):
    """The venue does not serve this place."""


class Unavailable(FeedError):
    """The venue or the way to it is down."""


class Garbled(Unavailable):
    """The answer was not the answer: HTML, half a JSON, wrong types, impossible numbers."""


class Unsupported(FeedError):
    """The venue has no such data."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a feed can be asked for; the monitor asks for nothing else."""

    prints: PrintWorth = "none"
    bar_steps_ms: tuple[int, ...] = (60_000, 300_000)
    """Bar lengths it gives, ascending."""
    open_interest_history: bool = False
    long_short_ratio: bool = False
    brackets: bool = False
    order_book: bool = False
    print_history: bool = False
    """Whether it tells the prints of the past; what it then tells is all there was."""
    funding: bool = True
    calls_per_s: float = 5.0
    """How many calls of this feed a second its venue bears, one after another; the monitor spends no more."""


class Feed(Protocol):
    """A source for one venue. Every method raises FeedError and nothing else. All times are UTC epoch ms.

    Nothing stamped after the feed's clock is ever returned: bars are closed (`end_ms` <= now), samples lie in the past.
    Series are ascending in time, without duplicates. Every number is finite and in range (prices > 0).
    """

    venue: str
    abilities: Abilities

    async def open(self) -> None:
        """Load the markets. May be called again after a failure."""
        ...

    async def close(self) -> None:
        """Release sockets and files; never raises."""
        ...

    async def market(self, asset: str) -> Market:
        """Return the perpetual for an asset; Unsupported if the venue does not list it."""
        ...

    async def bars(self, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[PriceBar]:
        """Return the closed bars with start_ms <= ts_ms < end_ms, as many as the venue has, paging as needed."""
        ...

    async def open_interest_history(self, asset: str, start_ms: int, end_ms: int) -> list[OpenInterest]:
        """Return samples at 5 minutes (or the finest the venue has) with start_ms <= ts_ms < end_ms."""
        ...

    async def open_interest(self, asset: str) -> OpenInterest:
        """Return the open interest now."""
        ...

    async def quote(self, asset: str) -> Quote:
        """Return last and mark price now."""
        ...

    async def funding(self, asset: str) -> Funding:
        """Return the current funding rate."""
        ...

    async def long_short_ratio(self, asset: str, start_ms: int, end_ms: int) -> list[LongShortRatio]:
        """Return account ratios with start_ms <= ts_ms < end_ms."""
        ...

    async def brackets(self, asset: str) -> tuple[Bracket, ...]:
        """Return the maintenance brackets, lowest first."""
        ...

    async def order_book(self, asset: str) -> OrderBook:
        """Return one order-book snapshot."""
        ...

    def prints(self, assets: Sequence[str]) -> AsyncIterator[Liquidation | PrintGap]:
        """Yield realised liquidations as they come, for ever, reconnecting by itself.

        After an outage it yields the PrintGap. Yields nothing where `abilities.prints` is none.
        Raises FeedError when it cannot connect at all; the monitor calls it again after a backoff.
        """
        ...

    async def print_history(self, asset: str, start_ms: int, end_ms: int) -> Sequence[Liquidation]:
        """Return the liquidations with start_ms <= ts_ms < end_ms, ascending; Unsupported where none are kept.

        The stream may tell some of them too, or has told them.
        """
        ...

    def prints_live(self) -> bool:
        """Whether the print stream is connected and has shown a sign of life lately."""
        ...


@runtime_checkable
class PublicAccounts(Protocol):
    """What a feed has besides where its venue publishes the positions of accounts."""

    accounts: tuple[str, ...]
    """Accounts to ask for, as the venue names them."""

    async def positions(self, account: str) -> list[Position]:
        """Return the open positions of one account in the assets that the venue lists; raises FeedError only."""
        ...
