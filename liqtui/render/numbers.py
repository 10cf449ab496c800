"""Numbers as a trader reads them: short, of a fixed width, with the decimals of the tick."""

from bisect import bisect_right
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

NOTHING = "–"
"""Stands where a figure is not known."""

_SUFFIXES = ("", "K", "M", "B", "T")
_UNITS = (1e3, 1e6, 1e9, 1e12)
"""From what size on each suffix but the first stands."""
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


@lru_cache(maxsize=256)
def price_decimals(tick_usd: float) -> int:
    """Return how many decimals a price with this tick has; a tick of 10 or an impossible one has none."""
    if not tick_usd > 0:
        return 0
    exponent = Decimal(repr(tick_usd)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@lru_cache(maxsize=1024)
def price(value_usd: float | None, decimals: int) -> str:
    """Return a price with thousands marks: `97,123.4`."""
    return NOTHING if value_usd is None else f"{value_usd:,.{decimals}f}"


@lru_cache(maxsize=1024)
def compact(value: float | None) -> str:
    """Return a size in at most five cells (six below zero): `950`, `1.2K`, `45.3M`, `120B`."""
    if value is None:
        return NOTHING
    size = abs(value)
    unit = bisect_right(_UNITS, size)
    text = _three_digits(size, unit)
    if text == "1000" and unit < len(_UNITS):  # too long in this unit, however it is rounded
        unit, text = unit + 1, "1.0"
    return f"{'-' if value < 0 else ''}{text}{_SUFFIXES[unit]}"


def _three_digits(size: float, unit: int) -> str:
    """Return one decimal below 100 in a unit other than one, none elsewhere."""
    if not unit:
        return f"{size:.0f}"
    text = f"{size / 1000.0**unit:.1f}"
    return text if len(text) < len("100.0") else f"{size / 1000.0**unit:.0f}"


@lru_cache(maxsize=256)
def compact_range(low: float, high: float) -> str:
    """Return two sizes in at most ten cells, in one unit where both have a figure in it: `8..19M`, `40K..1.2M`."""
    unit = compact(high).lstrip("-0123456789.")
    scale = 1000.0 ** _SUFFIXES.index(unit)
    ends = low / scale, high / scale
    if 0 < ends[0] < 0.1 and not _whole(low)[-1].isdigit():
        return f"{_whole(low)}..{compact(high) if ends[1] < 10 else _whole(high)}"
    decimals = [0 if not unit or value >= 10 or value < 0.05 else 1 for value in ends]
    if ends[0] >= 1 and ends[1] >= 10:
        decimals[0] = 0
    return f"{ends[0]:.{decimals[0]}f}..{ends[1]:.{decimals[1]}f}{unit}"


def _whole(value: float) -> str:
    """Return a size without decimals: `40K`."""
    unit = compact(value).lstrip("-0123456789.")
    return f"{value / 1000.0 ** _SUFFIXES.index(unit):.0f}{unit}"


def signed_compact(value: float | None) -> str:
    """Return a change of size with its sign: `+1.2M`, `-340K`."""
    if value is None:
        return NOTHING
    return compact(value) if value < 0 else f"+{compact(value)}"


@lru_cache(maxsize=1024)
def signed_pct(value: float | None) -> str:
    """Return a signed percentage in at most six cells: `+1.42%`, `-12.3%`, `+150%`."""
    if value is None:
        return NOTHING
    if abs(value) < 0.005:
        return "0.00%"
    text = f"{value:+.2f}"
    if len(text) > len("+9.99"):
        text = f"{value:+.1f}"
    return f"{text}%" if len(text) <= len("+99.9") else f"{value:+.0f}%"


@lru_cache(maxsize=1024)
def signed_atr(value: float | None) -> str:
    """Return a distance in average true ranges without its sign: `1.2A`, `15A`."""
    if value is None:
        return NOTHING
    size = min(abs(value), 999)
    text = f"{size:.1f}"
    return f"{text}A" if len(text) <= len("9.9") else f"{size:.0f}A"


def span(ms: int | None) -> str:
    """Return a length of time in one unit: `14 s`, `3 min`, `2 h`, `5 d`."""
    if ms is None:
        return NOTHING
    size = max(ms, 0)
    for unit_ms, name, until_ms in (
        (1000, "s", 2 * _MINUTE_MS),
        (_MINUTE_MS, "min", 2 * _HOUR_MS),
        (_HOUR_MS, "h", 2 * _DAY_MS),
    ):
        if size < until_ms:
            return f"{size // unit_ms} {name}"
    return f"{size // _DAY_MS} d"


def countdown(ms: int | None) -> str:
    """Return the time left as hours and minutes: `2h05`, `0h00`."""
    if ms is None:
        return NOTHING
    minutes = max(ms, 0) // _MINUTE_MS
    return f"{minutes // 60}h{minutes % 60:02d}"


def clock(ts_ms: int) -> str:
    """Return the UTC time of day: `14:03:22`."""
    minutes, second = divmod(ts_ms // 1000 % 86_400, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


def day_clock(ts_ms: int) -> str:
    """Return the UTC day and minute: `3 Jan 14:03`."""
    at = moment(ts_ms)
    return f"{at.day} {at:%b %H:%M}"


def day(ts_ms: int) -> str:
    """Return the UTC day: `2025-12-31`."""
    return _day_text(ts_ms // _DAY_MS)


@lru_cache(maxsize=8)
def _day_text(days: int) -> str:
    return f"{moment(days * _DAY_MS):%Y-%m-%d}"


def moment(ts_ms: int) -> datetime:
    """Return a UTC time stamp as a datetime."""
    return datetime.fromtimestamp(ts_ms / 1000, tz=UTC)
