"""Bars taken several at a time: nothing is lost, holes end it, and the slow loops say the same."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.book import Books, births_base
from liqtui.model.grid import BOOK_BIN_LOG
from liqtui.model.joined_bars import FINE_BINS, MOST_PARTS, Waiting, even_range, joined_bar, joined_flow, joined_prints
from liqtui.model.joining import Flows
from liqtui.model.market import HOUR_MS, MINUTE_MS, SIDES, OpenInterest, PriceBar
from liqtui.model.params import BookParams
from tests.model.markets import START_MS, wandering_bars, wandering_oi
from tests.model.naive import NaiveBook
from tests.model.replays import FIVE, told_bars
from tests.model.test_book import dense

RHO = 0.2

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


@pytest.mark.parametrize(("hours", "parts"), [(0.5, 1), (2, 2), (4, 4), (8, 4), (24, 4)])
def test_it_opens_over_the_ranges_of_its_hours_or_of_a_quarter_of_it(hours: float, parts: int) -> None:
    count = int(hours * HOUR_MS) // FIVE
    told = told_bars(wandering_bars(count, FIVE), wandering_oi(count, FIVE))
    inside = joined_flow(told, told[0].oi_base, RHO).inside
    assert inside is not None and len(inside.parts) == parts <= MOST_PARTS
    own = [bar.bar for bar in told]
    for at, part in enumerate(inside.parts):
        bars = own[at * count // parts : (at + 1) * count // parts]
        lows, highs = [math.log(bar.low_usd) for bar in bars], [math.log(bar.high_usd) for bar in bars]
        assert (part.low_log, part.high_log, part.close_log) == (min(lows), max(highs), math.log(bars[-1].close_usd))


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
