"""A history whose old bars are joined: a look sees everything, the map stays what it was, and it is learned from."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from liqtui.model.book import Flow
from liqtui.model.intensity import Intensity
from liqtui.model.joined_bars import (
    DISTANT_AGE_MS,
    DISTANT_MS,
    LESSON_MS,
    OLD_MS,
    TAUGHT_MS,
    UNSEEN_MS,
    joined_prints,
)
from liqtui.model.market import DAY_MS, HOUR_MS, LiquidationTotal, PriceBar
from tests.model.markets import START_MS, wandering_bars, wandering_oi
from tests.model.replays import FIVE, LOOK_MS, SEEN_LOOK_MS, Recorded, far_maps, market, replayed, told_bars


def test_the_map_after_joined_bars_is_close_to_that_bar_by_bar() -> None:
    one_by_one, joined = far_maps(replayed(None, market()), replayed(LOOK_MS, market()))
    assert not np.array_equal(one_by_one, joined)
    assert np.corrcoef(one_by_one, joined)[0, 1] > 0.99
    assert np.abs(one_by_one - joined).sum() < 0.06 * one_by_one.sum()


def test_joined_bars_teach_what_the_single_ones_do() -> None:
    always = replayed(None, market(), lambda bar: 0), replayed(SEEN_LOOK_MS, market(), lambda bar: 0)
    assert always[0].experts.prints == pytest.approx(always[1].experts.prints, abs=2)
    assert always[0].experts.prints > 0.95 * len(market().prints)
    one_by_one, joined, untaught = far_maps(*always, replayed(None, market()))
    assert np.corrcoef(one_by_one, joined)[0, 1] > 0.92
    assert joined.sum() == pytest.approx(one_by_one.sum(), rel=0.16)
    assert abs(untaught.sum() / one_by_one.sum() - 1) > 0.2


def test_bars_longer_than_an_hour_teach_nothing() -> None:
    third_day = [one for one in market().prints if one.ts_ms >= START_MS + 2 * DAY_MS]
    joined = replayed(LOOK_MS, market(), lambda bar: 0).experts
    assert joined.prints == pytest.approx(len(third_day), rel=0.02)
    run = [replace(one, prints=[]) for one in told_bars(market().bars[:12], market().samples)]
    assert run[-1].bar.end_ms - run[0].bar.ts_ms == TAUGHT_MS
    assert joined_prints(run) == []
    assert joined_prints([*run, replace(run[0], bar=market().bars[12])]) is None
    assert joined_prints([replace(run[0], bar=replace(run[0].bar, step_ms=2 * TAUGHT_MS))]) == []


def test_joined_bars_are_learned_from_every_four_hours_and_single_ones_every_hour() -> None:
    past, least = market(), list[int]()
    for hours in range(40, 46):
        bars = tuple(bar for bar in past.bars if bar.end_ms <= START_MS + hours * HOUR_MS + FIVE)
        for look_ms, most_ms in ((None, HOUR_MS), (SEEN_LOOK_MS, LESSON_MS)):
            learned_ms = replayed(look_ms, replace(past, bars=bars), lambda bar: 0).experts.learned_ms
            assert learned_ms is not None
            assert bars[-1].end_ms - learned_ms <= most_ms + FIVE
            least += [bars[-1].end_ms - learned_ms] if look_ms else []
    assert max(least) > 3 * HOUR_MS


def test_only_bars_that_are_heard_teach() -> None:
    down = range(145, 160)

    def since(bar: PriceBar) -> int | None:
        at = (bar.ts_ms - START_MS) // FIVE
        return None if at in down else 0 if at < down.start else START_MS + down.stop * FIVE

    found = [replayed(look, market(), since).experts.prints for look in (None, SEEN_LOOK_MS)]
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
    bars = wandering_bars(16 * 288)
    samples = wandering_oi(16 * 288)
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
    assert set(lengths) >= {FIVE, OLD_MS, UNSEEN_MS, DISTANT_MS}
    assert lengths[DISTANT_MS] == pytest.approx((16 * DAY_MS - DISTANT_AGE_MS) // DISTANT_MS, abs=1)
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
