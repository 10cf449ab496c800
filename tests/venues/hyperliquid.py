"""Hyperliquid on loopback: POST /info, and a stream that only keeps company."""

import json
from collections.abc import Sequence
from typing import Any

from liqtui.model.market import Liquidation
from tests.venues.wire import STEPS_MS, Ask, Listener, Refused, market_of, text
from tests.venues.world import Holding, MarketWorld, World, WorldBar

_MARGIN_TABLE = 51
"""Number of the table with tiers; a number under 50 is a single tier."""


class Hyperliquid:
    """The wire format over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._routes = {
            "/info/metaAndAssetCtxs": self._universe,
            "/info/meta": lambda ask: self._meta(),
            "/info/candleSnapshot": self._candles,
            "/info/l2Book": self._book,
            "/info/exchangeStatus": lambda ask: {"time": self.world.now_ms(), "specialStatuses": None},
            "/info/allMids": self._mids,
            "/info/clearinghouseState": self._account,
        }

    def answer(self, ask: Ask) -> object:
        """Return the JSON of an answer; the path carries the type of the question."""
        return self._routes[ask.path](ask)

    def hear(self, listener: Listener, text: str) -> list[str | object]:
        """Take a subscription or a ping."""
        said = json.loads(text)
        if said.get("method") == "ping":
            return [{"channel": "pong"}]
        return [{"channel": "subscriptionResponse", "data": said}]

    def beat(self, listener: Listener) -> list[object]:
        """Return nothing."""
        return []

    def liquidations(self, rows: Sequence[Liquidation], rows_per_frame: int) -> list[tuple[str, object]]:
        """Return nothing: Hyperliquid has no public stream of liquidations."""
        return []

    def _markets(self) -> list[MarketWorld]:
        return list(self.world.markets["hyperliquid"].values())

    def _meta(self) -> dict[str, object]:
        listed = [_coin(market) for market in self._markets()]
        tiers = self._markets()[0].tiers
        floors = [0.0, *(tier.cap_usd for tier in tiers)]
        table = {
            "description": "tiered",
            "marginTiers": [
                {"lowerBound": text(floor), "maxLeverage": int(tier.max_leverage)}
                for tier, floor in zip(tiers, floors, strict=False)
            ],
        }
        gone = {"szDecimals": 1, "name": "LOOM", "maxLeverage": 3, "marginTableId": 3, "isDelisted": True}
        return {"universe": [gone, *listed], "marginTables": [[_MARGIN_TABLE, table]], "collateralToken": 0}

    def _universe(self, ask: Ask) -> object:
        now_ms = self.world.now_ms()
        gone = {"funding": "0.0", "openInterest": "0.0", "markPx": "0.05", "midPx": None, "oraclePx": "0.05"}
        return [self._meta(), [gone, *(_state(market, now_ms) for market in self._markets())]]

    def _candles(self, ask: Ask) -> object:
        said = ask.body["req"]
        market_of(self.world, "hyperliquid", said["coin"], Refused(None, status=500))
        step_ms = STEPS_MS[said["interval"]]
        found = self.world.bars("hyperliquid", said["coin"], step_ms, said["startTime"], said["endTime"] + 1)
        return [_candle(said["coin"], said["interval"], bar) for bar in found][-5000:]

    def _book(self, ask: Ask) -> object:
        coin = ask.body["coin"]
        market = market_of(self.world, "hyperliquid", coin, Refused(None, status=500))
        now_ms = self.world.now_ms()
        sides = [
            [{"px": text(price), "sz": text(size), "n": 2} for price, size in side] for side in market.book(now_ms)
        ]
        return {"coin": coin, "time": now_ms, "levels": sides}

    def _account(self, ask: Ask) -> object:
        """An address that nobody has used is an account without positions."""
        held = self.world.accounts.get(ask.body["user"].lower(), [])
        now_ms, used = self.world.now_ms(), sum(one.margin_usd for one in held)
        rows = [_asset_position(one, self.world.market("hyperliquid", one.asset).mark(now_ms)) for one in held]
        value = sum(float(row["positionValue"]) for row in rows)
        margin = {"accountValue": text(used), "totalNtlPos": text(value), "totalMarginUsed": text(used)}
        return {
            "marginSummary": {**margin, "totalRawUsd": text(used)},
            "crossMarginSummary": {**margin, "totalRawUsd": text(used)},
            "crossMaintenanceMarginUsed": "0.0",
            "withdrawable": "0.0",
            "assetPositions": [{"type": "oneWay", "position": row} for row in rows],
            "time": now_ms,
        }

    def _mids(self, ask: Ask) -> object:
        return {market.asset: text(market.last(self.world.now_ms())) for market in self._markets()}


def _coin(market: MarketWorld) -> dict[str, object]:
    table = market.max_leverage if market.max_leverage < 50 else _MARGIN_TABLE
    return {"szDecimals": 3, "name": market.asset, "maxLeverage": market.max_leverage, "marginTableId": table}


def _state(market: MarketWorld, now_ms: int) -> dict[str, object]:
    last, mark = market.last(now_ms), market.mark(now_ms)
    return {
        "funding": text(market.funding_rate),
        "openInterest": text(market.interest(now_ms)),
        "prevDayPx": text(market.last(now_ms - 86_400_000)),
        "dayNtlVlm": text(market.volume_base * 1440 * last),
        "premium": "0.0",
        "oraclePx": text(last),
        "markPx": text(mark),
        "midPx": text(last),
        "impactPxs": [text(last), text(last)],
    }


def _candle(coin: str, interval: str, bar: WorldBar) -> object:
    return {
        "t": bar.ts_ms,
        "T": bar.ts_ms + bar.step_ms - 1,
        "s": coin,
        "i": interval,
        "o": text(bar.open_usd),
        "c": text(bar.close_usd),
        "h": text(bar.high_usd),
        "l": text(bar.low_usd),
        "v": text(bar.volume_base),
        "n": 100,
    }


def _asset_position(held: Holding, mark_usd: float) -> dict[str, Any]:
    value_usd = abs(held.size_base) * mark_usd
    gain_usd = held.size_base * (mark_usd - held.entry_usd)
    return {
        "coin": held.asset,
        "szi": text(held.size_base),
        "leverage": {"type": "cross", "value": 20},
        "entryPx": text(held.entry_usd),
        "positionValue": text(value_usd),
        "unrealizedPnl": text(gain_usd),
        "returnOnEquity": text(gain_usd / held.margin_usd),
        "liquidationPx": None if held.liquidation_usd is None else text(held.liquidation_usd),
        "marginUsed": text(held.margin_usd),
        "maxLeverage": 50,
        "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
    }
