"""Binance USD-M futures on loopback. Numbers are text, series oldest first."""

import json
from collections.abc import Sequence

from liqtui.model.market import Liquidation
from tests.venues.wire import STEPS_MS, Ask, Listener, Refused, market_of, text
from tests.venues.world import MarketWorld, World, WorldBar

_UNKNOWN = Refused({"code": -1121, "msg": "Invalid symbol."}, status=400)
_FOREVER_MS = 4_133_404_800_000
"""Delivery date of a perpetual."""


class Binance:
    """The wire format over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._routes = {
            "/fapi/v1/exchangeInfo": self._exchange_info,
            "/fapi/v1/time": lambda ask: {"serverTime": self.world.now_ms()},
            "/fapi/v1/ping": lambda ask: {},
            "/fapi/v1/ticker/24hr": self._ticker,
            "/fapi/v1/premiumIndex": self._premium,
            "/fapi/v1/fundingInfo": self._funding_info,
            "/fapi/v1/openInterest": self._open_interest,
            "/fapi/v1/klines": self._klines,
            "/fapi/v1/markPriceKlines": self._mark_klines,
            "/fapi/v1/depth": self._depth,
            "/futures/data/openInterestHist": self._open_interest_history,
            "/futures/data/globalLongShortAccountRatio": self._ratio,
        }

    def answer(self, ask: Ask) -> object:
        """Return the JSON of an answer."""
        return self._routes[ask.path](ask)

    def hear(self, listener: Listener, text: str) -> list[str | object]:
        """Take a subscription; only the /market path carries what is subscribed to, the others acknowledge in vain."""
        said = json.loads(text)
        if said.get("method") == "SUBSCRIBE" and listener.path.startswith("/market/"):
            listener.topics.update(said["params"])
        return [{"result": None, "id": said.get("id")}]

    def beat(self, listener: Listener) -> list[object]:
        """Return the mark prices that are subscribed to."""
        names = [topic.split("@")[0].upper() for topic in sorted(listener.topics) if "@markPrice" in topic]
        return [self._mark_update(name) for name in names]

    def liquidations(self, rows: Sequence[Liquidation], rows_per_frame: int) -> list[tuple[str, object]]:
        """Return one forceOrder message a row; `l` is a part of the size on purpose."""
        return [(f"{row.asset.lower()}usdt@forceOrder", _force_order(row, self.world.now_ms())) for row in rows]

    def _market(self, ask: Ask) -> MarketWorld:
        name = ask.query.get("symbol", "")
        return market_of(self.world, "binance", name.removesuffix("USDT"), _UNKNOWN)

    def _exchange_info(self, ask: Ask) -> object:
        listed = [_symbol(market) for market in self.world.markets["binance"].values()]
        dated = _symbol(self.world.market("binance", "BTC")) | {
            "symbol": "BTCUSDT_261225",
            "contractType": "CURRENT_QUARTER",
            "deliveryDate": 1_798_185_600_000,
        }
        return {"timezone": "UTC", "serverTime": self.world.now_ms(), "rateLimits": [], "symbols": [*listed, dated]}

    def _ticker(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        last = market.last(now_ms)
        return {
            "symbol": f"{market.asset}USDT",
            "priceChange": text(last - market.last(now_ms - 86_400_000)),
            "lastPrice": text(last),
            "openPrice": text(market.last(now_ms - 86_400_000)),
            "volume": text(market.volume_base * 1440),
            "openTime": now_ms - 86_400_000,
            "closeTime": now_ms,
            "count": 76,
        }

    def _premium(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        return {
            "symbol": f"{market.asset}USDT",
            "markPrice": text(market.mark(now_ms)),
            "indexPrice": text(market.last(now_ms)),
            "lastFundingRate": text(market.funding_rate),
            "interestRate": "0.00010000",
            "nextFundingTime": market.next_funding_ms(now_ms),
            "time": now_ms,
        }

    def _funding_info(self, ask: Ask) -> object:
        markets = self.world.markets["binance"].values()
        return [
            {"symbol": f"{m.asset}USDT", "fundingIntervalHours": m.funding_interval_h, "disclaimer": False}
            for m in markets
            if m.funding_interval_h != 8
        ]

    def _open_interest(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        return {"openInterest": text(market.interest(now_ms)), "symbol": f"{market.asset}USDT", "time": now_ms}

    def _bars(self, ask: Ask) -> list[WorldBar]:
        market, step_ms = self._market(ask), STEPS_MS[ask.query["interval"]]
        limit = ask.number("limit", 500)
        if limit > 1500:
            raise Refused({"code": -1130, "msg": "Data sent for parameter 'limit' is not valid."}, status=400)
        start_ms, end_ms = ask.number("startTime", 0), ask.number("endTime", 2**53)
        return self.world.bars("binance", market.asset, step_ms, start_ms, end_ms + 1)[:limit]

    def _klines(self, ask: Ask) -> object:
        return [_kline(bar) for bar in self._bars(ask)]

    def _mark_klines(self, ask: Ask) -> object:
        return [_mark_kline(bar, self._market(ask).mark_ratio) for bar in self._bars(ask)]

    def _depth(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        bids, asks = ([[text(price), text(size)] for price, size in side] for side in market.book(now_ms))
        return {"lastUpdateId": 1, "E": now_ms, "T": now_ms, "bids": bids, "asks": asks}

    def _samples(self, ask: Ask) -> list[int]:
        start_ms, end_ms = ask.number("startTime", 0), ask.number("endTime", 2**53)
        return self.world.samples(start_ms, end_ms + 1, STEPS_MS[ask.query["period"]])[: ask.number("limit", 30)]

    def _open_interest_history(self, ask: Ask) -> object:
        market = self._market(ask)
        return [
            {
                "symbol": f"{market.asset}USDT",
                "sumOpenInterest": text(market.interest(ts_ms)),
                "sumOpenInterestValue": text(market.interest(ts_ms) * market.mark(ts_ms)),
                "timestamp": str(ts_ms),
            }
            for ts_ms in self._samples(ask)
        ]

    def _ratio(self, ask: Ask) -> object:
        market = self._market(ask)
        return [
            {"symbol": f"{market.asset}USDT", "longShortRatio": text(market.ratio(ts_ms)), "timestamp": str(ts_ms)}
            for ts_ms in self._samples(ask)
        ]

    def _mark_update(self, name: str) -> object:
        market, now_ms = self.world.market("binance", name.removesuffix("USDT")), self.world.now_ms()
        return {
            "e": "markPriceUpdate",
            "E": now_ms,
            "s": name,
            "p": text(market.mark(now_ms)),
            "i": text(market.last(now_ms)),
            "r": text(market.funding_rate),
            "T": market.next_funding_ms(now_ms),
        }


def _symbol(market: MarketWorld) -> dict[str, object]:
    return {
        "symbol": f"{market.asset}USDT",
        "pair": f"{market.asset}USDT",
        "contractType": "PERPETUAL",
        "deliveryDate": _FOREVER_MS,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING",
        "baseAsset": market.asset,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": 8,
        "quantityPrecision": 3,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.0001",
                "maxPrice": "4529764",
                "tickSize": text(market.tick_usd),
            },
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        ],
    }


def _kline(bar: WorldBar) -> list[object]:
    return [
        bar.ts_ms,
        text(bar.open_usd),
        text(bar.high_usd),
        text(bar.low_usd),
        text(bar.close_usd),
        text(bar.volume_base),
        bar.ts_ms + bar.step_ms - 1,
        text(bar.volume_base * bar.close_usd),
        308,
        text(bar.taker_buy_base),
        text(bar.taker_buy_base * bar.close_usd),
        "0",
    ]


def _mark_kline(bar: WorldBar, ratio: float) -> list[object]:
    ends = (bar.open_usd * ratio, bar.mark_high_usd, bar.mark_low_usd, bar.close_usd * ratio)
    return [bar.ts_ms, *(text(price) for price in ends), "0", bar.ts_ms + bar.step_ms - 1, "0", 60, "0", "0", "0"]


def _force_order(row: Liquidation, now_ms: int) -> object:
    return {
        "e": "forceOrder",
        "E": now_ms,
        "o": {
            "s": f"{row.asset}USDT",
            "S": "SELL" if row.side == "long" else "BUY",
            "o": "LIMIT",
            "f": "IOC",
            "q": text(row.qty_base),
            "p": text(row.bankruptcy_usd or row.price_usd),
            "ap": text(row.price_usd),
            "X": "FILLED",
            "l": text(row.qty_base / 4),
            "z": text(row.qty_base),
            "T": row.ts_ms,
        },
    }
