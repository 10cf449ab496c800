"""What the venues have in common: the order of klines and book levels, and what brackets must be like."""

from collections.abc import Iterable, Sequence

from liqtui.feeds import parse
from liqtui.feeds.base import Garbled
from liqtui.feeds.calls import MarkRange
from liqtui.model.market import Bracket, PriceBar

INTERVALS = {60_000: "1m", 300_000: "5m"}


def price_bar(row: Sequence[object], step_ms: int, volume: object, taker_buy_base: float | None = None) -> PriceBar:
    """Read [time, open, high, low, close, ...]; Garbled where high and low do not enclose open and close."""
    open_usd, high_usd, low_usd, close_usd = (parse.price_usd(value, "kline") for value in row[1:5])
    if high_usd < max(open_usd, close_usd) or low_usd > min(open_usd, close_usd):
        raise Garbled(f"kline: {low_usd} to {high_usd} does not hold {open_usd} and {close_usd}")
    volume_base = parse.quantity(volume, "volume")
    return PriceBar(
        parse.stamp_ms(row[0], "kline"), step_ms, open_usd, high_usd, low_usd, close_usd, volume_base, taker_buy_base
    )


def mark_range(row: Sequence[object]) -> MarkRange:
    """Read [time, open, high, low, close, ...] of a mark price kline."""
    high_usd, low_usd = parse.price_usd(row[2], "mark high"), parse.price_usd(row[3], "mark low")
    if high_usd < low_usd:
        raise Garbled(f"mark kline: high {high_usd} under low {low_usd}")
    return MarkRange(parse.stamp_ms(row[0], "mark kline"), high_usd, low_usd)


def checked_brackets(found: Iterable[Bracket]) -> tuple[Bracket, ...]:
    """Return brackets that begin at zero and join, with rates between 0 and 1 that never fall; Garbled otherwise."""
    brackets = tuple(found)
    floor_usd = rate = 0.0
    for bracket in brackets:
        joined = bracket.floor_usd == floor_usd < bracket.cap_usd
        if not joined or not rate <= bracket.rate < 1.0 or bracket.rate == 0.0:
            raise Garbled(f"brackets: {bracket.floor_usd} to {bracket.cap_usd} at {bracket.rate} after {rate}")
        floor_usd, rate = bracket.cap_usd, bracket.rate
    if not brackets:
        raise Garbled("brackets: none")
    return brackets


def in_base(contracts: float, contract_base: float) -> float:
    """Return contracts as base coin, to twelve digits: the product of two short decimals is a short decimal again."""
    return float(f"{contracts * contract_base:.12g}")


def levels(value: object, contract_base: float) -> tuple[tuple[float, float], ...]:
    """Read rows of [price, size in contracts, ...], best first, into (price in USD, size in base coin)."""
    pairs = (parse.columns(row, 2, "book level") for row in parse.rows(value, "book side"))
    return tuple(
        (parse.price_usd(row[0], "book price"), in_base(parse.quantity(row[1], "book size"), contract_base))
        for row in pairs
    )
