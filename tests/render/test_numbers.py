"""Figures as text: widths, signs, rounding at the edges of a unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.render.bars import bar
from liqtui.render.numbers import (
    clock,
    compact,
    countdown,
    price,
    price_decimals,
    signed_atr,
    signed_compact,
    signed_pct,
    span,
)


@pytest.mark.parametrize(
    ("tick", "decimals"), [(0.1, 1), (0.01, 2), (0.05, 2), (1e-7, 7), (1.0, 0), (10.0, 0), (0.0, 0), (float("nan"), 0)]
)
def test_decimals_follow_the_tick(tick: float, decimals: int) -> None:
    assert price_decimals(tick) == decimals


def test_price_has_thousands_marks_and_keeps_its_decimals() -> None:
    assert price(97123.4, 1) == "97,123.4"
    assert price(0.0001234, 7) == "0.0001234"
    assert price(None, 2) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (950, "950"), (999.4, "999"), (999.6, "1.0K"), (1234, "1.2K"), (99_940, "99.9K"), (99_960, "100K"),
        (999_600, "1.0M"), (45_300_000, "45.3M"), (5.6e9, "5.6B"), (2e12, "2.0T"), (-1234, "-1.2K"), (None, "–"),
    ],
)  # fmt: skip
def test_compact_rolls_over_to_the_next_unit(value: float | None, text: str) -> None:
    assert compact(value) == text


@given(st.floats(0, 9e14))
def test_compact_needs_at_most_five_cells_and_stays_near_the_value(value: float) -> None:
    text = compact(value)
    unit = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(text[-1], 1.0)
    assert len(text) <= 5
    assert float(text.rstrip("KMBT")) * unit == pytest.approx(value, rel=0.051, abs=0.51)


def test_signed_numbers_show_their_sign() -> None:
    assert [signed_compact(v) for v in (1.2e6, -340_000, 0, None)] == ["+1.2M", "-340K", "+0", "–"]
    assert [signed_pct(v) for v in (-0.001, 0.0, 0.004)] == ["0.00%"] * 3, "no sign where nothing is left of it"
    assert [signed_pct(v) for v in (1.424, -12.34, 9.996, 99.96, 150.2)] == [
        "+1.42%", "-12.3%", "+10.0%", "+100%", "+150%",
    ]  # fmt: skip
    assert [signed_atr(v) for v in (-1.24, 9.96, 15.2, None)] == ["1.2A", "10A", "15A", "–"]


@given(st.floats(-900, 900))
def test_percentages_need_at_most_six_cells(value: float) -> None:
    assert len(signed_pct(value)) <= 6


def test_times() -> None:
    assert [span(ms) for ms in (0, 14_900, 119_000, 120_000, 7_200_000, 172_800_000, -5, None)] == [
        "0 s", "14 s", "119 s", "2 min", "2 h", "2 d", "0 s", "–",
    ]  # fmt: skip
    assert [countdown(ms) for ms in (0, 7_500_000, None)] == ["0h00", "2h05", "–"]
    assert clock(1_790_000_602_000) == "14:23:22"


def test_bars_grow_by_eighths() -> None:
    assert bar(0.5, 4) == "██  "
    assert bar(1.0, 3) == "███"
    assert bar(0.0, 3) == "   "
    assert bar(1e-9, 3) == "▏  "
    assert bar(17 / 32, 4) == "██▏ "
    assert bar(7.0, 2) == "██"
    assert bar(float("nan"), 2) == "  "
    assert bar(0.5, 0) == ""
