"""The assumptions: shares add up, round leverages lie where margin puts them, and openings keep what they spread."""

import math
from dataclasses import replace

import numpy as np
import pytest

from liqtui.model.grid import BINS, BOOK_BIN_LOG, ENTRY_STEPS
from liqtui.model.levels import kernel, round_distance_log
from liqtui.model.market import SIDES, Bracket, Side
from liqtui.model.opening import Opened, Opening
from liqtui.model.params import DISTANCE_BINS, ROUND_LEVERAGES, ROWS, BookParams, Floats, SizeTier, params_for
from tests.model.naive import share_in_bin


def test_shares_of_what_is_opened_sum_to_one() -> None:
    params = BookParams()
    assert float(params.opened.sum()) == pytest.approx(1.0)
    assert params.opened[-1] == params.never
    for side in SIDES:
        assert float(kernel(params, side, BOOK_BIN_LOG).share.sum()) == pytest.approx(1 - params.never)


def test_round_leverages_lie_at_their_liquidation_prices() -> None:
    for leverage in (50, 10, 3, 2):
        assert round_distance_log(leverage, 0.005, "long") == pytest.approx(-math.log((1 - 1 / leverage) / 0.995))
        assert round_distance_log(leverage, 0.005, "short") == pytest.approx(math.log((1 + 1 / leverage) / 1.005))
    assert round_distance_log(1, 0.005, "long") == math.inf
    assert round_distance_log(10, 0.11, "long") == 0.0


@pytest.mark.parametrize("side", SIDES)
def test_a_tier_puts_its_share_on_the_leverages_that_it_may_choose(side: Side) -> None:
    params = replace(BookParams(), tiers=(SizeTier(0.01, 0.02, 20.0, 1.0),))
    pieces = kernel(params, side, BOOK_BIN_LOG)
    smooth, rungs = slice(None, DISTANCE_BINS), slice(DISTANCE_BINS, None)
    assert pieces.share[smooth] == pytest.approx(params.opened[:-1] * (1 - params.round_share))
    assert float(pieces.share[rungs].sum()) == pytest.approx((1 - params.never) * params.round_share)
    chosen = (20, 15, 12, 10, 8, 6, 5, 4, 3, 2)
    ends = sorted(round_distance_log(x, m, side) / BOOK_BIN_LOG for x in chosen for m in (0.01, 0.02))
    assert pieces.near[rungs] == pytest.approx(ends[::2])
    assert pieces.far[rungs] == pytest.approx(ends[1::2])
    assert [ROUND_LEVERAGES[row - DISTANCE_BINS] for row in pieces.row[rungs].tolist()] == list(chosen)
    assert pieces.row[smooth].tolist() == list(range(DISTANCE_BINS))


def test_a_market_whose_leverage_ends_below_the_round_ones_stands_at_its_highest() -> None:
    params = replace(BookParams(), tiers=(SizeTier(0.2, 0.25, 1.5, 1.0),))
    pieces = kernel(params, "short", BOOK_BIN_LOG)
    assert len(pieces.share) == DISTANCE_BINS + 1
    (last,) = pieces.far[DISTANCE_BINS:]
    assert last > round_distance_log(1.5, 0.25, "short") / BOOK_BIN_LOG
    deep = replace(BookParams(), tiers=(SizeTier(0.03, 0.11, 10.0, 1.0),))
    assert (kernel(deep, "long", BOOK_BIN_LOG).near >= deep.edges_log[0] / BOOK_BIN_LOG).all()
    none = replace(BookParams(), tiers=(SizeTier(0.2, 0.25, 1.0, 1.0),))
    assert float(kernel(none, "long", BOOK_BIN_LOG).share.sum()) == pytest.approx(1 - none.never)


def coins(opened: Opened) -> Floats:
    """Return the coins in each cell of the line."""
    out: Floats = opened.share * opened.weight.ravel()[opened.cell // BINS]
    return out


def at_columns(long: int, short: int) -> tuple[int, int]:
    """Return where entries begin that begin at columns."""
    return long * ENTRY_STEPS, short * ENTRY_STEPS


def test_openings_agree_with_the_density_and_keep_the_whole() -> None:
    params = BookParams()
    lows, width = (1800.5, 1700.0), 4.5
    steps = round(lows[0] * ENTRY_STEPS), round(lows[1] * ENTRY_STEPS)
    opened = Opening(params).opened(steps, round(width * ENTRY_STEPS), (BINS, BINS), np.ones((2, ROWS + 1)))
    assert opened.by_row.sum(1) + opened.never == pytest.approx([1.0, 1.0])
    assert len(np.unique(opened.cell)) == len(opened.cell)
    assert np.bincount(opened.cell // BINS, minlength=2 * ROWS).tolist() == opened.counts.tolist()
    assert np.bincount(opened.cell // BINS, coins(opened), 2 * ROWS) == pytest.approx(opened.by_row.ravel())
    for at, (side, low) in enumerate(zip(SIDES, lows, strict=True)):
        pieces = kernel(params, side, BOOK_BIN_LOG)
        assert opened.by_row[at] == pytest.approx(np.bincount(pieces.row, pieces.share, ROWS))
        for i in np.flatnonzero(opened.cell // (ROWS * BINS) == at)[::37]:
            own = np.flatnonzero(pieces.row == opened.cell[i] // BINS % ROWS)
            ends = [(float(pieces.near[j]), float(pieces.far[j])) for j in own]
            column = int(opened.cell[i] % BINS)
            parts = [share_in_bin(column, low, low + width, near, far) for near, far in ends]
            assert coins(opened)[i] == pytest.approx(float(np.array(parts) @ pieces.share[own]), abs=1e-12)


def test_openings_are_the_same_wherever_the_entries_lie_and_are_kept_apart_by_width() -> None:
    opening, pull = Opening(BookParams()), np.ones((2, ROWS + 1))
    one = opening.opened(at_columns(1800, 1700), 5, (BINS, BINS), pull)
    wider = opening.opened(at_columns(1800, 1700), 5 + ENTRY_STEPS, (BINS, BINS), pull)
    again = opening.opened(at_columns(1793, 1711), 5, (BINS, BINS), pull)
    longs = int(one.sides[0])
    assert (again.cell[:longs] + 7).tolist() == one.cell[:longs].tolist()
    assert (again.cell[longs:] - 11).tolist() == one.cell[longs:].tolist()
    assert again.share.tolist() == one.share.tolist()
    assert len(wider.share) == len(one.share) + np.count_nonzero(one.counts)


def test_openings_leave_out_passed_columns() -> None:
    opening, pull = Opening(BookParams()), np.ones((2, ROWS + 1))
    opened = opening.opened(at_columns(1800, 1700), 2 * ENTRY_STEPS, (1700, BINS), pull)
    some = coins(opened) > 0
    column, side = opened.cell[some] % BINS, opened.cell[some] // (ROWS * BINS)
    assert column[side == 0].max() == 1699 == opened.tops[:ROWS].max() - 1
    assert 1690 < column[side == 1].max() == opened.tops[ROWS:].max() - 1 < 1702
    by_side = np.bincount(side, coins(opened)[some])
    assert by_side + opened.never == pytest.approx([1.0, 1.0])
    assert opened.never[0] > 1.02 * opened.never[1]
    assert opening.opened(at_columns(1800, 1700), 2 * ENTRY_STEPS, (-2000, BINS), pull).never[0] == pytest.approx(1.0)


def test_openings_stay_in_their_row_where_levels_lie_above_the_window() -> None:
    opening, pull = Opening(BookParams()), np.ones((2, ROWS + 1))
    whole = opening.opened(at_columns(1700, 1700), 3 * ENTRY_STEPS, (BINS, BINS), pull)
    high = opening.opened(at_columns(BINS + 300, 1700), 3 * ENTRY_STEPS, (BINS, BINS), pull)
    inside = (whole.cell // (ROWS * BINS) == 0) & (whole.cell % BINS + BINS - 1400 < BINS)
    assert (whole.cell[inside] + BINS - 1400).tolist() == high.cell[: high.sides[0]].tolist()
    assert np.bincount(high.cell // BINS, minlength=2 * ROWS).tolist() == high.counts.tolist()
    assert high.by_row.sum(1) + high.never == pytest.approx([1.0, 1.0])


def test_what_an_opening_puts_below_the_window_is_told_by_row() -> None:
    params, pull = BookParams(), np.ones((2, ROWS + 1))
    whole = Opening(params).opened(at_columns(1800, 1800), 5 * ENTRY_STEPS, (BINS, BINS), pull)
    shifted = Opening(params).opened(at_columns(300, 300), 5 * ENTRY_STEPS, (BINS, BINS), pull)
    assert whole.outside is None and shifted.outside is not None
    below = whole.cell % BINS < 1500
    expected = np.bincount(whole.cell[below] // BINS, coins(whole)[below], 2 * ROWS).reshape(2, ROWS)
    assert expected.sum() > 0.1
    assert shifted.outside == pytest.approx(expected, abs=1e-12)
    assert shifted.by_row + shifted.outside == pytest.approx(whole.by_row, abs=1e-12)
    assert (shifted.cell + 1500).tolist() == whole.cell[~below].tolist()
    assert coins(shifted) == pytest.approx(coins(whole)[~below], abs=1e-12)


def test_brackets_set_maintenance_and_highest_leverage() -> None:
    brackets = (Bracket(0, 50_000, 0.01, 0, 50), Bracket(50_000, 1e6, 0.02, 500, 25), Bracket(1e6, 9e6, 0.1, 80_500, 5))
    small, large, *usual = params_for(brackets).tiers
    assert [tier.max_leverage for tier in usual] == [50, 50]
    assert sum(tier.share for tier in params_for(brackets).tiers) == pytest.approx(1.0)
    assert (small.max_leverage, large.max_leverage) == (50, 50)
    assert small.low_rate == small.high_rate == large.low_rate == 0.01
    assert large.high_rate == 0.01
    larger = params_for((*brackets, Bracket(1e8, 2e8, 0.5, 40_080_500, 1))).tiers[1]
    assert larger.low_rate == pytest.approx(0.02 - 500 / 200_000)
    assert larger.high_rate == pytest.approx(0.1 - 80_500 / 2e6)
    assert larger.max_leverage == 25
    assert params_for(()) == BookParams()


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("high", [1800, BINS + 20])
def test_what_one_side_opens_alone_is_what_it_opens_beside_the_other(side: int, high: int) -> None:
    params, rng = BookParams(), np.random.default_rng(3)
    opening, pull, stop = Opening(params), rng.uniform(0.5, 2.0, (2, ROWS + 1)), (1795, 1700)
    low = at_columns(high, 1700)
    both = opening.opened(low, 5, stop, pull)
    alone = opening.opened(low, 5, stop, pull, [at == side for at in range(2)])
    longs = int(both.sides[0])
    own = slice(longs, None) if side else slice(longs)
    assert alone.sides.tolist() == [int(both.sides[at]) if at == side else 0 for at in range(2)]
    for name in ("cell", "share", "whole"):
        assert np.array_equal(getattr(alone, name), getattr(both, name)[own])
    for name in ("weight", "by_row", "never"):
        assert np.array_equal(getattr(alone, name)[side], getattr(both, name)[side])
    rows = slice(side * ROWS, (side + 1) * ROWS)
    assert np.array_equal(alone.counts[rows], both.counts[rows])
    assert np.array_equal(alone.tops[rows], both.tops[rows])
    assert alone.counts.sum() == alone.sides.sum()
    assert (np.delete(alone.tops, rows) < 0).all()
