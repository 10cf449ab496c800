"""Clusters of hand-made maps, and what must hold for any map."""

import math
import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from liqtui.model.clusters import (
    LEAST_SHARE_PCT,
    MAX_CLUSTERS,
    REACH_PCT,
    ZONE_REACH_LOG,
    asymmetry,
    find_clusters,
    side_totals,
)
from liqtui.model.snapshot import Cluster

FloatArray = NDArray[np.float64]

WIDTH = 5e-4
BINS = 4096
PRICE = math.exp(11.0)
FIRST = round(11.0 / WIDTH) - BINS // 2
"""Price is the lower edge of bin BINS // 2."""
HERE = BINS // 2
NOTHING = np.zeros(BINS)


def hump(at: int, usd: float, spread: float = 6.0) -> FloatArray:
    """Return a map with `usd` spread as a bell around bin `at`."""
    bell = np.exp(-0.5 * ((np.arange(BINS) - at) / spread) ** 2)
    return np.asarray(usd * bell / bell.sum(), dtype=np.float64)


def clusters(long_usd: FloatArray, short_usd: FloatArray, atr_usd: float | None = None) -> tuple[Cluster, ...]:
    return find_clusters(FIRST, WIDTH, long_usd, short_usd, PRICE, atr_usd)


def bin_of(price_usd: float) -> float:
    return math.log(price_usd) / WIDTH - FIRST - 0.5


def test_no_map_no_clusters() -> None:
    assert clusters(NOTHING, NOTHING, 100.0) == ()
    assert find_clusters(0, WIDTH, np.zeros(0), np.zeros(0), PRICE, None) == ()
    assert side_totals(0, WIDTH, np.zeros(0), np.zeros(0), PRICE) == (0.0, 0.0)
    assert asymmetry(0.0, 0.0) == 0.0


def test_one_cell() -> None:
    usd = NOTHING.copy()
    usd[HERE + 40] = 7e6
    (only,) = clusters(NOTHING, usd, atr_usd=PRICE * 0.01)
    assert only.side == "short"
    assert only.usd == 7e6
    assert only.share_pct == pytest.approx(100.0)
    assert only.price_usd == pytest.approx(PRICE * math.exp(40.5 * WIDTH))
    assert only.low_usd < only.price_usd < only.high_usd
    assert only.distance_pct == pytest.approx(100 * math.expm1(40.5 * WIDTH))
    assert only.distance_atr == pytest.approx(only.distance_pct)


def test_without_bars_there_is_no_distance_in_ranges() -> None:
    (only,) = clusters(hump(HERE - 100, 1e6), NOTHING, None)
    assert only.distance_atr is None


def test_two_humps_a_side_are_found_ranked_and_measured() -> None:
    long_usd = hump(HERE - 60, 3e6) + hump(HERE - 200, 9e6)
    short_usd = hump(HERE + 90, 4e6) + hump(HERE + 160, 1e6)
    found = clusters(long_usd, short_usd)
    assert [one.side for one in found] == ["long", "long", "short", "short"]
    assert [round(bin_of(one.price_usd)) - HERE for one in found] == [-200, -60, 90, 160]
    assert [one.distance_pct < 0 for one in found] == [True, True, False, False]
    shares = [one.share_pct for one in found]
    # The half-height of a smoothed bell of spread 6.7 bins lies 7.9 bins out: 81 % of the true bell of spread 6.
    assert shares == pytest.approx([75 * 0.81, 25 * 0.81, 80 * 0.81, 20 * 0.81], rel=0.03)
    assert found[0].usd == pytest.approx(9e6 * 0.81, rel=0.03)


def test_a_ripple_on_a_hump_is_no_cluster_of_its_own() -> None:
    short_usd = hump(HERE + 100, 10e6, 20.0) * (1 + 0.05 * np.sin(np.arange(BINS) / 3.0))
    assert len(clusters(NOTHING, short_usd)) == 1


def test_a_zone_is_no_wider_than_a_level_is_useful() -> None:
    flat = np.where(np.arange(BINS) < HERE, 1.0, 0.0)
    for one in clusters(flat, NOTHING):
        assert math.log(one.high_usd / one.low_usd) <= 2 * ZONE_REACH_LOG + WIDTH + 1e-9


def test_what_lies_beyond_reach_or_on_the_wrong_side_does_not_count() -> None:
    beyond = math.ceil(math.log(1 / (1 - REACH_PCT / 100)) / WIDTH) + 30
    long_usd = hump(HERE - beyond, 50e6, 2.0) + hump(HERE - 80, 1e6, 2.0) + hump(HERE + 30, 9e6, 2.0)
    (only,) = clusters(long_usd, NOTHING)
    assert round(bin_of(only.price_usd)) == HERE - 80
    assert only.share_pct == pytest.approx(100 * only.usd / 1e6, rel=1e-6)
    assert list(side_totals(FIRST, WIDTH, long_usd, NOTHING, PRICE)) == pytest.approx([1e6, 0.0], rel=1e-6)


def test_a_map_that_rises_beyond_reach_makes_no_peak_at_its_end() -> None:
    rising = np.where(np.arange(BINS) > HERE, (np.arange(BINS) - HERE) ** 2.0, 0.0)
    assert clusters(NOTHING, rising) == ()


def test_zones_stop_at_price() -> None:
    (only,) = clusters(hump(HERE - 3, 1e6), NOTHING)
    assert only.high_usd <= PRICE


def test_price_within_a_bin() -> None:
    """The cell that holds price belongs to the side on which its middle lies."""
    one_each = np.ones(BINS)
    for shift in (0.3, 0.7):
        price = math.exp((FIRST + HERE + shift) * WIDTH)
        long_usd, short_usd = side_totals(FIRST, WIDTH, one_each, one_each, price)
        below = sum(
            (b + 0.5) < HERE + shift and math.exp((b + 0.5 - HERE - shift) * WIDTH) >= 0.75 for b in range(BINS)
        )
        above = sum(
            (b + 0.5) > HERE + shift and math.exp((b + 0.5 - HERE - shift) * WIDTH) <= 1.25 for b in range(BINS)
        )
        assert (long_usd, short_usd) == (below, above)


def test_asymmetry() -> None:
    assert asymmetry(1.0, 3.0) == 0.5
    assert asymmetry(3.0, 0.0) == -1.0


def spiky(seed: int) -> tuple[FloatArray, FloatArray]:
    """Return a map such as the model makes: humps of several sizes on a falling floor."""
    rng = np.random.default_rng(seed)
    sides = []
    for sign in (-1, 1):
        distance = sign * (np.arange(BINS) - HERE)
        usd = np.where(distance > 0, 2e5 * np.exp(-np.maximum(distance, 0) / 300), 0.0)
        for step in range(40, 400, 60):
            usd += hump(
                HERE + sign * (step + int(rng.integers(-10, 10))), 1e6 * rng.lognormal(3, 0.8), rng.uniform(3, 8)
            )
        sides.append(np.where(distance > 0, usd, 0.0))
    return sides[0], sides[1]


@pytest.mark.parametrize("seed", range(20))
def test_one_percent_of_noise_moves_no_large_cluster(seed: int) -> None:
    long_usd, short_usd = spiky(seed)
    rng = np.random.default_rng(seed + 100)
    noisy = clusters(long_usd * rng.normal(1, 0.01, BINS), short_usd * rng.normal(1, 0.01, BINS))
    for side in ("long", "short"):
        large = [one for one in clusters(long_usd, short_usd) if one.side == side][:3]
        again = [one for one in noisy if one.side == side]
        for one in large:
            nearest = min(again, key=lambda other: abs(bin_of(other.price_usd) - bin_of(one.price_usd)))
            assert abs(bin_of(nearest.price_usd) - bin_of(one.price_usd)) <= 2
            assert nearest.usd == pytest.approx(one.usd, rel=0.15)


@settings(deadline=None)
@given(
    arrays(np.float64, 600, elements=st.floats(0, 1e9)),
    arrays(np.float64, 600, elements=st.floats(0, 1e9)),
    st.floats(10.9, 11.1),
    st.sampled_from([WIDTH, 1e-3]),
)
def test_any_map(long_usd: FloatArray, short_usd: FloatArray, log_price: float, width: float) -> None:
    price = math.exp(log_price)
    first = round(11.0 / width) - 300
    found = find_clusters(first, width, long_usd, short_usd, price, 50.0)
    totals = dict(zip(("long", "short"), side_totals(first, width, long_usd, short_usd, price), strict=True))
    for side, total in totals.items():
        mine = [one for one in found if one.side == side]
        assert len(mine) <= MAX_CLUSTERS
        assert sum(one.usd for one in mine) <= total * (1 + 1e-9)
        assert [one.usd for one in mine] == sorted((one.usd for one in mine), reverse=True)
        for one, other in combinations(mine, 2):
            assert one.high_usd <= other.low_usd * (1 + 1e-9) or other.high_usd <= one.low_usd * (1 + 1e-9)
        for one in mine:
            assert one.share_pct >= LEAST_SHARE_PCT
            assert (one.price_usd < price) is (side == "long")
            assert abs(one.distance_pct) <= REACH_PCT + 1e-6
            assert one.low_usd <= one.price_usd <= one.high_usd
            assert all(math.isfinite(figure) for figure in (one.usd, one.share_pct, one.low_usd, one.high_usd))


def test_a_full_map_takes_a_millisecond() -> None:
    """The bound is loose, for a busy machine; bench/model.py has the figure."""
    long_usd, short_usd = spiky(1)
    rng = np.random.default_rng(3)
    long_usd, short_usd = long_usd * rng.gamma(2, 1, BINS), short_usd * rng.gamma(2, 1, BINS)
    clusters(long_usd, short_usd)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        clusters(long_usd, short_usd)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.003
