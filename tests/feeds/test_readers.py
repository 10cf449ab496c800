"""The readers under arbitrary damage: a reply with anything at any place is read as numbers in range, or is Garbled."""

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.feeds.base import Garbled, Unsupported
from liqtui.feeds.calls import Listing, Reply, Span
from liqtui.feeds.prints import Reader
from liqtui.feeds.venues import VENUES, Venue
from liqtui.model.market import (
    Bracket,
    Funding,
    Liquidation,
    LongShortRatio,
    Market,
    OpenInterest,
    OrderBook,
    PriceBar,
    Quote,
)
from tests.venues.binance import Binance
from tests.venues.bybit import Bybit
from tests.venues.hyperliquid import Hyperliquid
from tests.venues.okx import Okx
from tests.venues.wire import Ask, WireFormat
from tests.venues.world import World, usual_world

NOW_MS = 1_795_178_060_123
STEP_MS = 300_000

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["-1", "0", "NaN"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def frozen() -> World:
    """Return the usual world, its clock stopped."""
    world = usual_world()
    world.now_ms = lambda: NOW_MS
    return world


WORLD = frozen()
WIRES: dict[str, WireFormat] = {
    "binance": Binance(WORLD),
    "bybit": Bybit(WORLD),
    "okx": Okx(WORLD),
    "hyperliquid": Hyperliquid(WORLD),
}
NAMES = {"binance": "BTCUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT-SWAP", "hyperliquid": "BTC"}
PATHS = {
    "fapiPublicGetTicker24hr": "/fapi/v1/ticker/24hr",
    "fapiPublicGetPremiumIndex": "/fapi/v1/premiumIndex",
    "fapiPublicGetOpenInterest": "/fapi/v1/openInterest",
    "fapiPublicGetFundingInfo": "/fapi/v1/fundingInfo",
    "fapiPublicGetKlines": "/fapi/v1/klines",
    "fapiPublicGetMarkPriceKlines": "/fapi/v1/markPriceKlines",
    "fapiPublicGetDepth": "/fapi/v1/depth",
    "fapiDataGetOpenInterestHist": "/futures/data/openInterestHist",
    "fapiDataGetGlobalLongShortAccountRatio": "/futures/data/globalLongShortAccountRatio",
    "publicGetV5MarketKline": "/v5/market/kline",
    "publicGetV5MarketMarkPriceKline": "/v5/market/mark-price-kline",
    "publicGetV5MarketTickers": "/v5/market/tickers",
    "publicGetV5MarketOpenInterest": "/v5/market/open-interest",
    "publicGetV5MarketAccountRatio": "/v5/market/account-ratio",
    "publicGetV5MarketRiskLimit": "/v5/market/risk-limit",
    "publicGetV5MarketOrderbook": "/v5/market/orderbook",
    "publicGetMarketCandles": "/api/v5/market/candles",
    "publicGetMarketMarkPriceCandles": "/api/v5/market/mark-price-candles",
    "publicGetMarketTicker": "/api/v5/market/ticker",
    "publicGetPublicMarkPrice": "/api/v5/public/mark-price",
    "publicGetPublicOpenInterest": "/api/v5/public/open-interest",
    "publicGetRubikStatContractsOpenInterestHistory": "/api/v5/rubik/stat/contracts/open-interest-history",
    "publicGetRubikStatContractsLongShortAccountRatioContract": (
        "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract"
    ),
    "publicGetPublicFundingRate": "/api/v5/public/funding-rate",
    "publicGetPublicPositionTiers": "/api/v5/public/position-tiers",
    "publicGetMarketBooks": "/api/v5/market/books",
}


def listing(venue: str) -> Listing:
    """Return BTC as listed."""
    contract_base = WORLD.market(venue, "BTC").contract_base
    hints = {"fundingInterval": "480", "instFamily": "BTC-USDT"}
    return Listing(Market(venue, "BTC", "BTC/USDT:USDT", 0.1, contract_base), NAMES[venue], hints)


def answer(venue: str, method: str, params: dict[str, object]) -> Any:
    """Return what the venue answers, as JSON makes it."""
    query = {key: str(value) for key, value in params.items() if not isinstance(value, dict)}
    path = PATHS.get(method) or f"/info/{params['type']}"
    return json.loads(json.dumps(WIRES[venue].answer(Ask(path, query, params))))


def questions(row: Venue) -> Iterator[tuple[str, Any, list[Any]]]:
    """Yield (name, reader of bodies, good bodies) for all that can be asked of a venue."""
    place = listing(row.key)
    for name in ("quote", "open_interest", "funding", "brackets", "order_book"):
        question = getattr(row, name)
        if question is not None:
            bodies = [answer(row.key, method, params(place)) for method, params in question.asks]
            yield name, lambda told, q=question: q.read(place, [Reply(body, NOW_MS) for body in told]), bodies
    span = Span(NOW_MS // STEP_MS * STEP_MS - 3 * STEP_MS, NOW_MS, STEP_MS, 4, NOW_MS)
    for name in ("bars", "marks", "open_interest_history", "ratio"):
        series = getattr(row, name)
        if series is not None:
            method = series.method if isinstance(series.method, str) else series.method(span)
            body = answer(row.key, method, series.params(place, span))
            yield name, lambda told, s=series: s.read(place, told[0], STEP_MS), [body]


ALL = [(venue, *entry) for venue, row in VENUES.items() for entry in questions(row)]


@pytest.mark.parametrize(
    ("venue", "name", "read", "bodies"), ALL, ids=lambda value: value if isinstance(value, str) else ""
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_damage_is_noticed(venue: str, name: str, read: Any, bodies: list[Any], data: st.DataObject) -> None:
    """One place of a good reply is replaced by anything at all."""
    assert sound(read(copy.deepcopy(bodies)))
    damaged = copy.deepcopy(bodies)
    path = data.draw(st.sampled_from(list(places(damaged))))
    node = damaged
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = data.draw(ANYTHING)
    try:
        got = read(damaged)
    except (Garbled, Unsupported):
        return
    assert sound(got)


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx"])
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_message_is_no_print(venue: str, data: st.DataObject) -> None:
    """A stream's message with anything at any place: prints in range or none, never an exception."""
    told = Liquidation(NOW_MS, venue, "BTC", "long", 1.25, 9.5, 9.0)
    (message,) = [json.loads(json.dumps(body)) for _, body in WIRES[venue].liquidations([told], 5)]
    box = [message]
    path = data.draw(st.sampled_from(list(places(box))))
    node: Any = box
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = data.draw(ANYTHING)
    stream = VENUES[venue].stream
    assert stream is not None
    for got in Reader(stream, [listing(venue)], opened_ms=0).read(box[0]):
        assert sound(got)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside."""
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(node[key], (*path, key))


def sound(got: object) -> bool:
    """Whether an observation holds finite numbers in range only."""
    if isinstance(got, list | tuple):
        return all(sound(entry) for entry in got)
    match got:
        case PriceBar():
            ends = 0 < got.low_usd <= min(got.open_usd, got.close_usd) <= got.high_usd < math.inf
            return ends and 0 <= got.volume_base < math.inf
        case Quote():
            return 0 < got.last_usd < math.inf and (got.mark_usd is None or 0 < got.mark_usd < math.inf)
        case OpenInterest():
            return got.ts_ms > 0 and 0 <= got.oi_base < math.inf
        case LongShortRatio():
            return 0 < got.ratio < math.inf
        case Funding():
            return -1 < got.rate < 1 and 0 < got.interval_h < math.inf
        case Bracket():
            return 0 <= got.floor_usd < got.cap_usd < math.inf and 0 < got.rate < math.inf
        case OrderBook():
            return all(0 < price < math.inf and 0 <= size < math.inf for price, size in (*got.bids, *got.asks))
        case Liquidation():
            return got.qty_base > 0 and 0 < got.price_usd < math.inf and got.side in ("long", "short")
    return got is not None
