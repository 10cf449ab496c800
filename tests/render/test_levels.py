"""Fields to classes: mass is kept by zooming, time takes the highest, ranks are per side, nothing is invented."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.render.levels import (
    CLASSES,
    RANKS_PCT,
    Floats,
    classes,
    column_rows,
    columns_of_cells,
    percentiles,
    reduce_field,
    settle,
    side_rows,
    sum_rows,
    thresholds,
)
from liqtui.render.view import SCALES, PriceView, TimeView, frame_time


def view(low_row: int, rows: int, bins_per_row: int = 1, width_log: float = 1e-3) -> PriceView:
    """Return a price view by its rows."""
    return PriceView(width_log, bins_per_row, low_row, rows)


def split_sides(cells_usd: Floats, first_bin: int, width_log: float, close_usd: Floats) -> tuple[Floats, Floats]:
    """Return (long, short) parts of a (columns, bins) field: bins with their middle below the close are longs."""
    middles = (np.arange(cells_usd.shape[1]) + first_bin + 0.5) * width_log
    with np.errstate(invalid="ignore"):
        below = middles[None, :] < np.log(close_usd)[:, None]
    return np.where(below, cells_usd, 0.0), np.where(below, 0.0, cells_usd)


def test_rows_add_up_whole_bins_and_align_to_absolute_bins() -> None:
    cells = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    assert sum_rows(cells, 3, view(1, 3, 2)).tolist() == [[1.0, 5.0, 9.0]]
    assert sum_rows(cells, 3, view(2, 2, 2)).tolist() == [[5.0, 9.0]]
    assert sum_rows(cells, 3, view(50, 2, 2)).tolist() == [[0.0, 0.0]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 60), st.integers(-40, 40), st.sampled_from(SCALES))
def test_mass_is_kept_under_every_zoom(seed: int, columns: int, bins: int, first_bin: int, scale: int) -> None:
    cells = np.random.default_rng(seed).exponential(1e6, (columns, bins))
    low = first_bin // scale
    rows = (first_bin + bins) // scale - low + 1
    assert np.allclose(sum_rows(cells, first_bin, view(low, rows, scale)).sum(axis=1), cells.sum(axis=1), rtol=1e-12)


def test_bins_below_the_close_are_longs() -> None:
    close = np.exp(np.array([10.3e-3, 12.2e-3]))
    longs, shorts = side_rows(np.ones((2, 4)), 9, close, view(9, 4))
    assert longs.tolist() == [[1, 0, 0, 0], [1, 1, 1, 0]]
    assert (longs + shorts).tolist() == np.ones((2, 4)).tolist()


@settings(max_examples=300, deadline=None)
@given(st.integers(-40, 11_000), st.integers(-20, 20), st.sampled_from(SCALES), st.integers(0, 2**32 - 1))
def test_rows_of_a_side_are_the_sums_of_its_bins(first_bin: int, above: int, scale: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    usd = rng.exponential(1e6, (12, 40))
    bins = first_bin + rng.integers(-30, 70, 12) + rng.choice([0.5, *rng.random(3)], 12)
    close_usd = np.where(rng.random(12) < 0.2, np.nan, np.exp(bins * 1e-3))
    prices = view(first_bin // scale + above, int(rng.integers(1, 40)), scale)
    for found, side in zip(
        side_rows(usd, first_bin, close_usd, prices), split_sides(usd, first_bin, 1e-3, close_usd), strict=True
    ):
        assert np.allclose(found, sum_rows(side, first_bin, prices), rtol=1e-12, atol=0)


def test_cells_take_the_columns_that_start_in_them_or_cover_them() -> None:
    stamps = np.array([0, 10, 20, 30])
    wide, known = columns_of_cells(stamps, 10, TimeView(25, -1, 4))
    assert (wide.tolist(), known.tolist()) == ([0, 0, 3, 3], [False, True, True, False])
    narrow, known = columns_of_cells(stamps, 10, TimeView(4, -1, 6))
    assert (narrow.tolist(), known.tolist()) == ([0, 0, 0, 1, 1, 1], [False, True, True, True, True, True])


def reduced(cells: Floats, times: TimeView, gap: list[int] | None = None) -> tuple[Floats, list[bool], list[bool]]:
    """Return (longs + shorts, gap, settled) of a field with one-minute columns and bins 0.. at price 1."""
    columns = len(cells)
    gaps = np.isin(np.arange(columns), gap or [])
    close = np.where(gaps, np.nan, np.exp(1e-3))
    prices = view(0, cells.shape[1])
    field = reduce_field(
        cells, 0, np.arange(columns) * 60_000, 60_000, np.repeat(close[:, None], 4, 1), gaps, prices, times
    )
    return field.long_usd + field.short_usd, field.gap.tolist(), field.settled.tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 5))
def test_time_takes_the_highest_of_each_cell(seed: int, columns: int, per_cell: int) -> None:
    cells = np.random.default_rng(seed).exponential(1.0, (columns, 3))
    count = -(-columns // per_cell)
    got, gap, settled = reduced(cells, TimeView(60_000 * per_cell, 0, count))
    wanted = [cells[i * per_cell : (i + 1) * per_cell].max(axis=0) for i in range(count)]
    assert np.array_equal(got, np.array(wanted))
    assert not any(gap)
    assert settled == [True] * (count - 1) + [False], "only the cell with the forming column is unsettled"


def test_narrow_cells_repeat_their_column_unchanged() -> None:
    got, _, _ = reduced(np.array([[1.0, 5.0], [2.0, 4.0]]), TimeView(20_000, 0, 6))
    assert got.tolist() == [[1.0, 5.0]] * 3 + [[2.0, 4.0]] * 3


def test_a_cell_is_a_gap_only_when_all_of_it_is_and_so_is_time_before_the_first_column() -> None:
    cells = np.ones((6, 2))
    cells[2:5] = 0.0
    got, gap, settled = reduced(cells, TimeView(120_000, -1, 4), gap=[2, 3, 4])
    assert gap == [True, False, True, False]
    assert settled == [False, True, False, False]
    assert got.tolist() == [[0, 0], [1, 1], [0, 0], [1, 1]]


def test_what_is_yet_to_come_is_empty_and_no_gap() -> None:
    got, gap, settled = reduced(np.ones((4, 2)), TimeView(60_000, 2, 5), gap=[2])
    assert gap == [True, False, False, False, False]
    assert got.tolist() == [[1, 1], [1, 1], [0, 0], [0, 0], [0, 0]]
    assert not any(settled)


def test_thresholds_are_percentiles_of_what_is_positive() -> None:
    limits = thresholds(np.concatenate([np.zeros(500), np.arange(1.0, 1001.0)]))
    assert limits.shape == (CLASSES,)
    assert np.allclose(limits, [1 + 999 * rank / 100 for rank in RANKS_PCT])
    assert thresholds(np.zeros(9)).size == 0


@given(
    st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=50),
    st.lists(st.floats(0, 100), min_size=1, max_size=6),
)
def test_percentiles_are_those_of_numpy(values: list[float], ranks_pct: list[float]) -> None:
    given_order = np.array(values)
    got = percentiles(given_order, ranks_pct)
    assert np.allclose(got, np.percentile(np.array(values), ranks_pct), rtol=1e-12)
    assert given_order.tolist() == values


def test_classes_count_the_limits_reached() -> None:
    limits = np.arange(1.0, CLASSES + 1.0)
    assert classes(np.array([[0.0, 0.5, 1.0], [1.5, 16.0, 99.0]]), limits).tolist() == [[0, 0, 1], [1, 16, 16]]


def test_a_field_of_equal_values_is_neither_nothing_nor_the_strongest() -> None:
    values = np.full((3, 3), 7.0)
    assert set(classes(values, thresholds(values)).ravel().tolist()) == {CLASSES // 2}
    assert classes(np.zeros((2, 2)), thresholds(values)).max() == 0
    assert classes(np.ones((2, 2)), np.empty(0)).max() == 0


def test_classes_are_the_same_for_every_unit() -> None:
    values = np.random.default_rng(5).exponential(1.0, (40, 40))
    assert np.array_equal(classes(values, thresholds(values)), classes(values * 1e6, thresholds(values * 1e6)))


def test_limits_stay_until_the_picture_has_really_changed() -> None:
    held = np.linspace(1.0, 16.0, CLASSES)
    assert settle(held, held * 1.2) is held
    assert settle(held, fresh := held * 1.4) is fresh
    outlier = held.copy()
    outlier[-1] *= 2
    assert settle(held, outlier) is outlier
    assert settle(None, held) is held
    assert settle(held, empty := np.empty(0)) is empty


@settings(max_examples=200, deadline=None)
@given(st.integers(4, 250), st.sampled_from([60_000, 300_000]), st.integers(2, 300), st.integers(0, 10**10))
def test_a_map_without_holes_fills_its_view_up_to_now(cells: int, step_ms: int, columns: int, now_ms: int) -> None:
    now_ms += 10**12
    stamps = now_ms // step_ms * step_ms - step_ms * np.arange(columns - 1, -1, -1)
    times = frame_time(now_ms, (columns - 1) * step_ms, cells)
    known = columns_of_cells(stamps, step_ms, times)[1]
    assert known[: now_ms // times.cell_ms - times.first_cell + 1].all()


@settings(max_examples=300, deadline=None)
@given(st.integers(-40, 11_000), st.integers(-30, 60), st.integers(1, 9), st.booleans(), st.integers(0, 2**32 - 1))
def test_one_column_is_cut_at_the_close_as_many_are(
    first_bin: int, place: int, scale: int, on_a_middle: bool, seed: int
) -> None:
    rng, width_log = np.random.default_rng(seed), 1e-3
    usd = rng.exponential(1e6, (1, 40))
    close = np.exp((first_bin + place + (0.5 if on_a_middle else rng.random())) * width_log)
    prices = PriceView(width_log, scale, first_bin // scale + int(rng.integers(-3, 4)), 12)
    for usd_close in (float(close), float(np.nextafter(close, 0)), float("nan")):
        sides = split_sides(usd, first_bin, width_log, np.array([usd_close]))
        wanted = [sum_rows(side, first_bin, prices)[0] for side in sides]
        found = column_rows(usd[0], first_bin, usd_close, prices)
        assert all(np.array_equal(got, want) for got, want in zip(found, wanted, strict=True))


def test_one_column_adds_up_by_side_and_row() -> None:
    longs, shorts = column_rows(np.array([1.0, 2.0, 4.0, 8.0, 16.0]), 10, float(np.exp(12.9e-3)), view(5, 3, 2))
    assert (longs.tolist(), shorts.tolist()) == ([3.0, 4.0, 0.0], [0.0, 8.0, 16.0])
