"""The synthetic market against naive oracles: what it owes to the mechanics of a real one."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from liqtui.model.margin import liquidation_from_bankruptcy
from liqtui.model.market import MINUTE_MS, Bracket
from liqtui.model.synthetic import MarketSpec, Minute, SyntheticMarket
from liqtui.model.synthetic_positions import ENTRY, LEVERAGE, LIQUIDATION, OPENED, QTY, SIGN_ROW, Floats
from liqtui.model.synthetic_price import NODES, PricePath

BRACKETS = (
    Bracket(0.0, 250_000.0, 0.004, 0.0, 125.0),
    Bracket(250_000.0, 2_000_000.0, 0.0065, 625.0, 75.0),
    Bracket(2_000_000.0, 20_000_000.0, 0.01, 7_625.0, 50.0),
    Bracket(20_000_000.0, 1e12, 0.05, 807_625.0, 10.0),
)
SPEC = MarketSpec("BTC", 95_000.0, 90_000.0, 0.025, 1, BRACKETS)
WILD = MarketSpec("BTC", 95_000.0, 90_000.0, 0.12, 1, BRACKETS)
VENUES = {"one": 0.7, "two": 0.3}
START_MS = 1_767_225_600_000


def market(spec: MarketSpec = SPEC, seed: int = 7) -> SyntheticMarket:
    """Return a fresh market."""
    return SyntheticMarket(spec, VENUES, seed, START_MS)


def steps(made: SyntheticMarket, count: int) -> Iterator[Minute]:
    """Yield the next minutes of a market."""
    for _ in range(count):
        yield made.step()


def open_rows(made: SyntheticMarket, venue: int) -> Floats:
    """Return a copy of the open positions."""
    rows = made.population(venue).rows
    return rows[:, rows[QTY] > 0].copy()


@pytest.mark.parametrize("spec", [SPEC, WILD])
def test_longs_equal_shorts_and_the_open_interest_told(spec: MarketSpec) -> None:
    made = market(spec)
    for minute in steps(made, 400):
        for venue, told in enumerate(minute.venues):
            rows = open_rows(made, venue)
            longs = math.fsum(rows[QTY][rows[SIGN_ROW] > 0])
            shorts = math.fsum(rows[QTY][rows[SIGN_ROW] < 0])
            assert longs == pytest.approx(shorts, rel=1e-9)
            assert told.oi_base == pytest.approx(longs, rel=1e-9)


def test_open_interest_changes_by_births_less_deaths_less_liquidations() -> None:
    made = market(WILD)
    before = [made.oi_base(venue) for venue in range(2)]
    for minute in steps(made, 300):
        for venue, told in enumerate(minute.venues):
            for side in range(2):
                change = told.flow.births[side] - told.flow.deaths[side] - told.forced_base[side]
                assert told.oi_base - before[venue] == pytest.approx(change, abs=1e-6)
                assert told.flow.births[side] >= 0
            bought = told.flow.births[0] + told.flow.deaths[1] + told.forced_base[1]
            sold = told.flow.births[1] + told.flow.deaths[0] + told.forced_base[0]
            assert bought == pytest.approx(sold) and bought <= told.volume_base * (1 + 1e-9)
            before[venue] = told.oi_base


def test_exactly_those_reached_by_the_price_are_liquidated() -> None:
    made, prints = market(WILD), 0
    for _ in range(400):
        held = [open_rows(made, venue) for venue in range(2)]
        minute = made.step()
        low, high = min(minute.path_usd), max(minute.path_usd)
        for rows, told in zip(held, minute.venues, strict=True):
            level, sign = rows[LIQUIDATION], rows[SIGN_ROW]
            reached = ((sign > 0) & (level >= low)) | ((sign < 0) & (level <= high))
            assert sorted(p.liquidation_usd or 0 for p in told.liquidations) == sorted(level[reached].tolist())
            assert sorted(p.qty_base for p in told.liquidations) == sorted(rows[QTY][reached].tolist())
            prints += len(told.liquidations)
    assert prints > 300


def test_nobody_open_is_beyond_his_liquidation_price() -> None:
    made = market(WILD)
    for minute in steps(made, 300):
        close = minute.path_usd[-1]
        for venue in range(2):
            rows = open_rows(made, venue)
            assert np.all(rows[SIGN_ROW] * (close - rows[LIQUIDATION]) > 0)
            assert np.all(rows[LEVERAGE] >= 1)


def test_prints_carry_time_place_and_the_recoverable_level() -> None:
    made, seen = market(WILD), 0
    for minute in steps(made, 300):
        for name, told in zip(VENUES, minute.venues, strict=True):
            stamps = [one.ts_ms for one in told.liquidations]
            assert stamps == sorted(stamps)
            for one in told.liquidations:
                assert one.venue == name and minute.ts_ms <= one.ts_ms < minute.ts_ms + MINUTE_MS
                assert one.bankruptcy_usd is not None and one.liquidation_usd is not None
                found = liquidation_from_bankruptcy(one.side, one.bankruptcy_usd, one.qty_base, BRACKETS)
                assert found == pytest.approx(one.liquidation_usd, rel=1e-12)
                assert minute.price_at(one.ts_ms) == pytest.approx(one.liquidation_usd, rel=2e-5)
                assert min(one.bankruptcy_usd, found) <= one.price_usd + 0.1
                assert max(one.bankruptcy_usd, found) >= one.price_usd - 0.1
                seen += 1
    assert seen > 200


def test_bars_hold_the_path_and_join_without_a_step() -> None:
    made, close = market(), SPEC.price_usd
    for minute in steps(made, 200):
        bar = minute.bar(0)
        assert len(minute.path_usd) == NODES + 1 and bar.open_usd == close
        close = bar.close_usd
        inside = [minute.price_at(minute.ts_ms + at) for at in range(0, MINUTE_MS, 700)]
        assert bar.low_usd <= min(inside) and max(inside) <= bar.high_usd and inside[0] == bar.open_usd
        assert bar.taker_buy_base is not None and 0 <= bar.taker_buy_base <= bar.volume_base


def test_a_seed_gives_one_market_whatever_runs_beside_it() -> None:
    alone = list(steps(market(), 130))
    made, other = market(), market(seed=8)
    beside = []
    for _ in range(130):
        beside.append(made.step())
        other.step()
    assert beside == alone
    assert [minute.path_usd for minute in steps(market(seed=8), 130)] != [minute.path_usd for minute in alone]


def test_true_map_is_the_notional_of_the_positions() -> None:
    made = market()
    for _ in steps(made, 50):
        pass
    edges = np.exp(np.linspace(math.log(60_000), math.log(140_000), 200))
    longs, shorts = made.true_map(0, edges)
    rows = open_rows(made, 0)
    naive = [[0.0] * (len(edges) - 1) for _ in range(2)]
    for sign, level, qty in zip(rows[SIGN_ROW], rows[LIQUIDATION], rows[QTY], strict=True):
        if edges[0] <= level < edges[-1]:
            naive[0 if sign > 0 else 1][int(np.searchsorted(edges, level, side="right")) - 1] += qty * made.price_usd
    assert longs == pytest.approx(naive[0]) and shorts == pytest.approx(naive[1])
    every = made.true_map(0, np.array([1e-9, made.price_usd, 1e9]))
    reachable = rows[LIQUIDATION] > 1e-9
    total = float(rows[QTY][reachable].sum()) * made.price_usd
    assert every[0][0] + every[1][1] == pytest.approx(total)
    assert every[0][1] == every[1][0] == 0.0


def test_added_margin_moves_the_level_away() -> None:
    made, moved = market(WILD), 0
    known = [tuple(row[[SIGN_ROW, ENTRY, OPENED, QTY]]) for row in open_rows(made, 0).T]
    # The largest of one style and one moment are alike.
    before = {key: row for key, row in zip(known, open_rows(made, 0).T, strict=True) if known.count(key) == 1}
    for _ in steps(made, 300):
        pass
    for row in open_rows(made, 0).T:
        old = before.get(tuple(row[[SIGN_ROW, ENTRY, OPENED, QTY]]))
        if old is not None and old[LEVERAGE] != row[LEVERAGE]:
            assert row[LEVERAGE] < old[LEVERAGE]
            assert row[SIGN_ROW] * (old[LIQUIDATION] - row[LIQUIDATION]) > 0
            moved += 1
    assert moved > 5


def test_a_forced_sale_presses_the_price_and_half_of_it_comes_back() -> None:
    free, pressed = (PricePath(95_000.0, 0.02, 1, 7, 1) for _ in range(2))
    pressed.push(-0.01)
    gaps = []
    for _ in range(60):
        for log_return, same in zip(free.begin_minute(), pressed.begin_minute(), strict=True):
            gaps.append(math.log(pressed.move(same) / free.move(log_return)))
    assert min(gaps) < -0.008
    assert gaps[-1] == pytest.approx(-0.005, abs=5e-4)


def test_two_days_look_like_a_market() -> None:
    made = market()
    minutes = list(steps(made, 2880))
    closes = np.array([minute.path_usd[-1] for minute in minutes])
    assert 0.015 < float(np.diff(np.log(closes)).std()) * math.sqrt(1440) < 0.06
    for venue in range(2):
        told = [minute.venues[venue] for minute in minutes]
        for side in range(2):
            forced = sum(one.forced_base[side] for one in told) / told[0].oi_base / 2
            assert 0.002 < forced < 0.08
        counts = [len(one.liquidations) for one in told]
        assert 300 < sum(counts) < 6_000
        assert max(counts) > 20
        assert 0.5 < told[-1].oi_base / told[0].oi_base < 2
        assert all(abs(one.funding_rate) < 3e-3 and 0.3 < one.long_short_ratio < 3 for one in told)
        assert sum(made.population(venue).counts()) < 25_000
