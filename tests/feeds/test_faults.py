"""Faults at the loopback venues: each becomes the right FeedError, and the next good answer is a good answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from email.utils import formatdate

import pytest

from liqtui.feeds.base import Banned, Blocked, FeedError, Garbled, RateLimited, Unavailable, Unsupported
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.venues import VENUES
from liqtui.model.market import MINUTE_MS
from tests.venues.faults import Fault, banned, broken, cloudfront, geoblocked, portal, put, rate_limited
from tests.venues.opened import QUICK, feed_on
from tests.venues.server import LoopbackVenues

Call = Callable[[ExchangeFeed], Awaitable[object]]

SHORT = replace(QUICK, request_s=0.5)
"""A feed that waits half a second for an answer."""

CALLS: dict[str, Call] = {
    "quote": lambda feed: feed.quote("BTC"),
    "open_interest": lambda feed: feed.open_interest("BTC"),
    "funding": lambda feed: feed.funding("BTC"),
    "order_book": lambda feed: feed.order_book("BTC"),
    "bars": lambda feed: feed.bars("BTC", MINUTE_MS, now_ms() - 5 * MINUTE_MS, now_ms()),
    "open_interest_history": lambda feed: feed.open_interest_history("BTC", now_ms() - 30 * MINUTE_MS, now_ms()),
    "long_short_ratio": lambda feed: feed.long_short_ratio("BTC", now_ms() - 30 * MINUTE_MS, now_ms()),
    "brackets": lambda feed: feed.brackets("BTC"),
}


def now_ms() -> int:
    """Return the wall time."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Case:
    """A fault and what it must become."""

    name: str
    fault: Callable[[], Fault]
    error: type[FeedError]
    retry_after_s: float | None = None


WEATHER = (
    Case("429", lambda: rate_limited(7), RateLimited, 7.0),
    Case("429 without a time", lambda: rate_limited(), RateLimited),
    Case("418", lambda: banned(120), Banned, 120.0),
    Case("451", geoblocked, Blocked),
    Case("CloudFront 403", cloudfront, Blocked),
    Case("500", lambda: broken(500), Unavailable),
    Case("502", lambda: broken(502), Unavailable),
    Case("503", lambda: broken(503), Unavailable),
    Case("504", lambda: broken(504), Unavailable),
    Case("Binance 503 -1000", lambda: Fault(status=503, text='{"code":-1000,"msg":"unknown"}'), Unavailable),
    Case("timeout", lambda: Fault(delay_s=5.0), Unavailable),
    Case("reset", lambda: Fault(reset=True), Unavailable),
    Case("HTML with 200", portal, Garbled),
    Case("half a JSON", lambda: Fault(cut=True), Garbled),
    Case("nothing with 200", lambda: Fault(text=""), Garbled),
    Case("a number with 200", lambda: Fault(text="42"), Garbled),
)


@pytest.mark.parametrize("case", WEATHER, ids=lambda case: case.name)
@pytest.mark.parametrize("venue", list(VENUES))
async def test_weather(venue: str, case: Case) -> None:
    """Status, network and form faults mean the same on every venue; healed, the venue answers again."""
    async with LoopbackVenues() as server, feed_on(server, venue, SHORT) as feed:
        await feed.open()
        server.fault(venue, "/", case.fault())
        before = server.requests(venue).total()
        with pytest.raises(FeedError) as caught:
            await feed.order_book("BTC")
        assert type(caught.value) is case.error
        assert caught.value.retry_after_s == case.retry_after_s
        assert venue in str(caught.value) and len(str(caught.value)) < 200
        assert server.requests(venue).total() - before <= 1 + (case.name == "reset")
        server.clear()
        assert (await feed.order_book("BTC")).bids


async def test_retry_after_as_a_date() -> None:
    """RFC 9110 allows a date."""
    async with LoopbackVenues() as server, feed_on(server, "binance") as feed:
        await feed.open()
        date = formatdate(time.time() + 90, usegmt=True)
        server.fault("binance", "/", Fault(status=429, headers={"Retry-After": date}, text="{}"))
        with pytest.raises(RateLimited) as caught:
            await feed.open_interest("BTC")
        assert caught.value.retry_after_s == pytest.approx(90, abs=3)


async def test_bybit_breach_is_a_rate_limit_not_a_geoblock() -> None:
    """Bybit answers 403 to an address that asked too often, and keeps it out for ten minutes."""
    async with LoopbackVenues() as server, feed_on(server, "bybit") as feed:
        await feed.open()
        server.fault("bybit", "/", Fault(status=403, text="403, access too frequent"))
        with pytest.raises(RateLimited) as caught:
            await feed.quote("BTC")
        assert caught.value.retry_after_s == 600.0


@pytest.mark.parametrize(
    ("venue", "reply", "error"),
    [
        ("binance", '{"code":-1003,"msg":"Too many requests"}', RateLimited),
        ("binance", '{"code":-1121,"msg":"Invalid symbol."}', Unsupported),
        ("binance", '{"code":-1001,"msg":"Internal error"}', Unavailable),
        ("bybit", '{"retCode":10006,"retMsg":"Too many visits","result":{}}', RateLimited),
        ("bybit", '{"retCode":10016,"retMsg":"Server error","result":{}}', Unavailable),
        ("okx", '{"code":"50011","msg":"Too Many Requests","data":[]}', RateLimited),
        ("okx", '{"code":"51001","msg":"Instrument ID does not exist","data":[]}', Unsupported),
        ("okx", '{"code":"50001","msg":"Service temporarily unavailable","data":[]}', Unavailable),
    ],
)
async def test_the_codes_of_the_venues(venue: str, reply: str, error: type[FeedError]) -> None:
    """A refusal in the body, whatever the status."""
    async with LoopbackVenues() as server, feed_on(server, venue) as feed:
        await feed.open()
        server.fault(venue, "/", Fault(text=reply))
        with pytest.raises(FeedError) as caught:
            await feed.order_book("BTC")
        assert type(caught.value) is error


NAN = float("nan")
BAD_NUMBERS: tuple[object, ...] = ("-1", "NaN", "Infinity", "abc", None, True, {}, NAN)

FIELDS: dict[str, list[tuple[str, str, tuple[str | int, ...]]]] = {
    "binance": [
        ("quote", "/fapi/v1/ticker/24hr", ("lastPrice",)),
        ("quote", "/fapi/v1/premiumIndex", ("markPrice",)),
        ("open_interest", "/fapi/v1/openInterest", ("openInterest",)),
        ("bars", "/fapi/v1/klines", ("*", 2)),
        ("bars", "/fapi/v1/klines", ("*", 9)),
        ("bars", "/fapi/v1/markPriceKlines", ("*", 3)),
        ("open_interest_history", "/futures/data/openInterestHist", ("*", "sumOpenInterest")),
        ("long_short_ratio", "/futures/data/globalLong", ("*", "longShortRatio")),
        ("order_book", "/fapi/v1/depth", ("bids", 0, 0)),
        ("funding", "/fapi/v1/premiumIndex", ("nextFundingTime",)),
    ],
    "bybit": [
        ("quote", "/v5/market/tickers", ("result", "list", 0, "lastPrice")),
        ("open_interest", "/v5/market/tickers", ("result", "list", 0, "singleOpenInterest")),
        ("bars", "/v5/market/kline", ("result", "list", "*", 4)),
        ("open_interest_history", "/v5/market/open-interest", ("result", "list", "*", "timestamp")),
        ("long_short_ratio", "/v5/market/account-ratio", ("result", "list", "*", "buyRatio")),
        ("brackets", "/v5/market/risk-limit", ("result", "list", 0, "maintenanceMargin")),
        ("order_book", "/v5/market/orderbook", ("result", "a", 0, 1)),
    ],
    "okx": [
        ("quote", "/api/v5/market/ticker", ("data", 0, "last")),
        ("open_interest", "/api/v5/public/open-interest", ("data", 0, "oiCcy")),
        ("bars", "/api/v5/market/candles", ("data", "*", 6)),
        ("open_interest_history", "/api/v5/rubik", ("data", "*", 2)),
        ("long_short_ratio", "/api/v5/rubik", ("data", "*", 1)),
        ("brackets", "/api/v5/public/position-tiers", ("data", 0, "maxSz")),
        ("funding", "/api/v5/public/funding-rate", ("data", 0, "fundingTime")),
    ],
    "hyperliquid": [
        ("quote", "/info/metaAndAssetCtxs", (1, "*", "markPx")),
        ("open_interest", "/info/metaAndAssetCtxs", (1, "*", "openInterest")),
        ("funding", "/info/metaAndAssetCtxs", (1, "*", "funding")),
        ("bars", "/info/candleSnapshot", ("*", "l")),
        ("brackets", "/info/metaAndAssetCtxs", (0, "marginTables", 0, 1, "marginTiers", 0, "maxLeverage")),
        ("order_book", "/info/l2Book", ("levels", 0, 0, "px")),
    ],
}


@pytest.mark.parametrize("venue", list(FIELDS))
async def test_bad_numbers(venue: str) -> None:
    """Wrong types, NaN and negative numbers in any field are Garbled; zero is no price."""
    async with LoopbackVenues() as server, feed_on(server, venue) as feed:
        await feed.open()
        for call, path, field in FIELDS[venue]:
            for value in _values(field):
                if call == "funding" and value == "-1" and venue == "hyperliquid":
                    continue
                server.fault(venue, path, Fault(edit=put(value, *field)))
                forget_shared(feed)
                with pytest.raises(Garbled):
                    await CALLS[call](feed)
                    pytest.fail(f"{venue} {call} {field} took {value!r}")
                server.clear()
        forget_shared(feed)
        assert await feed.quote("BTC")


def _values(field: tuple[str | int, ...]) -> tuple[object, ...]:
    price = field[-1] in ("lastPrice", "markPrice", "markPx", "last", "px")
    if field[-1] == "singleOpenInterest":
        return tuple(value for value in BAD_NUMBERS if value is not None)  # older replies lack it
    return (*BAD_NUMBERS, "0", 0) if price else BAD_NUMBERS


def forget_shared(feed: ExchangeFeed) -> None:
    """Let no answer of a moment ago stand in for the next."""
    feed._asker._shared.clear()


@pytest.mark.parametrize("venue", list(VENUES))
@pytest.mark.parametrize("body", ["[]", "{}", "null", '{"retCode":0}', '{"code":"0","data":null}', "[1,2]", "[[]]"])
async def test_another_shape(venue: str, body: str) -> None:
    """A well-formed JSON that is not the answer is Garbled, or an empty answer, never a number out of nothing."""
    async with LoopbackVenues() as server, feed_on(server, venue) as feed:
        await feed.open()
        server.fault(venue, "/", Fault(text=body))
        for name in ("quote", "open_interest", "funding", "order_book"):
            forget_shared(feed)
            with pytest.raises(FeedError):
                await CALLS[name](feed)


@pytest.mark.parametrize("venue", list(VENUES))
async def test_a_kline_that_contradicts_itself(venue: str) -> None:
    """A high under the close is not a bar."""
    async with LoopbackVenues() as server, feed_on(server, venue) as feed:
        _, path, field = next(entry for entry in FIELDS[venue] if entry[0] == "bars")
        high = {"hyperliquid": ("*", "h"), "binance": ("*", 2)}.get(venue, (*field[:-1], 2))
        server.fault(venue, path, Fault(edit=put("1.5", *high)))
        with pytest.raises(Garbled):
            await CALLS["bars"](feed)


async def test_the_markets_cannot_be_loaded() -> None:
    """A venue that is down at the start is asked again at the next call, and then works."""
    async with LoopbackVenues() as server:
        for venue in VENUES:
            async with feed_on(server, venue) as feed:
                server.fault(venue, "/", portal())
                with pytest.raises(Garbled):
                    await feed.open()
                server.clear()
                server.fault(venue, "/", Fault(text="{}" if venue != "hyperliquid" else "[{},[]]"))
                with pytest.raises(FeedError):
                    await feed.open()
                server.clear()
                assert (await feed.quote("BTC")).last_usd > 0


async def test_nothing_but_feed_errors_when_the_server_is_gone() -> None:
    """Connection refused on every call."""
    async with LoopbackVenues() as server:
        feeds = [feed_on(server, venue) for venue in VENUES]
        opened = [await feed.__aenter__() for feed in feeds]
        await asyncio.gather(*(feed.open() for feed in opened))
    for feed in opened:
        with pytest.raises(Unavailable):
            await feed.quote("BTC")
    for context in feeds:
        await context.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("venue", "call", "least_s"), [("binance", "open_interest_history", 0.7), ("okx", "order_book", 0.2)]
)
async def test_requests_are_spaced(venue: str, call: str, least_s: float) -> None:
    """The venue's pace holds whatever is asked of the feed at once."""
    async with LoopbackVenues() as server, feed_on(server, venue, replace(QUICK, paced=True)) as feed:
        await feed.open()
        began_s = time.monotonic()
        await asyncio.gather(*(CALLS[call](feed) for _ in range(3)))
        assert time.monotonic() - began_s >= least_s


async def test_cancelling_a_call_cancels_only_it() -> None:
    """Two wait for one shared answer; the first gives up, the second gets it."""
    async with LoopbackVenues() as server, feed_on(server, "hyperliquid") as feed:
        await feed.open()
        server.fault("hyperliquid", "/info/metaAndAssetCtxs", Fault(delay_s=0.2))
        first = asyncio.ensure_future(feed.quote("BTC"))
        second = asyncio.ensure_future(feed.quote("ETH"))
        await asyncio.sleep(0.05)
        first.cancel()
        assert (await second).last_usd > 0
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_close_never_raises_and_may_be_called_twice() -> None:
    """Even with a request under way."""
    async with LoopbackVenues() as server, feed_on(server, "binance") as feed:
        await feed.open()
        server.fault("binance", "/fapi/v1/premiumIndex", Fault(delay_s=1.0))
        waiting = asyncio.ensure_future(feed.quote("BTC"))
        await asyncio.sleep(0.1)
        await feed.close()
        await feed.close()
        with pytest.raises(Unavailable):
            await waiting
