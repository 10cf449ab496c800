"""OKX linear swaps on loopback. Everything is text, rows are arrays, newest first, sizes are contracts."""

import json
from collections.abc import Sequence

from liqtui.model.market import HOUR_MS, Liquidation
from tests.venues.wire import STEPS_MS, Ask, Listener, Refused, grouped, market_of, text
from tests.venues.world import MarketWorld, World, WorldBar

_RECENT_BARS = 1440
_PAGES = {"candles": 300, "history-candles": 300, "mark-price-candles": 100, "history-mark-price-candles": 100}


class Okx:
    """The wire format over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._routes = {
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/public/time": lambda ask: [{"ts": str(self.world.now_ms())}],
            "/api/v5/market/ticker": self._ticker,
            "/api/v5/public/mark-price": self._mark,
            "/api/v5/public/open-interest": self._open_interest,
            "/api/v5/public/funding-rate": self._funding,
            "/api/v5/market/candles": self._candles,
            "/api/v5/market/history-candles": self._candles,
            "/api/v5/market/mark-price-candles": self._mark_candles,
            "/api/v5/market/history-mark-price-candles": self._mark_candles,
            "/api/v5/rubik/stat/contracts/open-interest-history": self._open_interest_history,
            "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract": self._ratio,
            "/api/v5/public/position-tiers": self._tiers,
            "/api/v5/market/books": self._book,
        }

    def answer(self, ask: Ask) -> object:
        """Return the JSON of an answer in OKX's envelope."""
        return {"code": "0", "msg": "", "data": self._routes[ask.path](ask)}

    def hear(self, listener: Listener, text: str) -> list[str | object]:
        """Take a subscription or the text `ping`; a subscription is followed by an old liquidation."""
        if text == "ping":
            return ["pong"]
        said = json.loads(text)
        replies: list[str | object] = []
        for arg in said["args"]:
            listener.topics.add(f"{arg['channel']}:{arg.get('instType', '')}")
            replies.append({"event": said["op"], "arg": arg, "connId": "loopback"})
            if arg["channel"] == "liquidation-orders":
                replies.append(self._stale_push())
        return replies

    def beat(self, listener: Listener) -> list[object]:
        """Return nothing: OKX's sign of life is the answer to a ping."""
        return []

    def liquidations(self, rows: Sequence[Liquidation], rows_per_frame: int) -> list[tuple[str, object]]:
        """Return frames whose rows hold several details; one subscription brings all swaps."""
        return [("liquidation-orders:SWAP", self._push(run)) for run in grouped(rows, rows_per_frame)]

    def _push(self, rows: Sequence[Liquidation]) -> object:
        """Half of the rows as details of one entry, the rest as an entry of its own: both nestings occur."""
        half = -(-len(rows) // 2)
        data = [self._entry(part) for part in (rows[:half], rows[half:]) if part]
        return {"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": data}

    def _entry(self, rows: Sequence[Liquidation]) -> object:
        asset = rows[0].asset
        contract_base = self.world.market("okx", asset).contract_base
        name = f"{asset}-USDT"
        details = [_detail(row, contract_base) for row in rows]
        return {"details": details, "instFamily": name, "instId": f"{name}-SWAP", "instType": "SWAP", "uly": name}

    def _stale_push(self) -> object:
        asset = next(iter(self.world.markets["okx"]))
        ts_ms = self.world.now_ms() - self.world.stale_print_age_ms
        price = self.world.market("okx", asset).last(ts_ms)
        return self._push([Liquidation(ts_ms, "okx", asset, "long", 1.0, price, price)])

    def _market(self, ask: Ask) -> MarketWorld:
        unknown = Refused({"code": "51001", "msg": "Instrument ID doesn't exist", "data": []})
        name = ask.query.get("instId") or ask.query.get("instFamily", "")
        return market_of(self.world, "okx", name.removesuffix("-SWAP").removesuffix("-USDT"), unknown)

    def _instruments(self, ask: Ask) -> object:
        listed = [_instrument(market) for market in self.world.markets["okx"].values()]
        inverse = listed[0] | {
            "instId": "BTC-USD-SWAP",
            "instFamily": "BTC-USD",
            "uly": "BTC-USD",
            "settleCcy": "BTC",
            "ctType": "inverse",
            "ctVal": "100",
            "ctValCcy": "USD",
        }
        return [inverse, *listed]

    def _ticker(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        return [
            {
                "instType": "SWAP",
                "instId": ask.query["instId"],
                "last": text(market.last(now_ms)),
                "open24h": text(market.last(now_ms - 86_400_000)),
                "ts": str(now_ms),
            }
        ]

    def _mark(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        return [
            {"instType": "SWAP", "instId": ask.query["instId"], "markPx": text(market.mark(now_ms)), "ts": str(now_ms)}
        ]

    def _open_interest(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        oi = market.interest(now_ms)
        return [
            {
                "instType": "SWAP",
                "instId": ask.query["instId"],
                "oi": text(oi / market.contract_base),
                "oiCcy": text(oi),
                "oiUsd": text(oi * market.mark(now_ms)),
                "ts": str(now_ms),
            }
        ]

    def _funding(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        next_ms = market.next_funding_ms(now_ms)
        return [
            {
                "instType": "SWAP",
                "instId": ask.query["instId"],
                "fundingRate": text(market.funding_rate),
                "fundingTime": str(next_ms),
                "nextFundingTime": str(next_ms + market.funding_interval_h * HOUR_MS),
                "ts": str(now_ms),
            }
        ]

    def _bars(self, ask: Ask) -> list[WorldBar]:
        market, step_ms, now_ms = self._market(ask), STEPS_MS[ask.query["bar"]], self.world.now_ms()
        kind = ask.path.rsplit("/", 1)[1]
        after_ms, before_ms = ask.number("after", 2**53), ask.number("before", -1)
        start_ms = before_ms + 1
        if not kind.startswith("history"):
            start_ms = max(start_ms, now_ms - _RECENT_BARS * step_ms)
        found = self.world.bars("okx", market.asset, step_ms, start_ms, after_ms)
        return list(reversed(found))[: min(ask.number("limit", 100), _PAGES[kind])]

    def _candles(self, ask: Ask) -> object:
        contract_base = self._market(ask).contract_base
        return [_candle(bar, contract_base) for bar in self._bars(ask)]

    def _mark_candles(self, ask: Ask) -> object:
        ratio = self._market(ask).mark_ratio
        return [
            [
                str(bar.ts_ms),
                text(bar.open_usd * ratio),
                text(bar.mark_high_usd),
                text(bar.mark_low_usd),
                text(bar.close_usd * ratio),
                str(int(bar.closed)),
            ]
            for bar in self._bars(ask)
        ]

    def _samples(self, ask: Ask) -> list[int]:
        begin_ms, end_ms = ask.number("begin", -1), ask.number("end", 2**53)
        found = self.world.samples(begin_ms + 1, end_ms, STEPS_MS[ask.query["period"]])
        return list(reversed(found))[: min(ask.number("limit", 100), 100)]

    def _open_interest_history(self, ask: Ask) -> object:
        market = self._market(ask)
        rows = []
        for ts_ms in self._samples(ask):
            oi = market.interest(ts_ms)
            rows.append([str(ts_ms), text(oi / market.contract_base), text(oi), text(oi * market.mark(ts_ms))])
        return rows

    def _ratio(self, ask: Ask) -> object:
        market = self._market(ask)
        return [[str(ts_ms), text(market.ratio(ts_ms))] for ts_ms in self._samples(ask)]

    def _tiers(self, ask: Ask) -> object:
        market = self._market(ask)
        contract_usd = market.contract_base * market.last(self.world.now_ms())
        caps = [round(tier.cap_usd / contract_usd) for tier in market.tiers]
        return [
            {
                "tier": str(number),
                "instFamily": ask.query["instFamily"],
                "minSz": str(floor),
                "maxSz": str(cap),
                "mmr": text(tier.rate),
                "imr": text(1 / tier.max_leverage),
                "maxLever": text(tier.max_leverage),
            }
            for number, (tier, floor, cap) in enumerate(zip(market.tiers, [0, *caps], caps, strict=False), start=1)
        ]

    def _book(self, ask: Ask) -> object:
        market, now_ms = self._market(ask), self.world.now_ms()
        bids, asks = (
            [[text(price), text(size / market.contract_base), "0", "3"] for price, size in side]
            for side in market.book(now_ms)
        )
        return [{"asks": asks, "bids": bids, "ts": str(now_ms)}]


def _instrument(market: MarketWorld) -> dict[str, str]:
    name = f"{market.asset}-USDT"
    return {
        "alias": "",
        "baseCcy": "",
        "quoteCcy": "",
        "ctMult": "1",
        "ctType": "linear",
        "ctVal": text(market.contract_base),
        "ctValCcy": market.asset,
        "expTime": "",
        "instFamily": name,
        "instId": f"{name}-SWAP",
        "instType": "SWAP",
        "lever": str(market.max_leverage),
        "listTime": "1573557408000",
        "lotSz": "0.01",
        "minSz": "0.01",
        "settleCcy": "USDT",
        "state": "live",
        "tickSz": text(market.tick_usd),
        "uly": name,
    }


def _candle(bar: WorldBar, contract_base: float) -> list[str]:
    prices = [text(price) for price in (bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd)]
    volumes = [text(bar.volume_base / contract_base), text(bar.volume_base), text(bar.volume_base * bar.close_usd)]
    return [str(bar.ts_ms), *prices, *volumes, str(int(bar.closed))]


def _detail(row: Liquidation, contract_base: float) -> object:
    return {
        "bkLoss": "0",
        "bkPx": text(row.bankruptcy_usd or row.price_usd),
        "ccy": "",
        "posSide": row.side,
        "side": "sell" if row.side == "long" else "buy",
        "sz": text(row.qty_base / contract_base),
        "ts": str(row.ts_ms),
    }
