"""The book: turnover by hand, conservation, the sweep, and equality with the slow loops."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.book import Book, Flow
from liqtui.model.grid import BINS, BOOK_BIN_LOG, bin_of
from liqtui.model.margin import liquidation_price
from liqtui.model.market import SIDES, SIGN
from liqtui.model.params import BookParams, Floats, SizeTier
from liqtui.model.side_book import SideBook, survivors
from tests.model.naive import NaiveBook

RATE = 0.005
PLAIN = BookParams(rho=1.0, never=0.0, eta=0.0, stubborn=1.0, round_share=1.0, tiers=(SizeTier(RATE, RATE, 2.0, 1.0),))
"""Everybody opens at 2x, nobody stops out, all volume opens, closing is blind: turnover can be done by hand."""


def at(price_usd: float, volume: float, oi: float, taker: float = 0.0) -> Flow:
    """Return the flow of a bar in which price stood still."""
    y = math.log(price_usd)
    return Flow(y, y, y, volume, oi, taker)


def near_level(book: Book, entry_usd: float) -> float:
    """Return the long base coin whose level is that of an entry at `entry_usd`."""
    b = bin_of(liquidation_price("long", entry_usd, 2.0, RATE))
    return float(book.levels(b - 10, b + 10)[0].sum())


def test_turnover_by_hand() -> None:
    book = Book(PLAIN)
    book.start(math.log(10), 0.0)
    book.step(at(10, 0.0, 1000.0))
    assert near_level(book, 10) == pytest.approx(1000, rel=1e-9)
    book.step(at(11, 200.0, 1000.0))
    assert [near_level(book, e) for e in (10, 11)] == pytest.approx([800, 200], rel=1e-9)
    book.step(at(12, 300.0, 1000.0))
    assert [near_level(book, e) for e in (10, 11, 12)] == pytest.approx([560, 140, 300], rel=1e-9)


def assert_sound(book: Book, oi: float, close_log: float) -> None:
    """Check that both sides total the open interest, all is finite, and no level lies beyond the price."""
    for side in book.sides.values():
        assert abs(float(side.held().sum()) - oi) <= 1e-9 * oi
        for array in (side.mass, side.rest, side.kept):
            assert np.isfinite(array).all() and (array >= 0).all()
        assert not side.mass[:, side.first_swept(side.sign * close_log) :].any()


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
    book, y = Book(), math.log(50_000)
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
    fast, slow = Book(params), NaiveBook(params)
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
        taken, expected = fast.step(flow), slow.step(flow)
        y = close
        for side in SIDES:
            assert taken[side] == pytest.approx(expected[side], rel=1e-9, abs=1e-9)
    for side in SIDES:
        assert dense(slow, fast.sides[side]) == pytest.approx(fast.sides[side].mass, rel=1e-9, abs=1e-9)
        assert slow.sides[side].never == pytest.approx(float(fast.sides[side].rest[-1]), rel=1e-9)


def dense(slow: NaiveBook, like: SideBook) -> Floats:
    """Return the slow book's cells on the fast one's window, without those that have left it."""
    out = np.zeros_like(like.mass)
    for (k, b), (m, _) in slow.sides[like.side].cells.items():
        column = b - like.window.first_bin
        if 0 <= column < BINS:
            out[k, column] += m
    return out


@pytest.mark.parametrize("side", SIDES)
def test_sweep_takes_what_price_crossed_and_nothing_else(side: str) -> None:
    book = Book()
    book.start(math.log(100), 1000.0)
    half = next(b for b in book.sides.values() if b.side == side)
    before = half.mass.copy()
    low = SIGN[half.side] * math.log(100) - 0.0403
    taken = half.sweep(low)
    middles = (half.window.first_bin + np.arange(BINS) + 0.5) * BOOK_BIN_LOG
    crossed = middles >= low
    assert taken == pytest.approx(before[:, crossed].sum(1))
    assert taken.sum() > 0
    assert not half.mass[:, crossed].any()
    assert (half.mass[:, ~crossed] == before[:, ~crossed]).all()


def test_a_level_is_emptied_by_stops_once_and_not_again_on_a_second_visit() -> None:
    params = replace(PLAIN, stubborn=0.25)
    half = SideBook("long", params)
    y = math.log(100)
    half.start(y, 1000.0)
    way = float(params.distance_log[half.mass.sum(1).argmax()])
    closed = half.stop_out(y - way / 2, 1e9)
    assert closed > 0
    assert half.stop_out(y - way / 2, 1e9) == pytest.approx(0.0, abs=1e-9)
    assert half.stop_out(y - way / 4, 1e9) == pytest.approx(0.0, abs=1e-9)
    assert half.stop_out(y - way * 0.6, 1e9) > 0


def test_stops_close_at_most_what_is_allowed() -> None:
    half = SideBook("short", BookParams())
    half.start(-math.log(100), 1000.0)
    before = float(half.held().sum())
    assert half.stop_out(-math.log(100) - 0.05, 7.0) == pytest.approx(7.0)
    assert float(half.held().sum()) == pytest.approx(before - 7.0)


def test_what_leaves_the_window_is_kept() -> None:
    half = SideBook("long", BookParams())
    half.start(math.log(100), 1000.0)
    half.follow(math.log(100) + 0.5)
    assert float(half.held().sum()) == pytest.approx(1000.0, rel=1e-12)
    assert float(half.rest[:-1].sum()) > 0
    half.follow(math.log(100) + 5.0)
    assert not half.mass.any()
    assert float(half.held().sum()) == pytest.approx(1000.0, rel=1e-12)


def test_the_aggressor_side_opens_nearer_to_liquidation() -> None:
    book = Book()
    book.start(math.log(100), 0.0)
    book.step(at(100, 0.0, 1000.0, taker=1.0))
    bought, sold = (book.sides[s].mass.sum(1)[:12].sum() for s in SIDES)
    assert bought > 1.2 * sold


def test_survivors_solve_for_the_target_with_near_bins_first() -> None:
    held, hazard = np.array([100.0, 100.0, 50.0]), np.array([4.0, 1.0, 0.5])
    share, _ = survivors(held, hazard, 180.0)
    assert float((held * share).sum()) == pytest.approx(180.0, rel=1e-12)
    assert share[0] < share[1] < share[2] < 1
    assert np.log(share[0]) / np.log(share[1]) == pytest.approx(4.0, rel=1e-6)
    assert survivors(held, hazard, 1e6)[0].tolist() == [1, 1, 1]
    assert not survivors(held, hazard, 0.0)[0].any()


def test_a_fault_is_counted_when_more_was_liquidated_than_can_have_been() -> None:
    book = Book()
    y = math.log(100)
    book.start(y, 1000.0)
    book.step(Flow(y - 0.1, y, y - 0.1, 0.0, 1000.0))
    assert book.faults == 1
    book.step(Flow(y - 0.1, y - 0.1, y - 0.1, 10.0, 1000.0))
    assert book.faults == 1
