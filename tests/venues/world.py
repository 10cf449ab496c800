"""What the loopback venues know: markets whose price, open interest and ratios are functions of time."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS

Curve = Callable[[int], float]
"""UTC epoch ms to a value."""


@dataclass(frozen=True, slots=True)
class WorldBar:
    """One bar as the world has it; the wire formats write these numbers and no others."""

    ts_ms: int
    step_ms: int
    open_usd: float
    high_usd: float
    low_usd: float
    close_usd: float
    volume_base: float
    taker_buy_base: float
    mark_high_usd: float
    mark_low_usd: float
    closed: bool


@dataclass(frozen=True, slots=True)
class Tier:
    """One maintenance bracket of the world, in USD."""

    cap_usd: float
    rate: float
    amount_usd: float
    max_leverage: float


@dataclass
class MarketWorld:
    """One perpetual of one venue. Every field may be changed at any time; the next answer has it."""

    asset: str
    price_usd: Curve
    """Last price before rounding to the tick."""
    tick_usd: float
    contract_base: float = 1.0
    mark_ratio: float = 1.0001
    """Mark over last price."""
    open_interest_base: Curve = lambda ts_ms: 50_000.0
    """One-sided."""
    ratio: Curve = lambda ts_ms: 1.5
    """Long over short accounts."""
    funding_rate: float = 0.0001
    funding_interval_h: int = 8
    max_leverage: int = 100
    tiers: tuple[Tier, ...] = (
        Tier(300_000.0, 0.004, 0.0, 100.0),
        Tier(800_000.0, 0.005, 300.0, 75.0),
        Tier(3_000_000.0, 0.01, 4_300.0, 50.0),
    )
    volume_base: float = 12.5
    """Volume of a minute."""
    taker_share: float = 0.6

    def last(self, ts_ms: int) -> float:
        """Return the last price on the tick."""
        return self._on_tick(self.price_usd(ts_ms))

    def mark(self, ts_ms: int) -> float:
        """Return the mark price, which is not on the tick."""
        return round(self.last(ts_ms) * self.mark_ratio, 8)

    def interest(self, ts_ms: int) -> float:
        """Return the one-sided open interest in whole contracts, as base coin."""
        return round(round(self.open_interest_base(ts_ms) / self.contract_base) * self.contract_base, 8)

    def bar(self, ts_ms: int, step_ms: int, now_ms: int) -> WorldBar:
        """Return the bar that opens at `ts_ms`, as far as it has gone by `now_ms`."""
        end_ms = min(ts_ms + step_ms, now_ms)
        points = [self.last(ts_ms + round((end_ms - ts_ms) * part / 8)) for part in range(9)]
        volume = round(self.volume_base * (end_ms - ts_ms) / MINUTE_MS, 6)
        high, low = max(points), min(points)
        return WorldBar(
            ts_ms=ts_ms,
            step_ms=step_ms,
            open_usd=points[0],
            high_usd=high,
            low_usd=low,
            close_usd=points[-1],
            volume_base=volume,
            taker_buy_base=round(volume * self.taker_share, 6),
            mark_high_usd=round(high * self.mark_ratio, 8),
            mark_low_usd=round(low * self.mark_ratio, 8),
            closed=ts_ms + step_ms <= now_ms,
        )

    def book(self, ts_ms: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Return bids and asks, best first: price in USD, size in base coin."""
        last = self.last(ts_ms)
        sizes = [round((1 + level) * self.contract_base * 10, 8) for level in range(5)]
        bids = [(self._on_tick(last - (level + 1) * self.tick_usd), size) for level, size in enumerate(sizes)]
        asks = [(self._on_tick(last + (level + 1) * self.tick_usd), size) for level, size in enumerate(sizes)]
        return bids, asks

    def next_funding_ms(self, now_ms: int) -> int:
        """Return when funding is paid next."""
        interval_ms = self.funding_interval_h * HOUR_MS
        return (now_ms // interval_ms + 1) * interval_ms

    def _on_tick(self, price_usd: float) -> float:
        return round(round(price_usd / self.tick_usd) * self.tick_usd, 10)


def wave(base_usd: float, phase: float = 0.0) -> Curve:
    """Return a price that swings by 2 % in six hours, with smaller waves on it."""

    def price(ts_ms: int) -> float:
        swings = ((0.02, 6 * HOUR_MS), (0.004, 17 * MINUTE_MS), (0.0008, 97_000))
        return base_usd * (1.0 + sum(a * math.sin(2 * math.pi * ts_ms / span + phase) for a, span in swings))

    return price


def swell(base: float, share: float = 0.05) -> Curve:
    """Return an amount that swings by `share` once a day."""
    return lambda ts_ms: base * (1.0 + share * math.sin(2 * math.pi * ts_ms / DAY_MS))


@dataclass(frozen=True, slots=True)
class Holding:
    """One position of an account on Hyperliquid."""

    asset: str
    size_base: float
    """Below zero for a short."""
    entry_usd: float
    margin_usd: float
    liquidation_usd: float | None


@dataclass
class World:
    """All venues: `markets[venue][asset]`."""

    markets: dict[str, dict[str, MarketWorld]]
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    born_ms: int = 0
    """Nothing is known of the time before."""
    heartbeat_s: float = 1.0
    """Between two mark prices of a stream."""
    stale_print_age_ms: int = HOUR_MS
    """Age of the liquidation that OKX pushes at every subscription."""
    accounts: dict[str, list[Holding]] = field(default_factory=dict)
    """What the accounts of Hyperliquid hold, by address in lower case."""

    def market(self, venue: str, asset: str) -> MarketWorld:
        """Return one market."""
        return self.markets[venue][asset]

    def bars(self, venue: str, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[WorldBar]:
        """Return the bars with start_ms <= ts_ms < end_ms, the forming one included."""
        market, now_ms = self.market(venue, asset), self.now_ms()
        first = -(-max(start_ms, self.born_ms) // step_ms) * step_ms
        return [market.bar(ts_ms, step_ms, now_ms) for ts_ms in range(first, min(end_ms, now_ms), step_ms)]

    def samples(self, start_ms: int, end_ms: int, step_ms: int) -> list[int]:
        """Return the times of samples with start_ms <= t < end_ms, none in the future."""
        first = -(-max(start_ms, self.born_ms) // step_ms) * step_ms
        return list(range(first, min(end_ms, self.now_ms() + 1), step_ms))


def usual_world() -> World:
    """Return BTC, ETH and SOL on all four venues, each at its own price, tick and contract size."""
    prices = {"BTC": 90_000.0, "ETH": 3_000.0, "SOL": 140.0}
    ticks = {"BTC": 0.1, "ETH": 0.01, "SOL": 0.001}
    interest = {"BTC": 80_000.0, "ETH": 900_000.0, "SOL": 9_000_000.0}
    contracts = {"BTC": 0.01, "ETH": 0.1, "SOL": 1.0}
    offsets = {"binance": 1.0, "bybit": 1.0002, "okx": 0.9998, "hyperliquid": 1.0004}
    return World(
        {
            venue: {
                asset: MarketWorld(
                    asset=asset,
                    price_usd=wave(price * offset),
                    tick_usd=ticks[asset] if venue != "hyperliquid" else ticks[asset] * 10,
                    contract_base=contracts[asset] if venue == "okx" else 1.0,
                    open_interest_base=swell(interest[asset] * offset),
                    ratio=swell(1.5, 0.2),
                    funding_interval_h=1 if venue == "hyperliquid" else 8,
                    max_leverage=20 if venue == "hyperliquid" and asset != "BTC" else 100,
                )
                for asset, price in prices.items()
            }
            for venue, offset in offsets.items()
        }
    )
