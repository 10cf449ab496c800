"""The ring of columns: what fell out of it or was never put in is a gap."""

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liqtui.model.history import ROWS, Column, ColumnRing, Rings, Samples
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, PriceBar
from liqtui.model.packed_columns import PackedColumns, packed


def column(i: int, first_bin: int = 1000) -> Column:
    """Return the column that opens at minute `i`, its first cell marked with it."""
    cells = np.zeros(ROWS, dtype=np.float32)
    cells[0] = i
    return Column(i * MINUTE_MS, first_bin, cells, (1.0, 2.0, 0.5, float(i)))


def put(ring: ColumnRing, one: Column) -> None:
    """Put a column into a ring."""
    ring.put(one.ts_ms, one.first_bin, packed(one.cells_usd), one.ohlc_usd)


def test_an_older_column_in_the_same_slot_is_not_shown_for_a_hole() -> None:
    ring = ColumnRing(MINUTE_MS, 10)
    for i in (*range(10), 11, 12):
        put(ring, column(i))
    stretch = ring.stretch(12 * MINUTE_MS, 8, None)
    assert stretch is not None
    assert stretch.ts_ms.tolist() == [i * MINUTE_MS for i in range(5, 13)]
    assert stretch.gap.tolist() == [False] * 5 + [True, False, False]
    assert stretch.cells_usd[:, 0].tolist() == [5, 6, 7, 8, 9, 0, 11, 12]
    assert np.isnan(stretch.ohlc_usd[5]).all()
    assert ring.newest_ms() == 12 * MINUTE_MS


def test_columns_at_different_prices_share_one_grid_of_rows() -> None:
    ring = ColumnRing(MINUTE_MS, 10)
    put(ring, column(1, first_bin=1000))
    put(ring, column(2, first_bin=990))
    stretch = ring.stretch(3 * MINUTE_MS, 3, column(3, first_bin=1005))
    assert stretch is not None
    assert stretch.first_bin == 990
    assert stretch.cells_usd.shape == (3, ROWS + 15)
    assert [int(c.argmax()) for c in stretch.cells_usd] == [10, 0, 15]
    assert [float(c.sum()) for c in stretch.cells_usd] == [1, 2, 3]
    assert stretch.ohlc_usd[-1].tolist() == [1.0, 2.0, 0.5, 3.0]


def test_nothing_but_gaps_is_none() -> None:
    assert ColumnRing(MINUTE_MS, 10).stretch(5 * MINUTE_MS, 4, None) is None
    assert ColumnRing(MINUTE_MS, 10).newest_ms() is None


@given(st.lists(st.floats(0, 2.0**100, width=32), min_size=1, max_size=40), st.floats(1e-35, 1e6))
def test_a_column_is_remembered_to_half_a_thousandth(cells: list[float], unit: float) -> None:
    columns, column = PackedColumns(3, len(cells)), (np.array(cells) * unit).astype(np.float32)
    columns.put(2, packed(column))
    found = np.zeros(len(cells), dtype=np.float32)
    columns.unpack(2, found)
    np.testing.assert_allclose(found, column, rtol=1 / 2048, atol=float(column.max()) * 2.0**-39 + 1e-44)
    assert (found[column == 0] == 0).all()


def test_a_market_of_three_days_is_remembered_in_a_megabyte_and_a_half() -> None:
    """Twelve markets are held at once."""
    cells = np.ones(ROWS, dtype=np.float32)
    tracemalloc.start()
    try:
        rings = Rings()
        for start_ms in range(0, 3 * DAY_MS, 5 * MINUTE_MS):
            rings.remember([PriceBar(start_ms, 5 * MINUTE_MS, 1.0, 1.0, 1.0, 1.0, 1.0)], 0, cells)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rings.wanted(5 * MINUTE_MS, 3 * DAY_MS).newest_ms() == 3 * DAY_MS - 5 * MINUTE_MS
    assert taken < 1.5e6


def test_bars_taken_as_one_keep_their_own_prices() -> None:
    rings, five = Rings(), 5 * MINUTE_MS
    bars = [PriceBar(i * five, five, 10.0 + i, 12.0 + i, 9.0 + i, 11.0 + i, 1.0) for i in range(6)]
    rings.remember(bars, 7, np.full(ROWS, 3.0, dtype=np.float32))
    fine = rings.past(five, 6 * five, 6 * five, 6 * five)
    assert fine is not None
    assert fine.first_bin == 7
    assert not fine.gap.any()
    assert (fine.cells_usd == 3.0).all()
    assert fine.ohlc_usd.tolist() == [[10.0 + i, 12.0 + i, 9.0 + i, 11.0 + i] for i in range(6)]
    quarters = rings.past(3 * five, 6 * five, 6 * five, 6 * five)
    assert quarters is not None
    assert quarters.ohlc_usd.tolist() == [[10.0, 14.0, 9.0, 13.0], [13.0, 17.0, 12.0, 16.0]]


def test_samples_reach_back_three_days_and_a_quarter_and_no_further() -> None:
    samples = Samples()
    for hour in range(100):
        samples.add(PriceBar(hour * HOUR_MS, HOUR_MS, 1.0, 1.0, 1.0, 50.0 + hour, 8.0, 5.0), 1_000.0 + hour)
    series = samples.series()
    assert series is not None
    assert series.ts_ms.tolist() == [hour * HOUR_MS for hour in range(22, 101)]
    assert series.price_usd[[0, -1]].tolist() == [71.0, 149.0] and series.oi_base[-1] == 1_099.0
    assert series.cvd_base[[0, -1]].tolist() == [2.0 * 22, 2.0 * 100]
