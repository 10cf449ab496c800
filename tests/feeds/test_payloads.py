"""The readers against recorded replies of the venues, where the folder of recordings lies beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from liqtui.feeds.base import Garbled
from liqtui.feeds.calls import Listing, Reply
from liqtui.feeds.prints import Reader
from liqtui.feeds.venues import VENUES
from liqtui.feeds.wire import binance, bybit, hyperliquid, okx
from liqtui.model.market import Liquidation, Market

PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
NOW_MS = 1_795_178_060_123


def recorded(path: str) -> Any:
    """Return a recording; skip the test where the folder is absent."""
    if not PAYLOADS.is_dir():
        pytest.skip(f"no recorded replies: {PAYLOADS} is absent")
    return json.loads((PAYLOADS / path).read_text())


def reply(path: str) -> Any:
    """Return the body of a recorded REST reply."""
    return recorded(path)["response"]


def replies(*paths: str) -> list[Reply]:
    """Return recorded REST replies."""
    return [Reply(reply(path), NOW_MS) for path in paths]


def listing(venue: str, name: str, asset: str = "BTC", contract_base: float = 1.0, **hints: str) -> Listing:
    """Return a listing by hand."""
    return Listing(Market(venue, asset, f"{asset}/USDT:USDT", 0.1, contract_base), name, hints)


BTCUSDT = listing("binance", "BTCUSDT")


def test_binance_klines() -> None:
    """Column 9 is the taker buy volume."""
    (bar,) = binance.read_bars(BTCUSDT, reply("binance/jkorf_rest_GetKlines.json"), 60_000)
    assert (bar.ts_ms, bar.open_usd, bar.high_usd) == (1499040000000, 0.0163479, 0.8)
    assert (bar.low_usd, bar.close_usd) == (0.015758, 0.015771)
    assert (bar.volume_base, bar.taker_buy_base) == (148976.11427815, 1756.87402397)


def test_binance_mark_klines() -> None:
    """High and low of the mark price."""
    (mark,) = binance.read_marks(BTCUSDT, reply("binance/jkorf_rest_GetMarkPriceKlines.json"), 60_000)
    assert (mark.ts_ms, mark.high_usd, mark.low_usd) == (1591256460000, 9654.56401333, 9653.07367333)


def test_binance_quote_and_funding() -> None:
    """Ticker, premium index and the list of unusual funding intervals."""
    quote = binance.read_quote(
        BTCUSDT, replies("binance/jkorf_rest_GetTicker.json", "binance/jkorf_rest_GetMarkPrice.json")
    )
    assert (quote.ts_ms, quote.last_usd, quote.mark_usd) == (1499869899040, 4.000002, 11793.63104562)
    told = replies("binance/jkorf_rest_GetMarkPrice.json", "binance/jkorf_rest_GetFundingInfo.json")
    funding = binance.read_funding(BTCUSDT, told)
    assert (funding.ts_ms, funding.rate, funding.next_ts_ms) == (1597370495002, 0.00038246, 1597392000000)
    assert funding.interval_h == 8.0


def test_binance_open_interest_and_ratio() -> None:
    """Now, history, and the account ratio."""
    now = binance.read_open_interest(BTCUSDT, replies("binance/jkorf_rest_GetOpenInterest.json"))
    assert (now.ts_ms, now.oi_base) == (1589437530011, 10659.509)
    history = binance.read_open_interest_history(BTCUSDT, reply("binance/jkorf_rest_GetOpenInterestHistory.json"), 0)
    assert [(s.ts_ms, s.oi_base) for s in history] == [(1583127900000, 20403.637), (1583128200000, 20401.367)]
    ratios = binance.read_ratio(BTCUSDT, reply("binance/jkorf_rest_GetGlobalLongShortAccountRatio.json"), 0)
    assert [(s.ts_ms, s.ratio) for s in ratios] == [(1583139600000, 0.196), (1583139900000, 1.9559)]


def test_binance_order_book() -> None:
    """Best levels."""
    book = binance.read_order_book(BTCUSDT, replies("binance/jkorf_rest_GetOrderBook.json"))
    assert (book.ts_ms, book.bids, book.asks) == (1589436922959, ((4.0, 431.0),), ((4.000002, 12.0),))


def test_binance_forced_orders() -> None:
    """A real capture whose last fill `l` (988) is not the size (9970); the order's side is turned round."""
    sold = listing("binance", "CTSIUSDT", "CTSI")
    bought = listing("binance", "GLMUSDT", "GLM")
    told = _read("binance", [sold, bought], recorded("binance/hummingbot_ws_forceOrder_2024-04-27.json"))
    short, long = told
    assert (short.asset, short.side, short.qty_base) == ("GLM", "short", 9970.0)
    assert (short.ts_ms, short.price_usd, short.bankruptcy_usd) == (1714242617155, 0.5029243, 0.5088718)
    assert (long.asset, long.side, long.qty_base, long.price_usd) == ("CTSI", "long", 975.0, 0.2197)


def test_bybit_replies() -> None:
    """Recordings from before `singleOpenInterest`: both sides are halved."""
    place = listing("bybit", "BTCUSD", fundingInterval="480")
    bars = bybit.read_bars(place, reply("bybit/jkorf_rest_GetKlines.json"), 3_600_000)
    assert (len(bars), bars[0].ts_ms, bars[0].close_usd, bars[0].volume_base) == (3, 1670608800000, 17055.5, 268611.0)
    (mark,) = bybit.read_marks(place, reply("bybit/jkorf_rest_GetMarkPriceKlines.json"), 3_600_000)
    assert (mark.high_usd, mark.low_usd) == (17164.16, 17121.5)
    history = bybit.read_open_interest_history(place, reply("bybit/jkorf_rest_GetOpenInterest.json"), 300_000)
    assert [(s.ts_ms, s.oi_base) for s in history] == [(1669571400000, 230567192.0), (1669571100000, 230567146.0)]
    ticker = replies("bybit/jkorf_rest_GetLinearInverseTickers.json")
    quote = bybit.read_quote(place, ticker)
    assert (quote.ts_ms, quote.last_usd, quote.mark_usd) == (1672376496682, 16597.0, 16596.0)
    assert bybit.read_open_interest(place, ticker).oi_base == 373504107 / 2
    funding = bybit.read_funding(place, ticker)
    assert (funding.rate, funding.interval_h, funding.next_ts_ms) == (-0.001034, 8.0, 1672387200000)
    (ratio,) = bybit.read_ratio(place, reply("bybit/jkorf_rest_GetLongShortRatio.json"), 0)
    assert ratio.ts_ms == 1695772800000 and ratio.ratio == pytest.approx(0.5777 / 0.4223)
    book = bybit.read_order_book(place, replies("bybit/jkorf_rest_GetOrderbook.json"))
    assert (book.bids, book.asks) == (((62710.2, 5.52),), ((62710.3, 0.01),))


def test_bybit_risk_limits_in_percent() -> None:
    """An old reply gives 0.5 and 1 for 0.5 % and 1 % at 100x."""
    (bracket,) = bybit.read_brackets(listing("bybit", "BTCUSD"), replies("bybit/jkorf_rest_GetRiskLimit.json"))
    assert (bracket.floor_usd, bracket.cap_usd, bracket.rate, bracket.max_leverage) == (0.0, 150.0, 0.005, 100.0)


def test_bybit_liquidations() -> None:
    """`Sell` is a short position that was liquidated."""
    messages = recorded("bybit/jkorf_ws_Liquidations.json")["messages"]
    (told,) = _read("bybit", [listing("bybit", "ETHUSDT", "ETH")], messages)
    assert (told.ts_ms, told.side, told.qty_base) == (1739502302929, "short", 20000.0)
    assert told.price_usd == told.bankruptcy_usd == 0.04499


def test_okx_replies() -> None:
    """Candles, statistics and public data."""
    place = listing("okx", "BTC-USDT-SWAP", contract_base=0.01)
    bars = okx.read_bars(place, reply("okx/jkorf_rest_GetKlines.json"), 60_000)
    assert bars == []  # both recorded candles are still forming
    final = reply("okx/jkorf_rest_GetKlines.json")
    final["data"][0][8] = "1"
    (bar,) = okx.read_bars(place, final, 60_000)
    assert (bar.open_usd, bar.close_usd, bar.volume_base) == (3.721, 3.708, 22698348.04828491)
    marks = okx.read_marks(place, reply("okx/jkorf_rest_GetMarkPriceKlines.json"), 60_000)
    assert (marks[1].high_usd, marks[1].low_usd) == (3.799, 3.494)
    now = okx.read_open_interest(place, replies("okx/jkorf_rest_GetOpenInterests.json"))
    assert (now.ts_ms, now.oi_base) == (1597026383085, 555.55)
    quote = okx.read_quote(place, replies("okx/jkorf_rest_GetTicker.json", "okx/jkorf_rest_GetMarkPrices.json"))
    assert (quote.last_usd, quote.mark_usd) == (9999.99, 200.0)
    funding = okx.read_funding(place, replies("okx/jkorf_rest_GetFundingRates.json"))
    assert (funding.rate, funding.interval_h) == (0.000079238688534, 8.0)
    assert (funding.ts_ms, funding.next_ts_ms) == (NOW_MS, 1703088000000)
    (ratio,) = okx.read_ratio(place, reply("okx/jkorf_rest_GetRubikLongShortRatio.json"), 0)
    assert (ratio.ts_ms, ratio.ratio) == (1630502100000, 1.25)
    book = okx.read_order_book(place, replies("okx/jkorf_rest_GetOrderBook.json"))
    assert book.bids == ((41006.3, 0.0030178218),)


def test_okx_tiers() -> None:
    """50 contracts of 0.01 coin at 9999.99."""
    told = replies("okx/jkorf_rest_GetPositionTiers.json", "okx/jkorf_rest_GetTicker.json")
    (bracket,) = okx.read_brackets(listing("okx", "BTC-USDT-SWAP", contract_base=0.01), told)
    assert bracket.cap_usd == pytest.approx(50 * 0.01 * 9999.99)
    assert (bracket.rate, bracket.amount_usd, bracket.max_leverage) == (0.03, 0.0, 10.0)


def test_hyperliquid_replies() -> None:
    """The universe, candles and the book."""
    eth = Listing(Market("hyperliquid", "ETH", "ETH/USDC:USDC", 0.1, 1.0), "ETH")
    universe = replies("hyperliquid/jkorf_rest_GetExchangeInfoAndTickers.json")
    quote = hyperliquid.read_quote(eth, universe)
    assert (quote.ts_ms, quote.last_usd, quote.mark_usd) == (NOW_MS, 6.0431, 6.0436)
    assert hyperliquid.read_open_interest(eth, universe).oi_base == 1882.55
    assert hyperliquid.read_funding(eth, universe).rate == 0.0000125
    (bracket,) = hyperliquid.read_brackets(eth, universe)
    assert (bracket.rate, bracket.max_leverage) == (0.01, 50.0)
    bars = hyperliquid.read_bars(eth, reply("hyperliquid/jkorf_rest_GetKlines.json"), 86_400_000)
    assert (bars[0].ts_ms, bars[0].high_usd, bars[0].close_usd) == (1737331200000, 22.755, 20.547)
    book = hyperliquid.read_order_book(
        eth, [Reply(recorded("hyperliquid/jkorf_ws_OrderBook.json")["messages"][0]["data"], NOW_MS)]
    )
    assert (book.bids[0], book.asks[0]) == ((34.967, 2.85), (34.969, 1473.06))


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx"])
def test_a_recorded_reply_of_another_call_is_garbled(venue: str) -> None:
    """A reader never makes numbers out of an answer to something else."""
    other = reply("hyperliquid/jkorf_rest_GetExchangeInfo.json")
    with pytest.raises(Garbled):
        VENUES[venue].quote.read(BTCUSDT, [Reply(other, NOW_MS)] * len(VENUES[venue].quote.asks))


def _read(venue: str, listings: list[Listing], messages: list[object]) -> list[Liquidation]:
    stream = VENUES[venue].stream
    assert stream is not None
    reader = Reader(stream, listings, opened_ms=0)
    return [told for message in messages for told in reader.read(message)]
