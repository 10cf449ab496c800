"""The monitor gives each market's own maintenance brackets to its model, and goes on without them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liqtui.feeds.base import Unavailable
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.clock import ManualClock
from liqtui.model.snapshot import Snapshot
from tests.monitor.scripted import ABILITIES, ScriptedFeed
from tests.monitor.test_monitor import NOW_MS, running


async def shown(symbol: str | None, error: Exception | None = None) -> Snapshot:
    """Return what is shown of a market with these brackets."""
    clock = ManualClock(NOW_MS)
    feed = ScriptedFeed(clock, abilities=replace(ABILITIES, brackets=symbol is not None))
    feed.ladder = binance_brackets(symbol) if symbol else ()
    if error is not None:
        feed.fail("brackets", error)
    async with running(clock, [feed]) as bench:
        return await bench.loaded()


def levels(snapshot: Snapshot) -> NDArray[np.float32]:
    """Return the map of the newest column."""
    heat = snapshot.detail.heat
    assert heat is not None
    newest: NDArray[np.float32] = heat.cells_usd[-1]
    return newest


async def test_the_brackets_of_a_market_set_where_its_levels_lie() -> None:
    large, small = await shown("BTC"), await shown("NOSUCHCOIN")
    assert not np.allclose(levels(large), levels(small), rtol=0.02)


async def test_a_venue_that_fails_to_tell_its_brackets_is_modelled_without() -> None:
    without, failing = await shown(None), await shown("NOSUCHCOIN", Unavailable("down"))
    np.testing.assert_array_equal(levels(without), levels(failing))
    assert failing.venues[0].status == "LIVE"
