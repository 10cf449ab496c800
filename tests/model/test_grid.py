"""The grid: bins are absolute, aligned with heat rows, and the window follows price."""

import math

from hypothesis import given
from hypothesis import strategies as st

from liqtui.model.grid import (
    BINS,
    BINS_PER_HEAT_ROW,
    BOOK_BIN_LOG,
    DRIFT_BINS,
    ENTRY_STEPS,
    Window,
    bin_at,
    bin_of,
    entries_at,
    price_of,
)
from liqtui.model.params import FARTHEST_LOG
from liqtui.model.snapshot import HEAT_BIN_LOG


def test_a_bin_covers_its_log_prices_from_the_lower_edge_up() -> None:
    assert bin_at(10 * BOOK_BIN_LOG + 1e-9) == 10
    assert bin_at(10 * BOOK_BIN_LOG - 1e-9) == 9
    assert bin_of(1.0) == 0
    assert bin_of(0.9999) == -1


@given(st.floats(1e-8, 1e8))
def test_price_lies_in_its_bin_and_heat_rows_hold_whole_bins(price_usd: float) -> None:
    b = bin_of(price_usd)
    assert price_of(b) * (1 - 1e-12) <= price_usd <= price_of(b + 1) * (1 + 1e-12)
    assert b // BINS_PER_HEAT_ROW == bin_of(price_usd, HEAT_BIN_LOG)


def test_window_reaches_the_farthest_level_and_forty_per_cent_wherever_price_drifted() -> None:
    y = math.log(60_000)
    window = Window.around(y)
    farthest = (DRIFT_BINS + 1) * BOOK_BIN_LOG
    for drift in (-farthest + BOOK_BIN_LOG, 0.0, farthest - BOOK_BIN_LOG):
        assert window.position(y + drift - FARTHEST_LOG) > 0
        assert window.position(y + drift) < BINS
    assert FARTHEST_LOG >= 0.52, "40 % below price"


@given(st.floats(-3, 3))
def test_drift_recentres_only_when_price_went_far(move: float) -> None:
    y = math.log(60_000)
    window = Window.around(y)
    shift = window.drift(y + move)
    assert shift == 0 if abs(move) < DRIFT_BINS * BOOK_BIN_LOG else abs(shift) >= DRIFT_BINS
    if shift:
        assert Window(window.first_bin + shift).drift(y + move) == 0


@given(st.floats(-3000, 3000), st.floats(0, 200))
def test_entries_are_whole_steps_as_near_to_their_range_as_they_can_be(low: float, width: float) -> None:
    first, wide = entries_at(low, low + width)
    assert wide == max(round((low + width - low) * ENTRY_STEPS), 1)
    assert abs((first + wide / 2) / ENTRY_STEPS - (low + width / 2)) <= 0.5 / ENTRY_STEPS + 1e-9
    assert entries_at(2.1, 7.2) == (2 * ENTRY_STEPS, 5 * ENTRY_STEPS)
