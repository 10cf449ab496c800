"""The book: turnover by hand, conservation, the sweep, and equality with the slow loops."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.book import Books, Flow
from liqtui.model.closing import Closing
from liqtui.model.grid import BINS, BOOK_BIN_LOG, Window, bin_of
from liqtui.model.lanes import Lanes
from liqtui.model.margin import liquidation_price
from liqtui.model.market import SIDES, Side
from liqtui.model.params import ROWS, BookParams, Floats, SizeTier
from tests.model.naive import NaiveBook

RATE = 0.005
PLAIN = BookParams(rho=1.0, never=0.0, eta=0.0, stubborn=1.0, round_share=1.0, tiers=(SizeTier(RATE, RATE, 2.0, 1.0),))
"""Everybody opens at 2x, nobody stops out, all volume opens, closing is blind: turnover can be done by hand."""


def at(price_usd: float, volume: float, oi: float, taker: float = 0.0) -> Flow:
    """Return the flow of a bar in which price stood still."""
    y = math.log(price_usd)
    return Flow(y, y, y, volume, oi, taker)


def near_level(book: Books, entry_usd: float) -> float:
    """Return the long base coin whose level is that of an entry at `entry_usd`."""
    b = bin_of(liquidation_price("long", entry_usd, 2.0, RATE))
    return float(book.levels(0, "long", b - 10, b + 10).sum())


def test_turnover_by_hand() -> None:
    book = Books((PLAIN,))
    book.start(math.log(10), 0.0)
    book.step(at(10, 0.0, 1000.0))
    assert near_level(book, 10) == pytest.approx(1000, rel=1e-9)
    book.step(at(11, 200.0, 1000.0))
    assert [near_level(book, e) for e in (10, 11)] == pytest.approx([800, 200], rel=1e-9)
    book.step(at(12, 300.0, 1000.0))
    assert [near_level(book, e) for e in (10, 11, 12)] == pytest.approx([560, 140, 300], rel=1e-9)


ENDS = (BookParams(), BookParams(stubborn=1.0, stubborn_fall=0.0, eager=12.0), BookParams(stubborn=0.5, eager=60.0))
"""How positions end by expert: stops, nerves, both."""


def assert_sound(books: Books, oi: float, close_log: float) -> None:
    """Check that both sides total the open interest, all is finite, and no level lies beyond the price."""
    lanes = books.lanes
    assert np.abs(lanes.held().sum(-1) - oi).max() <= 1e-9 * oi
    first = lanes.first_swept((close_log, -close_log))
    for expert in range(len(ENDS)):
        for array in (lanes.mass(expert), lanes.rest[expert]):
            assert np.isfinite(array).all() and (array >= 0).all()
        assert np.isfinite(lanes.worst(expert)).all()
        for side in range(2):
            assert not lanes.mass(expert)[side, :, first[side] :].any()


BARS = st.lists(
    st.tuples(
        st.one_of(st.floats(-0.02, 0.02), st.floats(-0.75, 0.75)),
        st.floats(0, 0.3),
        st.floats(0, 0.3),
        st.one_of(st.just(0.0), st.floats(0, 1e5)),
        st.one_of(st.just(0.0), st.floats(1e-3, 1e6), st.none()),
        st.floats(-1, 1),
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=40)
@given(BARS, st.one_of(st.just(0.0), st.floats(1.0, 1e6)))
def test_each_side_totals_the_open_interest_whatever_happens(
    bars: list[tuple[float, float, float, float, float | None, float]], oi: float
) -> None:
    book, y = Books(ENDS), math.log(50_000)
    book.start(y, oi)
    assert_sound(book, oi, y)
    for move, up, down, volume, new_oi, taker in bars:
        close = y + move
        oi = oi if new_oi is None else new_oi
        book.step(Flow(min(y, close) - down, max(y, close) + up, close, volume, oi, taker, -taker))
        y = close
        assert_sound(book, oi, y)


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 2**31), st.sampled_from([(0.2, 0.0), (1.0, 12.0), (1.0, 60.0), (0.5, 5.0)]))
def test_equal_to_the_slow_loops(seed: int, ends: tuple[float, float]) -> None:
    rng = np.random.default_rng(seed)
    params = BookParams(eta=0.4, stubborn=ends[0], eager=ends[1], rho=0.5)
    others = [replace(params, stubborn=a, eager=b) for a, b in ((0.7, 0.0), (1.0, 30.0))]
    fast, slow = Books((others[0], params, others[1])), NaiveBook(params)
    y, oi = math.log(100), 1000.0
    fast.start(y, oi)
    slow.start(y, oi)
    for i in range(12):
        close = y + rng.normal(0, 0.01)
        low, high = min(y, close) - abs(rng.normal(0, 0.004)), max(y, close) + abs(rng.normal(0, 0.004))
        oi *= math.exp(rng.normal(0, 0.05)) if i % 3 else 1.0
        late = (y - 0.002, y + 0.003) if i % 4 == 0 else None
        mark = (low + 0.001, high + 0.001) if i % 5 == 0 else None
        flow = Flow(low, high, close, rng.uniform(0, 200), oi, rng.uniform(-1, 1), rng.uniform(-1, 1), mark, late)
        taken, expected = fast.step(flow)[1], slow.step(flow)
        y = close
        for at, side in enumerate(SIDES):
            assert taken[at] == pytest.approx(expected[side], rel=1e-9, abs=1e-9)
    for at, side in enumerate(SIDES):
        mass = fast.lanes.mass(1)[at]
        # As pytest.approx(mass, rel=1e-9, abs=1e-9), which takes a second for so many cells.
        off = np.abs(dense(slow, side, fast.lanes.windows[at]) - mass)
        assert (off <= 1e-9 * np.maximum(mass, 1.0)).all()
        assert slow.sides[side].never == pytest.approx(float(fast.lanes.rest[1, at, -1]), rel=1e-9)


def dense(slow: NaiveBook, side: Side, window: Window) -> Floats:
    """Return the slow book's cells on the fast one's window, without those that have left it."""
    out = np.zeros((ROWS, BINS))
    for (k, b), (m, _) in slow.sides[side].cells.items():
        column = b - window.first_bin
        if 0 <= column < BINS:
            out[k, column] += m
    return out


def begun(*params: BookParams, oi: float = 1000.0) -> Lanes:
    """Return the lanes of a market that stands at 100."""
    lanes = Lanes(params or (BookParams(),))
    lanes.start((Y, -Y), oi)
    return lanes


Y = math.log(100)
ALL = np.full((1, 2), 1e9)
"""No limit to what may close."""


@pytest.mark.parametrize("side", [0, 1])
def test_sweep_takes_what_price_crossed_and_nothing_else(side: int) -> None:
    lanes = begun(*ENDS)
    before = [lanes.mass(at) for at in range(len(ENDS))]
    low = [Y - 1e-9, -Y - 1e-9]
    low[side] -= 0.0403
    taken = lanes.sweep((low[0], low[1]))
    middles = (lanes.windows[side].first_bin + np.arange(BINS) + 0.5) * BOOK_BIN_LOG
    crossed = middles >= low[side]
    for expert, mass in enumerate(before):
        assert taken[expert, side] == pytest.approx(mass[side][:, crossed].sum(1))
        assert taken[expert, side].sum() > 0 and not taken[expert, 1 - side].any()
        after = lanes.mass(expert)
        assert not after[side][:, crossed].any()
        assert (after[side][:, ~crossed] == mass[side][:, ~crossed]).all()
        assert (after[1 - side] == mass[1 - side]).all()


def test_a_level_is_emptied_by_stops_once_and_not_again_on_a_second_visit() -> None:
    params = replace(PLAIN, stubborn=0.25)
    lanes = begun(params)
    way = float(params.distance_log[lanes.mass()[0].sum(1).argmax()])

    def closed(share: float) -> float:
        level = Y - way * share, -Y
        lanes.sweep(level)
        return float(lanes.stop_out(level, ALL)[0, 0])

    assert closed(0.5) > 0
    assert closed(0.5) == pytest.approx(0.0, abs=1e-9)
    assert closed(0.25) == pytest.approx(0.0, abs=1e-9)
    assert closed(0.6) > 0


def test_what_stops_have_left_moves_with_the_window() -> None:
    params = replace(PLAIN, stubborn=0.25)
    near, far = (Y - 0.2, -Y), (Y - 0.25, -Y)
    closed = []
    for away in (0.0, 0.1):
        lanes = begun(params)
        lanes.sweep(near)
        lanes.stop_out(near, ALL)
        first = lanes.windows[0].first_bin
        lanes.follow((Y + away, -Y - away))
        assert (lanes.windows[0].first_bin != first) == (away > 0)
        lanes.sweep(near)
        assert lanes.stop_out(near, ALL)[0, 0] == pytest.approx(0.0, abs=1e-9)
        lanes.sweep(far)
        closed.append(float(lanes.stop_out(far, ALL)[0, 0]))
    assert closed[0] == pytest.approx(closed[1], rel=1e-9) and closed[0] > 10


def test_stops_close_at_most_what_is_allowed_on_each_side() -> None:
    lanes = begun()
    before = lanes.held().sum(-1)
    low = Y - 0.05, -Y - 0.05
    swept = lanes.sweep(low).sum(-1)
    free = begun()
    free.sweep(low)
    unbounded = free.stop_out(low, ALL)
    assert unbounded.min() > 10
    assert lanes.stop_out(low, np.array([[1e9, 7.0]])) == pytest.approx(np.array([[unbounded[0, 0], 7.0]]))
    assert lanes.held().sum(-1) == pytest.approx(before - swept - [unbounded[0, 0], 7.0])


def test_nerves_close_at_most_what_is_allowed_on_each_side() -> None:
    lanes = begun(ENDS[1], replace(ENDS[1], eager=60.0))
    low = Y - 0.05, -Y - 0.05
    lanes.sweep(low)
    before = lanes.held().sum(-1)
    lanes.lose_nerve(low, np.full((2, 2), 0.004), np.array([[1e9, 0.5], [0.25, 1e9]]))
    closed = before - lanes.held().sum(-1)
    assert [closed[0, 1], closed[1, 0]] == pytest.approx([0.5, 0.25])
    assert closed[1, 1] > 3 * closed[0, 0] > 1.5
    assert lanes.mass(0).sum() == pytest.approx(lanes.held()[0, :, :-1].sum(), rel=1e-9)


def test_what_leaves_the_window_is_kept() -> None:
    lanes = begun()
    lanes.follow((Y + 0.5, -Y - 0.5))
    assert lanes.held().sum(-1) == pytest.approx(np.full((1, 2), 1000.0), rel=1e-12)
    assert float(lanes.rest[0, 0, :-1].sum()) > 0
    lanes.follow((Y + 5.0, -Y - 5.0))
    assert not lanes.mass().any()
    assert lanes.held().sum(-1) == pytest.approx(np.full((1, 2), 1000.0), rel=1e-12)


def test_the_aggressor_side_opens_nearer_to_liquidation() -> None:
    book = Books((BookParams(),))
    book.start(math.log(100), 0.0)
    book.step(at(100, 0.0, 1000.0, taker=1.0))
    bought, sold = (mass.sum(1)[:12].sum() for mass in book.lanes.mass())
    assert bought > 1.2 * sold


def test_survivors_solve_for_the_target_with_near_bins_first() -> None:
    held, hazard = np.array([[100.0, 100.0, 50.0]] * 5), np.array([4.0, 1.0, 0.5])
    target = np.array([180.0, 249.999, 1e-3, 1e6, 0.0])
    share, spent = Closing(hazard).survivors(held, target)
    assert (held * share).sum(1) == pytest.approx([180.0, 249.999, 1e-3, 250.0, 0.0], rel=1e-12)
    assert (share[:3] == np.sort(share[:3], axis=1)).all() and (share[:3] < 1).all()
    assert np.log(share[:3, 0]) / np.log(share[:3, 1]) == pytest.approx([4.0] * 3, rel=1e-6)
    assert np.exp(-spent[:3, None] * hazard) == pytest.approx(share[:3], rel=1e-9)
    assert share[3].tolist() == [1, 1, 1]
    assert not share[4].any() and spent[3:].tolist() == [0.0, 0.0]


def test_a_fault_is_counted_when_more_was_liquidated_than_can_have_been() -> None:
    book = Books(ENDS[:2])
    y = math.log(100)
    book.start(y, 1000.0)
    book.step(Flow(y - 0.1, y, y - 0.1, 0.0, 1000.0))
    assert book.faults.tolist() == [1, 1]
    book.step(Flow(y - 0.1, y - 0.1, y - 0.1, 10.0, 1000.0))
    assert book.faults.tolist() == [1, 1]
