"""Binance USD-M futures: requests, replies and the stream of forced orders.

Formats: developers.binance.com, "USDⓈ-M Futures", market data REST and WebSocket market streams.
"""

from collections.abc import Mapping, Sequence

from liqtui.feeds import parse
from liqtui.feeds.base import Garbled
from liqtui.feeds.calls import Listing, MarkRange, Params, Reply, Span
from liqtui.feeds.wire.rows import INTERVALS, in_base, levels, mark_range, price_bar
from liqtui.model.market import (
    Funding,
    Liquidation,
    LongShortRatio,
    OpenInterest,
    OrderBook,
    PriceBar,
    Quote,
)

_ENDED = {"FILLED", "EXPIRED", "CANCELED", "EXPIRED_IN_MATCH"}
"""Order states after which the executed size no longer grows; earlier states would count a liquidation twice."""

_USUAL_INTERVAL_H = 8.0
"""`fundingInfo` lists only the symbols that differ from it."""


def symbol(listing: Listing) -> Params:
    """Return the parameters of a question about one market."""
    return {"symbol": listing.id}


def depth(listing: Listing) -> Params:
    """Return the parameters of the order book (weight 10)."""
    return {"symbol": listing.id, "limit": 500}


def nothing(listing: Listing) -> Params:
    """Return the parameters of a question about all markets."""
    return {}


def klines(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of klines; the weight grows with `limit`."""
    return {
        "symbol": listing.id,
        "interval": INTERVALS[span.step_ms],
        "startTime": span.start_ms,
        "endTime": span.end_ms - 1,
        "limit": span.limit,
    }


def statistics(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of `/futures/data`."""
    return {
        "symbol": listing.id,
        "period": INTERVALS[span.step_ms],
        "startTime": span.start_ms,
        "endTime": span.end_ms - 1,
        "limit": span.limit,
    }


def read_bars(listing: Listing, body: object, step_ms: int) -> list[PriceBar]:
    """Read klines; column 9 is the base volume bought by takers."""
    return [_bar(parse.columns(row, 10, "kline"), step_ms) for row in parse.rows(body, "klines")]


def read_marks(listing: Listing, body: object, step_ms: int) -> list[MarkRange]:
    """Read mark price klines."""
    return [mark_range(parse.columns(row, 5, "mark kline")) for row in parse.rows(body, "mark klines")]


def read_quote(listing: Listing, replies: Sequence[Reply]) -> Quote:
    """Read `ticker/24hr` and `premiumIndex`."""
    ticker, premium = (parse.fields(reply.body, "ticker") for reply in replies)
    return Quote(
        ts_ms=parse.stamp_ms(ticker.get("closeTime"), "closeTime"),
        last_usd=parse.price_usd(ticker.get("lastPrice"), "lastPrice"),
        mark_usd=parse.price_usd(premium.get("markPrice"), "markPrice"),
    )


def read_open_interest(listing: Listing, replies: Sequence[Reply]) -> OpenInterest:
    """Read `openInterest`, which is one-sided and in base coin."""
    said = parse.fields(replies[0].body, "open interest")
    return OpenInterest(
        parse.stamp_ms(said.get("time"), "time"), parse.quantity(said.get("openInterest"), "openInterest")
    )


def read_open_interest_history(listing: Listing, body: object, step_ms: int) -> list[OpenInterest]:
    """Read `openInterestHist`."""
    samples = (parse.fields(row, "open interest") for row in parse.rows(body, "open interest history"))
    return [
        OpenInterest(
            parse.stamp_ms(row.get("timestamp"), "timestamp"),
            parse.quantity(row.get("sumOpenInterest"), "sumOpenInterest"),
        )
        for row in samples
    ]


def read_funding(listing: Listing, replies: Sequence[Reply]) -> Funding:
    """Read `premiumIndex` and the list of unusual intervals."""
    said = parse.fields(replies[0].body, "premium index")
    return Funding(
        ts_ms=parse.stamp_ms(said.get("time"), "time"),
        rate=parse.fraction(said.get("lastFundingRate"), "lastFundingRate"),
        interval_h=_interval_h(listing.id, replies[1].body),
        next_ts_ms=parse.stamp_ms(said.get("nextFundingTime"), "nextFundingTime"),
    )


def read_ratio(listing: Listing, body: object, step_ms: int) -> list[LongShortRatio]:
    """Read `globalLongShortAccountRatio`."""
    samples = (parse.fields(row, "ratio") for row in parse.rows(body, "long/short ratio"))
    return [
        LongShortRatio(
            parse.stamp_ms(row.get("timestamp"), "timestamp"),
            parse.positive(row.get("longShortRatio"), "longShortRatio"),
        )
        for row in samples
    ]


def read_order_book(listing: Listing, replies: Sequence[Reply]) -> OrderBook:
    """Read `depth`."""
    said = parse.fields(replies[0].body, "order book")
    return OrderBook(
        parse.stamp_ms(said.get("T"), "T"),
        levels(said.get("bids"), listing.market.contract_base),
        levels(said.get("asks"), listing.market.contract_base),
    )


def stream_url(urls: Mapping[str, object]) -> str:
    """Return the address of a market stream; only the `/market` path carries forced orders and mark prices."""
    base = parse.text(parse.fields(urls["ws"], "urls")["linear"], "url")
    return base.removesuffix("/ws") + "/market/ws/0"


def subscribe(listings: Sequence[Listing]) -> Params:
    """Return the subscription; the mark price of one market, pushed each second, is the sign of life."""
    names = [listing.id.lower() for listing in listings]
    return {"method": "SUBSCRIBE", "params": [*(f"{n}@forceOrder" for n in names), f"{names[0]}@markPrice@1s"], "id": 1}


def split(message: object) -> list[object]:
    """Return the order of a forceOrder message."""
    said = parse.fields(message, "forceOrder")
    return [parse.fields(said.get("data", said), "forceOrder").get("o")]


def market_id(row: object) -> str:
    """Return the symbol of an order."""
    return parse.text(parse.fields(row, "order").get("s"), "s")


def read_liquidation(listing: Listing, row: object) -> Liquidation | None:
    """Read a forced order.

    `S` is the side of the order: a forced sale closes a long. `z` is the executed size (`l` only the last fill),
    `ap` the average fill and `p` the limit, which is the bankruptcy price.
    """
    order = parse.fields(row, "order")
    if parse.text(order.get("X"), "X") not in _ENDED:
        return None
    executed = parse.quantity(order.get("z"), "z")
    if executed == 0.0:
        return None
    bankruptcy_usd = parse.price_usd(order.get("p"), "p")
    return Liquidation(
        ts_ms=parse.stamp_ms(order.get("T"), "T"),
        venue=listing.market.venue,
        asset=listing.market.asset,
        side="long" if _side(order.get("S")) == "SELL" else "short",
        qty_base=in_base(executed, listing.market.contract_base),
        price_usd=parse.price_usd(order.get("ap"), "ap"),
        bankruptcy_usd=bankruptcy_usd,
    )


def _side(value: object) -> str:
    side = parse.text(value, "S").upper()
    if side not in ("BUY", "SELL"):
        raise Garbled(f"S: {side} is not a side")
    return side


def _interval_h(market_id: str, body: object) -> float:
    for row in parse.rows(body, "funding info"):
        said = parse.fields(row, "funding info")
        if said.get("symbol") == market_id:
            return parse.positive(said.get("fundingIntervalHours"), "fundingIntervalHours")
    return _USUAL_INTERVAL_H


def _bar(row: Sequence[object], step_ms: int) -> PriceBar:
    return price_bar(row, step_ms, volume=row[5], taker_buy_base=parse.quantity(row[9], "taker volume"))
