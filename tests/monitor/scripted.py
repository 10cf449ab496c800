"""A venue written by hand for the monitor's tests: a small market in memory that can be told to fail."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from liqtui.feeds.base import Abilities, FeedError, Unsupported
from liqtui.feeds.clock import Clock
from liqtui.model.market import (
    HOUR_MS,
    Bracket,
    Funding,
    Liquidation,
    LongShortRatio,
    Market,
    OpenInterest,
    OrderBook,
    PriceBar,
    PrintGap,
    Quote,
)

START_MS = 1_764_547_200_000
"""2025-12-01 00:00 UTC."""
PRICES_USD = {"BTC": 95_000.0, "ETH": 3_300.0, "SOL": 180.0}
ABILITIES = Abilities(prints="full", open_interest_history=True, long_short_ratio=True, calls_per_s=1_000.0)


def price_at(asset: str, ts_ms: int, offset: float = 0.0) -> float:
    """A price that swings by 2 % in eight hours with a ripple of 0.2 % in ten minutes."""
    hours = ts_ms / HOUR_MS
    swing = 0.02 * math.sin(hours * math.tau / 8) + 0.002 * math.sin(hours * math.tau * 6)
    return PRICES_USD[asset] * math.exp(swing + offset)


class ScriptedFeed:
    """One venue. `fail(call, error)` makes a kind of call (`quote`, `bars` ...; `*` all) raise until `mend`."""

    def __init__(
        self,
        clock: Clock,
        venue: str = "alpha",
        assets: Sequence[str] = ("BTC", "ETH"),
        abilities: Abilities = ABILITIES,
        offset: float = 0.0,
        oi_base: float = 1_000.0,
    ) -> None:
        self.venue, self.abilities = venue, abilities
        self.calls: Counter[str] = Counter()
        self.asked: list[tuple[int, str, str]] = []
        """When, what, of which asset."""
        self.closed = 0
        self.stream: asyncio.Queue[Liquidation | PrintGap | Exception] = asyncio.Queue()
        self.stream_up = True
        self.told: list[Liquidation] = []
        """Prints that `print_history` tells."""
        self.tick_usd = 0.1
        self.ladder: tuple[Bracket, ...] = ()
        self.hang: asyncio.Event | None = None
        self._clock, self._assets, self._offset, self._oi_base = clock, tuple(assets), offset, oi_base
        self._faults: dict[str, Exception] = {}

    def fail(self, call: str, error: Exception) -> None:
        """Make a kind of call raise."""
        self._faults[call] = error

    def mend(self, call: str = "") -> None:
        """Let a kind of call, or all, answer again."""
        if call:
            self._faults.pop(call, None)
        else:
            self._faults.clear()

    async def _asked(self, call: str, asset: str = "") -> int:
        self.calls[call] += 1
        self.asked.append((self._clock.now_ms(), call, asset))
        await asyncio.sleep(0)
        if self.hang is not None:
            await self.hang.wait()
        for name in (call, f"{call} {asset}", "*"):
            if name in self._faults:
                raise self._faults[name]
        if asset and asset not in self._assets:
            raise Unsupported(f"{self.venue} does not list {asset}")
        return self._clock.now_ms()

    async def open(self) -> None:
        """Count the call."""
        await self._asked("open")

    async def close(self) -> None:
        """Count the call."""
        self.closed += 1

    async def market(self, asset: str) -> Market:
        """Return the market."""
        await self._asked("market", asset)
        return Market(self.venue, asset, f"{asset}/USDT:USDT", self.tick_usd, 1.0)

    async def bars(self, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[PriceBar]:
        """Return closed bars of the swinging price."""
        now_ms = await self._asked("bars", asset)
        if f"bars {step_ms}" in self._faults:
            raise self._faults[f"bars {step_ms}"]
        first = -(-start_ms // step_ms) * step_ms
        last = min(end_ms, now_ms - step_ms + 1)
        return [self._bar(asset, ts_ms, step_ms) for ts_ms in range(first, last, step_ms)]

    def _bar(self, asset: str, ts_ms: int, step_ms: int) -> PriceBar:
        points = [price_at(asset, ts_ms + step_ms * k // 4, self._offset) for k in range(5)]
        return PriceBar(
            ts_ms, step_ms, points[0], max(points), min(points), points[-1], step_ms / 6_000.0, step_ms / 11_000.0
        )

    def oi_at(self, ts_ms: int) -> float:
        """Return open interest at a moment."""
        return self._oi_base * (1.0 + 0.05 * math.sin(ts_ms / HOUR_MS))

    async def open_interest_history(self, asset: str, start_ms: int, end_ms: int) -> list[OpenInterest]:
        """Return samples at 5 minutes."""
        now_ms = await self._asked("open_interest_history", asset)
        first = -(-start_ms // 300_000) * 300_000
        return [OpenInterest(ts, self.oi_at(ts)) for ts in range(first, min(end_ms, now_ms + 1), 300_000)]

    async def open_interest(self, asset: str) -> OpenInterest:
        """Return the sample of now."""
        now_ms = await self._asked("open_interest", asset)
        return OpenInterest(now_ms, self.oi_at(now_ms))

    async def quote(self, asset: str) -> Quote:
        """Return the price of now."""
        now_ms = await self._asked("quote", asset)
        last = price_at(asset, now_ms, self._offset)
        return Quote(now_ms, last, last * 1.0001)

    async def funding(self, asset: str) -> Funding:
        """Return a constant rate."""
        now_ms = await self._asked("funding", asset)
        return Funding(now_ms, 1e-4, 8.0, now_ms // (8 * HOUR_MS) * 8 * HOUR_MS + 8 * HOUR_MS)

    async def long_short_ratio(self, asset: str, start_ms: int, end_ms: int) -> list[LongShortRatio]:
        """Return a constant ratio at 5 minutes."""
        now_ms = await self._asked("long_short_ratio", asset)
        first = -(-start_ms // 300_000) * 300_000
        return [LongShortRatio(ts, 1.4) for ts in range(first, min(end_ms, now_ms + 1), 300_000)]

    async def brackets(self, asset: str) -> tuple[Bracket, ...]:
        """Return the ladder it was given."""
        await self._asked("brackets", asset)
        return self.ladder

    async def order_book(self, asset: str) -> OrderBook:
        """Not known."""
        raise Unsupported("no order book")

    async def prints(self, assets: Sequence[str]) -> AsyncIterator[Liquidation | PrintGap]:
        """Yield what is put into `stream`; an exception in it is raised."""
        await self._asked("prints")
        while True:
            item = await self.stream.get()
            if isinstance(item, Exception):
                raise item
            yield item

    async def print_history(self, asset: str, start_ms: int, end_ms: int) -> list[Liquidation]:
        """Return what is in `told` of the asset, as far as the clock has come."""
        now_ms = await self._asked("print_history", asset)
        found = [one for one in self.told if one.asset == asset and start_ms <= one.ts_ms < min(end_ms, now_ms + 1)]
        return sorted(found, key=lambda one: one.ts_ms)

    def prints_live(self) -> bool:
        """Return `stream_up`."""
        return self.stream_up

    def liquidation(self, side: str = "long", qty_base: float = 1.0, asset: str = "BTC") -> Liquidation:
        """Return a print of now."""
        now_ms = self._clock.now_ms()
        assert side in ("long", "short")
        return Liquidation(
            now_ms, self.venue, asset, "long" if side == "long" else "short", qty_base, price_at(asset, now_ms)
        )


def without(abilities: Abilities, **changes: object) -> Abilities:
    """Return abilities with other values."""
    changed: Callable[..., Abilities] = replace
    return changed(abilities, **changes)


def error_of(kind: type[FeedError], retry_after_s: float | None = None) -> FeedError:
    """Return an error as a feed raises it."""
    error = kind("no luck")
    error.retry_after_s = retry_after_s
    return error
