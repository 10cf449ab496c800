"""Hyperliquid perpetuals: every question is a POST to `/info`; one answer holds the whole universe.

Formats: hyperliquid.gitbook.io, "Info endpoint", "Perpetuals". There is no public stream of liquidations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from liqtui.feeds import parse
from liqtui.feeds.base import Garbled, Unsupported
from liqtui.feeds.calls import Listing, Params, Reply, Span
from liqtui.feeds.wire.rows import INTERVALS, checked_brackets, price_bar
from liqtui.model.market import HOUR_MS, Bracket, Funding, OpenInterest, OrderBook, Position, PriceBar, Quote

UNBOUNDED_USD = 1e15
"""Cap of the highest bracket, which has none."""


def universe(listing: Listing) -> Params:
    """Return the body that asks for all markets and their state."""
    return {"type": "metaAndAssetCtxs"}


def depth(listing: Listing) -> Params:
    """Return the body that asks for the order book."""
    return {"type": "l2Book", "coin": listing.id}


def candles(listing: Listing, span: Span) -> Params:
    """Return the body that asks for a page of candles."""
    bounds = {"startTime": span.start_ms, "endTime": span.end_ms - 1}
    return {"type": "candleSnapshot", "req": {"coin": listing.id, "interval": INTERVALS[span.step_ms], **bounds}}


def account(address: str) -> Params:
    """Return the body that asks for an account's positions in the venue's own perpetuals."""
    return {"type": "clearinghouseState", "user": address}


def read_bars(listing: Listing, body: object, step_ms: int) -> list[PriceBar]:
    """Read candles."""
    found = (parse.fields(row, "candle") for row in parse.rows(body, "candles"))
    return [price_bar([row.get(key) for key in "tohlc"], step_ms, volume=row.get("v")) for row in found]


def read_quote(listing: Listing, replies: Sequence[Reply]) -> Quote:
    """Read the state of the market; the middle of the book stands for the last price, which is not given."""
    said = _state(listing, replies[0].body)
    mark_usd = parse.price_usd(said.get("markPx"), "markPx")
    middle = said.get("midPx")
    return Quote(replies[0].received_ms, mark_usd if middle is None else parse.price_usd(middle, "midPx"), mark_usd)


def read_open_interest(listing: Listing, replies: Sequence[Reply]) -> OpenInterest:
    """Read the open interest, in base coin."""
    said = _state(listing, replies[0].body)
    return OpenInterest(replies[0].received_ms, parse.quantity(said.get("openInterest"), "openInterest"))


def read_funding(listing: Listing, replies: Sequence[Reply]) -> Funding:
    """Read the funding, which is paid every hour on the hour."""
    now_ms = replies[0].received_ms
    rate = parse.fraction(_state(listing, replies[0].body).get("funding"), "funding")
    return Funding(now_ms, rate, interval_h=1.0, next_ts_ms=(now_ms // HOUR_MS + 1) * HOUR_MS)


def read_brackets(listing: Listing, replies: Sequence[Reply]) -> tuple[Bracket, ...]:
    """Read the margin table of the market.

    Maintenance is half the initial margin at the tier's leverage, less a deduction that makes it continuous
    (docs, "Margin tiers"). A table number under 50 is a single tier of that leverage.
    """
    meta = _meta(replies[0].body)
    coin = parse.fields(parse.rows(meta.get("universe"), "universe")[_place(listing, meta)], "market")
    number = coin.get("marginTableId")
    for row in parse.rows(meta.get("marginTables", []), "marginTables"):
        table_number, table = parse.columns(row, 2, "margin table")
        if number is not None and str(table_number) == str(number):
            return checked_brackets(_brackets(parse.fields(table, "margin table").get("marginTiers")))
    return checked_brackets(_brackets([{"lowerBound": "0", "maxLeverage": coin.get("maxLeverage")}]))


def read_order_book(listing: Listing, replies: Sequence[Reply]) -> OrderBook:
    """Read `l2Book`: bids, then asks."""
    said = parse.fields(replies[0].body, "order book")
    bids, asks = parse.columns(said.get("levels"), 2, "levels")
    return OrderBook(parse.stamp_ms(said.get("time"), "time"), _levels(bids), _levels(asks))


def read_positions(assets: Mapping[str, str], body: object) -> list[Position]:
    """Read the positions of an account in `assets` (by coin), sizes unsigned.

    A row with an impossible number is left out; Garbled where no row can be read, since then the format has changed.
    """
    entries = parse.rows(parse.fields(body, "account").get("assetPositions"), "assetPositions")
    rows = [parse.fields(parse.fields(entry, "assetPositions").get("position"), "position") for entry in entries]
    read: list[Position] = []
    bad: Garbled | None = None
    for row in rows:
        try:
            read.append(_position(row))
        except Garbled as error:
            bad = error
    if bad is not None and not read:
        raise bad
    return [replace(one, asset=assets[one.asset]) for one in read if one.asset in assets and one.qty_base > 0]


def _position(row: Mapping[str, object]) -> Position:
    """Read a position; its asset is the coin. `liquidationPx` is null where the account has margin for any price."""
    size_base = parse.number(row.get("szi"), "szi")
    parse.price_usd(row.get("entryPx"), "entryPx")
    parse.quantity(row.get("positionValue"), "positionValue")
    parse.quantity(row.get("marginUsed"), "marginUsed")
    told = row.get("liquidationPx")
    return Position(
        asset=parse.text(row.get("coin"), "coin"),
        side="long" if size_base > 0 else "short",
        qty_base=parse.quantity(abs(size_base), "szi"),
        liquidation_usd=None if told is None else parse.price_usd(told, "liquidationPx"),
    )


def _levels(value: object) -> tuple[tuple[float, float], ...]:
    found = (parse.fields(row, "book level") for row in parse.rows(value, "book side"))
    return tuple((parse.price_usd(row.get("px"), "px"), parse.quantity(row.get("sz"), "sz")) for row in found)


def _brackets(tiers: object) -> Iterator[Bracket]:
    found = [parse.fields(tier, "margin tier") for tier in parse.columns(tiers, 1, "margin tiers")]
    floors = [parse.quantity(tier.get("lowerBound"), "lowerBound") for tier in found]
    rate = amount_usd = 0.0
    for tier, floor_usd, cap_usd in zip(found, floors, [*floors[1:], UNBOUNDED_USD], strict=True):
        max_leverage = parse.positive(tier.get("maxLeverage"), "maxLeverage")
        above = 1.0 / (2.0 * max_leverage)
        amount_usd += floor_usd * (above - rate)
        rate = above
        yield Bracket(floor_usd, cap_usd, rate, amount_usd, max_leverage)


def _meta(body: object) -> Mapping[str, object]:
    return parse.fields(parse.columns(body, 2, "universe")[0], "meta")


def _place(listing: Listing, meta: Mapping[str, object]) -> int:
    names = [parse.fields(row, "market").get("name") for row in parse.rows(meta.get("universe"), "universe")]
    if listing.id not in names:
        raise Unsupported(f"hyperliquid: {listing.id} is no longer listed")
    return names.index(listing.id)


def _state(listing: Listing, body: object) -> Mapping[str, object]:
    states = parse.columns(body, 2, "universe")[1]
    place = _place(listing, _meta(body))
    return parse.fields(parse.columns(states, place + 1, "states")[place], "state")
