"""The checks on fields: what passes, and that nothing else does."""

import math
from collections.abc import Callable

import pytest

from liqtui.feeds import parse
from liqtui.feeds.base import Garbled


@pytest.mark.parametrize(("value", "number"), [("1.5", 1.5), (2, 2.0), (-0.25, -0.25), ("1e3", 1000.0), (" 7 ", 7.0)])
def test_numbers(value: object, number: float) -> None:
    """Numbers come as numbers or as text."""
    assert parse.number(value, "x") == number


@pytest.mark.parametrize("value", [None, True, "", "abc", "1,5", [], {}, "nan", "inf", "-Infinity", math.nan, math.inf])
def test_what_is_no_number(value: object) -> None:
    """Neither NaN nor infinity, nor a truth value."""
    with pytest.raises(Garbled, match="price"):
        parse.number(value, "price")


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (parse.price_usd, ["0.00001", "90000"], ["0", "-1", "1e13"]),
        (parse.quantity, ["0", "5"], ["-0.1", "1e19"]),
        (parse.positive, ["0.1"], ["0", "-1"]),
        (parse.fraction, ["-0.0375", "0"], ["1", "-1", "100"]),
        (parse.stamp_ms, [1_795_178_060_123, "1795178060123"], [0, 1_795_178_060, "-1", 9_000_000_000_000]),
    ],
)
def test_ranges(check: Callable[[object, str], float], good: list[object], bad: list[object]) -> None:
    """Seconds are no milliseconds, zero is no price."""
    for value in good:
        assert check(value, "x") == float(str(value))
    for value in bad:
        with pytest.raises(Garbled):
            check(value, "x")


def test_shapes() -> None:
    """Objects, arrays, texts; the offending value is shown, cut short."""
    assert parse.fields({"a": 1}, "x") == {"a": 1} and parse.rows([1], "x") == [1] and parse.text("a", "x") == "a"
    for check, value in ((parse.fields, []), (parse.rows, {}), (parse.text, ""), (parse.text, 5), (parse.only, [])):
        with pytest.raises(Garbled):
            check(value, "x")
    with pytest.raises(Garbled) as caught:
        parse.fields(["y" * 500], "answer")
    assert len(str(caught.value)) < 80


def test_ascending_keeps_the_last_of_each_stamp() -> None:
    """Pages overlap and come newest first."""
    told = [(3, "c"), (1, "a"), (2, "b"), (1, "again")]
    assert parse.ascending(told, lambda row: row[0]) == [(1, "again"), (2, "b"), (3, "c")]
