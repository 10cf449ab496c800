"""Bars taken several at a time: nothing is lost, holes end it, a look sees everything, the map stays what it was."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.feeds.brackets import binance_brackets
from liqtui.model.book import Books, Flow, births_base
from liqtui.model.grid import BOOK_BIN_LOG
from liqtui.model.intensity import Intensity
from liqtui.model.joined_bars import (
    FINE_BINS,
    OLD_MS,
    UNSEEN_MS,
    Waiting,
    even_range,
    joined_bar,
    joined_flow,
    joined_prints,
)
from liqtui.model.joining import Flows, Told
from liqtui.model.market import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SIDES,
    Liquidation,
    LiquidationTotal,
    OpenInterest,
    PriceBar,
)
from liqtui.model.params import BookParams
from liqtui.model.synthetic import MarketSpec, SyntheticMarket
from tests.model.markets import START_MS, wandering_bars, wandering_oi
from tests.model.naive import NaiveBook
from tests.model.test_book import dense

FIVE = 5 * MINUTE_MS
RHO = 0.2
LOOK_MS = START_MS + 9 * DAY_MS
"""A first look at which no column of the first two days is seen, and the third in the longest window alone."""


def told_bars(bars: Sequence[PriceBar], samples: Sequence[OpenInterest]) -> list[Told]:
    """Return bars with what was known at the end of each."""
    flows, before = Flows(), bars[0].open_usd
    for sample in samples:
        flows.oi.add(sample)
    out = []
    for bar in bars:
        out.append(flows.told(bar, before))
        before = bar.close_usd
    return out


VOLUMES = st.lists(
    st.tuples(st.floats(0, 1e4), st.floats(0, 1), st.floats(1e2, 1e5), st.floats(-0.05, 0.05)), min_size=2, max_size=24
)


@settings(deadline=None, max_examples=60)
@given(VOLUMES, st.floats(1.0, 1e5))
def test_volume_range_and_openings_are_those_of_the_bars(
    steps: list[tuple[float, float, float, float]], oi: float
) -> None:
    price, bars, samples = 100.0, [], []
    for i, (volume, bought, oi_base, move) in enumerate(steps):
        close, ts = price * math.exp(move), START_MS + i * FIVE
        bars.append(PriceBar(ts, FIVE, price, max(price, close), min(price, close), close, volume, volume * bought))
        samples.append(OpenInterest(ts + FIVE, oi_base))
        price = close
    told = told_bars(bars, samples)
    bar, flow = joined_bar(bars), joined_flow(told, oi, RHO)
    assert (bar.ts_ms, bar.end_ms) == (START_MS, bars[-1].end_ms)
    assert (bar.open_usd, bar.close_usd) == (bars[0].open_usd, bars[-1].close_usd)
    assert (bar.low_usd, bar.high_usd) == (min(b.low_usd for b in bars), max(b.high_usd for b in bars))
    assert bar.volume_base == flow.volume_base == pytest.approx(sum(b.volume_base for b in bars))
    assert bar.taker_buy_base == pytest.approx(sum(b.taker_buy_base or 0 for b in bars))
    assert (flow.low_log, flow.high_log) == (math.log(bar.low_usd), math.log(bar.high_usd))
    assert flow.oi_base == steps[-1][2]
    flows, before, births = Flows(), [oi, *(one[2] for one in steps)], 0.0
    for sample in samples:
        flows.oi.add(sample)
    for one, oi_before in zip(told, before, strict=False):
        births += births_base(flows.flow(one), oi_before, RHO)
    assert flow.inside is not None
    assert flow.inside.births_base == pytest.approx(births)


@given(st.floats(-5, 12), st.floats(0, 0.5))
def test_ranges_of_entries_are_rounded_by_a_sixteenth_at_most(low: float, width: float) -> None:
    first, last = even_range(low, low + width)
    assert abs((last - first) - width) <= width / 16 + 1e-9
    assert abs((first + last) / 2 - (low + width / 2)) <= BOOK_BIN_LOG / 2 + 1e-9
    if width < FINE_BINS * BOOK_BIN_LOG:
        assert (first, last) == (low, low + width)


def test_what_one_bar_does_not_know_the_whole_does_not() -> None:
    bars = [replace(b, mark_low_usd=b.low_usd - 5, mark_high_usd=b.high_usd + 5) for b in wandering_bars(3)]
    whole = joined_bar(bars)
    assert whole.mark_low_usd == min(b.low_usd for b in bars) - 5
    assert whole.mark_high_usd == max(b.high_usd for b in bars) + 5
    unknown = joined_bar([bars[0], replace(bars[1], mark_low_usd=None, mark_high_usd=None, taker_buy_base=None)])
    assert (unknown.mark_low_usd, unknown.mark_high_usd, unknown.taker_buy_base) == (None, None, None)


CHANGES: dict[str, Callable[[PriceBar], PriceBar]] = {
    "a hole": lambda bar: replace(bar, ts_ms=bar.ts_ms + FIVE),
    "another length": lambda bar: replace(bar, step_ms=MINUTE_MS),
    "the end of the stretch": lambda bar: replace(bar, step_ms=FIVE, ts_ms=START_MS + HOUR_MS),
}


@pytest.mark.parametrize("why", CHANGES)
def test_what_ends_a_joined_bar(why: str) -> None:
    count = 12 if why == "the end of the stretch" else 3
    told = told_bars(wandering_bars(count + 1), wandering_oi(1))
    waiting = Waiting()
    for one in told[:-1]:
        assert not len(waiting) or waiting.joins(one.bar, HOUR_MS)
        waiting.add(one, HOUR_MS)
    assert not waiting.joins(CHANGES[why](told[-1].bar), HOUR_MS)
    assert waiting.joins(told[-1].bar, HOUR_MS) == (why != "the end of the stretch")
    assert not waiting.joins(told[-1].bar, HOUR_MS // 2)


def test_bars_whose_prints_were_heard_are_not_joined_with_others() -> None:
    told = told_bars(wandering_bars(6), wandering_oi(1))
    waiting = Waiting()
    for at, one in enumerate(told):
        waiting.add(replace(one, prints=[] if at in (2, 3) else None), HOUR_MS)
    runs = list(waiting.taken())
    assert [len(run) for run in runs] == [2, 2, 2]
    assert [joined_prints(run) for run in runs] == [None, [], None]
    assert not len(waiting)


@settings(deadline=None, max_examples=4)
@given(st.integers(0, 2**31), st.sampled_from([(0.2, 0.0), (1.0, 12.0), (0.5, 5.0)]))
def test_joined_bars_equal_the_slow_loops(seed: int, ends: tuple[float, float]) -> None:
    params = BookParams(eta=0.4, stubborn=ends[0], eager=ends[1], rho=0.5)
    books, slow = Books((replace(params, stubborn=0.7, eager=0.0), params)), NaiveBook(params)
    told = told_bars(wandering_bars(72, FIVE, seed), wandering_oi(72, FIVE, seed + 1))
    start, oi = math.log(told[0].bar.open_usd), told[0].oi_base
    books.start(start, oi)
    slow.start(start, oi)
    for at in range(0, 72, 18):
        flow = joined_flow(told[at : at + 18], books.oi_base, params.rho)
        taken, expected = books.step(flow)[1], slow.step(flow)
        for side, name in enumerate(SIDES):
            assert taken[side] == pytest.approx(expected[name], rel=1e-9, abs=1e-9)
    for side, name in enumerate(SIDES):
        mass = books.lanes.mass(1)[side]
        off = np.abs(dense(slow, name, books.lanes.windows[side]) - mass)
        assert (off <= 1e-9 * np.maximum(mass, 1.0)).all()


@dataclass(frozen=True)
class Recorded:
    """Observations of a synthetic market, 5 minutes apart."""

    bars: tuple[PriceBar, ...]
    samples: tuple[OpenInterest, ...]
    prints: tuple[Liquidation, ...]


@cache
def market(days: int = 3) -> Recorded:
    """Return a market in which people are really liquidated."""
    spec = MarketSpec("BTC", 60_000.0, 50_000.0, 0.035, 1, binance_brackets("BTCUSDT"))
    made = SyntheticMarket(spec, {"demo": 1.0}, 3, START_MS)
    bars, samples = list[PriceBar](), [OpenInterest(START_MS, made.oi_base(0))]
    prints = list[Liquidation]()
    for _ in range(days * 288):
        minutes = [made.step() for _ in range(5)]
        bars.append(joined_bar([one.bar(0) for one in minutes]))
        samples.append(OpenInterest(made.now_ms, made.oi_base(0)))
        prints += [told for one in minutes for told in one.venues[0].liquidations]
    return Recorded(tuple(bars), tuple(samples), tuple(prints))


def replayed(
    look_ms: int | None,
    past: Recorded,
    heard_since_ms: Callable[[PriceBar], int | None] = lambda bar: None,
) -> Intensity:
    """Return a market that has taken in everything, in the order in which it was known."""
    model = Intensity()
    model.expect_look(look_ms)
    told = sampled = 0
    for bar in past.bars:
        while sampled < len(past.samples) and past.samples[sampled].ts_ms <= bar.end_ms:
            model.add_open_interest(past.samples[sampled])
            sampled += 1
        while told < len(past.prints) and past.prints[told].ts_ms < bar.end_ms:
            model.add_print(past.prints[told])
            told += 1
        model.hear_prints(heard_since_ms(bar))
        model.add_bar(bar)
    return model


def far_maps(*models: Intensity) -> list[np.ndarray]:
    """Return the maps, long and short, within 10 % of price."""
    out = []
    for model in models:
        now = model.now_map()
        assert now is not None
        middle = len(now.long_usd) // 2
        out.append(np.concatenate([now.long_usd[middle - 200 : middle], now.short_usd[middle : middle + 200]]))
    return out


def test_the_map_after_joined_bars_is_close_to_that_bar_by_bar() -> None:
    one_by_one, joined = far_maps(replayed(None, market()), replayed(LOOK_MS, market()))
    assert not np.array_equal(one_by_one, joined)
    assert np.corrcoef(one_by_one, joined)[0, 1] > 0.99
    assert np.abs(one_by_one - joined).sum() < 0.06 * one_by_one.sum()


def test_joined_bars_teach_what_the_single_ones_do() -> None:
    always = replayed(None, market(), lambda bar: 0), replayed(LOOK_MS, market(), lambda bar: 0)
    assert always[0].experts.prints == pytest.approx(always[1].experts.prints, abs=2)
    assert always[0].experts.prints > 0.95 * len(market().prints)
    one_by_one, joined, untaught = far_maps(*always, replayed(None, market()))
    assert np.corrcoef(one_by_one, joined)[0, 1] > 0.92
    assert joined.sum() == pytest.approx(one_by_one.sum(), rel=0.16)
    assert abs(untaught.sum() / one_by_one.sum() - 1) > 0.2


def test_only_bars_that_are_heard_teach() -> None:
    down = range(145, 160)

    def since(bar: PriceBar) -> int | None:
        at = (bar.ts_ms - START_MS) // FIVE
        return None if at in down else 0 if at < down.start else START_MS + down.stop * FIVE

    found = [replayed(look, market(), since).experts.prints for look in (None, LOOK_MS)]
    assert found[0] == pytest.approx(found[1], abs=1)
    assert found[0] < len(market().prints)


def test_a_look_sees_every_bar_that_was_added() -> None:
    bars, samples = wandering_bars(40), wandering_oi(40)
    crash = replace(bars[30], low_usd=bars[30].open_usd * 0.9)
    past = Recorded((*bars[:30], crash), tuple(samples), ())
    looks: list[Callable[[Intensity], object]] = [
        lambda model: model.now_map(),
        lambda model: model.mix(),
        lambda model: model.since_ms,
        lambda model: model.experts,
    ]
    for look in looks:
        model = replayed(LOOK_MS, past)
        assert model.last_bar_end_ms == crash.end_ms
        look(model)
        books = model._experts.books
        assert books.oi_base == samples[31].oi_base
        assert books.lanes.held().sum(-1) == pytest.approx(np.full((2, 2), books.oi_base), rel=1e-9)
        below = model.now_map()
        assert below is not None
        edges = np.exp((below.first_bin + np.arange(len(below.long_usd))) * below.width_log)
        crossed = (edges > crash.low_usd * 1.001) & (edges < crash.close_usd)
        assert below.long_usd[crossed].sum() < 0.05 * below.long_usd.sum()
    series = replayed(LOOK_MS, past).series()
    assert series is not None and len(series.ts_ms) == 31


def test_bars_are_taken_one_by_one_again_where_columns_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = wandering_bars(9 * 288)
    samples = wandering_oi(9 * 288)
    model, steps = Intensity(), list[int]()
    take = model._experts.take

    def noted(bar: PriceBar, flow: Flow) -> None:
        steps.append(bar.step_ms)
        take(bar, flow)

    monkeypatch.setattr(model._experts, "take", noted)
    model.expect_look(bars[-1].end_ms)
    for sample in samples:
        model.add_open_interest(sample)
    for bar in bars:
        model.add_bar(bar)
    lengths = {step: steps.count(step) for step in set(steps)}
    assert set(lengths) >= {FIVE, OLD_MS, UNSEEN_MS}
    assert lengths[FIVE] == pytest.approx(300, abs=6)
    assert lengths[OLD_MS] == pytest.approx((7 * 24 - 25) * 3, abs=8)
    assert sum(steps) == len(bars) * FIVE
    assert steps[-288:] == [FIVE] * 288


def test_totals_of_an_hour_teach_within_joined_bars() -> None:
    bars, samples = market().bars[: 2 * 288], market().samples
    usd = []
    for look, base_usd in ((None, 3e9), (LOOK_MS, 3e9), (LOOK_MS, None)):
        model = Intensity()
        model.expect_look(look)
        for sample in samples:
            model.add_open_interest(sample)
        for bar in bars:
            if base_usd and bar.ts_ms % HOUR_MS == 0:
                model.add_total(LiquidationTotal(bar.ts_ms - HOUR_MS, bar.ts_ms, base_usd, base_usd))
            model.add_bar(bar)
        now = model.now_map()
        assert now is not None
        usd.append(float(now.long_usd.sum()))
    assert usd[1] == pytest.approx(usd[0], rel=0.15)
    assert usd[1] > 1.1 * usd[2]
