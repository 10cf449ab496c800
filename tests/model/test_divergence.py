"""Verdicts of hand-made markets, and what must hold for any series."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from liqtui.model.divergence import Series, combine_series, divergence, verdict
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqtui.model.snapshot import DivergenceRow, Verdict

NAN = float("nan")
STEP_MS = 5 * MINUTE_MS
NOW_MS = 1_700_000_100_000
WINDOWS = ["15m", "1h", "4h", "24h"]


def market(
    days: float = 3.0, last_hour: tuple[float, float, float] = (0.0, 0.0, 0.0), seed: int = 1, flow: bool = True
) -> Series:
    """Return a market that wanders for `days`, then moves in its last hour.

    A five-minute step is usually 0.1 % of price, 0.1 % of open interest and 0.1 % of open interest in taker flow;
    `last_hour` is the change in those three, in units of the usual change of an hour.
    """
    n = int(days * DAY_MS / STEP_MS)
    rng = np.random.default_rng(seed)
    steps = rng.choice([-0.001, 0.001], (3, n))
    move = np.array(last_hour) * 0.001 * math.sqrt(HOUR_MS / STEP_MS)
    quarters = np.repeat(move / 12, 12).reshape(3, 12)
    steps = np.concatenate([steps, quarters], axis=1)
    ts_ms = NOW_MS - STEP_MS * np.arange(n + 12, -1, -1, dtype=np.int64)
    price, oi, cvd = (np.concatenate([[0.0], one]).cumsum() for one in steps)
    return Series(
        ts_ms, 50_000 * np.exp(price), 80_000 * np.exp(oi), cvd * 80_000 if flow else np.full(len(ts_ms), NAN)
    )


def row(series: Series | None, window: str, now_ms: int = NOW_MS) -> DivergenceRow:
    assert series is not None
    rows = divergence(series, now_ms)
    assert [one.window for one in rows] == WINDOWS
    return rows[WINDOWS.index(window)]


@pytest.mark.parametrize(
    ("price", "oi", "cvd", "expected"),
    [
        (3, 3, 3, "fresh longs"),
        (-3, 3, -3, "fresh shorts"),
        (3, -3, 3, "short covering"),
        (-3, -3, -3, "long flush"),
        (3, 3, -3, "absorption"),
        (-3, -3, 3, "absorption"),
        (0, 0, 0, "quiet"),
        (0, 3, 0, "unclear"),
        (4, 0, 3, "unclear"),
    ],
)
def test_verdict_of_the_last_hour(price: float, oi: float, cvd: float, expected: Verdict) -> None:
    found = row(market(last_hour=(price, oi, cvd)), "1h")
    assert found.verdict == expected
    assert found.strong is (expected not in ("quiet", "unclear"))


@pytest.mark.parametrize(("price", "expected"), [(3, "fresh longs"), (-3, "fresh shorts")])
def test_price_stands_in_where_the_flow_is_unknown(price: float, expected: Verdict) -> None:
    found = row(market(last_hour=(price, 3, 0), flow=False), "1h")
    assert found.verdict == expected
    assert found.cvd_base is None


def test_flow_leads_where_price_has_hardly_moved() -> None:
    assert row(market(last_hour=(0.1, 3, 3)), "1h").verdict == "fresh longs"
    assert row(market(last_hour=(0.1, 3, -3)), "1h").verdict == "fresh shorts"


@pytest.mark.parametrize(
    ("z_oi", "z_price", "z_cvd", "expected"),
    [
        (1.5, 1.5, 1.5, ("fresh longs", False)),
        (2.5, 1.5, 1.5, ("fresh longs", False)),
        (2.5, 2.5, 0.0, ("fresh longs", True)),
        (-2.5, -2.5, None, ("long flush", True)),
        (0.9, 0.9, 5.0, ("quiet", False)),
        (0.9, 1.1, None, ("unclear", False)),
        (1.5, 0.9, 0.9, ("unclear", False)),
        (1.5, -0.4, 1.2, ("fresh longs", False)),
        (1.5, -0.6, 1.2, ("absorption", False)),
        (-2.5, 2.5, -0.6, ("absorption", True)),
    ],
)
def test_thresholds(z_oi: float, z_price: float, z_cvd: float | None, expected: tuple[Verdict, bool]) -> None:
    assert verdict(z_oi, z_price, z_cvd) == expected


def test_figures_of_a_straight_market() -> None:
    """Open interest +1 % and price +2 % in the last 15 minutes, 500 bought."""
    ts = NOW_MS - STEP_MS * np.arange(40, -1, -1, dtype=np.int64)
    late = np.arange(41) > 37
    series = Series(
        ts, np.where(late, 51_000.0, 50_000.0), np.where(late, 101_000.0, 100_000.0), np.where(late, 500.0, 0.0)
    )
    quarter = row(series, "15m")
    assert quarter.price_pct == pytest.approx(2.0)
    assert quarter.oi_pct == pytest.approx(1.0)
    assert quarter.oi_usd == pytest.approx(1_000 * 51_000)
    assert quarter.cvd_base == pytest.approx(500.0)
    assert (quarter.verdict, quarter.strong) == ("fresh longs", True)
    day = row(series, "24h")
    assert (day.verdict, day.price_pct, day.oi_pct, day.oi_usd, day.cvd_base) == ("no data", None, None, None, None)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_units_change_no_verdict(factor: float) -> None:
    one = market(last_hour=(2.5, -2.5, 2.5), seed=4)
    other = Series(one.ts_ms, one.price_usd / factor, one.oi_base * factor, one.cvd_base * factor)
    for here, there in zip(divergence(one, NOW_MS), divergence(other, NOW_MS), strict=True):
        assert (here.verdict, here.strong) == (there.verdict, there.strong)
        assert here.oi_usd == pytest.approx(there.oi_usd)
        assert here.oi_pct == pytest.approx(there.oi_pct)


def test_a_lively_market_needs_more_to_be_news() -> None:
    calm = market(last_hour=(3, 3, 3))
    lively = Series(
        calm.ts_ms,
        np.concatenate([calm.price_usd[:-13] ** 8 / 50_000**7, calm.price_usd[-13:]]),
        np.concatenate([calm.oi_base[:-13] ** 8 / 80_000**7, calm.oi_base[-13:]]),
        calm.cvd_base * np.where(calm.ts_ms < calm.ts_ms[-13], np.float64(8.0), np.float64(1.0)),
    )
    assert row(calm, "15m").verdict == "fresh longs"
    assert row(lively, "15m").verdict == "quiet"


def test_a_short_history_falls_back_on_defaults() -> None:
    ts = NOW_MS - STEP_MS * np.arange(3, -1, -1, dtype=np.int64)
    rise = np.arange(4) / 3
    large = Series(ts, 50_000 * (1 + 0.01 * rise), 1e5 * (1 + 0.01 * rise), 1_000 * rise)
    small = Series(ts, 50_000 * (1 + 0.0005 * rise), 1e5 * (1 + 0.0005 * rise), 10 * rise)
    assert row(large, "15m").verdict == "fresh longs"
    assert row(small, "15m").verdict == "quiet"


def test_noise_about_a_standstill_is_not_news() -> None:
    ts = NOW_MS - STEP_MS * np.arange(600, -1, -1, dtype=np.int64)
    still = np.ones(601)
    oi = 1e5 * np.where(np.arange(601) == 600, 1.0001, 1.0)
    assert row(Series(ts, 50_000 * still, oi, 0 * still), "15m").verdict == "quiet"


def test_nothing_is_read_ahead() -> None:
    whole = market(last_hour=(3, 3, 3))
    then_ms = NOW_MS - 5 * HOUR_MS
    known = whole.ts_ms <= then_ms
    cut = Series(whole.ts_ms[known], whole.price_usd[known], whole.oi_base[known], whole.cvd_base[known])
    assert divergence(whole, then_ms) == divergence(cut, then_ms)


def test_old_samples_say_nothing_of_now() -> None:
    assert row(market(), "1h", NOW_MS + 15 * MINUTE_MS).verdict != "no data"
    assert {one.verdict for one in divergence(market(), NOW_MS + 16 * MINUTE_MS)} == {"no data"}
    assert {one.verdict for one in divergence(market(), 0)} == {"no data"}


def test_a_hole_at_the_start_of_a_window_is_no_data() -> None:
    series = market(days=1.5)
    keep = abs(series.ts_ms - (NOW_MS - 4 * HOUR_MS)) > 20 * MINUTE_MS
    holed = Series(series.ts_ms[keep], series.price_usd[keep], series.oi_base[keep], series.cvd_base[keep])
    assert row(holed, "4h").verdict == "no data"
    assert row(holed, "1h").verdict != "no data"


def part(ts: Sequence[int], price: Sequence[float], oi: Sequence[float], cvd: Sequence[float]) -> Series:
    return Series(np.array(ts, dtype=np.int64), np.array(price, float), np.array(oi, float), np.array(cvd, float))


def equal(found: NDArray[np.float64], expected: Sequence[float] | NDArray[np.float64]) -> None:
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-12)


def test_venues_add_up_on_all_times() -> None:
    minute = MINUTE_MS
    one = part([0, minute, 2 * minute], [100, 101, 102], [10, 11, 12], [0, 1, 2])
    two = part([0, 2 * minute], [104, 106], [30, 30], [5, 9])
    both = combine_series([one, two])
    assert both is not None
    assert both.ts_ms.tolist() == [0, minute, 2 * minute]
    equal(both.oi_base, [40, 41, 42])
    equal(both.cvd_base, [5, 6, 11])
    equal(both.price_usd, [(1000 + 3120) / 40, (1111 + 3120) / 41, (1224 + 3180) / 42])


def test_a_venue_that_comes_or_goes_is_no_change_of_open_interest() -> None:
    whole = market(days=1.0, last_hour=(0, 0, 0))
    late = Series(whole.ts_ms[-5:], whole.price_usd[-5:], np.linspace(3e6, 4e6, 5), np.full(5, NAN))
    gone = Series(whole.ts_ms[:-30], whole.price_usd[:-30], np.full(len(whole.ts_ms) - 30, 5e6), whole.cvd_base[:-30])
    both = combine_series([whole, late, gone])
    assert both is not None
    equal(both.oi_base[:-5], whole.oi_base[:-5] + 8e6)
    equal(both.oi_base[-5:], whole.oi_base[-5:] + 5e6 + late.oi_base)
    equal(np.diff(both.cvd_base)[-25:], np.diff(whole.cvd_base)[-25:])
    held = both.ts_ms == gone.ts_ms[-1] + STEP_MS
    equal(both.price_usd[~held], whole.price_usd[~held])


def test_a_venue_that_went_does_not_hold_the_price() -> None:
    hour = HOUR_MS
    both = combine_series([part([0, hour], [100, 110], [10, 10], [0, 0]), part([0], [100], [1e6], [0])])
    assert both is not None
    equal(both.price_usd, [100, 110])


def test_flow_is_the_sum_where_it_is_known() -> None:
    one = part([0, 1, 2], [1, 1, 1], [1, 1, 1], [NAN, NAN, NAN])
    two = part([0, 1, 2], [1, 1, 1], [1, 1, 1], [0, NAN, 4])
    both = combine_series([one, two])
    assert both is not None
    equal(both.cvd_base, [0, 0, 4])
    none = combine_series([one, one])
    assert none is not None
    assert np.isnan(none.cvd_base).all()


def test_nothing_to_combine() -> None:
    empty = part([], [], [], [])
    assert combine_series([]) is None
    assert combine_series([empty]) is None
    one = part([0], [1], [1], [0])
    assert combine_series([empty, one]) is one


strange = st.one_of(st.floats(1e-9, 1e15), st.sampled_from([0.0, -1.0, 1.0, NAN, math.inf, -math.inf]))
samples = st.lists(st.tuples(st.integers(0, 2 * DAY_MS // 60_000), strange, strange, strange), max_size=40)


def series_of(rows: list[tuple[int, float, float, float]]) -> Series:
    ordered = sorted({one[0]: one for one in rows}.values())
    ts, price, oi, cvd = zip(*ordered, strict=True) if ordered else ((), (), (), ())
    return part([minute * MINUTE_MS for minute in ts], price, oi, cvd)


@settings(deadline=None)
@given(samples, samples, st.integers(0, 2 * DAY_MS))
def test_no_series_is_too_strange(
    first: list[tuple[int, float, float, float]], second: list[tuple[int, float, float, float]], now_ms: int
) -> None:
    both = combine_series([series_of(first), series_of(second)])
    if both is None:
        assert not first and not second
        return
    rows = divergence(both, now_ms)
    assert [one.window for one in rows] == WINDOWS
    for one in rows:
        for figure in (one.price_pct, one.oi_pct, one.oi_usd, one.cvd_base):
            assert figure is None or math.isfinite(figure)
        if one.price_pct is None or one.oi_pct is None:
            assert one.verdict == "no data"
