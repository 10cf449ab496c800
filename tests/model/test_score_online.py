"""The scorer against markets whose map is known: the true map has skill, prints without places give none to any map."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.baselines import LEVEL_LOG, FixedLeverage, LevelAges, levels_between, price_alone
from liqtui.model.grid import BOOK_BIN_LOG, bin_of
from liqtui.model.market import DAY_MS, MINUTE_MS, SIDES, Liquidation, PriceBar, Side
from liqtui.model.now_map import NowMap
from liqtui.model.placing import ENOUGH, PlaceShift
from liqtui.model.scorer import Scorer
from tests.model.scored_market import START_MS, anywhere, exchanged, in_the_bar, moved, recorded, scored, shown

NOT_BETTER = "no better than price alone"


@pytest.mark.parametrize("seed", [3, 4])
def test_the_true_map_is_clearly_better_than_price_alone_and_than_the_recipe(seed: int) -> None:
    market = recorded(seed)
    found = scored(market.maps, market.bars, market.prints)
    assert found.over_price is not None
    assert found.over_recipe is not None
    assert found.place_over_price is not None
    assert found.better
    assert found.over_price.low > 0.2
    assert found.over_recipe.low > 0.4
    assert found.place_over_price.low > 0.05
    assert "bit/print over price alone, 90 %" in found.verdict
    assert found.lift is not None
    assert found.lift > 4
    assert found.forecast_ratio is not None
    assert 0.8 < found.forecast_ratio.mean < 1.25
    assert found.outside < 0.02 * found.prints
    assert found.days == 4


@pytest.mark.parametrize("seed", [3, 4])
def test_prints_robbed_of_their_places_give_no_skill_even_to_the_true_map(seed: int) -> None:
    market = recorded(seed)
    for prints in (exchanged(market.prints), anywhere(market.prints), in_the_bar(market.prints, market.bars)):
        found = scored(market.maps, market.bars, prints)
        assert found.verdict == NOT_BETTER
        assert not found.better
        assert found.over_price is not None
        assert found.over_price.low <= 0
        assert not found.places_hold


def test_a_map_that_says_nothing_and_one_of_another_market_are_no_better() -> None:
    market, other = recorded(3), recorded(4)
    flat = [m and replace(m, long_usd=np.ones(800), short_usd=np.ones(800)) for m in market.maps]
    strange = [
        m and replace(m, long_usd=o.long_usd, short_usd=o.short_usd)
        for m, o in zip(market.maps, reversed(other.maps[::5]), strict=False)
        if o is not None
    ]
    strange += [None] * (len(market.maps) - len(strange))
    for maps in (flat, strange):
        found = scored(maps, market.bars, market.prints)
        assert not found.better
        assert found.verdict in (NOT_BETTER, "not enough prints")


def test_too_few_prints_give_no_verdict() -> None:
    market = recorded(3)
    few = scored(market.maps, market.bars, market.prints[::150])
    assert few.verdict == "not enough prints"
    assert not few.better
    short = market.bars[: 2 * 1440]
    assert scored(market.maps[: len(short)], short, market.prints).verdict == "not enough prints"


def test_the_forecast_of_a_step_does_not_depend_on_its_prints_or_later_ones() -> None:
    """A scorer shown less of the future has found the same of the past."""
    market = recorded(3)
    until_ms = START_MS + 3 * DAY_MS
    bars = [b for b in market.bars if b.end_ms <= until_ms]
    early = scored(market.maps[: len(bars)], bars, [p for p in market.prints if p.ts_ms < until_ms])
    whole = Scorer()
    shown(whole, market.maps[: len(bars)], bars, market.prints)
    assert whole.report() == early


def test_state_survives_a_restart_through_json() -> None:
    market = recorded(3)
    half = 3 * 1440
    first = shown(Scorer(), market.maps[:half], market.bars[:half], market.prints)
    again = Scorer.from_state(json.loads(json.dumps(first.state(), allow_nan=False)))
    middle_ms = market.bars[half].ts_ms
    rest = [p for p in market.prints if p.ts_ms >= middle_ms]
    done = shown(again, market.maps[half:], market.bars[half:], rest)
    assert done.report() == scored(market.maps, market.bars, market.prints)
    with pytest.raises(ValueError, match="version"):
        Scorer.from_state({"version": 0})


def test_late_prints_are_left_out() -> None:
    market = recorded(3)
    bars = market.bars[: 4 * 1440]
    scorer = shown(Scorer(), market.maps[: len(bars)], bars, market.prints)
    before = scorer.report()
    for print_ in market.prints[:500]:
        scorer.add_print(print_)
    scorer.before(market.maps[len(bars)])
    for bar in market.bars[len(bars) : len(bars) + 5]:
        scorer.add_bar(bar)
    after = scorer.report()
    assert after.prints + after.outside == before.prints + before.outside


def test_a_constant_error_of_the_recovered_prices_is_learned() -> None:
    market = recorded(3)
    signs = {"long": -1, "short": 1}
    beyond = [moved(p, (p.liquidation_usd or p.price_usd) * math.exp(signs[p.side] * 10e-4)) for p in market.prints]
    right, found = scored(market.maps, market.bars, market.prints), scored(market.maps, market.bars, beyond)
    assert found.over_price is not None
    assert right.over_price is not None
    assert found.over_price.mean == pytest.approx(right.over_price.mean, abs=0.1)
    assert found.better


def test_the_shift_is_the_smallest_that_places_the_prints() -> None:
    shift = PlaceShift()
    assert shift.shift_log("long") == 0.0
    rng = np.random.default_rng(1)
    for far in rng.uniform(-0.004, -0.0005, int(3 * ENOUGH)):
        shift.add("long", rng.uniform(far, 0.0) - 8 * LEVEL_LOG, far, 0.0)
    assert 6 * LEVEL_LOG <= shift.shift_log("long") <= 8 * LEVEL_LOG
    assert shift.shift_log("short") == -shift.shift_log("long")


def test_price_alone_knows_what_was_touched_when() -> None:
    ages = LevelAges()
    ages.touch(11.0, 11.01, 50 * MINUTE_MS)
    levels = levels_between(10.999, 11.002)
    found = ages.ages_ms(levels, 60 * MINUTE_MS)
    middle = (levels + 0.5) * LEVEL_LOG
    assert (found[middle > 11.0] == 10 * MINUTE_MS).all()
    assert (found[middle < 11.0] > DAY_MS).all()
    values = price_alone(found)
    assert (np.diff(values, axis=1) <= 0).all()
    assert values[0, -1] == pytest.approx(1 - math.exp(-1), rel=1e-9)


def test_the_recipe_lays_volume_at_four_leverages_and_price_wipes_it() -> None:
    recipe = FixedLeverage()
    recipe.add(PriceBar(0, MINUTE_MS, 100.0, 100.0, 100.0, 100.0, 8.0), 100.0)
    assert recipe.usd.sum() == pytest.approx(2 * 800.0)
    at = levels_between(math.log(89.9), math.log(90.1))
    assert recipe.at("long", at).sum() == pytest.approx(200.0)
    assert recipe.at("short", at).sum() == 0.0
    recipe.add(PriceBar(MINUTE_MS, MINUTE_MS, 100.0, 100.0, 89.0, 100.0, 0.0), 100.0)
    assert recipe.usd[0].sum() == 0.0
    assert recipe.usd[1].sum() == pytest.approx(800.0)


SIDES_DRAWN: st.SearchStrategy[Side] = st.sampled_from(SIDES)
PRICES = st.one_of(st.floats(50.0, 150.0), st.sampled_from([0.0, math.nan, math.inf, 1e-300, 1e300, -1.0]))


@st.composite
def minutes(draw: st.DrawFn) -> list[tuple[PriceBar, NowMap | None, list[tuple[Side, float, float]]]]:
    """Return bars, any map before each, and any prints within; jumps, empty bars and holes occur."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    out, at, price = [], 0, 100.0
    for _ in range(draw(st.integers(1, 30))):
        at += draw(st.sampled_from([1, 1, 1, 7]))
        close = price * math.exp(draw(st.sampled_from([0.0, 1e-4, -2e-3, 0.01, 0.5, -0.5])))
        volume = draw(st.sampled_from([0.0, 5.0]))
        bar = PriceBar(at * 60 * MINUTE_MS, 60 * MINUTE_MS, price, max(price, close), min(price, close), close, volume)
        kind = draw(st.sampled_from(["none", "zero", "some", "nan"]))
        cells = {"zero": np.zeros(400), "some": rng.lognormal(5, 3, 400), "nan": np.full(400, np.nan)}
        now = None if kind == "none" else NowMap(bin_of(price) - 200, BOOK_BIN_LOG, cells[kind], cells[kind])
        prints = draw(st.lists(st.tuples(SIDES_DRAWN, PRICES, st.sampled_from([0.0, 1.0, 1e12])), max_size=12))
        out.append((bar, now, prints))
        price = min(max(close, 20.0), 500.0)
    return out


@settings(max_examples=40, deadline=None)
@given(minutes())
def test_scores_stay_finite_whatever_comes(
    drawn: list[tuple[PriceBar, NowMap | None, list[tuple[Side, float, float]]]],
) -> None:
    scorer = Scorer()
    for bar, now, prints in drawn:
        scorer.before(now)
        for side, usd, qty in prints:
            scorer.add_print(Liquidation(bar.ts_ms, "demo", "BTC", side, qty, usd, None, usd))
        scorer.add_bar(bar)
    state = json.dumps(scorer.state(), allow_nan=False)
    found = scorer.report()
    json.dumps(found.as_dict(), allow_nan=False)
    assert not found.better or found.prints >= 100
    assert Scorer.from_state(json.loads(state)).report() == found
