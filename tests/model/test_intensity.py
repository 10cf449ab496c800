"""Observations in, map and history out: joining, forming column, gaps, windows, sums over venues."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.alignment import combine_heat
from liqtui.model.grid import bin_of
from liqtui.model.intensity import Intensity
from liqtui.model.joining import RecentRange, crowd_lean, taker_imbalance
from liqtui.model.market import DAY_MS, MINUTE_MS, Funding, LongShortRatio, OpenInterest, PriceBar, Quote
from liqtui.model.now_map import combine_now
from liqtui.model.selection import COLUMN_MS, WINDOW_MS, WINDOWS, Selection
from liqtui.model.snapshot import HEAT_BIN_LOG, Heat
from tests.model.markets import START_MS, wandering_bars, wandering_oi

FIVE = 5 * MINUTE_MS
DAY = Selection("BTC")
FOUR_HOURS = Selection("BTC", window="4h")


def fed(bars: list[PriceBar], samples: list[OpenInterest]) -> Intensity:
    """Return a market with everything taken in."""
    model = Intensity()
    for sample in samples:
        model.add_open_interest(sample)
    for bar in bars:
        model.add_bar(bar)
    return model


def heat_of(model: Intensity, selection: Selection = DAY, late_ms: int = 1000) -> Heat:
    """Return the heat a moment after the last bar."""
    assert model.last_bar_end_ms is not None
    heat = model.heat(selection, model.last_bar_end_ms + late_ms)
    assert heat is not None
    return heat


def mass_at(heat: Heat, column: int, low_usd: float, high_usd: float) -> float:
    """Return the notional of a column in the rows that lie wholly between two prices."""
    a = math.ceil(math.log(low_usd) / HEAT_BIN_LOG) - heat.first_bin
    b = math.floor(math.log(high_usd) / HEAT_BIN_LOG) - heat.first_bin
    return float(heat.cells_usd[column, max(a, 0) : b].sum())


def test_not_ready_before_both_bar_and_open_interest() -> None:
    bars, samples = wandering_bars(3), wandering_oi(1)
    model = Intensity()
    for bar in bars:
        model.add_bar(bar)
    ready = [model.ready]
    assert model.now_map() is None and model.series() is None and model.heat(DAY, bars[-1].end_ms) is None
    assert model.last_bar_end_ms == bars[-1].end_ms
    model.add_open_interest(replace(samples[0], ts_ms=START_MS + 7 * MINUTE_MS))
    assert [*ready, model.ready] == [False, True]
    heat = heat_of(model)
    assert (~heat.gap).sum() == 4


def test_bars_that_waited_are_modelled_as_if_the_sample_had_been_there_first() -> None:
    bars, sample = wandering_bars(30), OpenInterest(START_MS, 9000.0)
    late = Intensity()
    for bar in bars:
        late.add_bar(bar)
    late.add_open_interest(sample)
    assert (heat_of(late).cells_usd == heat_of(fed(bars, [sample])).cells_usd).all()


def test_duplicates_and_old_bars_are_ignored() -> None:
    bars, samples = wandering_bars(50), wandering_oi(50)
    model = fed(bars, samples)
    before = heat_of(model)
    for bar in (bars[-1], bars[10], replace(bars[-1], ts_ms=bars[-1].ts_ms + MINUTE_MS)):
        model.add_bar(replace(bar, low_usd=bar.low_usd / 2))
    assert (heat_of(model).cells_usd == before.cells_usd).all()


def test_open_interest_stamped_after_the_bar_is_not_used_for_it() -> None:
    bars, samples = wandering_bars(20), wandering_oi(20)
    future = [*samples, OpenInterest(bars[-1].end_ms + 1, 1e9)]
    assert (heat_of(fed(bars, future)).cells_usd == heat_of(fed(bars, samples)).cells_usd).all()
    known = [*samples, OpenInterest(bars[-1].end_ms, 1e9)]
    assert heat_of(fed(bars, known)).cells_usd[-1].sum() > 100 * heat_of(fed(bars, samples)).cells_usd[-1].sum()


def test_series_carries_the_last_open_interest_and_cumulates_taker_flow() -> None:
    bars = wandering_bars(6, MINUTE_MS)
    bars[2] = replace(bars[2], taker_buy_base=None)
    samples = [OpenInterest(START_MS, 100.0), OpenInterest(START_MS + 3 * MINUTE_MS, 200.0)]
    series = fed(bars, samples).series()
    assert series is not None
    assert series.ts_ms.tolist() == [b.end_ms for b in bars]
    assert series.oi_base.tolist() == [100, 100, 200, 200, 200, 200]
    assert series.price_usd.tolist() == [b.close_usd for b in bars]
    known = [b for b in bars if b.taker_buy_base is not None]
    flow = np.cumsum([2 * (b.taker_buy_base or 0.0) - b.volume_base for b in known])
    assert np.isnan(series.cvd_base[2])
    assert np.delete(series.cvd_base, 2) == pytest.approx(flow)


@pytest.mark.parametrize("window", WINDOWS)
def test_windows_are_slices_of_equal_columns(window: str) -> None:
    selection = next(Selection("BTC", window=w) for w in WINDOWS if w == window)
    coarse = 7 * 288 - 60 if window == "7d" else 900
    model = fed(wandering_bars(coarse), wandering_oi(coarse))
    for bar in wandering_bars(300, MINUTE_MS, start_ms=START_MS + coarse * FIVE):
        model.add_bar(bar)
    heat = heat_of(model, selection)
    step = COLUMN_MS[selection.window]
    assert heat.step_ms == step
    assert (np.diff(heat.ts_ms) == step).all()
    assert len(heat.ts_ms) == WINDOW_MS[selection.window] // step
    assert not heat.gap.any()
    assert heat.ts_ms[-1] == model.last_bar_end_ms
    assert heat.cells_usd.shape == (len(heat.ts_ms), heat.cells_usd.shape[1])
    assert np.isfinite(heat.ohlc_usd).all()


def test_a_venue_with_five_minute_bars_only_gives_five_minute_columns_in_the_short_window() -> None:
    heat = heat_of(fed(wandering_bars(100), wandering_oi(100)), FOUR_HOURS)
    assert heat.step_ms == FIVE
    assert len(heat.ts_ms) == 48


def test_one_minute_bars_make_five_minute_columns_with_prices_over_all_of_them() -> None:
    bars = wandering_bars(63, MINUTE_MS)
    heat = heat_of(fed(bars, wandering_oi(20)))
    group = bars[55:60]
    expected = (group[0].open_usd, max(b.high_usd for b in group), min(b.low_usd for b in group), group[-1].close_usd)
    assert tuple(heat.ohlc_usd[-2]) == expected
    forming = bars[60:]
    assert heat.ts_ms[-1] == forming[0].ts_ms
    assert heat.ohlc_usd[-1, 0] == forming[0].open_usd
    assert heat.ohlc_usd[-1, 1] == max(b.high_usd for b in forming)


def test_a_week_is_in_columns_of_a_quarter_of_an_hour_and_what_is_not_known_of_it_is_a_gap() -> None:
    bars = wandering_bars(100)
    heat = heat_of(fed(bars, wandering_oi(100)), Selection("BTC", window="7d"))
    known = np.flatnonzero(~heat.gap)
    assert (known == np.arange(known[0], len(heat.gap))).all() and len(known) == 34
    quarter = bars[96:99]
    expected = (
        quarter[0].open_usd,
        max(b.high_usd for b in quarter),
        min(b.low_usd for b in quarter),
        quarter[-1].close_usd,
    )
    assert tuple(heat.ohlc_usd[-2]) == expected
    assert tuple(heat.ohlc_usd[-1, :1]) == (bars[99].open_usd,)


def test_the_newest_columns_alone_are_those_of_the_whole_window() -> None:
    model = fed(wandering_bars(400), wandering_oi(400))
    whole = heat_of(model)
    assert model.last_bar_end_ms is not None
    some = model.heat(Selection("BTC"), model.last_bar_end_ms, newest=10)
    assert some is not None and (some.ts_ms == whole.ts_ms[-10:]).all()
    at = some.first_bin - whole.first_bin
    assert (some.cells_usd == whole.cells_usd[-10:, at : at + some.cells_usd.shape[1]]).all()


def test_a_map_of_the_past_is_the_one_that_was_known_then() -> None:
    bars, samples = wandering_bars(700), wandering_oi(700)
    then_ms = bars[399].end_ms
    seen = heat_of(fed(bars[:400], samples[:401]), Selection("BTC", window="12h"))
    model = fed(bars, samples)
    past = heat_of(model, Selection("BTC", window="12h", until_ms=then_ms))
    assert past.ts_ms[-1] == then_ms - FIVE and len(past.ts_ms) == len(seen.ts_ms)
    assert (past.ohlc_usd[1:] == seen.ohlc_usd[:-1]).all()
    at = past.first_bin - seen.first_bin
    rows = slice(max(at, 0), min(at + past.cells_usd.shape[1], seen.cells_usd.shape[1]))
    own = past.cells_usd[1:, rows.start - at : rows.stop - at]
    assert (own == seen.cells_usd[:-1, rows]).all() and own.sum() == past.cells_usd[1:].sum()


def test_a_past_beyond_the_fine_columns_is_shown_in_coarser_ones() -> None:
    model = fed(wandering_bars(1400), wandering_oi(1400))
    end_ms = model.last_bar_end_ms
    assert end_ms is not None
    steps = {
        days: heat_of(model, Selection("BTC", window="24h", until_ms=end_ms - days * DAY_MS)).step_ms
        for days in (1, 2, 3)
    }
    assert steps == {1: FIVE, 2: FIVE, 3: 3 * FIVE}
    assert model.heat(Selection("BTC", until_ms=START_MS - DAY_MS), end_ms) is None


def test_the_oldest_window_begins_where_the_history_does() -> None:
    assert Intensity().since_ms is None
    model = fed(wandering_bars(400), wandering_oi(400))
    assert model.since_ms == START_MS // (3 * FIVE) * 3 * FIVE and model.last_bar_end_ms is not None
    far = Selection("BTC", window="4h").panned(-1000, model.last_bar_end_ms, model.since_ms)
    heat = heat_of(model, far)
    assert not heat.gap.any() and heat.ts_ms[0] - START_MS < 3 * FIVE


def test_a_hole_becomes_gap_columns_and_only_that() -> None:
    bars = wandering_bars(200)
    del bars[150:160]
    heat = heat_of(fed(bars, wandering_oi(200)))
    at = (START_MS + 150 * FIVE - int(heat.ts_ms[0])) // FIVE
    assert heat.gap[at : at + 10].all()
    assert not heat.gap[at + 10 :].any() and not heat.gap[at - 150 : at].any()
    assert heat.gap[: at - 150].all()
    assert not heat.cells_usd[at : at + 10].any()
    assert np.isnan(heat.ohlc_usd[at]).all()


def test_price_is_continuous_over_a_hole_so_what_it_jumped_is_swept() -> None:
    bars, samples = wandering_bars(100), wandering_oi(100)
    last = bars[-1].close_usd
    after = PriceBar(bars[-1].end_ms + 3 * FIVE, FIVE, last * 0.8, last * 0.801, last * 0.799, last * 0.8, 10.0)
    model = fed([*bars, after], samples)
    now = model.now_map()
    assert now is not None
    b = bin_of(last * 0.8) - now.first_bin
    assert not now.long_usd[b + 1 :].any()


def test_mark_prices_sweep_where_they_are_known() -> None:
    bars, samples = wandering_bars(100), wandering_oi(100)
    last = bars[-1].close_usd
    wick = PriceBar(bars[-1].end_ms, FIVE, last, last, last * 0.97, last, 10.0)
    calm = replace(wick, mark_low_usd=last * 0.999, mark_high_usd=last * 1.001)

    def left(bar: PriceBar) -> float:
        return mass_at(heat_of(fed([*bars, bar], samples)), -2, last * 0.972, last * 0.998)

    assert left(calm) > 10 * left(wick)


def test_a_mark_in_the_quote_sweeps_the_forming_column() -> None:
    model = fed(wandering_bars(300), wandering_oi(300))
    close, end = model._forming.close_usd, model.last_bar_end_ms or 0
    before = mass_at(heat_of(model), -1, close * 0.972, close * 0.999)
    model.add_quote(Quote(end + 1, close * 0.96, mark_usd=close))
    model.add_quote(Quote(end + 2, close, mark_usd=close))
    assert mass_at(heat_of(model), -1, close * 0.972, close * 0.999) == before > 0
    model.add_quote(Quote(end + 3, close, mark_usd=close * 0.97))
    assert mass_at(heat_of(model), -1, close * 0.972, close * 0.999) == 0


def test_longs_lie_below_each_close_and_shorts_above() -> None:
    model = fed(wandering_bars(300), wandering_oi(300))
    now = model.now_map()
    assert now is not None
    price = bin_of(model._forming.close_usd) - now.first_bin
    assert not now.long_usd[price + 1 :].any()
    assert not now.short_usd[:price].any()
    assert now.long_usd.sum() > 0 and now.short_usd.sum() > 0
    oi_usd = 10_000 * model._forming.close_usd
    assert 0.1 * oi_usd < now.long_usd.sum() < 1.2 * oi_usd


def test_forming_column_takes_out_what_the_quotes_swept_and_nothing_else() -> None:
    model = fed(wandering_bars(300), wandering_oi(300))
    close = model._forming.close_usd
    before = heat_of(model)
    now = before.ts_ms[-1] + 1000
    model.add_quote(Quote(int(now), close * 0.97))
    model.add_quote(Quote(int(now) + 1000, close))
    after = heat_of(model, late_ms=3000)
    assert mass_at(before, -1, close * 0.972, close) > 0
    assert mass_at(after, -1, close * 0.972, close) == 0
    assert mass_at(after, -1, close * 0.9, close * 0.968) == mass_at(before, -1, close * 0.9, close * 0.968)
    assert mass_at(after, -1, close * 1.001, close * 1.2) == mass_at(before, -1, close * 1.001, close * 1.2)
    assert after.ohlc_usd[-1, 2] == pytest.approx(close * 0.97)
    assert (after.cells_usd[:-1] == before.cells_usd[:-1]).all()


def test_a_quote_from_before_the_last_bar_or_a_broken_one_changes_nothing() -> None:
    model = fed(wandering_bars(30), wandering_oi(30))
    before = heat_of(model)
    end = model.last_bar_end_ms or 0
    for quote in (Quote(end - 1, 1.0), Quote(end + 1, 0.0), Quote(end + 1, math.nan), Quote(end + 1, -5.0)):
        model.add_quote(quote)
    assert (heat_of(model).cells_usd == before.cells_usd).all()


def test_broken_bars_and_samples_change_nothing() -> None:
    model = fed(wandering_bars(30), wandering_oi(30))
    before = heat_of(model)
    end = model.last_bar_end_ms or 0
    model.add_bar(PriceBar(end, FIVE, 1.0, math.nan, 1.0, 1.0, 1.0))
    model.add_bar(PriceBar(end, FIVE, 1.0, 1.0, 0.0, 1.0, 1.0))
    model.add_bar(PriceBar(end, FIVE, math.nan, 1.0, 1.0, 1.0, 1.0))
    model.add_bar(PriceBar(end, FIVE, 1.0, 1.0, 1.0, 1.0, math.nan))
    model.add_open_interest(OpenInterest(end, math.nan))
    model.add_funding(Funding(end, math.nan, 8))
    model.add_ratio(LongShortRatio(end, 0.0))
    assert (heat_of(model).cells_usd == before.cells_usd).all()


def test_late_bars_first_hold_the_last_column_then_show_a_gap() -> None:
    model = fed(wandering_bars(100), wandering_oi(100))
    end = model.last_bar_end_ms or 0
    held = heat_of(model, late_ms=FIVE + 2000)
    assert held.ts_ms[-1] == end and not held.gap[-1]
    cut = heat_of(model, late_ms=30 * MINUTE_MS)
    assert cut.ts_ms[-1] == end + 30 * MINUTE_MS
    assert cut.gap[-7:].all() and not cut.gap[-8]


def test_atr_needs_fourteen_hours_and_counts_the_range_of_each() -> None:
    bars = [
        PriceBar(START_MS + i * FIVE, FIVE, 100.0, 101.0 if i % 12 == 3 else 100.0, 99.5, 100.0, 1.0)
        for i in range(14 * 12)
    ]
    model = fed(bars[:-1], wandering_oi(1))
    assert model.atr_usd() is None
    model.add_bar(bars[-1])
    assert model.atr_usd() == pytest.approx(1.5)


def test_sums_over_venues_add_bin_by_bin() -> None:
    one = fed(wandering_bars(200), wandering_oi(200))
    two = fed(wandering_bars(200, seed=5, start_usd=50_400.0), wandering_oi(200, seed=6))
    a, b = heat_of(one), heat_of(two)
    both = combine_heat(DAY, [a, b])
    assert both is not None
    assert both.cells_usd.sum(1) == pytest.approx(a.cells_usd.sum(1) + b.cells_usd.sum(1), rel=1e-5)
    row = both.first_bin + int(both.cells_usd[-1].argmax())
    each = [float(h.cells_usd[-1, row - h.first_bin]) for h in (a, b)]
    assert float(both.cells_usd[-1].max()) == pytest.approx(sum(each), rel=1e-5)
    loudest = max((a, b), key=lambda h: float(h.cells_usd[-1].sum()))
    assert both.ohlc_usd[-1].tolist() == loudest.ohlc_usd[-1].tolist()
    x, y = one.now_map(), two.now_map()
    assert x is not None and y is not None
    total = combine_now([x, y])
    assert total is not None
    assert total.long_usd.sum() == pytest.approx(x.long_usd.sum() + y.long_usd.sum())
    assert combine_now([]) is None and combine_heat(DAY, []) is None


def test_sum_is_a_gap_only_where_all_are_and_prices_come_from_who_has_them() -> None:
    bars = wandering_bars(100)
    whole, holed = fed(bars, wandering_oi(100)), fed(bars[:40] + bars[50:], [OpenInterest(START_MS, 1e6)])
    both = combine_heat(DAY, [heat_of(whole), heat_of(holed)])
    assert both is not None
    at = slice((START_MS + 40 * FIVE - int(both.ts_ms[0])) // FIVE, None)
    assert not both.gap[at].any()
    assert np.isfinite(both.ohlc_usd[at]).all()


def test_sum_of_fine_and_coarse_columns_is_coarse() -> None:
    fine = fed(wandering_bars(5 * 60, MINUTE_MS), wandering_oi(60))
    coarse = fed(wandering_bars(60), wandering_oi(60))
    a, b = heat_of(fine, FOUR_HOURS), heat_of(coarse, FOUR_HOURS)
    assert (a.step_ms, b.step_ms) == (MINUTE_MS, FIVE)
    both = combine_heat(FOUR_HOURS, [a, b])
    assert both is not None
    assert both.step_ms == FIVE and (np.diff(both.ts_ms) == FIVE).all()
    assert both.ts_ms[-1] == b.ts_ms[-1]
    assert both.cells_usd[-1].sum() == pytest.approx(a.cells_usd[-1].sum() + b.cells_usd[-1].sum(), rel=1e-5)
    before = float(a.cells_usd[-2].sum() + b.cells_usd[-2].sum())
    assert both.cells_usd[-2].sum() == pytest.approx(before, rel=1e-5)


def test_a_venue_that_lags_by_a_column_is_carried_forward() -> None:
    bars = wandering_bars(100)
    ahead, behind = fed(bars, wandering_oi(100)), fed(bars[:-1], wandering_oi(100))
    a, b = heat_of(ahead), heat_of(behind)
    both = combine_heat(DAY, [a, b])
    assert both is not None
    assert both.ts_ms[-1] == a.ts_ms[-1]
    assert both.cells_usd[-1].sum() == pytest.approx(a.cells_usd[-1].sum() + b.cells_usd[-1].sum(), rel=1e-5)


def test_a_change_of_open_interest_belongs_to_the_bars_between_its_samples() -> None:
    recent = RecentRange()
    for i in range(4):
        recent.add(PriceBar(START_MS + i * MINUTE_MS, MINUTE_MS, 10.0, 11.0 + i, 10.0 - i, 10.0, 1.0))
    whole = recent.between(START_MS, START_MS + 2 * MINUTE_MS)
    assert whole == pytest.approx((math.log(9), math.log(12)))
    polled = recent.between(START_MS + 2 * MINUTE_MS - 2000, START_MS + 3 * MINUTE_MS - 2000)
    assert polled == pytest.approx((math.log(8), math.log(13)))
    assert recent.between(START_MS, START_MS) is None


def test_crowd_and_takers_lean_where_they_should() -> None:
    bar = wandering_bars(1)[0]
    assert taker_imbalance(replace(bar, volume_base=10.0, taker_buy_base=10.0)) == 1.0
    assert taker_imbalance(replace(bar, volume_base=10.0, taker_buy_base=2.5)) == -0.5
    assert taker_imbalance(replace(bar, taker_buy_base=None)) == 0.0
    assert taker_imbalance(replace(bar, volume_base=0.0)) == 0.0
    assert crowd_lean(None, None) == 0.0
    assert crowd_lean(LongShortRatio(0, 3.0), None) > 0 > crowd_lean(LongShortRatio(0, 0.3), None)
    assert crowd_lean(None, Funding(0, 1e-4, 1)) > crowd_lean(None, Funding(0, 1e-4, 8)) > 0


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.floats(-0.7, 0.7),
            st.one_of(st.just(0.0), st.floats(0, 1e6)),
            st.one_of(st.none(), st.just(0.0), st.floats(0, 1e6)),
            st.integers(0, 40),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_maps_are_finite_and_conserved_whatever_happens(steps: list[tuple[float, float, float | None, int]]) -> None:
    model, price, ts = Intensity(), 100.0, START_MS
    model.add_open_interest(OpenInterest(ts, 500.0))
    for move, volume, oi, hole in steps:
        ts += hole * MINUTE_MS
        close = price * math.exp(move)
        model.add_bar(PriceBar(ts, MINUTE_MS, price, max(price, close), min(price, close), close, volume))
        price, ts = close, ts + MINUTE_MS
        if oi is not None:
            model.add_open_interest(OpenInterest(ts, oi))
        model.add_quote(Quote(ts + 5, price * math.exp(-move / 2)))
        now, heat = model.now_map(), model.heat(FOUR_HOURS, ts + 10)
        assert now is not None and heat is not None
        for array in (now.long_usd, now.short_usd, heat.cells_usd):
            assert np.isfinite(array).all() and (array >= 0).all()
        books = model.experts.books
        held = books.lanes.held().sum(-1)
        assert held == pytest.approx(np.full((len(model.experts.assumptions), 2), books.oi_base), rel=1e-9)


def test_columns_too_old_for_the_first_look_are_left_out_and_no_other() -> None:
    step_ms = 15 * MINUTE_MS
    bars, samples = wandering_bars(9 * 96, step_ms), wandering_oi(9 * 96, step_ms)
    plain, told, blind = Intensity(), Intensity(), Intensity()
    told.expect_look(bars[-1].end_ms)
    blind.expect_look(None)
    for model in (plain, told, blind):
        for sample, bar in zip(samples, bars, strict=True):
            model.add_open_interest(sample)
            model.add_bar(bar)
    for window in WINDOWS:
        selection = Selection("BTC", window=window)
        heats = [heat_of(model, selection, late_ms=FIVE) for model in (plain, told)]
        assert (heats[0].gap == heats[1].gap).all()
        assert np.array_equal(heats[0].ohlc_usd, heats[1].ohlc_usd, equal_nan=True)
        # What was old was modelled in longer bars, and their columns begin at the price at the end of these.
        first = max(heat.first_bin for heat in heats)
        rows = min(heat.first_bin + heat.cells_usd.shape[1] for heat in heats) - first
        cells = [heat.cells_usd[:, first - heat.first_bin :][:, :rows] for heat in heats]
        assert rows > 0.98 * heats[0].cells_usd.shape[1]
        assert np.abs(cells[0] - cells[1]).sum() < 0.05 * cells[0].sum()
    week = Selection("BTC", window="7d")
    assert not heat_of(told, week).gap.any()
    assert heat_of(blind, week).gap[:-1].all()
    now = [model.now_map() for model in (plain, blind)]
    assert now[0] is not None and now[1] is not None and (now[0].long_usd == now[1].long_usd).all()


def test_a_day_of_minutes_stays_small() -> None:
    model = fed(wandering_bars(1500, MINUTE_MS), wandering_oi(310))
    lanes = model.experts.books.lanes
    experts = len(model.experts.assumptions)
    arrays = [v for v in (*vars(lanes).values(), *map(lanes.worst, range(experts))) if isinstance(v, np.ndarray)]
    assert sum(a.nbytes for a in arrays) >= experts * lanes.mass().nbytes
    rings = [v for r in vars(model._rings).values() for v in vars(r).values() if isinstance(v, np.ndarray)]
    assert sum(a.nbytes for a in arrays + rings) < 14_000_000
