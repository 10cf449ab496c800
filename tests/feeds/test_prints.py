"""Realised liquidations over loopback streams: every one, once, with the right side, size and price."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from liqtui.feeds.base import Blocked, FeedError, Unavailable
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.limits import Limits
from liqtui.feeds.venues import VENUES
from liqtui.model.margin import liquidation_from_bankruptcy
from liqtui.model.market import Liquidation, PrintGap, Side
from tests.venues.faults import Fault, cloudfront, geoblocked
from tests.venues.opened import QUICK, feed_on
from tests.venues.server import LoopbackVenues
from tests.venues.world import usual_world

STREAMING = ["binance", "bybit", "okx"]
ASSETS = ("BTC", "ETH")


class Tape:
    """What a feed has printed, taken in a task of its own."""

    def __init__(self, feed: ExchangeFeed) -> None:
        self.feed = feed
        self.events: list[Liquidation | PrintGap] = []
        self.task = asyncio.ensure_future(self._take())

    @property
    def prints(self) -> list[Liquidation]:
        """Return the prints."""
        return [event for event in self.events if isinstance(event, Liquidation)]

    @property
    def gaps(self) -> list[PrintGap]:
        """Return the gaps."""
        return [event for event in self.events if isinstance(event, PrintGap)]

    async def _take(self) -> None:
        async for event in self.feed.prints(ASSETS):
            self.events.append(event)


@asynccontextmanager
async def taped(venue: str, limits: Limits = QUICK) -> AsyncIterator[tuple[LoopbackVenues, Tape]]:
    """Yield a server and the tape of a live stream."""
    world = usual_world()
    world.heartbeat_s = 0.1
    async with LoopbackVenues(world) as server, feed_on(server, venue, limits) as feed:
        tape = Tape(feed)
        try:
            await until(lambda: feed.prints_live() and server.listeners(venue) == 1, tape)
            yield server, tape
        finally:
            tape.task.cancel()
            await asyncio.gather(tape.task, return_exceptions=True)


async def until(true: Callable[[], bool], tape: Tape | None = None, patience_s: float = 10.0) -> None:
    """Wait until it is so; fails when the tape has ended or patience does."""
    async with asyncio.timeout(patience_s):
        while not true():
            if tape is not None and tape.task.done():
                tape.task.result()
            await asyncio.sleep(0.01)


def liquidations(venue: str, count: int, ts_ms: int | None = None, block: int = 1) -> list[Liquidation]:
    """Return liquidations of three assets in turn, `block` of each, every one with its own size and price."""
    now_ms = time.time_ns() // 1_000_000 if ts_ms is None else ts_ms
    unit = {"BTC": 0.01, "ETH": 0.1, "SOL": 1.0}
    told = []
    for number in range(count):
        asset = ("BTC", "ETH", "SOL")[number // block % 3]
        bankruptcy_usd = round(90_000 - number * 0.7, 1)
        fill_usd = round(bankruptcy_usd + 1.5, 1) if venue == "binance" else bankruptcy_usd
        size = round(unit[asset] * (number + 1), 8)
        side: Side = "long" if number % 2 else "short"
        told.append(Liquidation(now_ms + number // 10, venue, asset, side, size, fill_usd, bankruptcy_usd))
    return told


def bare(told: Liquidation) -> Liquidation:
    """Return a print without what the feed adds to it."""
    return replace(told, liquidation_usd=None)


def of_assets(rows: list[Liquidation]) -> list[Liquidation]:
    """Return those that were asked for."""
    return [row for row in rows if row.asset in ASSETS]


@pytest.mark.parametrize("rows_per_frame", [1, 10])
@pytest.mark.parametrize("venue", STREAMING)
async def test_a_burst_is_complete(venue: str, rows_per_frame: int) -> None:
    """1,000 liquidations in two seconds (or in a fifth of one): all, in order, with side, size and price as sent."""
    async with taped(venue) as (server, tape):
        past_ms = time.time_ns() // 1_000_000 - 500
        sent = liquidations(venue, 1000, past_ms, block=10)
        for second in range(4):
            await server.liquidate(venue, sent[second * 250 : (second + 1) * 250], rows_per_frame)
            await asyncio.sleep(0.5 if rows_per_frame == 10 else 0.05)
        wanted = of_assets(sent)
        await until(lambda: len(tape.prints) >= len(wanted), tape)
        await asyncio.sleep(0.1)
        assert [bare(told) for told in tape.prints] == wanted
        assert len(wanted) == 670 and tape.gaps == []


@pytest.mark.parametrize("venue", ["bybit", "okx"])
async def test_a_frame_of_many_rows_is_read_whole(venue: str) -> None:
    """Twenty rows of one message: twenty prints."""
    async with taped(venue) as (server, tape):
        sent = liquidations(venue, 20, block=20)
        assert await server.liquidate(venue, sent, rows_per_frame=20) == 1
        await until(lambda: len(tape.prints) == 20, tape)
        assert [told.qty_base for told in tape.prints] == [row.qty_base for row in sent]


@pytest.mark.parametrize("venue", STREAMING)
async def test_all_at_once(venue: str) -> None:
    """A thousand messages written without a pause: ccxt's own waiter would see one."""
    async with taped(venue) as (server, tape):
        sent = [row for row in liquidations(venue, 1500) if row.asset == "BTC"]
        await server.liquidate(venue, sent, rows_per_frame=1)
        await until(lambda: len(tape.prints) >= len(sent), tape)
        assert [told.qty_base for told in tape.prints] == [row.qty_base for row in sent]


@pytest.mark.parametrize("venue", STREAMING)
async def test_the_liquidation_price_is_recovered(venue: str) -> None:
    """With the brackets known, LP follows from the bankruptcy price: above it for a long, below it for a short."""
    async with taped(venue) as (server, tape):
        brackets = await tape.feed.brackets("BTC")
        sent = [row for row in liquidations(venue, 6) if row.asset == "BTC"]
        await server.liquidate(venue, sent)
        await until(lambda: len(tape.prints) == len(sent), tape)
        for told in tape.prints:
            assert told.bankruptcy_usd is not None and told.liquidation_usd is not None
            assert (told.liquidation_usd > told.bankruptcy_usd) == (told.side == "long")
            lp = liquidation_from_bankruptcy(told.side, told.bankruptcy_usd, told.qty_base, brackets)
            assert told.liquidation_usd == lp


@pytest.mark.parametrize("venue", STREAMING)
async def test_an_outage_is_told_as_a_gap(venue: str) -> None:
    """The connection is cut: the stream comes back by itself, says what it missed, and prints go on."""
    async with taped(venue) as (server, tape):
        before_ms = time.time_ns() // 1_000_000
        await server.hang_up(venue)
        await until(lambda: len(tape.gaps) == 1, tape)
        (gap,) = tape.gaps
        assert gap.venue == venue and before_ms - 1_000 <= gap.start_ms <= gap.end_ms <= time.time_ns() // 1_000_000
        assert gap.end_ms > before_ms
        await until(tape.feed.prints_live, tape)
        sent = liquidations(venue, 3)
        await server.liquidate(venue, sent)
        await until(lambda: len(tape.prints) == 2, tape)


@pytest.mark.parametrize("venue", STREAMING)
async def test_a_half_open_socket_is_noticed(venue: str) -> None:
    """A stream that goes silent without closing is given up after `silence_s` and opened again."""
    async with taped(venue) as (server, tape):
        began_s = time.monotonic()
        server.go_silent(venue)
        await until(lambda: not tape.feed.prints_live(), tape)
        assert time.monotonic() - began_s < QUICK.silence_s + 0.5
        await until(lambda: len(tape.gaps) == 1, tape)
        assert tape.feed.prints_live()


async def test_pongs_alone_are_no_sign_of_life_on_binance() -> None:
    """Binance's former stream path acknowledges and then sends nothing; no mark price, no life."""
    async with taped("binance", replace(QUICK, keep_alive_s=0.1)) as (server, tape):
        server.world.heartbeat_s = 60.0
        await until(lambda: len(tape.gaps) >= 1, tape)
        assert "silent" in stream_trouble(tape)


@pytest.mark.parametrize("venue", STREAMING)
async def test_what_was_known_before_an_outage_is_not_told_again(venue: str) -> None:
    """A venue that repeats its last prints after a reconnection adds nothing."""
    async with taped(venue) as (server, tape):
        first = [row for row in liquidations(venue, 30) if row.asset == "ETH"]
        await server.liquidate(venue, first)
        await until(lambda: len(tape.prints) == len(first), tape)
        await server.hang_up(venue)
        await until(lambda: len(tape.gaps) == 1 and server.listeners(venue) == 1, tape)
        fresh = replace(first[0], qty_base=99.9)
        await server.liquidate(venue, [*first, fresh])
        await until(lambda: len(tape.prints) > len(first), tape)
        await asyncio.sleep(0.1)
        assert [told.qty_base for told in tape.prints] == [row.qty_base for row in (*first, fresh)]


@pytest.mark.parametrize("venue", STREAMING)
async def test_equal_liquidations_of_one_connection_all_count(venue: str) -> None:
    """Two liquidations may be alike in all they tell; only a reconnection makes a copy of one."""
    async with taped(venue) as (server, tape):
        twin = liquidations(venue, 1)[0]
        await server.liquidate(venue, [twin, twin])
        await until(lambda: len(tape.prints) == 2, tape)


async def test_okx_first_push_is_old_news() -> None:
    """The liquidation that OKX pushes at every subscription is dropped by its age, and only then."""
    async with taped("okx") as (server, tape):
        await asyncio.sleep(0.1)
        assert tape.prints == []
        old = replace(liquidations("okx", 1)[0], ts_ms=time.time_ns() // 1_000_000 - 120_000)
        await server.liquidate("okx", [old])
        await until(lambda: len(tape.prints) == 1, tape)
    world = usual_world()
    world.stale_print_age_ms = 0
    async with LoopbackVenues(world) as server, feed_on(server, "okx") as feed:
        tape = Tape(feed)
        await until(lambda: len(tape.prints) == 1, tape)
        tape.task.cancel()


@pytest.mark.parametrize("venue", STREAMING)
async def test_a_bad_row_costs_none_of_its_neighbours(venue: str) -> None:
    """Negative size, NaN price, unknown side: dropped and counted; what follows is read."""
    async with taped(venue) as (server, tape):
        good = liquidations(venue, 1)[0]
        for text in BAD_ROWS[venue]:
            await server.say(venue, text)
        await server.liquidate(venue, [good])
        await until(lambda: len(tape.prints) == 1, tape)
        assert bare(tape.prints[0]) == replace(good, ts_ms=tape.prints[0].ts_ms)
        assert tape.feed._stream is not None and tape.feed._stream.garbled == len(BAD_ROWS[venue])


_ORDER = (
    '{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":%s,"q":"1","p":"9","ap":%s,"X":"FILLED","z":%s,"T":1795178060123}}'
)
_ROW = '{"topic":"allLiquidation.BTCUSDT","data":[{"T":1795178060123,"s":"BTCUSDT","S":%s,"p":%s,"v":%s}]}'
_DETAIL = (
    '{"arg":{"channel":"liquidation-orders"},"data":[{"instId":"BTC-USDT-SWAP",'
    '"details":[{"side":%s,"bkPx":%s,"sz":%s,"ts":"1795178060123"}]}]}'
)
BAD_ROWS = {
    venue: [form % bad for bad in ((side, '"9"', '"-1"'), (side, '"NaN"', '"1"'), ('"UP"', '"9"', '"1"'))]
    for venue, form, side in (("binance", _ORDER, '"SELL"'), ("bybit", _ROW, '"Buy"'), ("okx", _DETAIL, '"sell"'))
}


@pytest.mark.parametrize("venue", STREAMING)
async def test_a_frame_that_is_not_json_means_a_new_connection(venue: str) -> None:
    """ccxt would go deaf on half a JSON; the stream is opened again instead, and says so."""
    async with taped(venue, replace(QUICK, silence_s=30.0, keep_alive_s=10.0)) as (server, tape):
        await server.say(venue, '{"topic":"allLiq')
        await until(lambda: len(tape.gaps) == 1, tape, patience_s=3.0)
        assert tape.feed.prints_live()


async def test_only_executed_orders_of_binance_count() -> None:
    """An order that is new or half filled will be told again; one that expired half filled is told with its part."""
    order = '{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL","q":"4","p":"9","ap":"9","X":"%s","z":"%s","T":%d}}'
    async with taped("binance") as (server, tape):
        now_ms = time.time_ns() // 1_000_000
        for state, size in (("NEW", "0"), ("PARTIALLY_FILLED", "2"), ("EXPIRED", "3"), ("EXPIRED", "0")):
            await server.say("binance", order % (state, size, now_ms))
        await until(lambda: len(tape.prints) == 1, tape)
        await asyncio.sleep(0.1)
        assert [told.qty_base for told in tape.prints] == [3.0]


async def test_a_full_backlog_is_counted_and_told_as_a_gap() -> None:
    """Memory is bounded; what does not fit is not lost in silence."""
    async with taped("bybit", replace(QUICK, backlog=5)) as (server, tape):
        sent = [row for row in liquidations("bybit", 300) if row.asset == "BTC"]
        await server.liquidate("bybit", sent, rows_per_frame=1)
        await until(lambda: len(tape.gaps) >= 1, tape)
        await asyncio.sleep(0.1)
        assert tape.feed._stream is not None
        assert len(tape.prints) + tape.feed._stream.lost == len(sent) and tape.feed._stream.lost > 0


@pytest.mark.parametrize(
    ("fault", "kind"), [(geoblocked(), Blocked), (cloudfront(), Blocked), (Fault(status=503), Unavailable)]
)
async def test_a_stream_that_cannot_be_opened(fault: Fault, kind: type[FeedError]) -> None:
    """The first connection fails: the reason comes out, for the monitor to wait as it sees fit."""
    async with LoopbackVenues() as server, feed_on(server, "binance") as feed:
        server.fault("binance", "/market/", fault)
        with pytest.raises(kind):
            await anext(feed.prints(ASSETS))
        assert server.requests("binance")["/market/ws/0"] == 1
        assert not feed.prints_live()


async def test_a_stream_that_acknowledges_nothing() -> None:
    """Accepted, then silence: given up after `connect_s`."""
    async with (
        LoopbackVenues() as server,
        feed_on(server, "okx", replace(QUICK, connect_s=1.0, keep_alive_s=5.0)) as feed,
    ):
        server.fault("okx", "/ws/", Fault(silent=True))
        with pytest.raises(Unavailable, match="does not answer"):
            await anext(feed.prints(ASSETS))


async def test_an_unknown_topic_is_an_error() -> None:
    """A subscription that Bybit refuses is not taken for a quiet market."""
    async with LoopbackVenues() as server, feed_on(server, "bybit") as feed:
        await feed.open()
        del server.world.markets["bybit"]["BTC"]
        with pytest.raises(FeedError, match="handler not found"):
            await anext(feed.prints(ASSETS))


async def test_a_long_outage_is_not_hammered_and_is_one_gap() -> None:
    """Tries are spaced by growing pauses, and one gap covers the whole outage."""
    async with taped("bybit", replace(QUICK, pause_s=0.2, pause_most_s=0.8)) as (server, tape):
        before = server.requests("bybit")["/v5/public/linear"]
        server.fault("bybit", "/v5/public/", Fault(status=502))
        began_ms = time.time_ns() // 1_000_000
        await server.hang_up("bybit")
        await asyncio.sleep(2.0)
        tries = server.requests("bybit")["/v5/public/linear"] - before
        assert 2 <= tries <= 8 and not tape.feed.prints_live() and tape.gaps == []
        server.clear()
        await until(lambda: len(tape.gaps) == 1, tape)
        assert tape.gaps[0].start_ms < began_ms + 100 and tape.gaps[0].end_ms >= began_ms + 2_000


async def test_a_geoblock_in_mid_stream_comes_out() -> None:
    """Shut out for good: the feed says Blocked, and the next call tells the gap."""
    async with taped("binance") as (server, tape):
        server.fault("binance", "/market/", geoblocked())
        await server.hang_up("binance")
        await asyncio.wait([tape.task], timeout=5)
        with pytest.raises(Blocked):
            tape.task.result()
        server.clear()
        again = Tape(tape.feed)
        await until(lambda: len(again.gaps) == 1, again)
        again.task.cancel()
        await asyncio.gather(again.task, return_exceptions=True)


async def test_hyperliquid_prints_nothing() -> None:
    """There is no public stream: the prints end at once and nothing is live."""
    assert VENUES["hyperliquid"].abilities.prints == "none"
    async with LoopbackVenues() as server, feed_on(server, "hyperliquid") as feed:
        assert [event async for event in feed.prints(ASSETS)] == []
        assert not feed.prints_live()


def stream_trouble(tape: Tape) -> str:
    """Return why the stream was last lost."""
    assert tape.feed._stream is not None
    return tape.feed._stream.trouble
