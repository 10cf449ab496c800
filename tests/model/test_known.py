"""Observed positions in a modelled map: what is known is where it is, and both sides still total the open interest."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.model.grid import BOOK_BIN_LOG, bin_of
from liqtui.model.intensity import Intensity
from liqtui.model.known import known_mass, spared, with_known, with_known_column
from liqtui.model.market import HOUR_MS, SIDES, OpenInterest, Position, Quote, Side
from liqtui.model.now_map import NowMap
from liqtui.model.selection import Selection
from liqtui.model.snapshot import HEAT_BIN_LOG
from tests.model.markets import wandering_bars, wandering_oi

PRICE_USD = 50_000.0
BINS = 2_400
FIRST = bin_of(PRICE_USD) - BINS // 2

amounts = st.floats(0.0, 1e9, allow_nan=False, allow_subnormal=False)
levels = st.one_of(st.none(), st.floats(1e-6, 1e11), st.floats(0.5 * PRICE_USD, 2.0 * PRICE_USD))
positions = st.builds(Position, st.just("BTC"), st.sampled_from(SIDES), amounts, levels)


def modelled(oi_base: float, seed: int, inside: float = 0.9) -> NowMap:
    """A map that holds some part of the open interest on each side; the rest lies beyond its bins."""
    rng = np.random.default_rng(seed)
    sides = [np.where(rng.random(BINS) < 0.2, rng.random(BINS), 0.0) for _ in SIDES]
    long, short = (one / one.sum() * inside * oi_base * PRICE_USD for one in sides)
    return NowMap(FIRST, BOOK_BIN_LOG, long, short)


def side_of(now: NowMap, side: Side) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return one side of a map."""
    return now.long_usd if side == "long" else now.short_usd


@given(st.lists(positions, max_size=30), st.floats(1e-3, 1e9), st.integers(0, 5))
def test_known_and_modelled_total_the_open_interest(held: list[Position], oi_base: float, seed: int) -> None:
    """Whatever is observed, more than there is included; what lies beyond the bins counted in."""
    now = modelled(oi_base, seed)
    known = known_mass(now, held, oi_base, PRICE_USD)
    made = with_known(now, known)
    for side in SIDES:
        beyond = oi_base * PRICE_USD - side_of(now, side).sum()
        total = side_of(made, side).sum() + beyond * known.modelled_share[side] + known.elsewhere_usd[side]
        assert total == pytest.approx(oi_base * PRICE_USD, rel=1e-9)
        assert np.isfinite(side_of(made, side)).all() and (side_of(made, side) >= 0).all()


@given(st.lists(positions, max_size=10))
def test_without_open_interest_nothing_is_made_up(held: list[Position]) -> None:
    now = NowMap(FIRST, BOOK_BIN_LOG, np.zeros(BINS), np.zeros(BINS))
    made = with_known(now, known_mass(now, held, 0.0, PRICE_USD))
    assert not made.long_usd.any() and not made.short_usd.any()


def test_a_known_position_stands_at_its_price_and_the_modelled_mass_gives_way_in_proportion() -> None:
    """A quarter of the longs is known: three quarters of the modelled longs remain, and all of the shorts."""
    now = modelled(1_000.0, 1)
    made = with_known(now, known_mass(now, [Position("BTC", "long", 250.0, 45_000.0)], 1_000.0, PRICE_USD))
    at = math.floor(math.log(45_000.0) / BOOK_BIN_LOG) - FIRST
    expected = 0.75 * now.long_usd
    expected[at] += 250.0 * PRICE_USD
    np.testing.assert_allclose(made.long_usd, expected, rtol=1e-12)
    np.testing.assert_array_equal(made.short_usd, now.short_usd)


def test_what_no_price_liquidates_takes_modelled_mass_away_without_standing_anywhere() -> None:
    now = modelled(1_000.0, 2)
    held = [Position("BTC", "short", 100.0, None), Position("BTC", "short", 150.0, 1e9)]
    known = known_mass(now, held, 1_000.0, PRICE_USD)
    np.testing.assert_allclose(with_known(now, known).short_usd, 0.75 * now.short_usd, rtol=1e-12)
    assert known.elsewhere_usd == {"long": 0.0, "short": pytest.approx(250.0 * PRICE_USD)}


def test_more_than_the_open_interest_is_scaled_down_to_it_and_leaves_no_room_for_the_model() -> None:
    now = modelled(100.0, 3)
    held = [Position("BTC", "long", 150.0, 45_000.0), Position("BTC", "long", 50.0, 40_000.0)]
    made = with_known(now, known_mass(now, held, 100.0, PRICE_USD))
    assert made.long_usd[bin_of(45_000.0) - FIRST] == pytest.approx(75.0 * PRICE_USD)
    assert made.long_usd[bin_of(40_000.0) - FIRST] == pytest.approx(25.0 * PRICE_USD)
    assert np.count_nonzero(made.long_usd) == 2


def test_price_liquidates_what_it_meets() -> None:
    """Longs at or above the low, shorts at or below the high; what has no liquidation price stays."""
    held = [
        Position("BTC", "long", 1.0, 95.0),
        Position("BTC", "long", 2.0, 94.9),
        Position("BTC", "short", 3.0, 105.0),
        Position("BTC", "short", 4.0, 105.1),
        Position("BTC", "long", 5.0, None),
    ]
    assert [one.qty_base for one in spared(held, 95.0, 105.0)] == [2.0, 4.0, 5.0]
    assert spared(held, 100.0, 100.0) == tuple(held)


@pytest.mark.parametrize("window", ["4h", "24h"])
@pytest.mark.parametrize("moved", [1.0, 0.93, 1.06])
def test_without_positions_the_forming_column_is_the_one_modelled(window: str, moved: float) -> None:
    """The map of this moment, folded into rows, is what the model draws last: known mass adds nothing else."""
    model = market()
    bars = wandering_bars(400)
    end_ms = bars[-1].end_ms
    model.add_quote(Quote(end_ms + 1_000, bars[-1].close_usd * moved))
    heat, now = model.heat(Selection("BTC", None, "4h" if window == "4h" else "24h"), end_ms), model.now_map()
    assert heat is not None and now is not None and not heat.gap[-1]
    made = with_known_column(heat, now, end_ms)
    np.testing.assert_allclose(made.cells_usd, heat.cells_usd, rtol=1e-6)
    assert heat.cells_usd[-1].sum() > 0


def test_a_known_position_is_in_the_forming_column_only() -> None:
    model = market()
    bars = wandering_bars(400)
    close_usd, end_ms = bars[-1].close_usd, bars[-1].end_ms
    heat, now = model.heat(Selection("BTC", None, "24h"), end_ms), model.now_map()
    assert heat is not None and now is not None
    level_usd, oi_base = 0.9 * close_usd, wandering_oi(400)[-1].oi_base
    known = known_mass(now, [Position("BTC", "long", 0.5 * oi_base, level_usd)], oi_base, close_usd)
    made = with_known_column(heat, with_known(now, known), end_ms)
    np.testing.assert_array_equal(made.cells_usd[:-1], heat.cells_usd[:-1])
    row = bin_of(level_usd, HEAT_BIN_LOG) - heat.first_bin
    added = made.cells_usd[-1, row] - 0.5 * heat.cells_usd[-1, row]
    assert added == pytest.approx(0.5 * oi_base * close_usd, rel=1e-5)
    below = slice(0, row)
    np.testing.assert_allclose(made.cells_usd[-1, below], 0.5 * heat.cells_usd[-1, below], rtol=1e-5)


def test_a_heat_that_ends_in_a_gap_or_in_the_past_stays_as_it_is() -> None:
    """What is observed now was not there then."""
    model = market()
    end_ms = wandering_bars(400)[-1].end_ms
    now = model.now_map()
    late = model.heat(Selection("BTC", None, "24h"), end_ms + 3 * HOUR_MS)
    heat = model.heat(Selection("BTC", None, "24h"), end_ms)
    assert now is not None and late is not None and heat is not None
    assert late.gap[-1]
    assert with_known_column(late, now, int(late.ts_ms[-1])) is late
    assert not heat.gap[-1]
    assert with_known_column(heat, now, end_ms + HOUR_MS) is heat


def market() -> Intensity:
    """A market of 400 bars of five minutes."""
    model = Intensity()
    samples = [*wandering_oi(400)]
    for bar, sample in zip(wandering_bars(400), samples, strict=True):
        model.add_open_interest(OpenInterest(sample.ts_ms, sample.oi_base))
        model.add_bar(bar)
    return model
