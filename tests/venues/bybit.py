"""Bybit linear perpetuals on loopback. Lists are newest first; open interest counts both sides."""

import json
from collections.abc import Sequence

from liqtui.model.market import Liquidation
from tests.venues.wire import Ask, Listener, Refused, grouped, market_of, newest, text
from tests.venues.world import MarketWorld, World, WorldBar

_MOST = {"kline": 1000, "open-interest": 200, "account-ratio": 500}


class Bybit:
    """The wire format over a world."""

    def __init__(self, world: World, single_side: bool = True) -> None:
        self.world = world
        self.single_side = single_side
        """Whether replies carry `singleOpenInterest`."""
        self._routes = {
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/time": lambda ask: {"timeNano": str(self.world.now_ms() * 1_000_000)},
            "/v5/market/tickers": self._tickers,
            "/v5/market/kline": self._klines,
            "/v5/market/mark-price-kline": self._mark_klines,
            "/v5/market/open-interest": self._open_interest,
            "/v5/market/account-ratio": self._ratio,
            "/v5/market/risk-limit": self._risk_limit,
            "/v5/market/orderbook": self._book,
        }

    def answer(self, ask: Ask) -> object:
        """Return the JSON of an answer in Bybit's envelope."""
        result = self._routes[ask.path](ask)
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.world.now_ms()}

    def hear(self, listener: Listener, text: str) -> list[str | object]:
        """Take a subscription or a ping."""
        said = json.loads(text)
        tail = {"conn_id": "loopback", "req_id": said.get("req_id", ""), "op": said["op"]}
        if said["op"] == "ping":
            return [{"success": True, "ret_msg": "pong", **tail}]
        if said["op"] != "subscribe":
            return [{"success": False, "ret_msg": "error:invalid op", **tail}]
        known = {f"{asset}USDT" for asset in self.world.markets["bybit"]}
        if unknown := [topic for topic in said["args"] if topic.split(".")[-1] not in known]:
            return [{"success": False, "ret_msg": f"error:handler not found,topic:{unknown[0]}", **tail}]
        listener.topics.update(said["args"])
        return [{"success": True, "ret_msg": "", **tail}]

    def beat(self, listener: Listener) -> list[object]:
        """Return nothing: Bybit's sign of life is the answer to a ping."""
        return []

    def liquidations(self, rows: Sequence[Liquidation], rows_per_frame: int) -> list[tuple[str, object]]:
        """Return frames of many rows; `S` is the side of the position."""
        frames: list[tuple[str, object]] = []
        for run in grouped(rows, rows_per_frame):
            topic = f"allLiquidation.{run[0].asset}USDT"
            data = [_liquidation(row) for row in run]
            frames.append((topic, {"topic": topic, "type": "snapshot", "ts": self.world.now_ms(), "data": data}))
        return frames

    def _market(self, ask: Ask) -> MarketWorld:
        unknown = Refused({"retCode": 10001, "retMsg": "params error: symbol invalid", "result": {}, "time": 1})
        name = ask.query.get("symbol", "")
        return market_of(self.world, "bybit", name.removesuffix("USDT"), unknown)

    def _instruments(self, ask: Ask) -> object:
        listed = [_instrument(market) for market in self.world.markets["bybit"].values()]
        dated = listed[0] | {"symbol": "BTC-25DEC26", "contractType": "LinearFutures", "deliveryTime": "1798185600000"}
        found = [] if ask.query.get("status") == "PreLaunch" else [*listed, dated]
        return {"category": "linear", "list": found, "nextPageCursor": ""}

    def _tickers(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        return {
            "category": "linear",
            "list": [
                {
                    "symbol": f"{market.asset}USDT",
                    "lastPrice": text(market.last(now_ms)),
                    "indexPrice": text(market.last(now_ms)),
                    "markPrice": text(market.mark(now_ms)),
                    "prevPrice24h": text(market.last(now_ms - 86_400_000)),
                    **self._interest(market, now_ms),
                    "fundingRate": text(market.funding_rate),
                    "nextFundingTime": str(market.next_funding_ms(now_ms)),
                    "deliveryTime": "0",
                }
            ],
        }

    def _interest(self, market: MarketWorld, ts_ms: int) -> dict[str, str]:
        single = market.interest(ts_ms)
        both = {"openInterest": text(2 * single)}
        return both | {"singleOpenInterest": text(single)} if self.single_side else both

    def _bars(self, ask: Ask) -> list[WorldBar]:
        market, step_ms = self._market(ask), int(ask.query["interval"]) * 60_000
        start_ms, end_ms = ask.number("start", 0), ask.number("end", 2**53)
        found = self.world.bars("bybit", market.asset, step_ms, start_ms, end_ms + 1)
        return newest(found, min(ask.number("limit", 200), _MOST["kline"]))

    def _klines(self, ask: Ask) -> object:
        rows = [[str(bar.ts_ms), *map(text, _ohlc(bar)), text(bar.volume_base), "0"] for bar in self._bars(ask)]
        return {"symbol": ask.query["symbol"], "category": "linear", "list": rows}

    def _mark_klines(self, ask: Ask) -> object:
        ratio = self._market(ask).mark_ratio
        rows = [
            [
                str(bar.ts_ms),
                text(bar.open_usd * ratio),
                text(bar.mark_high_usd),
                text(bar.mark_low_usd),
                text(bar.close_usd * ratio),
            ]
            for bar in self._bars(ask)
        ]
        return {"symbol": ask.query["symbol"], "category": "linear", "list": rows}

    def _samples(self, ask: Ask, step: str, most: int) -> list[int]:
        if ask.query[step] != "5min":
            raise Refused({"retCode": 10001, "retMsg": f"Invalid {step}", "result": {}, "time": 1})
        start_ms, end_ms = ask.number("startTime", 0), ask.number("endTime", 2**53)
        found = self.world.samples(start_ms, end_ms + 1, 300_000)
        return list(reversed(found))[: min(ask.number("limit", 50), most)]

    def _open_interest(self, ask: Ask) -> object:
        market = self._market(ask)
        stamps = self._samples(ask, "intervalTime", _MOST["open-interest"])
        rows = [{**self._interest(market, ts_ms), "timestamp": str(ts_ms)} for ts_ms in stamps]
        return {"symbol": ask.query["symbol"], "category": "linear", "list": rows, "nextPageCursor": ""}

    def _ratio(self, ask: Ask) -> object:
        market = self._market(ask)
        rows = []
        for ts_ms in self._samples(ask, "period", _MOST["account-ratio"]):
            buys = market.ratio(ts_ms) / (1 + market.ratio(ts_ms))
            rows.append(
                {
                    "symbol": f"{market.asset}USDT",
                    "buyRatio": text(buys),
                    "sellRatio": text(1 - buys),
                    "timestamp": str(ts_ms),
                }
            )
        return {"list": rows}

    def _risk_limit(self, ask: Ask) -> object:
        market = self._market(ask)
        rows = [
            {
                "id": number,
                "symbol": f"{market.asset}USDT",
                "riskLimitValue": text(tier.cap_usd),
                "maintenanceMargin": text(tier.rate),
                "initialMargin": text(1 / tier.max_leverage),
                "isLowestRisk": int(number == 1),
                "maxLeverage": f"{tier.max_leverage:.2f}",
                "mmDeduction": text(tier.amount_usd) if tier.amount_usd else "",
            }
            for number, tier in enumerate(market.tiers, start=1)
        ]
        return {"category": "linear", "list": rows, "nextPageCursor": ""}

    def _book(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        bids, asks = ([[text(price), text(size)] for price, size in side] for side in market.book(now_ms))
        return {"s": ask.query["symbol"], "b": bids, "a": asks, "ts": now_ms, "u": 1, "seq": 1}


def _ohlc(bar: WorldBar) -> tuple[float, float, float, float]:
    return bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd


def _instrument(market: MarketWorld) -> dict[str, object]:
    return {
        "symbol": f"{market.asset}USDT",
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": market.asset,
        "quoteCoin": "USDT",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": f"{market.max_leverage:.2f}", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": text(market.tick_usd)},
        "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": "0.001", "qtyStep": "0.001"},
        "unifiedMarginTrade": True,
        "fundingInterval": market.funding_interval_h * 60,
        "settleCoin": "USDT",
    }


def _liquidation(row: Liquidation) -> object:
    return {
        "T": row.ts_ms,
        "s": f"{row.asset}USDT",
        "S": "Buy" if row.side == "long" else "Sell",
        "v": text(row.qty_base),
        "p": text(row.bankruptcy_usd or row.price_usd),
    }
