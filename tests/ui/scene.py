"""Realistic snapshots for the screens: bands laid beside a price path and swept by it, and a link that plays them."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from textual.app import App

from liqtui.link.base import LinkState
from liqtui.model.market import SIDES, Side
from liqtui.model.selection import COLUMN_MS, WINDOW_MS, Selection
from liqtui.model.snapshot import (
    HEAT_BIN_LOG,
    AssetRow,
    Cluster,
    Detail,
    DivergenceRow,
    Heat,
    Interval,
    KnownPosition,
    MixClass,
    PrintTotal,
    Skill,
    Snapshot,
    TapePrint,
    VenueState,
)

NOW_MS = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 14 * 3_600_000 + 202_000
"""A day at 14:03:22 UTC."""
PRICES = {"BTC": 97_123.4, "ETH": 3_412.55, "SOL": 182.345}
TICKS = {"BTC": 0.1, "ETH": 0.01, "SOL": 0.001}
VENUES = ("binance", "bybit", "okx", "hyperliquid")


def price_path(
    columns: int, last_usd: float, rng: np.random.Generator
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return (columns, 4) open, high, low, close of a walk that ends at `last_usd`."""
    steps = rng.standard_t(4, columns) * 0.0011
    close = last_usd * np.exp(np.cumsum(steps) - steps.sum())
    opened = np.concatenate([[close[0]], close[:-1]])
    wick = np.abs(rng.normal(0, 0.0006, (2, columns)))
    high, low = np.maximum(opened, close) * (1 + wick[0]), np.minimum(opened, close) * (1 - wick[1])
    return np.stack([opened, high, low, close], axis=1)


@cache
def make_heat(selection: Selection, now_ms: int = NOW_MS, gap: tuple[int, int] | None = (60, 66)) -> Heat:
    """Return a map in which each column adds bands at typical distances and the path sweeps what it crosses."""
    rng = np.random.default_rng(sum(map(ord, selection.asset)))
    step_ms = COLUMN_MS[selection.window]
    columns = WINDOW_MS[selection.window] // step_ms
    ohlc = price_path(columns, PRICES[selection.asset], rng)
    logs = np.log(ohlc)
    first = math.floor((logs.min() - 0.25) / HEAT_BIN_LOG)
    bins = math.ceil((logs.max() + 0.25) / HEAT_BIN_LOG) - first
    state, cells = np.zeros((2, bins)), np.zeros((columns, bins), np.float32)
    for column in range(columns):
        _advance(state, logs[column], first, rng)
        below = np.arange(bins) + first + 0.5 < logs[column, 3] / HEAT_BIN_LOG
        cells[column] = np.where(below, state[0], state[1])
    gaps = np.zeros(columns, bool)
    if gap is not None:
        gaps[gap[0] : gap[1]] = True
        cells[gaps], ohlc[gaps] = 0.0, np.nan
    last = now_ms // step_ms * step_ms
    stamps = last - step_ms * np.arange(columns - 1, -1, -1, dtype=np.int64)
    prints = np.where(rng.random((columns, 2)) < 0.3, rng.lognormal(11, 1.8, (columns, 2)), 0.0).astype(np.float32)
    return Heat(selection, step_ms, first, stamps, cells, ohlc, gaps, prints)


def _advance(
    state: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    bar: np.ndarray[tuple[int], np.dtype[np.float64]],
    first: int,
    rng: np.random.Generator,
) -> None:
    """Lay new positions around a bar (log open, high, low, close), let old ones fade, sweep what the bar crosses."""
    state *= 0.997
    volume = rng.lognormal(12.5, 1.1)
    for distance, share in ((0.009, 0.15), (0.019, 0.25), (0.039, 0.3), (0.09, 0.2), (0.19, 0.1)):
        for side, sign in ((0, -1), (1, 1)):
            middle = (bar[3] + sign * distance) / HEAT_BIN_LOG - first
            at = int(middle + rng.normal(0, 1.2))
            state[side, max(at - 1, 0) : at + 2] += volume * share * rng.random() * np.array([0.5, 1.0, 0.5])
    low, high = (int(bar[i] / HEAT_BIN_LOG) - first for i in (2, 1))
    state[0, low:] = 0.0
    state[1, : high + 1] = 0.0


def make_clusters(heat: Heat, price_usd: float, atr_usd: float) -> tuple[Cluster, ...]:
    """Return the largest zones of the last column, largest first within each side."""
    row = heat.cells_usd[-1].astype(float)
    found: list[Cluster] = []
    sides: tuple[Side, Side] = ("short", "long")
    for side in sides:
        middles = np.exp((np.arange(row.size) + heat.first_bin + 0.5) * HEAT_BIN_LOG)
        mine = np.where((middles > price_usd) == (side == "short"), row, 0.0)
        total, picked = mine.sum(), np.zeros(row.size, bool)
        for _ in range(8):
            peak = int(np.argmax(np.where(picked, 0.0, mine)))
            low, high = max(peak - 4, 0), min(peak + 4, row.size - 1)
            usd = float(np.where(picked, 0.0, mine)[low : high + 1].sum())
            picked[low : high + 1] = True
            off = float(middles[peak] / price_usd - 1) * 100
            edges = float(middles[low]), float(middles[high])
            atrs = off / 100 * price_usd / atr_usd
            bands = tuple((usd * low, usd * high) for low, high in ((0.82, 1.2), (0.62, 1.45), (0.4, 2.1)))
            found.append(Cluster(side, float(middles[peak]), *edges, usd, 100 * usd / total, off, atrs, bands))
    return tuple(found)


def make_tape(asset: str, count: int = 30, now_ms: int = NOW_MS) -> tuple[TapePrint, ...]:
    """Return prints of the last minutes, newest last."""
    rng = np.random.default_rng(3)
    prints = []
    for seq in range(count):
        usd = float(rng.lognormal(9.6, 1.6))
        price = PRICES[asset] * (1 + float(rng.normal(0, 0.002)))
        side: Side = "long" if rng.random() < 0.6 else "short"
        at = now_ms - (count - seq) * 7_300
        prints.append(TapePrint(seq, at, VENUES[seq % 3], asset, side, usd / price, price, usd))
    return tuple(prints)


def make_snapshot(selection: Selection, version: int = 1, now_ms: int = NOW_MS, mode: str = "demo") -> Snapshot:
    """Return a full state with venues in various states."""
    price, heat = PRICES[selection.asset], make_heat(selection, now_ms)
    atr = price * 0.0046
    clusters = make_clusters(heat, price, atr)
    totals = tuple(
        PrintTotal(venue, window, 1.2e6 * k * (i + 1), 0.8e6 * k * (i + 1), 10 * k, complete=i == 0 and k < 9)
        for i, venue in enumerate(VENUES[:3])
        for window, k in (("1h", 1), ("4h", 3), ("24h", 14))
    )
    detail = Detail(
        selection, heat, price, atr, clusters, 4.25e9, 3.91e9, DIVERGENCE, make_tape(selection.asset), totals, 18_304,
        make_skill(),
    )  # fmt: skip
    label = {"demo": "DEMO seed 7 60x", "replay": "REPLAY 2025-12-03 06:00 3600x"}.get(mode, "")
    assets = tuple(asset_row(asset, now_ms) for asset in PRICES)
    base = Snapshot(version, now_ms, "demo", label, VENUE_STATES, assets, detail)
    return replace(base, mode="live" if mode == "live" else "replay" if mode == "replay" else "demo")


def make_skill() -> Skill:
    """Return what a map that is better than price alone has shown."""
    edges = (0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 20.0, 80.0)
    shares = {"long": (3, 8, 18, 27, 22, 14, 8), "short": (4, 11, 21, 25, 20, 12, 7)}
    mix = tuple(
        MixClass(side, edges[k], edges[k + 1], 100 / 7, float(share), share * 0.7, share * 1.4)
        for side in SIDES
        for k, share in enumerate(shares[side])
    )
    found = (0.62, 1.31, 0.92, 1.12, 1.05, 0.97, 1.02, 0.94, 1.1, 0.81)
    return Skill(
        verdict="+0.31 bit/print over price alone, 90 % 0.22..0.40, n 1,204",
        better=True,
        over_price=Interval(0.31, 0.22, 0.40),
        over_recipe=Interval(0.84, 0.55, 1.13),
        prints=1_204,
        days=12,
        amount_ratio=Interval(1.13, 0.92, 1.35),
        place_quantile=0.41,
        lift=2.34,
        reliability=tuple((120.0, 120.0 * ratio) for ratio in found),
        coverage=((50.0, 47.6), (80.0, 83.2), (95.0, 93.9)),
        coverage_n=312,
        learned_prints=1_188,
        mix=mix,
    )


def with_skill(snapshot: Snapshot, skill: Skill | None) -> Snapshot:
    """Return the state with another skill."""
    return replace(snapshot, detail=replace(snapshot.detail, skill=skill))


def with_known(snapshot: Snapshot, observed_pct: float = 3.21) -> Snapshot:
    """Return the state with an observed position of 1.2M in the nearest zone of each side, and one between zones."""
    price = snapshot.detail.price_usd or 1.0
    zones = [
        min((zone for zone in snapshot.detail.clusters if zone.side == side), key=lambda zone: abs(zone.distance_pct))
        for side in SIDES
    ]
    known = [KnownPosition(zone.side, zone.price_usd, 1.2e6) for zone in zones]
    known.append(KnownPosition("long", price * 0.3, 5e6))
    ordered = tuple(sorted(known, key=lambda one: one.liquidation_usd))
    return replace(snapshot, detail=replace(snapshot.detail, known=ordered, observed_pct=observed_pct))


def asset_row(asset: str, now_ms: int = NOW_MS) -> AssetRow:
    """Return an asset's line."""
    price, change = PRICES[asset], {"BTC": 1.24, "ETH": -0.86, "SOL": 12.4}[asset]
    base = {"BTC": 312_400.0, "ETH": 5_910_000.0, "SOL": 21_300_000.0}[asset]
    due = now_ms // 28_800_000 * 28_800_000 + 28_800_000
    return AssetRow(asset, price, price * 1.0001, change, base, base * price, 0.0001, 8.0, due, TICKS[asset], VENUES)


DIVERGENCE = (
    DivergenceRow("15m", 0.31, -0.22, -64.2e6, 120.0, "short covering"),
    DivergenceRow("1h", 0.92, 1.31, 398.0e6, 900.0, "fresh longs", strong=True),
    DivergenceRow("4h", -1.12, -2.45, -744.0e6, -2300.0, "long flush"),
    DivergenceRow("24h", 1.24, 0.02, 6.1e6, None, "quiet"),
)
VENUE_STATES = (
    VenueState("binance", "LIVE", 1_400, "sampled", prints_live=True),
    VenueState("bybit", "LIVE", 2_100, "full", prints_live=True),
    VenueState("okx", "STALE", 34_000, "sampled", "timeout", NOW_MS + 12_000),
    VenueState("hyperliquid", "BLOCKED", None, "none", "HTTP 451", NOW_MS + 800_000),
)


class SceneLink:
    """A link that plays what it is told: answers each selection with a snapshot of it, and passes on what is put in."""

    def __init__(self, events: Sequence[Snapshot | LinkState] = ()) -> None:
        self.selected: list[Selection] = []
        self.paces: list[float | None] = []
        self.closed = False
        self.answer = True
        self._queue: asyncio.Queue[Snapshot | LinkState] = asyncio.Queue()
        for event in events:
            self._queue.put_nowait(event)

    def put(self, event: Snapshot | LinkState) -> None:
        """Make something happen."""
        self._queue.put_nowait(event)

    async def events(self) -> AsyncIterator[Snapshot | LinkState]:
        """Yield what was put in, in order."""
        while True:
            yield await self._queue.get()

    def pace(self, fps: float | None) -> None:
        """Note how many snapshots a second are wanted."""
        self.paces.append(fps)

    async def select(self, selection: Selection) -> None:
        """Remember the selection and answer it."""
        self.selected.append(selection)
        if self.answer:
            self.put(make_snapshot(selection, version=len(self.selected)))

    async def close(self) -> None:
        """Remember that the viewer left."""
        self.closed = True


def screen_lines(app: App[None]) -> list[str]:
    """Return what the screen shows, as text."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[None]) -> str:
    """Return what the screen shows, as one text."""
    return "\n".join(screen_lines(app))
