"""The line of the current price stands still while the price goes to and fro over the edge of its row."""

import math

from liqtui.render.view import PriceView
from liqtui.widgets.map_frame import Framing, cell_row

VIEW = PriceView(0.001, 1, 6_900, 20)
"""Ten cell rows of two rows."""


def usd(rows_up: float) -> float:
    """Return the price so many rows above the lower edge."""
    return math.exp((VIEW.low_row + rows_up) * VIEW.row_log)


def rows_of(heights: list[float], view: PriceView = VIEW) -> list[int | None]:
    """Return where the line stands as the price moves."""
    framing = Framing()
    return [framing.price_row(view, usd(height), 2) for height in heights]


def test_the_line_follows_once_the_price_is_a_quarter_of_a_row_beyond() -> None:
    assert rows_of([9.0, 9.9, 10.1, 10.4, 10.1, 9.9]) == [5, 5, 5, 5, 5, 5]
    assert rows_of([9.0, 10.6, 10.1, 9.6, 9.4]) == [5, 4, 4, 4, 5]
    assert rows_of([9.0, 15.0, 3.0]) == [5, 2, 8]


def test_the_line_is_never_further_off_than_that() -> None:
    framing = Framing()
    for step in range(2_000):
        height = 10 + 9.9 * math.sin(step / 70) * math.cos(step / 11)
        row = framing.price_row(VIEW, usd(height), 2)
        assert row is not None
        low = (9 - row) * 2
        assert low - 0.5 <= height <= low + 2.5


def test_another_view_a_price_out_of_sight_and_none_begin_anew() -> None:
    framing = Framing()
    assert framing.price_row(VIEW, usd(9.0), 2) == 5
    assert framing.price_row(VIEW, usd(-0.1), 2) is None
    assert framing.price_row(VIEW, usd(10.1), 2) == cell_row(VIEW, usd(10.1), 2) == 4
    assert framing.price_row(VIEW, None, 2) is None
    assert framing.price_row(VIEW, usd(9.9), 2) == 5
    moved = PriceView(0.001, 1, 6_902, 20)
    assert framing.price_row(moved, usd(12.2), 2) == cell_row(moved, usd(12.2), 2) == 4
