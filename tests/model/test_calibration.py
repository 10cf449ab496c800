"""Learning the mix: known weights are found again, nothing is learned of what was not heard, and state survives."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.calibration import (
    CLUSTERING,
    DISPERSION,
    LEAST_CLUSTERING,
    Calibration,
    learn,
    posterior,
)
from liqtui.model.calibration_state import CalibrationState
from liqtui.model.experts import fitted
from liqtui.model.exposure import WEIGHTS, Sweep, rows_of
from liqtui.model.intensity import Intensity
from liqtui.model.listening import Heard, true_counts
from liqtui.model.market import HOUR_MS, MINUTE_MS, SIDES, Liquidation, PriceBar, Side
from liqtui.model.params import DISTANCE_BINS, ROWS, BookParams
from liqtui.model.prior import prior_covariance
from liqtui.model.snapshot import BANDS_PCT
from tests.model.markets import START_MS, wandering_bars, wandering_oi

PARAMS = BookParams()


def printed(ts_ms: int, side: Side = "long", qty_base: float = 1.0, price_usd: float = 50_000.0) -> Liquidation:
    """Return a print whose liquidation price is known."""
    return Liquidation(ts_ms, "venue", "BTC", side, qty_base, price_usd, None, price_usd)


def heard(*prints: Liquidation) -> Heard:
    """Return what was heard of a bar, levels as they are."""
    return Heard(START_MS + MINUTE_MS, prints, (1.0,) * len(prints), {"long": 0.0, "short": 0.0})


def weights(made: Calibration) -> dict[Side, np.ndarray]:
    """Return the weights by side."""
    return dict(zip(SIDES, made.theta().reshape(2, ROWS), strict=True))


def show(made: Calibration, end_ms: int, exposure: np.ndarray, count: np.ndarray, prints: list[Liquidation]) -> None:
    """Let a calibration take in a bar, and learn when it is time to."""
    if made.add(end_ms, exposure, count, prints):
        learn([made], end_ms)


def taught(theta: np.ndarray, hours: int, seed: int = 3) -> Calibration:
    """Return a calibration that has seen Poisson counts of known weights."""
    rng, made = np.random.default_rng(seed), Calibration(PARAMS)
    for hour in range(hours):
        exposure = rng.gamma(0.5, 2.0, (60, WEIGHTS))
        count = rng.poisson(exposure @ theta).astype(float)
        show(made, START_MS + hour * HOUR_MS, exposure, count, [printed(START_MS)])
    return made


def test_known_weights_are_found_again_and_those_of_the_map_are_drawn_toward_one() -> None:
    far = np.log(PARAMS.distance_log)
    shape = np.exp(1.5 - 3 * (far - far.min()) / np.ptp(far))
    theta = np.concatenate([shape, shape / 2])
    exposure = np.repeat(np.eye(WEIGHTS) * 200, 30, axis=0)
    count = np.random.default_rng(3).poisson(exposure @ theta).astype(float)
    prior = prior_covariance(PARAMS)
    mode, _ = posterior(np.zeros(WEIGHTS), prior, exposure, count, LEAST_CLUSTERING)
    assert np.exp(mode) == pytest.approx(theta, rel=0.15, abs=0.06)
    found = weights(taught(theta, 60))
    assert found["long"][0] > 2 * found["long"][DISTANCE_BINS - 1]
    assert found["long"][:12].mean() > 1.3 * found["short"][:12].mean()
    assert 1 < found["long"][0] < shape[0]
    assert weights(Calibration(PARAMS))["long"] == pytest.approx(np.ones(ROWS))


def test_posterior_is_where_the_slope_of_the_penalised_likelihood_vanishes() -> None:
    rng = np.random.default_rng(5)
    prior = prior_covariance(PARAMS)
    exposure, mean = rng.gamma(1.0, 1.0, (200, WEIGHTS)), np.zeros(WEIGHTS)
    count = rng.poisson(3 * exposure.sum(1)).astype(float)
    mode, covariance = posterior(mean, prior, exposure, count)

    def loss(z: np.ndarray) -> float:
        background = 0.002 * exposure.sum() / len(count)
        weight = 1 / (DISPERSION + CLUSTERING * (exposure.sum(1) + background))
        rate = exposure @ np.exp(z) + background
        return float((weight * (rate - count * np.log(rate))).sum() + 0.5 * z @ np.linalg.solve(prior, z))

    for direction in rng.standard_normal((10, WEIGHTS)):
        step = 1e-3 * direction
        assert abs(loss(mode + step) - loss(mode - step)) < 2e-3 * abs(loss(mode))
        assert loss(mode + 200 * step) > loss(mode) and loss(mode - 200 * step) > loss(mode)
    assert np.linalg.eigvalsh(covariance).min() > 0


@pytest.mark.parametrize("rows", [(12, 12), (12, 9), (12, 400)])
def test_calibrations_that_learn_together_learn_what_each_does_alone(rows: tuple[int, int]) -> None:
    def waiting(at: int) -> Calibration:
        rng, made = np.random.default_rng(at), Calibration(PARAMS)
        made.add(START_MS, np.zeros((0, WEIGHTS)), np.zeros(0), [printed(START_MS)] * 10)
        exposure = rng.gamma(0.5, 2.0, (rows[at], WEIGHTS)) * (0.1, 30.0)[at]
        exposure[3] = 0.0
        made.add(START_MS + HOUR_MS, exposure, rng.poisson(exposure.sum(1) * 2).astype(float), [])
        return made

    together, alone = [waiting(0), waiting(1)], [waiting(0), waiting(1)]
    learn(together, START_MS + HOUR_MS)
    for made, single in zip(together, alone, strict=True):
        learn([single], START_MS + HOUR_MS)
        assert np.abs(single.theta() - 1).max() > 0.1
        assert made.theta() == pytest.approx(single.theta(), rel=1e-9)
        assert np.array(made.state.covariance) == pytest.approx(np.array(single.state.covariance), rel=1e-9, abs=1e-12)


def test_a_row_in_which_nothing_was_swept_says_nothing() -> None:
    rng = np.random.default_rng(4)
    exposure, prior = rng.gamma(0.5, 2.0, (12, WEIGHTS)), prior_covariance(PARAMS)
    count = rng.poisson(exposure.sum(1)).astype(float)
    empty = np.concatenate([exposure, np.zeros((2, WEIGHTS))]), np.append(count, [5.0, 0.0])
    for found, expected in zip(
        posterior(np.zeros(WEIGHTS), prior, *empty), posterior(np.zeros(WEIGHTS), prior, exposure, count), strict=True
    ):
        assert np.abs(found - expected).max() < 1e-12


def test_a_row_of_nothing_but_rounding_is_one_of_nothing() -> None:
    found = []
    for tiny in (0.0, 1e-18):
        rng, made = np.random.default_rng(6), Calibration(PARAMS)
        made.add(START_MS, np.zeros((0, WEIGHTS)), np.zeros(0), [printed(START_MS)] * 10)
        exposure = rng.gamma(0.5, 2.0, (12, WEIGHTS))
        exposure[5] = tiny
        show(made, START_MS + HOUR_MS, exposure, rng.poisson(5.0, 12).astype(float), [])
        found.append(made.state)
    assert found[0] == found[1]


def test_a_bin_that_price_never_met_stays_wide_and_one_it_met_gets_narrow() -> None:
    made, rng = Calibration(PARAMS), np.random.default_rng(1)
    exposure = np.zeros((400, WEIGHTS))
    exposure[:, :4] = rng.gamma(1.0, 4.0, (400, 4))
    count = rng.poisson(2 * exposure.sum(1)).astype(float)
    for hour in range(20):
        show(made, START_MS + hour * HOUR_MS, exposure, count, [printed(START_MS)])
    spread = np.log(made.draws(400, 1)).std(0)
    assert spread[1] < 0.8 * spread[ROWS - 1]
    assert np.array_equal(made.draws(5, 7), made.draws(5, 7))
    assert not np.array_equal(made.draws(5, 7), made.draws(5, 8))


def test_what_is_old_is_forgotten_toward_the_prior() -> None:
    made = taught(np.full(WEIGHTS, 4.0), 20)
    before = float(weights(made)["long"][5])
    late = START_MS + 400 * 24 * HOUR_MS
    show(made, late, np.zeros((0, WEIGHTS)), np.zeros(0), [])
    show(made, late + HOUR_MS, np.zeros((0, WEIGHTS)), np.zeros(0), [])
    assert before > 2
    assert weights(made)["long"][5] == pytest.approx(1.0, abs=0.05)


def test_state_survives_a_restart_through_json() -> None:
    made = taught(np.full(WEIGHTS, 3.0), 10)
    told = CalibrationState.from_dict(json.loads(json.dumps(made.state.to_dict())))
    again = Calibration(PARAMS, told)
    assert again.state == made.state
    assert weights(again)["short"] == pytest.approx(weights(made)["short"], rel=1e-12)
    with pytest.raises(ValueError, match="version"):
        CalibrationState.from_dict({**made.state.to_dict(), "version": 99})
    with pytest.raises(ValueError, match="shape"):
        CalibrationState.from_dict({**made.state.to_dict(), "mean": [1.0]})
    with pytest.raises(ValueError, match="no calibration"):
        CalibrationState.from_dict({"version": 2})


def test_seconds_with_a_print_tell_how_many_were_hidden() -> None:
    few = [printed(START_MS + at * 1000) for at in (0, 10)]
    assert true_counts(few, sampled=True).sum() == pytest.approx(-60 * np.log(1 - 2 / 60))
    burst = [printed(START_MS + at * 1000) for at in range(50)]
    assert true_counts(burst, sampled=True).sum() == pytest.approx(60 * np.log(6))
    assert true_counts(burst, sampled=False).tolist() == [1.0] * 50
    every = [printed(START_MS + at * 1000) for at in range(60)]
    assert np.isfinite(true_counts(every, sampled=True)).all()


def test_prints_fall_into_the_rows_of_their_level_and_side() -> None:
    mass, none = np.stack([np.ones((ROWS, 8)), np.full((ROWS, 8), 2.0)]), np.zeros((2, ROWS, 0))
    first = int(np.floor(np.log(50_000.0) / 5e-4)) - 5
    rows = rows_of([Sweep(first, mass), Sweep(0, none)], heard(printed(START_MS), printed(START_MS, "short")))
    assert rows.count.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert rows.exposure.sum(2).tolist() == [[2.0 * ROWS] * 4, [4.0 * ROWS] * 4]
    assert rows.exposure[:, :, ROWS:].sum() == 0
    mirrored = Sweep(int(np.floor(-np.log(50_000.0) / 5e-4)) - 5, mass)
    turned = rows_of([Sweep(0, none), mirrored], heard(printed(START_MS, "short")))
    assert turned.count.tolist() == [0.0, 0.0, 1.0, 0.0]
    both = rows_of([Sweep(first, mass[:, :, :3]), mirrored], heard(printed(START_MS, "short")))
    assert both.count.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert both.exposure[1, :, 0].tolist() == [4.0, 2.0, 0.0, 0.0, 0.0, 0.0]
    assert both.exposure[1, :, ROWS].tolist() == [0.0, 0.0, 4.0, 4.0, 4.0, 4.0]


def test_the_weighted_book_never_exceeds_open_interest() -> None:
    held = np.stack([np.full(ROWS, 2.0), np.full(ROWS, 0.1)])
    theta = np.full((2, ROWS), 9.0)
    found = fitted(theta, held, 100.0)
    assert float(found[0] @ held[0]) == pytest.approx(100.0)
    assert found[1] == pytest.approx(theta[1])


def run(bars: list[PriceBar], prints: list[Liquidation], heard: bool = True) -> Intensity:
    """Return a market that was taught bar by bar."""
    model = Intensity(PARAMS)
    for sample in wandering_oi(len(bars)):
        model.add_open_interest(sample)
    for one in prints:
        model.add_print(one)
    for bar in bars:
        model.hear_prints(START_MS if heard else None)
        model.add_bar(bar)
    return model


def many_prints(bars: list[PriceBar], each: int) -> list[Liquidation]:
    """Return prints of longs at the low and shorts at the high of every bar."""
    return [
        printed(bar.ts_ms + 1000 * at, side, 3.0, bar.low_usd if side == "long" else bar.high_usd)
        for bar in bars
        for at in range(each)
        for side in SIDES
    ]


def test_many_prints_raise_the_map_few_lower_it_and_unheard_ones_leave_it() -> None:
    bars = wandering_bars(400)
    plain, many = run(bars, []), run(bars, many_prints(bars, 12))
    few = run(bars, many_prints(bars[:5], 1))
    deaf = run(bars, many_prints(bars, 12), heard=False)
    totals = []
    for model in (few, plain, many, deaf):
        now = model.now_map()
        assert now is not None
        totals.append(float(now.long_usd.sum()))
    assert totals[0] < 0.7 * totals[1] < 0.7 * totals[2]
    assert totals[3] == totals[1]


def test_a_bar_is_taught_only_by_prints_stamped_in_it_that_came_before_the_next_was_modelled() -> None:
    bars = wandering_bars(300)
    prints = many_prints(bars[:250], 4)
    later = [replace(one, ts_ms=bars[-1].end_ms + 1) for one in prints]
    whole, with_later = run(bars, prints), run(bars, prints + later)
    assert whole.experts.state == with_later.experts.state
    late = run(bars, [])
    for one in prints:
        late.add_print(one)
    now, before = late.now_map(), run(bars, []).now_map()
    assert now is not None and before is not None
    assert np.array_equal(now.long_usd, before.long_usd)


def test_draws_of_the_map_surround_it_and_sum_to_zones() -> None:
    bars = wandering_bars(400)
    assert run(bars, []).map_draws() is None
    model = run(bars, many_prints(bars, 6))
    drawn, now = model.map_draws(), model.now_map()
    assert drawn is not None and now is not None
    again = model.map_draws()
    assert again is not None and np.array_equal(drawn.long_usd, again.long_usd)
    bands = drawn.row_bands("long")
    assert bands.shape == (len(BANDS_PCT), 2, drawn.long_usd.shape[1])
    assert np.all(bands[:, 0] <= bands[:, 1])
    assert np.all(bands[1:, 0] <= bands[:-1, 0]) and np.all(bands[1:, 1] >= bands[:-1, 1])
    start = 2 * drawn.first_bin - now.first_bin
    rows = drawn.long_usd.shape[1]
    told = now.long_usd[start : start + 2 * rows].reshape(rows, 2).sum(1)
    assert 0.5 < float(drawn.long_usd.mean(0).sum() / told.sum()) < 2
    assert not drawn.long_usd[:, told == 0].any()
    zone = drawn.zone_band("long", 0, rows)
    assert zone[2, 0] < told.sum() < zone[2, 1]


@settings(max_examples=25, deadline=None)
@given(
    jumps=st.lists(st.sampled_from([0.5, 0.9, 1.0, 1.01, 2.0]), min_size=20, max_size=26),
    qty=st.sampled_from([0.0, 1e-12, 1.0, 1e12]),
    volume=st.sampled_from([0.0, 10.0, 1e9]),
    oi=st.sampled_from([1e-9, 1.0, 1e6]),
)
def test_no_input_makes_the_map_other_than_finite_or_breaks_conservation(
    jumps: list[float], qty: float, volume: float, oi: float
) -> None:
    model = Intensity(PARAMS, sampled=True)
    bars, price = wandering_bars(len(jumps), 5 * MINUTE_MS), 1.0
    model.add_open_interest(replace(wandering_oi(1)[0], oi_base=oi))
    model.hear_prints(START_MS)
    for bar, jump in zip(bars, jumps, strict=True):
        price = min(max(price * jump, 1e-3), 1e6)
        model.add_print(printed(bar.ts_ms, "long", qty, price))
        model.add_print(printed(bar.ts_ms, "short", qty, price))
        model.add_bar(replace(bar, open_usd=price, high_usd=price, low_usd=price, close_usd=price, volume_base=volume))
        assert np.abs(model.experts.books.lanes.held().sum(-1) - oi).max() <= 1e-9 * oi
    now = model.now_map()
    assert now is not None
    assert np.isfinite(now.long_usd).all() and np.isfinite(now.short_usd).all()
    drawn = model.map_draws()
    assert drawn is None or np.isfinite(drawn.long_usd).all()
