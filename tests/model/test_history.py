"""The ring of columns: what fell out of it or was never put in is a gap."""

import numpy as np

from liqtui.model.history import ROWS, Column, ColumnRing
from liqtui.model.market import MINUTE_MS


def column(i: int, first_bin: int = 1000) -> Column:
    """Return the column that opens at minute `i`, its first cell marked with it."""
    cells = np.zeros(ROWS, dtype=np.float32)
    cells[0] = i
    return Column(i * MINUTE_MS, first_bin, cells, (1.0, 2.0, 0.5, float(i)))


def test_an_older_column_in_the_same_slot_is_not_shown_for_a_hole() -> None:
    ring = ColumnRing(MINUTE_MS, 10)
    for i in (*range(10), 11, 12):
        ring.put(column(i))
    stretch = ring.stretch(12 * MINUTE_MS, 8, None)
    assert stretch is not None
    assert stretch.ts_ms.tolist() == [i * MINUTE_MS for i in range(5, 13)]
    assert stretch.gap.tolist() == [False] * 5 + [True, False, False]
    assert stretch.cells_usd[:, 0].tolist() == [5, 6, 7, 8, 9, 0, 11, 12]
    assert np.isnan(stretch.ohlc_usd[5]).all()
    assert ring.newest_ms() == 12 * MINUTE_MS


def test_columns_at_different_prices_share_one_grid_of_rows() -> None:
    ring = ColumnRing(MINUTE_MS, 10)
    ring.put(column(1, first_bin=1000))
    ring.put(column(2, first_bin=990))
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
