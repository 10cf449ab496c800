"""The shape of a row in the table of venues: what to ask, with which parameters, and how the answer reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from liqtui.model.market import Liquidation, Market, Position


class Stamped(Protocol):
    """A row of a series."""

    @property
    def ts_ms(self) -> int:
        """Return its time, UTC epoch ms."""
        ...


T = TypeVar("T")
Row = TypeVar("Row", bound=Stamped)

Params = dict[str, object]


@dataclass(frozen=True, slots=True)
class Listing:
    """A perpetual as its venue lists it."""

    market: Market
    id: str
    """The venue's own name for it."""
    hints: dict[str, str] = field(default_factory=dict)
    """Further fields of the venue's instrument list that its calls need."""


@dataclass(frozen=True, slots=True)
class Span:
    """One page of a series: the rows with start_ms <= ts_ms < end_ms."""

    start_ms: int
    end_ms: int
    step_ms: int
    limit: int
    """Rows to ask for; at most the venue's page."""
    now_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a venue."""

    body: object
    received_ms: int


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A question with one answer, which may come out of several replies."""

    asks: tuple[tuple[str, Callable[[Listing], Params]], ...]
    """ccxt's implicit methods and their parameters."""
    read: Callable[[Listing, Sequence[Reply]], T]


@dataclass(frozen=True, slots=True)
class AccountQuestion:
    """A question about one account: its open positions."""

    method: str
    """ccxt's implicit method."""
    params: Callable[[str], Params]
    """Of the account's address."""
    read: Callable[[Mapping[str, str], object], Sequence[Position]]
    """(assets by the venue's own names, body) to the positions in those assets."""


@dataclass(frozen=True, slots=True)
class Series(Generic[Row]):
    """A question whose answer is a series, asked for page by page."""

    method: str | Callable[[Span], str]
    """ccxt's implicit method; some venues keep old rows elsewhere."""
    params: Callable[[Listing, Span], Params]
    read: Callable[[Listing, object, int], Sequence[Row]]
    """(listing, body, step_ms) to the rows, in any order."""
    page: int
    """Most rows in one answer."""
    depth_ms: int | None = None
    """How far back the venue keeps it."""


@dataclass(frozen=True, slots=True)
class MarkRange:
    """What the mark price did in one bar."""

    ts_ms: int
    high_usd: float
    low_usd: float


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream of realised liquidations of a venue."""

    url: Callable[[Mapping[str, object]], str]
    """ccxt's table of addresses to the address of the stream."""
    subscribe: Callable[[Sequence[Listing]], Params]
    """The message that subscribes to the prints and to a sign of life."""
    split: Callable[[object], Sequence[object]]
    """A message of the stream to its rows."""
    market_id: Callable[[object], str]
    """The venue's own name of the market of a row."""
    read: Callable[[Listing, object], Liquidation | None]
    """A row to a print; None where the row is not an executed liquidation."""
    replays_on_subscribe: bool = False
    """The first push after subscribing holds old prints."""
