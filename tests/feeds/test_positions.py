"""What Hyperliquid tells of an account: the positions that are read, and what is refused."""

import json
from collections.abc import Mapping

import pytest

from liqtui.feeds.base import Blocked, FeedError, Garbled, PublicAccounts, RateLimited, Unavailable, Unsupported
from liqtui.feeds.clock import WallClock
from liqtui.feeds.exchange import ExchangeFeed
from liqtui.feeds.network import make_session
from liqtui.feeds.wire import hyperliquid
from liqtui.model.margin import liquidation_price_of_margin, maintenance_rate
from liqtui.model.market import Position, Side
from tests.venues.faults import Fault, broken, geoblocked, portal, put, rate_limited
from tests.venues.opened import QUICK, feed_on
from tests.venues.server import LoopbackVenues
from tests.venues.world import Holding, usual_world

WHALE = "0x" + "ab" * 20
HELD = [
    Holding("BTC", 0.0015, 66_930.0, 20.043862, 54_108.51043771),
    Holding("SOL", -0.48, 163.11, 15.650731, 190.94213618),
    Holding("ETH", 2.0, 3_000.0, 6_000.0, None),
]

ROW: Mapping[str, object] = {
    "coin": "BTC",
    "szi": "-1.5",
    "entryPx": "90000.0",
    "liquidationPx": "99000.5",
    "positionValue": "135000.0",
    "marginUsed": "13500.0",
    "leverage": {"type": "isolated", "value": 10, "rawUsd": "-1.0"},
}
ASSETS = {"BTC": "BTC", "kPEPE": "KPEPE"}


def read(*rows: object) -> list[Position]:
    """Read an account that holds these rows."""
    body = {"assetPositions": [{"type": "oneWay", "position": row} for row in rows], "time": 1}
    return hyperliquid.read_positions(ASSETS, json.loads(json.dumps(body)))


async def test_the_positions_told_are_the_positions_given() -> None:
    """Side by sign, size without it, and no liquidation price where the venue has none."""
    world = usual_world()
    world.accounts[WHALE] = HELD
    async with LoopbackVenues(world) as server, feed_on(server, "hyperliquid") as feed:
        assert await feed.positions(WHALE) == [
            Position("BTC", "long", 0.0015, 54_108.51043771),
            Position("SOL", "short", 0.48, 190.94213618),
            Position("ETH", "long", 2.0, None),
        ]
        assert await feed.positions("0x" + "0" * 40) == []
        assert server.requests("hyperliquid")["/info/clearinghouseState"] == 2


@pytest.mark.parametrize(("side", "held", "most"), [("long", HELD[0], 50), ("short", HELD[1], 20)])
def test_the_venue_means_the_price_that_the_model_computes(side: Side, held: Holding, most: int) -> None:
    """The liquidation price told is the one of entry, margin and maintenance: no other quantity by the same name."""
    qty_base = abs(held.size_base)
    computed = liquidation_price_of_margin(side, held.entry_usd, qty_base, held.margin_usd, maintenance_rate(most))
    assert held.liquidation_usd == pytest.approx(computed, abs=6e-9)


def test_a_coin_is_named_as_elsewhere_and_one_that_is_not_listed_is_left_out() -> None:
    rows = read(ROW, {**ROW, "coin": "kPEPE", "szi": "7"}, {**ROW, "coin": "LOOM"}, {**ROW, "szi": "0.0"})
    assert rows == [Position("BTC", "short", 1.5, 99_000.5), Position("KPEPE", "long", 7.0, 99_000.5)]


@pytest.mark.parametrize("value", ["NaN", "-1", "0", "Infinity", "cheap", True, [], float("nan")])
@pytest.mark.parametrize("key", ["entryPx", "liquidationPx"])
def test_a_row_with_an_impossible_price_is_left_out(key: str, value: object) -> None:
    """Its neighbours are read; alone it is no answer at all."""
    assert read(ROW, {**ROW, key: value}) == read(ROW)
    with pytest.raises(Garbled, match=key):
        read({**ROW, key: value})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e30", "many", None, False, {}])
@pytest.mark.parametrize("key", ["szi", "positionValue", "marginUsed"])
def test_a_row_with_an_impossible_amount_is_left_out(key: str, value: object) -> None:
    assert read(ROW, {**ROW, key: value}) == read(ROW)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"assetPositions": None},
        {"assetPositions": {"BTC": ROW}},
        {"assetPositions": [ROW]},
        {"assetPositions": [None]},
        {"assetPositions": [{"position": []}]},
        {"assetPositions": [{"position": {}}]},
    ],
)
def test_another_shape_is_no_empty_account(body: object) -> None:
    with pytest.raises(Garbled):
        hyperliquid.read_positions(ASSETS, body)


FAULTS: dict[str, tuple[Fault, type[FeedError]]] = {
    "HTML": (portal(), Garbled),
    "half a JSON": (Fault(cut=True), Garbled),
    "null": (Fault(text="null"), Garbled),
    "wrong type": (Fault(edit=put("none", "assetPositions")), Garbled),
    "429": (rate_limited(7), RateLimited),
    "500": (broken(500), Unavailable),
    "451": (geoblocked(), Blocked),
    "timeout": (Fault(delay_s=5.0), Unavailable),
}


@pytest.mark.parametrize("name", list(FAULTS))
async def test_a_fault_is_said_and_the_next_answer_is_an_answer(name: str) -> None:
    fault, kind = FAULTS[name]
    world = usual_world()
    world.accounts[WHALE] = HELD
    async with LoopbackVenues(world) as server, feed_on(server, "hyperliquid") as feed:
        await feed.open()
        server.fault("hyperliquid", "/info/clearinghouseState", fault)
        with pytest.raises(FeedError) as caught:
            await feed.positions(WHALE)
        assert type(caught.value) is kind
        server.clear()
        assert len(await feed.positions(WHALE)) == 3


async def test_only_hyperliquid_tells_positions() -> None:
    """Elsewhere accounts are nobody else's business: none are watched."""
    async with LoopbackVenues() as server, make_session(("127.0.0.1", server.port), server.ca_file) as session:
        feeds = [ExchangeFeed(v, session, WallClock(), None, QUICK, [WHALE]) for v in ("hyperliquid", "bybit")]
        assert all(isinstance(feed, PublicAccounts) for feed in feeds)
        assert [feed.accounts for feed in feeds] == [(WHALE,), ()]
        with pytest.raises(Unsupported):
            await feeds[1].positions(WHALE)
        for feed in feeds:
            await feed.close()
