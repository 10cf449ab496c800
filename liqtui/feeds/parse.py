"""Checks on what a venue sends: every field is proved before it becomes a number; anything else is Garbled."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from liqtui.feeds.base import Garbled

T = TypeVar("T")

_OLDEST_MS = 1_420_070_400_000
"""2015-01-01: no perpetual of today is older."""
_NEWEST_MS = 4_102_444_800_000
"""2100-01-01."""
_HIGHEST_USD = 1e12
_MOST_BASE = 1e18


def number(value: object, what: str) -> float:
    """Return a finite number sent as a number or as text; Garbled otherwise."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Garbled(f"{what}: {_shown(value)} is not a number")
    try:
        result = float(value)
    except ValueError:
        raise Garbled(f"{what}: {_shown(value)} is not a number") from None
    if not math.isfinite(result):
        raise Garbled(f"{what}: {_shown(value)} is not finite")
    return result


def price_usd(value: object, what: str) -> float:
    """Return a price in USD, above zero."""
    result = number(value, what)
    if not 0.0 < result < _HIGHEST_USD:
        raise Garbled(f"{what}: {_shown(value)} is not a price")
    return result


def quantity(value: object, what: str) -> float:
    """Return an amount of zero or more."""
    result = number(value, what)
    if not 0.0 <= result < _MOST_BASE:
        raise Garbled(f"{what}: {_shown(value)} is not an amount")
    return result


def positive(value: object, what: str) -> float:
    """Return an amount above zero."""
    result = quantity(value, what)
    if result == 0.0:
        raise Garbled(f"{what}: zero")
    return result


def fraction(value: object, what: str) -> float:
    """Return a rate between -1 and 1."""
    result = number(value, what)
    if not -1.0 < result < 1.0:
        raise Garbled(f"{what}: {_shown(value)} is not a rate")
    return result


def stamp_ms(value: object, what: str) -> int:
    """Return a time stamp in UTC epoch ms that lies in the years 2015 to 2100."""
    result = number(value, what)
    if not _OLDEST_MS <= result < _NEWEST_MS:
        raise Garbled(f"{what}: {_shown(value)} is not a time in ms")
    return int(result)


def fields(value: object, what: str) -> Mapping[str, object]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise Garbled(f"{what}: not an object but {_shown(value)}")
    return value


def rows(value: object, what: str) -> Sequence[object]:
    """Return a JSON array."""
    if not isinstance(value, list):
        raise Garbled(f"{what}: not an array but {_shown(value)}")
    return value


def columns(value: object, count: int, what: str) -> Sequence[object]:
    """Return a JSON array of at least `count` entries."""
    row = rows(value, what)
    if len(row) < count:
        raise Garbled(f"{what}: {len(row)} columns instead of {count}")
    return row


def only(value: object, what: str) -> object:
    """Return the first entry of a JSON array that may not be empty."""
    return columns(value, 1, what)[0]


def text(value: object, what: str) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise Garbled(f"{what}: {_shown(value)} is not a text")
    return value


def ascending(items: Iterable[T], key: Callable[[T], int]) -> list[T]:
    """Return the items in order of time, the last one of each time stamp."""
    return [item for _, item in sorted({key(item): item for item in items}.items())]


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
