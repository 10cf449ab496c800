"""The embedded market: three synthetic assets on two synthetic venues, as feeds."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence

import numpy as np

from liqtui.feeds.base import Abilities, Unavailable, Unsupported
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.clock import Clock
from liqtui.feeds.pacing import let_out
from liqtui.feeds.timeline import Timeline, coarser
from liqtui.model.market import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
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
from liqtui.model.synthetic import MarketSpec, Minute, SyntheticMarket, VenueMinute

DEMO_START_MS = 1_767_614_400_000
"""Where a demo's clock starts (2026-01-05 12:00 UTC): the same seed then always shows the same picture."""
HISTORY_MS = 2 * DAY_MS
"""Past that is there at the start."""
KEPT_MS = 4 * DAY_MS
COARSE_MS = 5 * MINUTE_MS
FUNDING_INTERVAL_H = 8.0
FUNDING_INTERVAL_MS = 8 * HOUR_MS

VENUES: Mapping[str, float] = {"demo-a": 0.6, "demo-b": 0.4}
"""Share of the open interest by venue."""

CALLS_PER_S = 1000.0
"""No budget to keep: the market is in this process."""
CHUNK_STEPS = 20
"""Minutes simulated between two looks at the event loop: about 5 ms."""
PATIENCE_S = 0.005
"""Pause between chunks while nobody waits for them."""
SETTLE_MIN = 4
"""Traders act at least so often: the fewer turns, the sooner the past is there."""
STOP_EAGERNESS = 4.0
"""How many times likelier a trader closes right before liquidation than at entry."""
BOOK_LEVELS = 50
BOOK_REACH_LOG = 0.02


def specs() -> tuple[MarketSpec, ...]:
    """Return the markets of the demo, in the order in which they are shown."""
    return (
        _spec("BTC", 95_000.0, 90_000.0, 0.022, 1),
        _spec("ETH", 3_300.0, 2_000_000.0, 0.030, 2),
        _spec("SOL", 180.0, 11_000_000.0, 0.037, 2),
    )


def _spec(asset: str, price_usd: float, oi_base: float, daily_volatility: float, tick_decimals: int) -> MarketSpec:
    return MarketSpec(
        asset,
        price_usd,
        oi_base,
        daily_volatility,
        tick_decimals,
        binance_brackets(f"{asset}USDT"),
        settle_min=SETTLE_MIN,
        stop_eagerness=STOP_EAGERNESS,
    )


def demo_feeds(seed: int, clock: Clock, history_ms: int = HISTORY_MS) -> list["DemoFeed"]:
    """Return one feed for each venue; the past begins `history_ms` before the hour in which the clock stands."""
    now_ms = clock.now_ms() // HOUR_MS * HOUR_MS
    assets = {spec.asset: DemoAsset(spec, seed, now_ms - history_ms) for spec in specs()}
    return [DemoFeed(venue, assets, clock, seed, clock.now_ms()) for venue in VENUES]


class DemoAsset:
    """One synthetic market, simulated as far as the clock asks; shared by the feeds of its venues."""

    def __init__(self, spec: MarketSpec, seed: int, start_ms: int) -> None:
        self.spec, self.start_ms = spec, start_ms
        self.minutes: Timeline[Minute] = Timeline()
        """Simulated minutes, the one that contains the newest moment asked for included."""
        self._seed = seed
        self._market: SyntheticMarket | None = None
        self._lock = asyncio.Lock()
        self._waiting = 0

    @property
    def simulated_ms(self) -> int:
        """Return the end of the newest minute."""
        return self._market.now_ms if self._market else self.start_ms

    async def reach(self, now_ms: int, patient: bool = False) -> None:
        """Simulate up to and with the minute that contains `now_ms`, in chunks; the patient give way to others."""
        self._waiting += not patient
        try:
            async with self._lock:
                while self.simulated_ms <= now_ms:
                    self._simulate(now_ms)
                    await asyncio.sleep(0 if self._waiting else PATIENCE_S)
        finally:
            self._waiting -= not patient

    def _simulate(self, now_ms: int) -> None:
        if self._market is None:
            self._market = SyntheticMarket(self.spec, VENUES, self._seed, self.start_ms)
            return
        steps = min(CHUNK_STEPS, (now_ms - self._market.now_ms) // MINUTE_MS + 1)
        self.minutes.extend([self._market.step() for _ in range(steps)])
        self.minutes.forget(self._market.now_ms - KEPT_MS)


class DemoFeed:
    """One synthetic venue."""

    def __init__(self, venue: str, assets: Mapping[str, DemoAsset], clock: Clock, seed: int, printed_ms: int) -> None:
        """Begin the print stream after `printed_ms`."""
        self.venue = venue
        self.abilities = Abilities(
            prints="full",
            bar_steps_ms=(MINUTE_MS, COARSE_MS),
            open_interest_history=True,
            long_short_ratio=True,
            brackets=True,
            order_book=True,
            print_history=True,
            funding=True,
            calls_per_s=CALLS_PER_S,
        )
        self._assets, self._clock, self._seed = assets, clock, seed
        self._at = list(VENUES).index(venue)
        self._printed_ms = printed_ms

    @property
    def assets(self) -> tuple[str, ...]:
        """Assets of the demo, in the order in which they are shown."""
        return tuple(self._assets)

    async def open(self) -> None:
        """Do nothing: the markets are there."""

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""

    async def market(self, asset: str) -> Market:
        """Return the perpetual."""
        spec = self.synthetic(asset).spec
        tick_usd = 10.0**-spec.tick_decimals
        return Market(self.venue, asset, f"{asset}/USDT:USDT", tick_usd, 1.0, spec.brackets[0].max_leverage)

    async def bars(self, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[PriceBar]:
        """Return the closed bars of one or five minutes."""
        if step_ms not in self.abilities.bar_steps_ms:
            raise Unsupported(f"{self.venue} has no bars of {step_ms} ms")
        now_ms, minutes = await self._minutes(asset)
        first_ms = -(-start_ms // step_ms) * step_ms
        last_ms = min(-(-end_ms // step_ms) * step_ms, now_ms // step_ms * step_ms)
        bars = [minute.bar(self._at) for minute in minutes.between(first_ms, last_ms)]
        return bars if step_ms == MINUTE_MS else coarser(bars, step_ms)

    async def open_interest_history(self, asset: str, start_ms: int, end_ms: int) -> list[OpenInterest]:
        """Return the samples of every five minutes."""
        return [OpenInterest(ts_ms, state.oi_base) for ts_ms, state in await self._states(asset, start_ms, end_ms)]

    async def open_interest(self, asset: str) -> OpenInterest:
        """Return the open interest at the last full minute."""
        minute = await self._last(asset)
        return OpenInterest(minute.ts_ms + MINUTE_MS, minute.venues[self._at].oi_base)

    async def quote(self, asset: str) -> Quote:
        """Return the price now; last and mark are one in this market."""
        now_ms, minutes = await self._minutes(asset)
        minute = minutes.at(now_ms)
        if minute is None:
            raise Unavailable(f"no price for {asset} yet")
        price_usd = round(minute.price_at(now_ms), self.synthetic(asset).spec.tick_decimals)
        return Quote(now_ms, price_usd, price_usd)

    async def funding(self, asset: str) -> Funding:
        """Return the rate of the running interval as it stands at the last full minute."""
        minute = await self._last(asset)
        ts_ms = minute.ts_ms + MINUTE_MS
        next_ms = (ts_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS
        return Funding(ts_ms, minute.venues[self._at].funding_rate, FUNDING_INTERVAL_H, next_ms)

    async def long_short_ratio(self, asset: str, start_ms: int, end_ms: int) -> list[LongShortRatio]:
        """Return the account ratios of every five minutes."""
        states = await self._states(asset, start_ms, end_ms)
        return [LongShortRatio(ts_ms, state.long_short_ratio) for ts_ms, state in states]

    async def brackets(self, asset: str) -> tuple[Bracket, ...]:
        """Return the maintenance brackets by which this market liquidates."""
        return self.synthetic(asset).spec.brackets

    async def order_book(self, asset: str) -> OrderBook:
        """Return a book that gets deeper away from the price."""
        quote, spec = await self.quote(asset), self.synthetic(asset).spec
        oi_base = (await self.open_interest(asset)).oi_base
        rng = np.random.default_rng([self._seed, self._at, quote.ts_ms // MINUTE_MS])
        sides = [_levels(quote.last_usd, sign, oi_base, spec.tick_decimals, rng) for sign in (-1, 1)]
        return OrderBook(quote.ts_ms, sides[0], sides[1])

    async def prints(self, assets: Sequence[str]) -> AsyncIterator[Liquidation | PrintGap]:
        """Yield each liquidation as the clock passes it; a later call goes on."""
        source = _Prints([self.synthetic(asset) for asset in assets if asset in self._assets], self._at)
        async for liquidation in let_out(self._clock, source, self._printed_ms):
            self._printed_ms = liquidation.ts_ms
            yield liquidation

    async def print_history(self, asset: str, start_ms: int, end_ms: int) -> list[Liquidation]:
        """Return the liquidations of the past up to now."""
        found = self.synthetic(asset)
        now_ms = self._clock.now_ms()
        await found.reach(now_ms)
        return await _Prints([found], self._at).prints_between(start_ms - 1, min(end_ms - 1, now_ms))

    def prints_live(self) -> bool:
        """Return True: this stream does not break off."""
        return True

    def synthetic(self, asset: str) -> DemoAsset:
        """Return the market behind an asset; Unsupported if there is none."""
        if asset not in self._assets:
            raise Unsupported(f"{self.venue} does not list {asset}")
        return self._assets[asset]

    async def _minutes(self, asset: str) -> tuple[int, Timeline[Minute]]:
        found, now_ms = self.synthetic(asset), self._clock.now_ms()
        await found.reach(now_ms)
        return now_ms, found.minutes

    async def _last(self, asset: str) -> Minute:
        now_ms, minutes = await self._minutes(asset)
        minute = minutes.at(now_ms - MINUTE_MS)
        if minute is None:
            raise Unavailable(f"no full minute of {asset} yet")
        return minute

    async def _states(self, asset: str, start_ms: int, end_ms: int) -> list[tuple[int, VenueMinute]]:
        """Return the states at every full five minutes with start_ms <= time < end_ms, none later than now."""
        now_ms, minutes = await self._minutes(asset)
        last_ms = min(end_ms, now_ms + 1)
        found = minutes.between(start_ms - MINUTE_MS, last_ms - MINUTE_MS)
        ends = [(minute.ts_ms + MINUTE_MS, minute.venues[self._at]) for minute in found]
        return [(ts_ms, state) for ts_ms, state in ends if ts_ms % COARSE_MS == 0]


class _Prints:
    """The liquidations of some assets on one venue, in time's order."""

    def __init__(self, assets: Sequence[DemoAsset], venue_at: int) -> None:
        self._assets, self._at = assets, venue_at

    async def prints_between(self, since_ms: int, until_ms: int) -> list[Liquidation]:
        """Return what lies in (since_ms, until_ms], simulating it if need be."""
        found: list[Liquidation] = []
        for asset in self._assets:
            await asset.reach(until_ms, patient=True)
            found += self._of(asset, since_ms, until_ms)
        return sorted(found, key=lambda one: one.ts_ms)

    def next_print_ms(self, since_ms: int) -> int | None:
        """Return the next print that is already simulated, or when there is more to simulate."""
        known = [one.ts_ms for asset in self._assets for one in self._of(asset, since_ms, asset.simulated_ms)]
        return min(known + [asset.simulated_ms for asset in self._assets], default=None)

    def _of(self, asset: DemoAsset, since_ms: int, until_ms: int) -> list[Liquidation]:
        minutes = asset.minutes.between(since_ms - MINUTE_MS, until_ms + 1)
        return [
            one
            for minute in minutes
            for one in minute.venues[self._at].liquidations
            if since_ms < one.ts_ms <= until_ms
        ]


def _levels(
    price_usd: float, sign: int, oi_base: float, decimals: int, rng: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    """Return one side of a book, best level first: distances on an even grid, sizes growing with them."""
    distance = BOOK_REACH_LOG * (np.arange(1, BOOK_LEVELS + 1) / BOOK_LEVELS) ** 1.5
    step = 10.0**-decimals
    rounding = math.floor if sign < 0 else math.ceil
    prices = [round(rounding(price_usd * math.exp(sign * away) / step) * step, decimals) for away in distance.tolist()]
    sizes = oi_base * 2e-5 * (1 + 80 * distance) * rng.lognormal(0.0, 0.7, BOOK_LEVELS)
    return tuple(zip(prices, sizes.tolist(), strict=True))
