"""Bybit linear perpetuals: requests, replies and the stream of liquidations.

Formats: bybit-exchange.github.io/docs/v5, market REST and public WebSocket. Lists come newest first.
"""

from collections.abc import Iterator, Mapping, Sequence

from liqtui.feeds import parse
from liqtui.feeds.base import Garbled
from liqtui.feeds.calls import Listing, MarkRange, Params, Reply, Span
from liqtui.feeds.wire.rows import checked_brackets, in_base, levels, mark_range, price_bar
from liqtui.model.market import (
    Bracket,
    Funding,
    Liquidation,
    LongShortRatio,
    OpenInterest,
    OrderBook,
    PriceBar,
    Quote,
    Side,
)

_KLINE = {60_000: "1", 300_000: "5"}
_STATISTIC = {300_000: "5min"}
_POSITION_SIDE: dict[str, Side] = {"Buy": "long", "Sell": "short"}
"""`S` of a liquidation is the side of the position: "Buy" is a long that was liquidated (docs, "All Liquidation")."""

_PERCENT = 10.0
"""Margin rates are fractions in linear markets and percents in older replies: rate x leverage is 1 or 100."""


def symbol(listing: Listing) -> Params:
    """Return the parameters of a question about one market."""
    return {"category": "linear", "symbol": listing.id}


def depth(listing: Listing) -> Params:
    """Return the parameters of the order book."""
    return {**symbol(listing), "limit": 500}


def klines(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of klines."""
    bounds = {"start": span.start_ms, "end": span.end_ms - 1, "limit": span.limit}
    return {**symbol(listing), "interval": _KLINE[span.step_ms], **bounds}


def open_interest_history(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of open interest."""
    return {**symbol(listing), "intervalTime": _STATISTIC[span.step_ms], **_bounds(span)}


def ratio(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of account ratios."""
    return {**symbol(listing), "period": _STATISTIC[span.step_ms], **_bounds(span)}


def read_bars(listing: Listing, body: object, step_ms: int) -> list[PriceBar]:
    """Read klines."""
    found = (parse.columns(row, 6, "kline") for row in _list(body))
    return [price_bar(row, step_ms, volume=row[5]) for row in found]


def read_marks(listing: Listing, body: object, step_ms: int) -> list[MarkRange]:
    """Read mark price klines."""
    return [mark_range(parse.columns(row, 5, "mark kline")) for row in _list(body)]


def read_quote(listing: Listing, replies: Sequence[Reply]) -> Quote:
    """Read the ticker; its time is that of the answer."""
    said = _ticker(replies[0].body)
    return Quote(
        ts_ms=_time(replies[0].body),
        last_usd=parse.price_usd(said.get("lastPrice"), "lastPrice"),
        mark_usd=parse.price_usd(said.get("markPrice"), "markPrice"),
    )


def read_open_interest(listing: Listing, replies: Sequence[Reply]) -> OpenInterest:
    """Read the open interest of the ticker, one-sided."""
    return OpenInterest(_time(replies[0].body), _one_sided(_ticker(replies[0].body)))


def read_open_interest_history(listing: Listing, body: object, step_ms: int) -> list[OpenInterest]:
    """Read open interest, one-sided."""
    samples = (parse.fields(row, "open interest") for row in _list(body))
    return [OpenInterest(parse.stamp_ms(row.get("timestamp"), "timestamp"), _one_sided(row)) for row in samples]


def read_funding(listing: Listing, replies: Sequence[Reply]) -> Funding:
    """Read the funding of the ticker; its interval stands there or, in minutes, in the instrument list."""
    said = _ticker(replies[0].body)
    hours = said.get("fundingIntervalHour")
    interval_h = (
        parse.positive(hours, "fundingIntervalHour")
        if hours not in (None, "")
        else parse.positive(listing.hints.get("fundingInterval"), "fundingInterval") / 60.0
    )
    return Funding(
        ts_ms=_time(replies[0].body),
        rate=parse.fraction(said.get("fundingRate"), "fundingRate"),
        interval_h=interval_h,
        next_ts_ms=parse.stamp_ms(said.get("nextFundingTime"), "nextFundingTime"),
    )


def read_ratio(listing: Listing, body: object, step_ms: int) -> list[LongShortRatio]:
    """Read account ratios."""
    samples = (parse.fields(row, "ratio") for row in _list(body))
    return [
        LongShortRatio(
            parse.stamp_ms(row.get("timestamp"), "timestamp"),
            parse.positive(row.get("buyRatio"), "buyRatio") / parse.positive(row.get("sellRatio"), "sellRatio"),
        )
        for row in samples
    ]


def read_brackets(listing: Listing, replies: Sequence[Reply]) -> tuple[Bracket, ...]:
    """Read the risk limits; where a deduction is missing it follows from continuity at the bracket's floor."""
    found = [parse.fields(row, "risk limit") for row in _list(replies[0].body)]
    found.sort(key=lambda row: parse.positive(row.get("riskLimitValue"), "riskLimitValue"))
    return checked_brackets(_brackets(found))


def read_order_book(listing: Listing, replies: Sequence[Reply]) -> OrderBook:
    """Read the order book."""
    said = _result(replies[0].body)
    contract_base = listing.market.contract_base
    return OrderBook(
        parse.stamp_ms(said.get("ts"), "ts"), levels(said.get("b"), contract_base), levels(said.get("a"), contract_base)
    )


def stream_url(urls: Mapping[str, object]) -> str:
    """Return the address of the public linear stream."""
    public = parse.fields(parse.fields(urls["ws"], "urls")["public"], "urls")
    return parse.text(public["linear"], "url").replace("{hostname}", "bybit.com")


def subscribe(listings: Sequence[Listing]) -> Params:
    """Return the subscription; the answers to pings are the sign of life."""
    return {"op": "subscribe", "req_id": "1", "args": [f"allLiquidation.{listing.id}" for listing in listings]}


def split(message: object) -> Sequence[object]:
    """Return all rows of an allLiquidation message."""
    return parse.rows(parse.fields(message, "allLiquidation").get("data"), "data")


def market_id(row: object) -> str:
    """Return the symbol of a row."""
    return parse.text(parse.fields(row, "liquidation").get("s"), "s")


def read_liquidation(listing: Listing, row: object) -> Liquidation | None:
    """Read a liquidation: `v` is the executed size in base coin, `p` the bankruptcy price."""
    said = parse.fields(row, "liquidation")
    side = _POSITION_SIDE.get(parse.text(said.get("S"), "S"))
    if side is None:
        raise Garbled(f"S: {said.get('S')!r} is not a side")
    bankruptcy_usd = parse.price_usd(said.get("p"), "p")
    return Liquidation(
        ts_ms=parse.stamp_ms(said.get("T"), "T"),
        venue=listing.market.venue,
        asset=listing.market.asset,
        side=side,
        qty_base=in_base(parse.positive(said.get("v"), "v"), listing.market.contract_base),
        price_usd=bankruptcy_usd,
        bankruptcy_usd=bankruptcy_usd,
    )


def _bounds(span: Span) -> Params:
    return {"startTime": span.start_ms, "endTime": span.end_ms - 1, "limit": span.limit}


def _one_sided(said: Mapping[str, object]) -> float:
    """`openInterest` is the sum of both sides (docs, changelog 2026-06-11); older replies lack the single one."""
    single = said.get("singleOpenInterest")
    if single not in (None, ""):
        return parse.quantity(single, "singleOpenInterest")
    return parse.quantity(said.get("openInterest"), "openInterest") / 2.0


def _brackets(found: Sequence[Mapping[str, object]]) -> Iterator[Bracket]:
    floor_usd = rate = amount_usd = 0.0
    for row in found:
        max_leverage = parse.positive(row.get("maxLeverage"), "maxLeverage")
        percents = parse.positive(row.get("initialMargin"), "initialMargin") * max_leverage > _PERCENT
        above = parse.positive(row.get("maintenanceMargin"), "maintenanceMargin") / (100.0 if percents else 1.0)
        deduction = row.get("mmDeduction")
        amount_usd += floor_usd * (above - rate)
        if deduction not in (None, ""):
            amount_usd = parse.quantity(deduction, "mmDeduction")
        rate, cap_usd = above, parse.positive(row.get("riskLimitValue"), "riskLimitValue")
        yield Bracket(floor_usd, cap_usd, rate, amount_usd, max_leverage)
        floor_usd = cap_usd


def _result(body: object) -> Mapping[str, object]:
    return parse.fields(parse.fields(body, "answer").get("result"), "result")


def _list(body: object) -> Sequence[object]:
    return parse.rows(_result(body).get("list"), "list")


def _ticker(body: object) -> Mapping[str, object]:
    return parse.fields(parse.only(_list(body), "tickers"), "ticker")


def _time(body: object) -> int:
    return parse.stamp_ms(parse.fields(body, "answer").get("time"), "time")
