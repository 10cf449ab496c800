"""OKX linear swaps: requests, replies and the stream of liquidation orders.

Formats: okx.com/docs-v5, public data, market data, trading statistics. Lists come newest first, sizes are contracts.
"""

from collections.abc import Iterator, Mapping, Sequence

from liqtui.feeds import parse
from liqtui.feeds.base import Garbled
from liqtui.feeds.calls import Listing, MarkRange, Params, Reply, Span
from liqtui.feeds.wire.rows import INTERVALS, checked_brackets, in_base, levels, mark_range, price_bar
from liqtui.model.market import (
    HOUR_MS,
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

_RECENT_BARS = 1439
"""`candles` and `mark-price-candles` hold the 1440 newest bars; older ones are asked of `history-...`."""

_CLOSED_SIDE: dict[str, Side] = {"sell": "long", "buy": "short"}
"""`side` is the side of the liquidation order: a forced sale closes a long."""


def instrument(listing: Listing) -> Params:
    """Return the parameters of a question about one market."""
    return {"instId": listing.id}


def swap(listing: Listing) -> Params:
    """Return the parameters of a question that also wants the kind of instrument."""
    return {"instType": "SWAP", "instId": listing.id}


def tiers(listing: Listing) -> Params:
    """Return the parameters of the position tiers."""
    family = parse.text(listing.hints.get("instFamily"), "instFamily")
    return {"instType": "SWAP", "tdMode": "isolated", "instFamily": family}


def depth(listing: Listing) -> Params:
    """Return the parameters of the order book."""
    return {"instId": listing.id, "sz": 400}


def candles(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of candles; both bounds are exclusive."""
    bounds = {"before": span.start_ms - 1, "after": span.end_ms, "limit": span.limit}
    return {"instId": listing.id, "bar": INTERVALS[span.step_ms], **bounds}


def statistics(listing: Listing, span: Span) -> Params:
    """Return the parameters of a page of trading statistics; both bounds are exclusive."""
    bounds = {"begin": span.start_ms - 1, "end": span.end_ms, "limit": span.limit}
    return {"instId": listing.id, "period": INTERVALS[span.step_ms], **bounds}


def candles_method(span: Span) -> str:
    """Return where the candles of a span are kept."""
    return "publicGetMarketHistoryCandles" if _is_old(span) else "publicGetMarketCandles"


def marks_method(span: Span) -> str:
    """Return where the mark price candles of a span are kept."""
    return "publicGetMarketHistoryMarkPriceCandles" if _is_old(span) else "publicGetMarketMarkPriceCandles"


def read_bars(listing: Listing, body: object, step_ms: int) -> list[PriceBar]:
    """Read candles; column 6 is the volume in base coin, column 8 is "0" while the candle is not final."""
    found = (parse.columns(row, 9, "candle") for row in _data(body))
    return [price_bar(row, step_ms, volume=row[6]) for row in found if str(row[8]) != "0"]


def read_marks(listing: Listing, body: object, step_ms: int) -> list[MarkRange]:
    """Read mark price candles."""
    return [mark_range(parse.columns(row, 5, "mark candle")) for row in _data(body)]


def read_quote(listing: Listing, replies: Sequence[Reply]) -> Quote:
    """Read `ticker` and `mark-price`."""
    ticker, mark = (_first(reply.body, "ticker") for reply in replies)
    return Quote(
        ts_ms=parse.stamp_ms(ticker.get("ts"), "ts"),
        last_usd=parse.price_usd(ticker.get("last"), "last"),
        mark_usd=parse.price_usd(mark.get("markPx"), "markPx"),
    )


def read_open_interest(listing: Listing, replies: Sequence[Reply]) -> OpenInterest:
    """Read `open-interest`; `oiCcy` is in base coin."""
    said = _first(replies[0].body, "open interest")
    return OpenInterest(parse.stamp_ms(said.get("ts"), "ts"), parse.quantity(said.get("oiCcy"), "oiCcy"))


def read_open_interest_history(listing: Listing, body: object, step_ms: int) -> list[OpenInterest]:
    """Read rows of [time, contracts, base coin, USD]."""
    samples = (parse.columns(row, 3, "open interest") for row in _data(body))
    return [OpenInterest(parse.stamp_ms(row[0], "ts"), parse.quantity(row[2], "oiCcy")) for row in samples]


def read_funding(listing: Listing, replies: Sequence[Reply]) -> Funding:
    """Read `funding-rate`: `fundingTime` is the next payment, `nextFundingTime` the one after it."""
    said = _first(replies[0].body, "funding")
    next_ts_ms = parse.stamp_ms(said.get("fundingTime"), "fundingTime")
    interval_ms = parse.stamp_ms(said.get("nextFundingTime"), "nextFundingTime") - next_ts_ms
    return Funding(
        ts_ms=replies[0].received_ms,
        rate=parse.fraction(said.get("fundingRate"), "fundingRate"),
        interval_h=parse.positive(interval_ms / HOUR_MS, "nextFundingTime - fundingTime"),
        next_ts_ms=next_ts_ms,
    )


def read_ratio(listing: Listing, body: object, step_ms: int) -> list[LongShortRatio]:
    """Read rows of [time, ratio]."""
    samples = (parse.columns(row, 2, "ratio") for row in _data(body))
    return [LongShortRatio(parse.stamp_ms(row[0], "ts"), parse.positive(row[1], "ratio")) for row in samples]


def read_brackets(listing: Listing, replies: Sequence[Reply]) -> tuple[Bracket, ...]:
    """Read `position-tiers`, whose bounds are contracts, valued at the last price; the whole position pays one rate."""
    last_usd = parse.price_usd(_first(replies[1].body, "ticker").get("last"), "last")
    found = [parse.fields(row, "tier") for row in _data(replies[0].body)]
    found.sort(key=lambda row: parse.positive(row.get("maxSz"), "maxSz"))
    return checked_brackets(_brackets(found, listing.market.contract_base * last_usd))


def read_order_book(listing: Listing, replies: Sequence[Reply]) -> OrderBook:
    """Read `books`."""
    said = _first(replies[0].body, "order book")
    contract_base = listing.market.contract_base
    return OrderBook(
        parse.stamp_ms(said.get("ts"), "ts"),
        levels(said.get("bids"), contract_base),
        levels(said.get("asks"), contract_base),
    )


def stream_url(urls: Mapping[str, object]) -> str:
    """Return the address of the public stream."""
    return parse.text(urls["ws"], "url") + "/public"


def subscribe(listings: Sequence[Listing]) -> Params:
    """Return the subscription, which brings every swap; the answers to pings are the sign of life."""
    return {"op": "subscribe", "args": [{"channel": "liquidation-orders", "instType": "SWAP"}]}


def split(message: object) -> list[object]:
    """Return (market, detail) for every detail of every row of a liquidation-orders message."""
    found = parse.rows(parse.fields(message, "liquidation-orders").get("data"), "data")
    return [part for row in found for part in _details(parse.fields(row, "liquidation"))]


def market_id(row: object) -> str:
    """Return the instrument of a detail."""
    return parse.text(_pair(row)[0], "instId")


def read_liquidation(listing: Listing, row: object) -> Liquidation | None:
    """Read a detail: `sz` is contracts, `bkPx` the bankruptcy price."""
    said = parse.fields(_pair(row)[1], "detail")
    side = _CLOSED_SIDE.get(parse.text(said.get("side"), "side"))
    if side is None:
        raise Garbled(f"side: {said.get('side')!r} is not a side")
    bankruptcy_usd = parse.price_usd(said.get("bkPx"), "bkPx")
    return Liquidation(
        ts_ms=parse.stamp_ms(said.get("ts"), "ts"),
        venue=listing.market.venue,
        asset=listing.market.asset,
        side=side,
        qty_base=in_base(parse.positive(said.get("sz"), "sz"), listing.market.contract_base),
        price_usd=bankruptcy_usd,
        bankruptcy_usd=bankruptcy_usd,
    )


def _details(row: Mapping[str, object]) -> list[tuple[object, object]]:
    return [(row.get("instId"), detail) for detail in parse.rows(row.get("details"), "details")]


def _pair(row: object) -> tuple[object, object]:
    if not isinstance(row, tuple):
        raise Garbled("liquidation: no detail")
    return row[0], row[1]


def _is_old(span: Span) -> bool:
    return span.start_ms < span.now_ms - _RECENT_BARS * span.step_ms


def _brackets(found: Sequence[Mapping[str, object]], contract_usd: float) -> Iterator[Bracket]:
    floor_usd = 0.0
    for row in found:
        cap_usd = parse.positive(row.get("maxSz"), "maxSz") * contract_usd
        rate, max_leverage = parse.positive(row.get("mmr"), "mmr"), parse.positive(row.get("maxLever"), "maxLever")
        yield Bracket(floor_usd, cap_usd, rate, 0.0, max_leverage)
        floor_usd = cap_usd


def _data(body: object) -> Sequence[object]:
    return parse.rows(parse.fields(body, "answer").get("data"), "data")


def _first(body: object, what: str) -> Mapping[str, object]:
    return parse.fields(parse.only(_data(body), what), what)
