"""Rows of public daily dumps made into observations; a ValueError says that a row is bad."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from liqtui.model.margin import liquidation_from_bankruptcy
from liqtui.model.market import Bracket, Funding, Liquidation, LongShortRatio, OpenInterest, PriceBar, Side

Fields = tuple[str, ...]

DEFAULT_FUNDING_INTERVAL_H = 8.0

SIDE_OF_ORDER: dict[str, Side] = {"SELL": "long", "BUY": "short"}
"""A forced sale closes a long."""

BAR_FIELDS = ("open_time", "open", "high", "low", "close", "volume", "taker_buy_volume")
OPEN_INTEREST_FIELDS = ("create_time", "sum_open_interest")
RATIO_FIELDS = ("create_time", "count_long_short_ratio")
FUNDING_FIELDS = ("calc_time", "funding_interval_hours", "last_funding_rate")
PRINT_FIELDS = ("time", "side", "original_quantity", "price", "average_price", "accumulated_fill_quantity")

EARLIEST_MS, LATEST_MS = 10**12, 10**13
"""Stamps outside (2001 to 2286) are no times."""


def bar(row: Fields, step_ms: int) -> PriceBar:
    """Read a kline whose open time is a multiple of its length and whose range holds its open and close."""
    ts_ms = time_ms(row[0])
    opening, high, low, close = (positive(text) for text in row[1:5])
    if ts_ms % step_ms or not low <= min(opening, close) <= max(opening, close) <= high:
        raise ValueError(f"no bar of {step_ms} ms: {row}")
    volume = not_negative(row[5])
    taker_buy = optional(row[6])
    if taker_buy is not None and not 0 <= taker_buy <= volume:
        taker_buy = None
    return PriceBar(ts_ms, step_ms, opening, high, low, close, volume, taker_buy)


def open_interest(row: Fields) -> OpenInterest:
    """Read an open-interest sample."""
    return OpenInterest(time_ms(row[0]), positive(row[1]))


def ratio(row: Fields) -> LongShortRatio | None:
    """Read an account ratio, None where the field is empty."""
    return LongShortRatio(time_ms(row[0]), positive(row[1])) if row[1].strip() else None


def funding(row: Fields) -> Funding:
    """Read a funding rate and when the next is due."""
    ts_ms = time_ms(row[0])
    interval_h = optional(row[1]) or DEFAULT_FUNDING_INTERVAL_H
    rate = float(row[2])
    if not (math.isfinite(rate) and abs(rate) < 1 and 0 < interval_h <= 24):
        raise ValueError(f"no funding rate: {row}")
    return Funding(ts_ms, rate, interval_h, ts_ms + round(interval_h * 3_600_000))


def liquidation(row: Fields, venue: str, asset: str, brackets: Sequence[Bracket]) -> Liquidation:
    """Read a realised liquidation: `price` is the bankruptcy price, `average_price` the fill."""
    side = SIDE_OF_ORDER.get(row[1].strip().upper())
    if side is None:
        raise ValueError(f"no side: {row}")
    filled, fill_usd, bankruptcy_usd = (optional(row[at]) or 0.0 for at in (5, 4, 3))
    qty_base = filled if filled > 0 else positive(row[2])
    price_usd = positive(row[4] if fill_usd > 0 else row[3])
    recovered = None
    if brackets and bankruptcy_usd > 0:
        recovered = liquidation_from_bankruptcy(side, bankruptcy_usd, qty_base, brackets)
    return Liquidation(
        time_ms(row[0]),
        venue,
        asset,
        side,
        qty_base,
        price_usd,
        bankruptcy_usd if bankruptcy_usd > 0 else None,
        recovered,
    )


def time_ms(text: str) -> int:
    """Read a time stamp: epoch seconds, ms, us or ns by magnitude, or UTC text; ValueError if it is none."""
    plain = text.strip()
    stamp_ms = _number_ms(int(plain)) if plain.isdecimal() else _text_ms(plain)
    if not EARLIEST_MS <= stamp_ms < LATEST_MS:
        raise ValueError(f"no time: {text}")
    return stamp_ms


def _number_ms(stamp: int) -> int:
    if stamp < 10**11:
        return stamp * 1000
    if stamp < 10**14:
        return stamp
    return stamp // 1000 if stamp < 10**17 else stamp // 10**6


def _text_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def positive(text: str) -> float:
    """Read a finite number above zero; ValueError otherwise."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"not a positive number: {text}")
    return number


def not_negative(text: str) -> float:
    """Read a finite number of at least zero; ValueError otherwise."""
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"not a number of at least zero: {text}")
    return number


def optional(text: str) -> float | None:
    """Read a finite number, or None where the field is empty or unreadable."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def tick_usd(prices: Sequence[float]) -> float:
    """Return the price step that some prices suggest, 1 where there is none."""
    places = max((-int(Decimal(repr(price)).normalize().as_tuple().exponent) for price in prices), default=0)
    return float(10.0 ** -max(places, 0))
