"""A seeded perpetual market with real mechanics, whose true map is known: the same seed gives the same market.

One price path is shared by the venues of an asset; each venue has its own positions. Minute by minute the price moves
in five-second nodes, liquidates what it reaches, is pushed on by those forced trades, and then the traders act.
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from liqtui.model.market import MINUTE_MS, Bracket, Liquidation, PriceBar, Side
from liqtui.model.synthetic_positions import Floats, Flow, Population, Swept
from liqtui.model.synthetic_price import MINUTES_A_DAY, NODE_MS, NODES, PricePath

IMPACT = 0.12
"""Log price move per share of all open interest that is forced out."""
OPENED_SHARE = 0.25
"""Share of the volume that opens positions which outlive the minute."""
BIRTHS_PER_MIN = 4.0
"""Mean number of new positions on each side of a venue of average activity."""
STANDING = 9_000
"""Positions in a venue at the start, before those are taken out that the past has liquidated."""
PAST_STEP_MIN, PAST_STEPS = 10, 1_000
"""The past along which the first positions were opened."""
SENTIMENT_HALF_LIFE_MIN = 150.0
FUNDING_HALF_LIFE_MIN = 240.0
BASE_FUNDING, FUNDING_PER_SENTIMENT = 1e-4, 3.5e-4
"""Rate per eight hours at rest, and what a market that is all of one mind adds."""
RETAIL_TILT = 0.08
"""People of small size are rather long."""
CROWD_TILT = 0.22
TARGET_SPREAD, TARGET_HALF_LIFE_MIN = 0.12, 300.0
"""Log open interest wanders about its first value."""
RATIO_EVERY_MS = 5 * MINUTE_MS
LOOKED_AT_MIN = 12
"""Every position is looked at once in about so many minutes."""
NO_FLOW = Flow((0.0, 0.0), (0.0, 0.0))


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """What kind of market it is."""

    asset: str
    price_usd: float
    """First price."""
    oi_base: float
    """One-sided open interest of all venues."""
    daily_volatility: float
    """Standard deviation of a day's log return."""
    tick_decimals: int
    brackets: tuple[Bracket, ...]
    turnover: float = 3.0
    """Mean volume of a day over open interest."""
    settle_min: int = 2
    """Traders act at least so often, and at the end of every minute with liquidations; venues take turns."""
    stop_eagerness: float = 12.0
    """How many times likelier a close gets right before liquidation than at entry."""


@dataclass(frozen=True, slots=True)
class VenueMinute:
    """One minute of one venue."""

    volume_base: float
    taker_buy_base: float
    oi_base: float
    """One-sided open interest at the end of the minute."""
    long_short_ratio: float
    """Accounts at the end of the minute."""
    funding_rate: float
    """Per eight hours, at the end of the minute."""
    flow: Flow
    forced_base: tuple[float, float]
    """Longs and shorts liquidated."""
    liquidations: tuple[Liquidation, ...]
    """Ascending in time."""


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of the market."""

    ts_ms: int
    """Its start."""
    path_usd: tuple[float, ...]
    """Prices at the start and at the end of each node: NODES + 1."""
    venues: tuple[VenueMinute, ...]

    def price_at(self, ts_ms: int) -> float:
        """Return the price at a moment of the minute, on a straight line between nodes."""
        at, into = divmod(min(max(ts_ms - self.ts_ms, 0), MINUTE_MS - 1), NODE_MS)
        return self.path_usd[at] + (self.path_usd[at + 1] - self.path_usd[at]) * into / NODE_MS

    def bar(self, venue: int) -> PriceBar:
        """Return the minute as a bar of one venue."""
        path, own = self.path_usd, self.venues[venue]
        return PriceBar(
            self.ts_ms, MINUTE_MS, path[0], max(path), min(path), path[-1], own.volume_base, own.taker_buy_base
        )


class _Venue:
    """One venue: its positions and the mood of its traders."""

    def __init__(
        self, name: str, share: float, spec: MarketSpec, past: Floats, start_ms: int, seed: int, phase: int
    ) -> None:
        self.name, self._spec = name, spec
        self._rng = np.random.default_rng([seed, _stream(spec.asset), 2, _stream(name)])
        stride = max(LOOKED_AT_MIN // spec.settle_min, 1)
        self.population = Population(spec.brackets, self._rng, stride, spec.stop_eagerness)
        self.oi_base = self._first_oi = spec.oi_base * share
        self.population.seed(past, PAST_STEP_MIN * MINUTE_MS, start_ms, STANDING, self.oi_base)
        self.ratio = self._count_ratio()
        self.funding_rate = BASE_FUNDING
        self._target = 0.0
        self._waiting_min, self._wanted_base, self._newcomers = phase, 0.0, 0.0
        self._counted_ms = start_ms
        self._liquidations: list[Liquidation] = []
        self._forced = [0.0, 0.0]

    def reach(self, before_usd: float, price_usd: float, start_ms: int) -> float:
        """Liquidate what the node ending at `price_usd` reached; return the signed base coin that was forced out."""
        swept = self.population.sweep(price_usd)
        if swept is None:
            return 0.0
        self._print(swept, before_usd, price_usd, start_ms)
        net = float(swept.sign @ swept.qty_base)
        total = float(swept.qty_base.sum())
        self._forced[0] += (total + net) / 2
        self._forced[1] += (total - net) / 2
        return net

    def end_minute(self, price_usd: float, now_ms: int, activity: float, pressure: float, mood: float) -> VenueMinute:
        """Let the traders act; `pressure` is the minute's return in standard deviations, `mood` that of hours."""
        churn = self.oi_base * self._spec.turnover / MINUTES_A_DAY * activity * self._rng.lognormal(-0.08, 0.4)
        self._wander()
        self._waiting_min += 1
        self._wanted_base += OPENED_SHARE * churn
        self._newcomers += BIRTHS_PER_MIN * min(activity, 4.0)
        forced = (self._forced[0], self._forced[1])
        due = self._waiting_min >= self._spec.settle_min or sum(forced) > 0
        flow = self._settle(price_usd, now_ms, forced, mood) if due else NO_FLOW
        keep = 0.5 ** (1 / FUNDING_HALF_LIFE_MIN)
        fair = BASE_FUNDING + FUNDING_PER_SENTIMENT * (mood + 0.3 * self._rng.standard_normal())
        self.funding_rate = keep * self.funding_rate + (1 - keep) * fair
        return self._record(churn, pressure, flow, forced)

    def _settle(self, price_usd: float, now_ms: int, forced: tuple[float, float], mood: float) -> Flow:
        wanted = self._wanted_base * (self._first_oi * math.exp(self._target) / self.oi_base) ** 3
        tilt = RETAIL_TILT + CROWD_TILT * mood
        counts = [max(int(self._rng.poisson(self._newcomers * share)), 1) for share in (1 + tilt, 1 - tilt)]
        flow = self.population.settle(price_usd, now_ms, self._waiting_min, forced, wanted, (counts[0], counts[1]))
        self.oi_base += flow.births[0] - flow.deaths[0] - forced[0]
        self._waiting_min, self._wanted_base, self._newcomers = 0, 0.0, 0.0
        if now_ms - self._counted_ms >= RATIO_EVERY_MS:
            self.ratio, self._counted_ms = self._count_ratio(), now_ms
        return flow

    def _record(self, churn: float, pressure: float, flow: Flow, forced: tuple[float, float]) -> VenueMinute:
        taker_share = min(max(0.5 + 0.2 * math.tanh(0.6 * pressure) + 0.05 * self._rng.standard_normal(), 0.02), 0.98)
        # What buyers took: new longs and shorts that closed; sellers gave as much.
        traded = flow.births[0] + flow.deaths[1] + forced[1]
        volume = max(churn + sum(forced), traded)
        liquidations = tuple(sorted(self._liquidations, key=lambda one: one.ts_ms))
        self._liquidations, self._forced = [], [0.0, 0.0]
        taker_buy = (volume - sum(forced)) * taker_share + forced[1]
        return VenueMinute(volume, taker_buy, self.oi_base, self.ratio, self.funding_rate, flow, forced, liquidations)

    def _wander(self) -> None:
        """Let the open interest that the market wants go on by a minute."""
        keep = 0.5 ** (1 / TARGET_HALF_LIFE_MIN)
        self._target = keep * self._target + TARGET_SPREAD * math.sqrt(1 - keep * keep) * self._rng.standard_normal()

    def _count_ratio(self) -> float:
        longs, shorts = self.population.counts()
        return longs / max(shorts, 1)

    def _print(self, swept: Swept, before_usd: float, price_usd: float, start_ms: int) -> None:
        level = swept.liquidation_usd
        span = price_usd - before_usd
        into = np.clip((level - before_usd) / span, 0.0, 1.0) if span else np.ones_like(level)
        fill = level + (swept.bankruptcy_usd - level) * self._rng.uniform(0.1, 0.6, len(level))
        stamps = start_ms + np.minimum(into * NODE_MS, NODE_MS - 1).astype(np.int64)
        for ts_ms, sign, qty, price, bankrupt, usd in zip(
            stamps.tolist(),
            swept.sign.tolist(),
            swept.qty_base.tolist(),
            np.round(fill, self._spec.tick_decimals).tolist(),
            swept.bankruptcy_usd.tolist(),
            level.tolist(),
            strict=True,
        ):
            side: Side = "long" if sign > 0 else "short"
            self._liquidations.append(Liquidation(ts_ms, self.name, self._spec.asset, side, qty, price, bankrupt, usd))


class SyntheticMarket:
    """One asset on some venues, minute by minute."""

    def __init__(self, spec: MarketSpec, venues: Mapping[str, float], seed: int, start_ms: int) -> None:
        """Begin at `start_ms`; `venues` maps names to their shares of the open interest."""
        self.spec, self.venues = spec, tuple(venues)
        self.now_ms = start_ms
        """End of the newest minute."""
        stream = _stream(spec.asset)
        self._path = PricePath(spec.price_usd, spec.daily_volatility, spec.tick_decimals, seed, stream)
        past = _past(spec, np.random.default_rng([seed, stream, 3]))
        self._venues = tuple(
            _Venue(name, share, spec, past, start_ms, seed, at % spec.settle_min)
            for at, (name, share) in enumerate(venues.items())
        )
        self._mood = 0.0

    @property
    def price_usd(self) -> float:
        """Return the price at the end of the newest minute."""
        return self._path.price_usd

    def oi_base(self, venue: int) -> float:
        """Return the open interest of a venue at the end of the newest minute."""
        return self._venues[venue].oi_base

    def long_short_ratio(self, venue: int) -> float:
        """Return the account ratio of a venue at the end of the newest minute."""
        return self._venues[venue].ratio

    def funding_rate(self, venue: int) -> float:
        """Return the funding rate of a venue, per eight hours, at the end of the newest minute."""
        return self._venues[venue].funding_rate

    def population(self, venue: int) -> Population:
        """Return the positions of a venue, to look at."""
        return self._venues[venue].population

    def step(self) -> Minute:
        """Simulate one minute."""
        nodes = [self._path.price_usd]
        low, high = self._edges()
        for at, log_return in enumerate(self._path.begin_minute()):
            nodes.append(self._path.move(log_return))
            if not low < nodes[-1] < high:
                self._reach(nodes[-2], nodes[-1], self.now_ms + at * NODE_MS)
                low, high = self._edges()
        start_ms, self.now_ms = self.now_ms, self.now_ms + MINUTE_MS
        usual = self.spec.daily_volatility / math.sqrt(MINUTES_A_DAY)
        pressure = math.log(nodes[-1] / nodes[0]) / usual
        keep = 0.5 ** (1 / SENTIMENT_HALF_LIFE_MIN)
        self._mood = keep * self._mood + math.sqrt(1 - keep * keep) * pressure
        activity = self._path.activity**1.3 * (0.4 + 0.6 * min(abs(pressure), 6.0))
        mood = math.tanh(self._mood)
        ends = tuple(one.end_minute(nodes[-1], self.now_ms, activity, pressure, mood) for one in self._venues)
        return Minute(start_ms, tuple(nodes), ends)

    def true_map(self, venue: int, edges_usd: Floats) -> tuple[Floats, Floats]:
        """Return the real long and short notional in USD by liquidation price between the edges (ascending prices)."""
        return self._venues[venue].population.notional(edges_usd, self.price_usd)

    def _edges(self) -> tuple[float, float]:
        """Return the prices between which nobody is liquidated."""
        populations = [one.population for one in self._venues]
        return max(one.long_edge_usd for one in populations), min(one.short_edge_usd for one in populations)

    def _reach(self, before_usd: float, price_usd: float, start_ms: int) -> None:
        """Liquidate what the node that ends at `price_usd` reached; the forced trades press on the next nodes."""
        forced = sum(one.reach(before_usd, price_usd, start_ms) for one in self._venues)
        if forced:
            self._path.push(-IMPACT * forced / sum(one.oi_base for one in self._venues))


def _stream(name: str) -> int:
    """Return a number for a name, the same on every machine."""
    return zlib.crc32(name.encode())


def _past(spec: MarketSpec, rng: np.random.Generator) -> Floats:
    """Return prices of the time before the start, the newest last and equal to the first price."""
    scale = spec.daily_volatility * math.sqrt(PAST_STEP_MIN / MINUTES_A_DAY)
    steps = scale * rng.standard_normal(PAST_STEPS)
    path: Floats = spec.price_usd * np.exp(np.concatenate([np.cumsum(steps)[::-1], [0.0]]))
    return path


assert NODES * NODE_MS == MINUTE_MS
