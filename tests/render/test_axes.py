"""Axis labels: round prices with the tick's decimals, calendar times."""

from itertools import pairwise

import pytest

from liqtui.render.axes import price_ticks, time_line, time_ticks
from liqtui.render.view import PriceView, TimeView, frame_prices

HOUR_MS = 3_600_000
MIDNIGHT_MS = 1_790_000_000_000 // 86_400_000 * 86_400_000


@pytest.mark.parametrize(
    ("price", "tick", "labels"),
    [
        (97_123.4, 0.1, ["92,000.0", "94,000.0", "96,000.0", "98,000.0", "100,000.0"]),
        (3_412.55, 0.01, ["3,250.00", "3,300.00", "3,350.00", "3,400.00", "3,450.00", "3,500.00", "3,550.00"]),
        (0.00001234, 1e-8, ["0.00001180", "0.00001200", "0.00001220", "0.00001240", "0.00001260", "0.00001280"]),
        (2.5, 0.5, ["2.5"]),
    ],
)
def test_prices_are_round_and_carry_the_decimals_of_the_tick(price: float, tick: float, labels: list[str]) -> None:
    view = frame_prices(None, price, 0.05, 1e-3, 26, None)
    ticks = price_ticks(view, tick, 3)
    assert [label for _, label in ticks] == labels
    for row, label in ticks:
        assert view.row_of(float(label.replace(",", ""))) == row


def test_price_labels_keep_their_distance() -> None:
    for rows in (8, 24, 60, 120):
        found = [row for row, _ in price_ticks(frame_prices(None, 182.3, 0.05, 1e-3, rows, None), 0.001, 6)]
        assert all(b - a >= 5 for a, b in pairwise(found)), (rows, found)
        assert found


def test_times_stand_at_the_full_hour_and_midnight_carries_its_date() -> None:
    view = TimeView(HOUR_MS // 4, (MIDNIGHT_MS - 5 * HOUR_MS) // (HOUR_MS // 4), 40)
    assert time_ticks(view, 9) == [(8, "21:00"), (20, "21 Sep"), (32, "03:00")]
    assert time_line(time_ticks(view, 9), 40) == "        ╵21:00      ╵21 Sep     ╵03:00  "


def test_a_label_that_would_be_cut_is_left_out() -> None:
    assert time_line([(0, "18:00"), (6, "19:00")], 12) == "╵18:00      "
    assert time_line([(0, "18:00"), (7, "19:00")], 12) == "╵18:00      "
    assert time_line([(0, "18:00"), (7, "19:00")], 13) == "╵18:00 ╵19:00"


def test_three_days_are_labelled_by_date() -> None:
    view = TimeView(2 * HOUR_MS, (MIDNIGHT_MS - 36 * HOUR_MS) // (2 * HOUR_MS), 36)
    assert [label for _, label in time_ticks(view, 10)] == ["20 Sep", "21 Sep", "22 Sep"]


def test_a_view_of_one_price_has_no_more_labels_than_rows() -> None:
    assert len(price_ticks(PriceView(1e-3, 1, 4605, 4), 0.01, 3)) <= 2
