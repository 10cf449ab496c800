"""Live venues over loopback: the numbers that a venue sends are the numbers that the feed gives."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
import pytest_asyncio

from liqtui.feeds.base import FeedError, Garbled, Unsupported
from liqtui.feeds.clock import ManualClock
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.venues import VENUES
from liqtui.model.market import HOUR_MS, MINUTE_MS
from tests.venues.faults import Fault, put
from tests.venues.opened import feed_on
from tests.venues.server import LoopbackVenues
from tests.venues.world import MarketWorld, World, usual_world

NOW_MS = 1_795_178_060_123
"""A moment inside a minute and inside five minutes."""

LIVE = list(VENUES)
BARS_OVER_A_PAGE = {"binance": 1020, "bybit": 1020, "okx": 320, "hyperliquid": 120}
"""Enough to need a second page, where a page is not longer than all that is kept."""
SAMPLES_OVER_A_PAGE = {"binance": 520, "bybit": 220, "okx": 120}
WITH_HISTORY = ["binance", "bybit", "okx"]


@dataclass
class Place:
    """One venue, frozen at NOW_MS."""

    world: World
    server: LoopbackVenues
    feed: ExchangeFeed
    clock: ManualClock

    @property
    def btc(self) -> MarketWorld:
        """Return what the venue knows of BTC."""
        return self.world.market(self.feed.venue, "BTC")


@pytest_asyncio.fixture(params=LIVE)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Open each venue in turn."""
    async with LoopbackVenues(frozen_world()) as server, feed_on_frozen(server, request.param) as place:
        yield place


def frozen_world() -> World:
    """Return the usual world, its clock stopped."""
    world = usual_world()
    world.now_ms = lambda: NOW_MS
    return world


class feed_on_frozen:
    """Open one venue of a server with a clock stopped at NOW_MS."""

    def __init__(self, server: LoopbackVenues, venue: str) -> None:
        self._clock = ManualClock(NOW_MS)
        self._server, self._opened = server, feed_on(server, venue, clock=self._clock)

    async def __aenter__(self) -> Place:
        """Return the opened venue."""
        feed = await self._opened.__aenter__()
        return Place(self._server.world, self._server, feed, self._clock)

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._opened.__aexit__(None, None, None)


async def test_market(place: Place) -> None:
    """Tick, contract size and leverage are those of the instrument list; dated and inverse contracts are passed by."""
    await place.feed.open()
    market = await place.feed.market("BTC")
    coin = "USDC" if place.feed.venue == "hyperliquid" else "USDT"
    assert (market.venue, market.asset, market.symbol) == (place.feed.venue, "BTC", f"BTC/{coin}:{coin}")
    assert market.tick_usd == pytest.approx(place.btc.tick_usd, rel=1e-12)
    assert market.contract_base == place.btc.contract_base
    assert market.max_leverage == (None if place.feed.venue == "binance" else place.btc.max_leverage)
    with pytest.raises(Unsupported):
        await place.feed.market("NOSUCH")


async def test_server_time(place: Place) -> None:
    """The venue's own clock, for the doctor; no instrument list is needed for it."""
    place.world.now_ms = lambda: NOW_MS + 1_234
    assert await place.feed.server_time_ms() == NOW_MS + 1_234
    assert place.server.requests(place.feed.venue).total() == 1
    place.server.fault(place.feed.venue, "/", Fault(text="{}"))
    with pytest.raises(FeedError):
        await place.feed.server_time_ms()


async def test_quote(place: Place) -> None:
    """Last and mark price."""
    quote = await place.feed.quote("ETH")
    eth = place.world.market(place.feed.venue, "ETH")
    assert (quote.ts_ms, quote.last_usd, quote.mark_usd) == (NOW_MS, eth.last(NOW_MS), eth.mark(NOW_MS))


@pytest.mark.parametrize("step_ms", [MINUTE_MS, 5 * MINUTE_MS])
async def test_bars(place: Place, step_ms: int) -> None:
    """Closed bars only, ascending, over several pages, with mark range and taker volume where the venue has them."""
    count = BARS_OVER_A_PAGE[place.feed.venue]
    start_ms = NOW_MS - (count + 1) * step_ms
    bars = await place.feed.bars("BTC", step_ms, start_ms, NOW_MS + HOUR_MS)
    sent = [bar for bar in place.world.bars(place.feed.venue, "BTC", step_ms, start_ms, NOW_MS) if bar.closed]
    assert [bar.ts_ms for bar in bars] == [bar.ts_ms for bar in sent]
    assert len(bars) == count and bars[-1].end_ms <= NOW_MS < bars[-1].end_ms + step_ms
    for got, told in zip(bars, sent, strict=True):
        prices = (told.open_usd, told.high_usd, told.low_usd, told.close_usd)
        assert (got.open_usd, got.high_usd, got.low_usd, got.close_usd) == prices
        assert (got.step_ms, got.volume_base) == (step_ms, told.volume_base)
        assert got.taker_buy_base == (told.taker_buy_base if place.feed.venue == "binance" else None)
        marked = place.feed.venue != "hyperliquid"
        assert got.mark_high_usd == (told.mark_high_usd if marked else None)
        assert got.mark_low_usd == (told.mark_low_usd if marked else None)


async def test_bars_stay_inside_the_span(place: Place) -> None:
    """start_ms <= ts_ms < end_ms, and an empty span costs no request."""
    first_ms = NOW_MS // MINUTE_MS * MINUTE_MS - 10 * MINUTE_MS
    bars = await place.feed.bars("BTC", MINUTE_MS, first_ms, first_ms + 3 * MINUTE_MS)
    assert [bar.ts_ms for bar in bars] == [first_ms, first_ms + MINUTE_MS, first_ms + 2 * MINUTE_MS]
    before = place.server.requests(place.feed.venue).total()
    assert await place.feed.bars("BTC", MINUTE_MS, NOW_MS - 30_000, NOW_MS) == []
    assert place.server.requests(place.feed.venue).total() == before
    with pytest.raises(Unsupported):
        await place.feed.bars("BTC", 7 * MINUTE_MS, first_ms, NOW_MS)


async def test_okx_keeps_old_candles_elsewhere() -> None:
    """A span that begins before the 1,440 newest bars is read from the history, without a hole."""
    async with LoopbackVenues(frozen_world()) as server, feed_on_frozen(server, "okx") as place:
        start_ms = NOW_MS // MINUTE_MS * MINUTE_MS - 1500 * MINUTE_MS
        bars = await place.feed.bars("BTC", MINUTE_MS, start_ms, start_ms + 90 * MINUTE_MS)
        assert [bar.ts_ms for bar in bars] == [start_ms + n * MINUTE_MS for n in range(90)]
        assert all(bar.mark_high_usd is not None for bar in bars)


async def test_a_bar_without_its_mark_stays_a_bar(place: Place) -> None:
    """A venue that is late with one mark kline leaves that bar's mark range unknown."""
    if place.feed.venue == "hyperliquid":
        return  # it has no mark klines at all, see test_bars
    drop = Fault(edit=lambda answer: _without_newest(answer, place.feed.venue))
    for path in ("/fapi/v1/markPriceKlines", "/v5/market/mark-price-kline", "/api/v5/market/mark-price-candles"):
        place.server.fault(place.feed.venue, path, drop)
    bars = await place.feed.bars("BTC", MINUTE_MS, NOW_MS - 10 * MINUTE_MS, NOW_MS)
    assert [bar.mark_high_usd is None for bar in bars] == [False] * (len(bars) - 1) + [True]


async def test_open_interest_is_one_sided_base_coin(place: Place) -> None:
    """Whatever the venue counts, the feed gives one side in base coin."""
    for asset in ("BTC", "SOL"):
        sample = await place.feed.open_interest(asset)
        assert sample.ts_ms == NOW_MS
        assert sample.oi_base == place.world.market(place.feed.venue, asset).interest(NOW_MS)


async def test_open_interest_history(place: Place) -> None:
    """Five minutes apart, over several pages, one-sided; none on Hyperliquid."""
    count = SAMPLES_OVER_A_PAGE.get(place.feed.venue, 1)
    start_ms = NOW_MS - count * 300_000
    if place.feed.venue not in WITH_HISTORY:
        assert not place.feed.abilities.open_interest_history
        with pytest.raises(Unsupported):
            await place.feed.open_interest_history("BTC", start_ms, NOW_MS)
        return
    samples = await place.feed.open_interest_history("BTC", start_ms, NOW_MS)
    stamps = place.world.samples(start_ms, NOW_MS, 300_000)
    assert [sample.ts_ms for sample in samples] == stamps and len(stamps) == count
    assert [sample.oi_base for sample in samples] == [place.btc.interest(ts_ms) for ts_ms in stamps]


async def test_long_short_ratio(place: Place) -> None:
    """Account ratios; none on Hyperliquid."""
    start_ms = NOW_MS - 12 * HOUR_MS
    if place.feed.venue not in WITH_HISTORY:
        with pytest.raises(Unsupported):
            await place.feed.long_short_ratio("BTC", start_ms, NOW_MS)
        return
    ratios = await place.feed.long_short_ratio("BTC", start_ms, NOW_MS)
    stamps = place.world.samples(start_ms, NOW_MS, 300_000)
    assert [sample.ts_ms for sample in ratios] == stamps and len(stamps) == 144
    assert [sample.ratio for sample in ratios] == pytest.approx([place.btc.ratio(ts_ms) for ts_ms in stamps], rel=1e-8)


@pytest.mark.parametrize("hours", [8, 4])
async def test_funding(place: Place, hours: int) -> None:
    """Rate, interval and next payment; Hyperliquid pays by the hour."""
    if place.feed.venue == "hyperliquid":
        hours = 1
    place.btc.funding_interval_h, place.btc.funding_rate = hours, -0.000725
    funding = await place.feed.funding("BTC")
    assert (funding.ts_ms, funding.rate, funding.interval_h) == (NOW_MS, -0.000725, float(hours))
    assert funding.next_ts_ms == place.btc.next_funding_ms(NOW_MS)


async def test_order_book(place: Place) -> None:
    """Levels best first, sizes in base coin."""
    book = await place.feed.order_book("BTC")
    bids, asks = place.btc.book(NOW_MS)
    assert book.ts_ms == NOW_MS
    assert [price for price, _ in book.bids] == [price for price, _ in bids]
    assert [price for price, _ in book.asks] == [price for price, _ in asks]
    assert [size for _, size in (*book.bids, *book.asks)] == pytest.approx([size for _, size in (*bids, *asks)])


async def test_brackets(place: Place) -> None:
    """Brackets join without a gap; the rates are the venue's."""
    found = await place.feed.brackets("BTC")
    assert found[0].floor_usd == 0.0
    assert all(low.cap_usd == high.floor_usd and low.rate < high.rate for low, high in pairwise(found))
    tiers = place.btc.tiers
    if place.feed.venue in ("bybit", "okx"):
        assert [bracket.rate for bracket in found] == [tier.rate for tier in tiers]
        assert [bracket.max_leverage for bracket in found] == [tier.max_leverage for tier in tiers]
        contract_usd = place.btc.contract_base * place.btc.last(NOW_MS)
        near = 1e-9 if place.feed.venue == "bybit" else contract_usd
        assert [bracket.cap_usd for bracket in found] == pytest.approx([tier.cap_usd for tier in tiers], abs=near)
    amounts = [bracket.amount_usd for bracket in found]
    if place.feed.venue == "bybit":
        assert amounts == [tier.amount_usd for tier in tiers]
    if place.feed.venue == "okx":
        assert amounts == [0.0, 0.0, 0.0]
    if place.feed.venue == "hyperliquid":
        assert [bracket.rate for bracket in found] == [1 / (2 * tier.max_leverage) for tier in tiers]
        low, high = found[0], found[1]
        at_floor = (high.floor_usd * low.rate - low.amount_usd, high.floor_usd * high.rate - high.amount_usd)
        assert at_floor[0] == pytest.approx(at_floor[1])


async def test_hyperliquid_single_tier() -> None:
    """A coin whose margin table is a plain leverage has one bracket of that leverage."""
    async with LoopbackVenues(frozen_world()) as server, feed_on_frozen(server, "hyperliquid") as place:
        (only,) = await place.feed.brackets("SOL")
        assert (only.floor_usd, only.rate, only.amount_usd, only.max_leverage) == (0.0, 1 / 40, 0.0, 20.0)


async def test_bybit_without_single_side_is_halved() -> None:
    """Replies from before `singleOpenInterest` count both sides."""
    async with LoopbackVenues(frozen_world()) as server, feed_on_frozen(server, "bybit") as place:
        server.bybit.single_side = False
        assert (await place.feed.open_interest("BTC")).oi_base == place.btc.interest(NOW_MS)
        (sample,) = await place.feed.open_interest_history("BTC", NOW_MS - 300_000, NOW_MS)
        assert sample.oi_base == place.btc.interest(sample.ts_ms)


async def test_bybit_deductions_follow_where_they_are_not_sent() -> None:
    """Maintenance amounts are continuous at the floors: 300k x (0.5 % - 0.4 %), then + 800k x (1 % - 0.5 %)."""
    async with LoopbackVenues(frozen_world()) as server, feed_on_frozen(server, "bybit") as place:
        server.fault("bybit", "/v5/market/risk-limit", Fault(edit=put("", "result", "list", "*", "mmDeduction")))
        found = await place.feed.brackets("BTC")
        assert [bracket.amount_usd for bracket in found] == pytest.approx([0.0, 300.0, 4_300.0])


async def test_hyperliquid_universe_is_asked_once() -> None:
    """Quotes, open interest and funding of all assets come out of one answer."""
    async with LoopbackVenues(frozen_world()) as server, feed_on_frozen(server, "hyperliquid") as place:
        await place.feed.open()
        before = server.requests("hyperliquid")["/info/metaAndAssetCtxs"]
        assets = ("BTC", "ETH", "SOL")
        calls = [call(asset) for asset in assets for call in (place.feed.quote, place.feed.open_interest)]
        await asyncio.gather(*calls, *(place.feed.funding(asset) for asset in assets))
        assert server.requests("hyperliquid")["/info/metaAndAssetCtxs"] == before + 1


async def test_a_venue_whose_clock_runs_ahead(place: Place) -> None:
    """Nothing is stamped after our own clock; a stamp hours ahead is refused."""
    place.world.now_ms = lambda: NOW_MS + 2_000
    assert (await place.feed.order_book("BTC")).ts_ms == NOW_MS
    place.world.now_ms = lambda: NOW_MS + 3 * HOUR_MS
    with pytest.raises(Garbled, match="ahead"):
        await place.feed.order_book("BTC")


def _without_newest(answer: object, venue: str) -> object:
    """Binance sends the newest bar last, the others first."""
    rows = answer if isinstance(answer, list) else None
    if isinstance(answer, dict):
        rows = answer["data"] if venue == "okx" else answer["result"]["list"]
    assert rows is not None
    del rows[-1 if venue == "binance" else 0]
    return answer
