"""The scores themselves: published unit vectors, tests of amount and place, reliability, lift, intervals."""

import math

import numpy as np
import pytest

from liqtui.model.bootstrap import block_ratio
from liqtui.model.score import (
    EXACT_MEAN,
    PlaceMoments,
    RateTable,
    binary_log_likelihood,
    number_test,
    place_moments,
    poisson_cdf,
    poisson_log_likelihood,
)
from liqtui.model.totals_score import partial_spearman, spearman, totals_skill

HOUR_MS = 3_600_000


def test_poisson_likelihood_of_the_unit_vectors() -> None:
    assert poisson_log_likelihood(np.ones((2, 2)), np.ones((2, 2))) == pytest.approx(-4.0, abs=1e-12)
    assert poisson_log_likelihood(np.ones(4), [0, 0, 4, 0]) == pytest.approx(-7.178053830347945, abs=1e-12)


def test_binary_likelihood_of_the_unit_vector() -> None:
    rates = [[0.1, 0.3, 0.4], [0.2, 0.1, 0.1]]
    assert binary_log_likelihood(rates, [[0, 1, 2], [1, 1, 0]]) == pytest.approx(-6.7197988064, abs=1e-10)


def test_likelihoods_of_a_surprise_are_finite() -> None:
    assert math.isfinite(poisson_log_likelihood([0.0, 1.0], [3, 0]))
    assert math.isfinite(binary_log_likelihood([0.0, 1e9], [3, 0]))


def test_poisson_distribution_by_hand_and_across_its_approximation() -> None:
    assert poisson_cdf(-1, 2.0) == 0.0
    assert poisson_cdf(3, 0.0) == 1.0
    assert poisson_cdf(2, 2.0) == pytest.approx(math.exp(-2) * (1 + 2 + 2), rel=1e-12)
    for count in (450, 480, 500, 520, 560):
        below, above = poisson_cdf(count, EXACT_MEAN), poisson_cdf(count, math.nextafter(EXACT_MEAN, math.inf))
        assert below == pytest.approx(above, abs=1e-4)


def test_the_number_test_tells_too_few_from_too_many() -> None:
    assert number_test(10.0, 30.0).at_least < 1e-6
    assert number_test(30.0, 10.0).at_most < 1e-4
    right = number_test(20.0, 20.0)
    assert min(right.at_least, right.at_most) > 0.4
    assert right.ratio == 1.0
    assert number_test(3.0, 0.0).ratio is None


def test_the_place_test_agrees_with_simulated_catalogues() -> None:
    rng = np.random.default_rng(5)
    rates = rng.lognormal(0, 1, 40)
    share = rates / rates.sum()
    observed = rng.multinomial(400, np.full(40, 0.4 / 40) + 0.6 * share)
    found = place_moments(rates, observed)
    drawn = rng.multinomial(400, share, 4000) @ np.log(share)
    quantile = found.quantile()
    assert quantile is not None
    assert quantile == pytest.approx(float((drawn < found.found).mean()), abs=0.02)
    assert (found + PlaceMoments()).quantile() == quantile


def test_places_that_cannot_differ_are_not_tested() -> None:
    assert place_moments([2.0], [5]).quantile() is None
    assert PlaceMoments().quantile() is None


def test_a_true_forecast_is_reliable_and_its_hottest_tenth_is_hit_as_forecast() -> None:
    rng = np.random.default_rng(2)
    rates = rng.lognormal(-2, 1.5, 60_000)
    table = RateTable()
    table.add(rates, rng.poisson(rates).astype(np.float64))
    tenths = table.reliability()
    assert len(tenths) == 10
    assert sum(forecast for forecast, _ in tenths) == pytest.approx(rates.sum())
    assert all(observed == pytest.approx(forecast, rel=0.1) for forecast, observed in tenths)
    hottest = np.sort(rates)[-6_000:].sum() / rates.sum() / 0.1
    assert table.lift() == pytest.approx(hottest, rel=0.05)


def test_reliability_tells_a_forecast_that_is_too_sure() -> None:
    rng = np.random.default_rng(2)
    rates = rng.lognormal(-2, 1.0, 60_000)
    table = RateTable()
    table.add(rates**2 * rates.sum() / (rates**2).sum(), rng.poisson(rates).astype(np.float64))
    ratios = [observed / forecast for forecast, observed in table.reliability()]
    assert ratios[0] > 1.5
    assert ratios[-1] < 0.6


def test_nothing_seen_gives_no_reliability_and_no_lift() -> None:
    assert RateTable().reliability() == ()
    assert RateTable().lift() is None


def test_intervals_are_seeded_and_wider_where_days_differ() -> None:
    weights = np.full(12, 10.0)
    calm = block_ratio(10.0 + np.tile([-1.0, 1.0], 6), weights)
    wild = block_ratio(10.0 + np.tile([-30.0, 30.0], 6), weights)
    assert calm is not None
    assert wild is not None
    assert calm == block_ratio(10.0 + np.tile([-1.0, 1.0], 6), weights)
    assert calm.mean == wild.mean == 1.0
    assert wild.low < 0 < calm.low < 1.0 < calm.high < wild.high
    assert block_ratio(np.zeros(0), np.zeros(0)) is None


def test_a_nominal_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(200):
        found = block_ratio(rng.normal(0.3, 1.0, 30), np.ones(30))
        assert found is not None
        held += found.low <= 0.3 <= found.high
    assert 0.82 <= held / 200 <= 0.96


def test_rank_correlations() -> None:
    a = np.array([1.0, 2.0, 3.0, 4.0])
    assert spearman(a, a**3) == pytest.approx(1.0)
    assert spearman(a, -a) == pytest.approx(-1.0)
    assert spearman(a, np.zeros(4)) == 0.0
    # Equal values share a rank: 1 2.5 2.5 4 against 1 2 3 4.
    assert spearman(a, np.array([1.0, 2.0, 2.0, 3.0])) == pytest.approx(4.5 / math.sqrt(5 * 4.5))


def test_totals_told_by_the_move_alone_are_no_skill_and_those_told_beyond_it_are() -> None:
    rng = np.random.default_rng(4)
    count = 24 * 20
    ts_ms = [hour * HOUR_MS for hour in range(count)]
    move, level = rng.lognormal(0, 1, count), rng.lognormal(0, 1, count)
    total = move * level * rng.lognormal(0, 0.5, count)
    known = totals_skill(ts_ms, (move * level).tolist(), move.tolist(), total.tolist())
    blind = totals_skill(ts_ms, (move * rng.lognormal(0, 1, count)).tolist(), move.tolist(), total.tolist())
    assert known.better
    assert known.partial is not None
    assert known.partial.low > 0.6
    assert known.forecast > known.move
    assert "partial rank correlation +" in known.verdict
    assert not blind.better
    assert blind.verdict == "no better than the size of the move alone"
    assert totals_skill(ts_ms[:30], [1.0] * 30, [1.0] * 30, [1.0] * 30).verdict == "not enough periods"
    assert partial_spearman(move, move, total) == 0.0
