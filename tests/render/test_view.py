"""Views that stand still until they must move."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.render.view import SCALES, PriceView, frame_prices, frame_time

WIDTH = 1e-3


def frame(
    held: PriceView | None, price: float, reach: float = 0.05, rows: int = 40, scale: int | None = None
) -> PriceView:
    """Return a view with the usual bins."""
    return frame_prices(held, price, reach, WIDTH, rows, scale)


@given(st.floats(1e-6, 1e6), st.floats(0.01, 0.2), st.integers(4, 200))
def test_a_new_view_holds_the_price_and_its_reach(price: float, reach: float, rows: int) -> None:
    view = frame(None, price, reach, rows)
    assert view.rows == rows
    assert 0 <= view.row_of(price) < rows
    if view.bins_per_row < SCALES[-1]:
        assert math.log(view.high_usd / price) > reach - 2 * view.row_log
        assert math.log(price / view.low_usd) > reach - 2 * view.row_log


def test_the_view_stays_while_the_price_is_in_its_middle() -> None:
    view = frame(None, 100.0)
    inside, outside = 100 * math.exp(0.25 * 40 * view.row_log), 100 * math.exp(0.35 * 40 * view.row_log)
    assert frame(view, inside) is view
    moved = frame(view, outside)
    assert moved.low_row > view.low_row and moved.bins_per_row == view.bins_per_row


def test_the_automatic_zoom_narrows_late() -> None:
    view = frame(None, 100.0, 0.055)
    assert view.bins_per_row == 3
    assert frame(view, 100.0, 0.035).bins_per_row == 3
    assert frame(view, 100.0, 0.02).bins_per_row == 2
    assert frame(view, 100.0, 0.07).bins_per_row == 4


def test_the_chosen_zoom_holds() -> None:
    assert frame(None, 100.0, 0.3, scale=2).bins_per_row == 2


def test_rows_and_prices_agree() -> None:
    view = PriceView(WIDTH, 4, 1000, 10)
    for row in range(10):
        middle = math.exp((1000 + row + 0.5) * 4 * WIDTH)
        assert view.row_of(middle) == row
    assert view.row_of(view.low_usd * 0.99) < 0
    assert view.row_of(view.high_usd * 1.001) >= 10


@pytest.mark.parametrize(("window", "cells"), [(86_400_000, 65), (14_400_000, 200), (259_200_000, 35)])
def test_time_cells_are_fixed_and_now_walks_through_the_last_ones(window: int, cells: int) -> None:
    page = max(cells // 16, 1)
    start = frame_time(1_790_000_123_456, window, cells).start_ms
    cell_ms = -(-window // cells)
    jumps = []
    for step in range(3 * page):
        now = start + (cells - page + step) * cell_ms + 5
        view = frame_time(now, window, cells)
        assert view.cell_ms == cell_ms and view.start_ms >= now - window
        assert cells - page <= now // cell_ms - view.first_cell < cells
        jumps.append((view.start_ms - start) // cell_ms)
    assert jumps == [0] * page + [page] * page + [2 * page] * page, "it stands still, then moves by a page"


@pytest.mark.parametrize("cells", [65, 200, 35])
def test_a_view_that_never_moves_ends_with_its_moment(cells: int) -> None:
    for step in range(20):
        now = 1_790_000_123_456 + step * 3_600_000
        view = frame_time(now, 86_400_000, cells, moves=False)
        assert now // view.cell_ms == view.first_cell + cells - 1
