"""Snapshots for the link's tests: made from numbers, and changed at random."""

from dataclasses import replace

import numpy as np

from liqtui.model.selection import COLUMN_MS, Selection
from liqtui.model.snapshot import (
    TAPE_ROWS,
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

START_MS = 1_764_547_200_000


def make_heat(
    random: np.random.Generator, selection: Selection, columns: int = 12, rows: int = 9, first_bin: int = 11_400
) -> Heat:
    """A small map with gaps."""
    step_ms = COLUMN_MS[selection.window]
    gap = random.random(columns) < 0.2
    ohlc = np.sort(random.random((columns, 4)) * 1e5, axis=1)
    ohlc[gap] = np.nan
    cells = random.random((columns, rows), dtype=np.float32) * np.float32(1e8)
    cells[random.random((columns, rows)) < 0.5] = 0.0
    ts_ms = START_MS + step_ms * np.arange(columns, dtype=np.int64)
    prints = random.lognormal(10.0, 2.0, (columns, 2)).astype(np.float32) if random.random() < 0.7 else None
    return Heat(selection, step_ms, first_bin, ts_ms, cells, ohlc, gap, prints)


def make_snapshot(random: np.random.Generator, selection: Selection | None = None) -> Snapshot:
    """A snapshot with something in every field."""
    chosen = selection or Selection("BTC")
    bands = ((8e7, 1.2e8), (6e7, 1.5e8), (4e7, 2e8))
    cluster = Cluster("long", 94_000.0, 93_900.0, 94_100.0, 1e8, 12.5, -1.1, None, bands)
    row = DivergenceRow("1h", 0.4, -1.2, -3e7, 120.5, "long flush", strong=True)
    detail = Detail(
        chosen, make_heat(random, chosen), 95_000.0, 410.0, (cluster,), 1e9, 2e9, (row,), (),
        (PrintTotal("alpha", "1h", 1e6, 2e6, 12, complete=False),), 3, make_skill(random),
        (KnownPosition("long", 91_000.0, 4e5), KnownPosition("short", 99_000.0, 1e6)), 3.2,
        since_ms=1_789_000_000_000,
    )  # fmt: skip
    asset = AssetRow("BTC", 95_000.0, None, 1.5, 9e4, 8.5e9, 1e-4, 8.0, START_MS, 0.1, ("alpha", "beta"))
    venues = (VenueState("alpha", "PARTIAL", 1_200, "full", "price BTC: down", START_MS + 1_000, True),)
    return Snapshot(7, START_MS, "demo", "DEMO seed 7 60x", venues, (asset,), detail, "loading history 1/3")


def make_skill(random: np.random.Generator) -> Skill:
    """A skill with something in every field."""
    low, mean, high = np.sort(random.normal(0.2, 0.1, 3)).tolist()
    tenths = random.random((10, 2)).tolist()
    return Skill(
        verdict="no better than price alone",
        better=bool(low > 0),
        over_price=Interval(mean, low, high),
        over_recipe=Interval(mean + 1, low + 1, high + 1),
        prints=int(random.integers(1, 10_000)),
        days=3,
        amount_ratio=Interval(1.1, 0.9, 1.3),
        place_quantile=0.4,
        lift=2.0,
        reliability=tuple((forecast, observed) for forecast, observed in tenths),
        coverage=((50.0, 47.0), (80.0, 81.0), (95.0, 99.0)),
        coverage_n=120,
        learned_prints=77,
        mix=(MixClass("long", 0.3, 0.6, 12.0, 14.0, 9.0, 20.0), MixClass("short", 0.6, 1.2, 12.0, 8.0, 5.0, 11.0)),
    )


def with_heat(snapshot: Snapshot, heat: Heat | None) -> Snapshot:
    """The same with another heat."""
    return replace(snapshot, detail=replace(snapshot.detail, heat=heat))


def with_prints(snapshot: Snapshot, count: int) -> Snapshot:
    """The same with more prints on the tape."""
    tape = snapshot.detail.tape
    seq = tape[-1].seq if tape else 0
    more = tuple(TapePrint(seq + k, START_MS + k, "alpha", "BTC", "short", 0.5, 95e3, 4e4) for k in range(1, count + 1))
    return replace(snapshot, detail=replace(snapshot.detail, tape=(tape + more)[-TAPE_ROWS:]))


def slid(random: np.random.Generator, heat: Heat, columns: int) -> Heat:
    """The same map some columns later."""
    rows = heat.cells_usd.shape[1]
    fresh = make_heat(random, heat.selection, columns, rows, heat.first_bin)
    more = random.lognormal(10.0, 2.0, (columns, 2)).astype(np.float32)
    return replace(
        heat,
        ts_ms=heat.ts_ms + columns * heat.step_ms,
        cells_usd=np.concatenate([heat.cells_usd[columns:], fresh.cells_usd]),
        ohlc_usd=np.concatenate([heat.ohlc_usd[columns:], fresh.ohlc_usd]),
        gap=np.concatenate([heat.gap[columns:], fresh.gap]),
        prints_usd=None if heat.prints_usd is None else np.concatenate([heat.prints_usd[columns:], more]),
    )


def raised(random: np.random.Generator, heat: Heat, bins: int, rows: int) -> Heat:
    """The same map on rows that begin `bins` higher, `rows` in number; new rows hold something."""
    have = heat.cells_usd.shape[1]
    cells = (random.random((len(heat.ts_ms), rows)) * 1e6).astype(np.float32)
    for row in range(rows):
        if 0 <= row + bins < have:
            cells[:, row] = heat.cells_usd[:, row + bins]
    return replace(heat, first_bin=heat.first_bin + bins, cells_usd=cells)


def repainted(random: np.random.Generator, heat: Heat, columns: list[int]) -> Heat:
    """The same map with other values in some columns."""
    cells, ohlc, gap = heat.cells_usd.copy(), heat.ohlc_usd.copy(), heat.gap.copy()
    for column in columns:
        cells[column % len(cells)] = random.random(cells.shape[1], dtype=np.float32) * np.float32(1e7)
        ohlc[column % len(cells)] += 1.0
        gap[column % len(cells)] ^= True
    return replace(heat, cells_usd=cells, ohlc_usd=ohlc, gap=gap)


def printed(heat: Heat, column: int) -> Heat:
    """The same map with another liquidation in one column."""
    if heat.prints_usd is None:
        return heat
    prints = heat.prints_usd.copy()
    prints[column % len(prints), column % 2] += np.float32(1e6)
    return replace(heat, prints_usd=prints)


def assert_same(one: Snapshot | None, other: Snapshot | None) -> None:
    """Both are equal to the last bit."""
    assert one is not None and other is not None
    assert with_heat(one, None) == with_heat(other, None)
    first, second = one.detail.heat, other.detail.heat
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    assert (first.selection, first.step_ms, first.first_bin) == (second.selection, second.step_ms, second.first_bin)
    for name in ("ts_ms", "cells_usd", "ohlc_usd", "gap", "prints_usd"):
        a, b = getattr(first, name), getattr(second, name)
        if a is None or b is None:
            assert a is b, name
            continue
        assert a.dtype == b.dtype and a.shape == b.shape, name
        np.testing.assert_array_equal(a, b, err_msg=name)
