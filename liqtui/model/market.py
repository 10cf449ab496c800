"""Observations of a market: the only values that enter the model. Units are in the names; times are UTC epoch ms."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["long", "short"]
"""Side of a *position*. A liquidated long is a forced sale."""

SIDES: tuple[Side, Side] = ("long", "short")

SIGN: dict[Side, int] = {"long": 1, "short": -1}
"""s in the formulas: +1 long, -1 short."""

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Market:
    """One perpetual on one venue."""

    venue: str
    """Venue key, lower case: `binance`, `bybit`, `okx`, `hyperliquid`, `demo`."""
    asset: str
    """Base coin, upper case: `BTC`."""
    symbol: str
    """The venue library's unified symbol, for example `BTC/USDT:USDT`."""
    tick_usd: float
    """Smallest price step."""
    contract_base: float
    """Base coin in one contract (1 on most venues)."""
    max_leverage: float | None = None


@dataclass(frozen=True, slots=True)
class PriceBar:
    """One closed bar."""

    ts_ms: int
    """Open time; the bar is known at `ts_ms + step_ms`."""
    step_ms: int
    open_usd: float
    high_usd: float
    low_usd: float
    close_usd: float
    volume_base: float
    taker_buy_base: float | None = None
    """Volume bought by takers; None where the venue does not say."""
    mark_high_usd: float | None = None
    """Highest mark price; None where the venue has no mark klines."""
    mark_low_usd: float | None = None

    @property
    def end_ms(self) -> int:
        """Close time: the first moment at which the bar may be used."""
        return self.ts_ms + self.step_ms


@dataclass(frozen=True, slots=True)
class OpenInterest:
    """Open interest, one-sided, in base coin, whatever the venue reports."""

    ts_ms: int
    """A sample stamped t is the state at t: the *open* of the bar that starts at t."""
    oi_base: float


@dataclass(frozen=True, slots=True)
class Quote:
    """Where the market trades now."""

    ts_ms: int
    last_usd: float
    mark_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Funding:
    """The current funding rate, as a fraction per interval. Positive: longs pay."""

    ts_ms: int
    rate: float
    interval_h: float
    next_ts_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LongShortRatio:
    """Accounts that are long over accounts that are short."""

    ts_ms: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Liquidation:
    """One realised liquidation (a print)."""

    ts_ms: int
    venue: str
    asset: str
    side: Side
    """Side of the position that was closed by force."""
    qty_base: float
    price_usd: float
    """Fill price where the venue gives one, else the bankruptcy price."""
    bankruptcy_usd: float | None = None
    """Bankruptcy price, which most venues print."""
    liquidation_usd: float | None = None
    """Liquidation price recovered from the bankruptcy price and the maintenance bracket."""

    @property
    def usd(self) -> float:
        """Notional at the printed price."""
        return self.qty_base * self.price_usd


@dataclass(frozen=True, slots=True)
class LiquidationTotal:
    """All that was liquidated in one period, where a venue tells no single liquidations."""

    start_ms: int
    end_ms: int
    """End of the period: the first moment at which the total may be used."""
    long_usd: float
    short_usd: float

    @property
    def ts_ms(self) -> int:
        """When the total was known."""
        return self.end_ms

    def usd(self, side: Side) -> float:
        """Notional of the liquidated positions of a side."""
        return self.long_usd if side == "long" else self.short_usd


@dataclass(frozen=True, slots=True)
class PrintGap:
    """The print stream of a venue was down: prints of this span were lost for good."""

    venue: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Bracket:
    """One maintenance bracket: the notional is in [floor_usd, cap_usd)."""

    floor_usd: float
    cap_usd: float
    rate: float
    """Maintenance margin rate m."""
    amount_usd: float
    """Maintenance amount c (Binance `cum`, Bybit `mmDeduction`), 0 where the venue has none."""
    max_leverage: float


@dataclass(frozen=True, slots=True)
class Position:
    """One open position of one account, as its venue publishes it: observed, not modelled."""

    asset: str
    side: Side
    qty_base: float
    liquidation_usd: float | None
    """None where no price of this asset alone liquidates it."""


@dataclass(frozen=True, slots=True)
class OrderBook:
    """One snapshot of the book: best level first, (price in USD, size in base coin)."""

    ts_ms: int
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]
