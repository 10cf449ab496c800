"""Bands against what came: a true forecast finds the share of each band, a wrong one less, and few prints count not."""

import json

import numpy as np
import pytest

from liqtui.model.bands import DRAWS, LUMP_SHAPE, MapDraws, lumpy, quantile_bands
from liqtui.model.baselines import levels_between
from liqtui.model.coverage import BandHits, HourBands, PrintSizes, inside_bands, relative_draws
from liqtui.model.market import HOUR_MS, MINUTE_MS
from liqtui.model.scorer import Scorer
from liqtui.model.snapshot import BANDS_PCT, HEAT_BIN_LOG
from tests.model.scored_market import REACH_BINS, START_MS, Recorded, recorded

FIRST_ROW = 11_000
LEVELS = levels_between(FIRST_ROW * HEAT_BIN_LOG, (FIRST_ROW + 4) * HEAT_BIN_LOG)
WEIGHTS = np.array([0.2, 0.4, 1.0, 2.4])
SHAPE = WEIGHTS.mean() ** 2 / WEIGHTS.var()


def drawn(rng: np.random.Generator, draws: int = DRAWS) -> MapDraws:
    """Four rows of longs, unsure together by a factor and each by itself; no shorts."""
    together = rng.gamma(4.0, 0.25, (draws, 1))
    long = together * rng.gamma(2.0, 50_000.0, (draws, 4))
    return MapDraws(FIRST_ROW, HEAT_BIN_LOG, long, np.zeros((draws, 4)))


def hours(truth_over_forecast: float, count: int = 600, amount: float = 6.0) -> BandHits:
    """Hours of two steps whose prints are Poisson about one more draw of the map, of sizes as learned."""
    rng = np.random.default_rng(5)
    bands = HourBands()
    bands.sizes.add(np.tile(WEIGHTS, 50), 1.0)
    for hour in range(count + 1):
        draws = drawn(rng, DRAWS + 1)
        mean = draws.long_usd.mean(0).sum()
        told = MapDraws(FIRST_ROW, HEAT_BIN_LOG, draws.long_usd[1:], draws.short_usd[1:])
        expected = truth_over_forecast * amount * draws.long_usd[0].sum() / mean
        prints = rng.gamma(SHAPE, WEIGHTS.mean() / SHAPE, rng.poisson(expected / WEIGHTS.mean()))
        bands.begin(START_MS + hour * HOUR_MS, told)
        bands.begin(START_MS + hour * HOUR_MS + 5 * MINUTE_MS, None)
        bands.add("long", LEVELS, amount / 2, float(prints.sum()))
        bands.add("long", LEVELS, amount / 2, 0.0)
    return bands.hits


def test_a_true_forecast_finds_the_share_of_each_band() -> None:
    hits = hours(1.0)
    assert hits.count == 600
    for nominal, found in hits.found_pct():
        assert found == pytest.approx(nominal, abs=5)


def test_also_where_often_nothing_comes() -> None:
    for nominal, found in hours(1.0, amount=1.2).found_pct():
        assert found == pytest.approx(nominal, abs=5)


@pytest.mark.parametrize("wrong", [0.3, 3.0])
def test_bands_about_a_wrong_amount_hold_less_than_they_promise(wrong: float) -> None:
    for nominal, found in hours(wrong, 200).found_pct()[:2]:
        assert found < nominal - 15


def test_hours_with_too_few_expected_prints_or_without_draws_do_not_count() -> None:
    assert hours(1.0, 20, amount=0.5).count == 0
    bands = HourBands()
    bands.sizes.add(WEIGHTS, 1.0)
    for hour in range(3):
        bands.begin(START_MS + hour * HOUR_MS, None)
        bands.add("long", LEVELS, 9.0, 9.0)
    assert bands.hits == BandHits()
    assert bands.hits.found_pct() == ()


def test_equal_samples_count_by_the_share_of_quantiles_that_they_take_up() -> None:
    zeros = np.zeros(100)
    assert inside_bands(zeros, 0.0).tolist() == pytest.approx([0.5, 0.8, 0.95])
    assert inside_bands(zeros, 0.1).tolist() == [0, 0, 0]
    half = np.concatenate([np.zeros(50), np.arange(1.0, 51.0)])
    assert inside_bands(half, 0.0).tolist() == pytest.approx([0.25 / 0.5, 0.4 / 0.5, 0.475 / 0.5])
    rising = np.arange(100.0)
    assert [inside_bands(rising, came).tolist() for came in (50.5, 80.5, 91.5, 99.5)] == [
        [1, 1, 1],
        [0, 1, 1],
        [0, 0, 1],
        [0, 0, 0],
    ]


def test_draws_are_weighed_by_how_much_of_each_row_was_swept() -> None:
    draws = drawn(np.random.default_rng(1))
    part = LEVELS[5:13]
    assert relative_draws(draws, "long", LEVELS).mean() == pytest.approx(1)
    held = draws.long_usd[:, 0] * 5 + draws.long_usd[:, 1] * 3
    assert relative_draws(draws, "long", part) == pytest.approx(held / held.mean())
    assert relative_draws(draws, "short", LEVELS).tolist() == [1.0] * DRAWS
    assert relative_draws(draws, "long", LEVELS + 10_000).tolist() == [1.0] * DRAWS


def test_summed_weights_scatter_as_compound_poisson_sums_do() -> None:
    sizes = PrintSizes()
    sizes.add(np.tile([9.0, 90.0], 10), 1.0)
    sizes.add(np.tile(WEIGHTS, 50), 0.0)
    sums = sizes.sums_of(np.full(200_000, 3.0), np.random.default_rng(2))
    assert sums.mean() == pytest.approx(3.0, rel=0.02)
    assert sums.var() == pytest.approx(3.0 * (WEIGHTS**2).mean() / WEIGHTS.mean(), rel=0.03)
    assert (sums == 0).mean() == pytest.approx(np.exp(-3.0), abs=0.003)


def test_rows_hold_lumps_so_that_thin_ones_may_be_empty() -> None:
    mean = np.full((40_000, 3), [0.0, 30_000.0, 900_000.0])
    found = lumpy(mean, 40_000.0, np.random.default_rng(3))
    assert found.mean(0) == pytest.approx([0.0, 30_000.0, 900_000.0], rel=0.02)
    assert found.var(0)[1:] == pytest.approx(np.array([3e4, 9e5]) * 4e4 * (1 + 1 / LUMP_SHAPE), rel=0.04)
    assert (found[:, 1] == 0).mean() == pytest.approx(np.exp(-0.75), abs=0.01)
    bands = quantile_bands(found)
    assert bands[:, 0, 1].tolist() == [0, 0, 0] and np.all(bands[:, 1, 1] > 30_000)
    assert np.all(bands[:, 0, 2] > 0)
    assert np.array_equal(lumpy(np.array([[1e30]]), 1e-9, np.random.default_rng(3)), [[1e30]])


def test_the_scorer_asks_for_draws_once_an_hour_and_keeps_what_they_showed() -> None:
    market = recorded(3)
    asked: list[int] = []
    scorer = with_draws(market, asked)
    assert len(asked) == len({at // HOUR_MS for at in asked}) > 70
    found = scorer.report()
    assert 30 < found.coverage_n <= 2 * len(asked)
    assert [nominal for nominal, _ in found.coverage] == list(BANDS_PCT)
    shares = [share for _, share in found.coverage]
    assert shares == sorted(shares) and shares[0] > 20 and shares[2] > 70
    again = Scorer.from_state(json.loads(json.dumps(scorer.state(), allow_nan=False)))
    assert again.report() == found


def with_draws(market: Recorded, asked: list[int]) -> Scorer:
    """Show a scorer the true maps of a market, and draws about them where it asks."""
    scorer, waiting, rng = Scorer(), list(reversed(market.prints)), np.random.default_rng(4)
    for now, bar in zip(market.maps, market.bars, strict=True):
        if scorer.wants_map:
            draws = None
            if scorer.wants_draws and now is not None:
                asked.append(bar.ts_ms)
                together = rng.gamma(8.0, 1 / 8, (DRAWS, 1))
                halves = [half.reshape(REACH_BINS, 2).sum(1) for half in (now.long_usd, now.short_usd)]
                draws = MapDraws(now.first_bin // 2, HEAT_BIN_LOG, *(lumpy(together * h, 5e4, rng) for h in halves))
            scorer.before(now, draws)
        while waiting and waiting[-1].ts_ms < bar.end_ms:
            scorer.add_print(waiting.pop())
        scorer.add_bar(bar)
    return scorer
