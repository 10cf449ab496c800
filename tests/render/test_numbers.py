"""Figures as text: widths, signs, rounding at the edges of a unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.render.bars import bar
from liqtui.render.numbers import (
    clock,
    compact,
    compact_range,
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


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (8.2e6, 19.4e6, "8..19M"), (0.9e6, 1.2e6, "0.9..1.2M"), (40e3, 1.2e6, "40K..1.2M"), (40e3, 1.2e9, "40K..1.2B"),
        (0.5e6, 19e6, "0.5..19M"), (110e6, 190e6, "110..190M"), (0.0, 3.1e6, "0..3.1M"), (12.0, 950.0, "12..950"),
        (3e6, 240e6, "3..240M"), (99_960.0, 99_960.0, "100..100K"), (0.0, 0.0, "0..0"), (999_400.0, 1.0e6, "1.0..1.0M"),
    ],
)  # fmt: skip
def test_a_range_has_one_unit_where_both_ends_have_a_figure_in_it(low: float, high: float, text: str) -> None:
    assert compact_range(low, high) == text


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_a_range_is_short_and_its_ends_are_those_given(one: float, other: float) -> None:
    low, high = sorted((one, other))
    text = compact_range(low, high)
    assert len(text) <= 10
    unit = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    last = text[-1]
    for wanted, part in zip((low, high), text.split(".."), strict=True):
        scale = unit.get(part[-1], unit.get(last, 1.0))
        found = float(part.rstrip("KMBT")) * scale
        assert found == pytest.approx(wanted, rel=0.5, abs=0.51 if scale == 1 else 0.051 * scale)
