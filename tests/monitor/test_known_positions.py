"""Watched accounts through the monitor: looked at in turn, counted while they answer, part of the map."""

from dataclasses import replace

import numpy as np
import pytest

from liqtui.feeds.base import Banned, Garbled, PublicAccounts, Unavailable, Unsupported
from liqtui.feeds.clock import ManualClock
from liqtui.model.grid import bin_of
from liqtui.model.market import MINUTE_MS, Position, Quote
from liqtui.model.selection import Selection
from liqtui.model.snapshot import HEAT_BIN_LOG
from liqtui.monitor.accounts import Observed
from tests.monitor.scripted import ABILITIES, ScriptedFeed, error_of, price_at
from tests.monitor.test_monitor import BTC, NOW_MS, Bench, running

ALPHA, BETA = Selection("BTC", "alpha", "4h"), Selection("BTC", "beta", "4h")
WHALE, MINNOW = "0x" + "ab" * 20, "0x" + "12" * 20


class WatchedFeed(ScriptedFeed):
    """A scripted venue that publishes what accounts hold."""

    def __init__(self, clock: ManualClock, holdings: dict[str, list[Position]], oi_base: float = 1_000.0) -> None:
        super().__init__(clock, oi_base=oi_base, abilities=replace(ABILITIES, calls_per_s=float("inf")))
        self.holdings = holdings
        self.accounts = tuple(holdings)

    async def positions(self, account: str) -> list[Position]:
        """Return what the account holds."""
        await self._asked(f"positions {account}")
        return self.holdings[account]

    def looks(self) -> list[tuple[int, str]]:
        """Return when which account was asked for."""
        return [(ms, call.removeprefix("positions ")) for ms, call, _ in self.asked if call.startswith("positions ")]


def long_at(share_of_price: float, qty_base: float, asset: str = "BTC") -> Position:
    """A long that is liquidated at some share of the price now."""
    return Position(asset, "long", qty_base, share_of_price * price_at(asset, NOW_MS))


def short_at(share_of_price: float, qty_base: float) -> Position:
    """A short that is liquidated at some share of the price now."""
    return Position("BTC", "short", qty_base, share_of_price * price_at("BTC", NOW_MS))


async def seen(bench: Bench, *feeds: WatchedFeed) -> None:
    """Wait until every account has been looked at once."""
    await bench.loaded()
    for _ in range(30):
        if all({account for _, account in feed.looks()} == set(feed.accounts) for feed in feeds):
            break
        await bench.advance(1_000)
    await bench.settle()


async def test_observed_positions_are_listed_and_take_the_place_of_modelled_ones() -> None:
    """Against the same market on a venue that publishes nothing: modelled mass gives way in proportion."""
    clock = ManualClock(NOW_MS)
    held = [long_at(0.95, 40.0), short_at(1.05, 30.0), long_at(0.9, 7.0, "ETH")]
    feed = WatchedFeed(clock, {WHALE: held, MINNOW: [long_at(0.8, 10.0), Position("BTC", "long", 50.0, None)]})
    other = ScriptedFeed(clock, "beta", offset=0.0)
    assert isinstance(feed, PublicAccounts) and not isinstance(other, PublicAccounts)
    async with running(clock, [feed, other]) as bench:
        await seen(bench, feed)
        shown, plain, both = (bench.now(one).detail for one in (ALPHA, BETA, BTC))
        price = shown.price_usd
        assert price is not None and price == plain.price_usd
        assert [one.side for one in shown.known] == ["long", "long", "short"]
        levels_usd = [at * price_at("BTC", NOW_MS) for at in (0.8, 0.95, 1.05)]
        assert [one.liquidation_usd for one in shown.known] == pytest.approx(levels_usd)
        assert [one.usd for one in shown.known] == pytest.approx([10.0 * price, 40.0 * price, 30.0 * price])
        oi_base = bench.now().assets[0].oi_base
        assert oi_base is not None
        assert shown.observed_pct == pytest.approx(100 * 130.0 / (oi_base / 2), rel=1e-6)
        assert both.observed_pct == pytest.approx(100 * 130.0 / oi_base, rel=1e-6)
        assert (plain.known, plain.observed_pct) == ((), None)
        assert both.known == shown.known
        check_sides(bench, price)


def check_sides(bench: Bench, price_usd: float) -> None:
    """Each side is what remains of the modelled mass, plus the known mass within reach; so is the forming column."""
    shown, plain = bench.now(ALPHA).detail, bench.now(BETA).detail
    series = bench.monitor._workers[0].markets["BTC"].intensity.series()
    assert series is not None and shown.heat is not None and plain.heat is not None
    oi_base = float(series.oi_base[-1])
    known_usd = {"long": 50.0 * price_usd, "short": 30.0 * price_usd}
    assert shown.long_usd == pytest.approx(plain.long_usd * (1 - 100.0 / oi_base) + known_usd["long"], rel=1e-9)
    assert shown.short_usd == pytest.approx(plain.short_usd * (1 - 30.0 / oi_base) + known_usd["short"], rel=1e-9)
    row = bin_of(0.95 * price_at("BTC", NOW_MS), HEAT_BIN_LOG)
    column, bare = (heat.cells_usd[-1, row - heat.first_bin] for heat in (shown.heat, plain.heat))
    assert column == pytest.approx(bare * (1 - 100.0 / oi_base) + 40.0 * price_usd, rel=1e-5)
    np.testing.assert_array_equal(shown.heat.cells_usd[:-1], plain.heat.cells_usd[:-1])
    assert any(zone.low_usd <= 0.95 * price_usd <= zone.high_usd for zone in shown.clusters)


@pytest.mark.parametrize(("accounts", "round_ms"), [(1, 60_000), (7, 60_000), (60, 60_000), (90, 90_000)])
async def test_accounts_are_looked_at_in_turn(accounts: int, round_ms: int) -> None:
    """Never two within a second, each once a minute as far as that allows, all once at the start without waiting."""
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {f"{k}": [] for k in range(accounts)})
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        await bench.clock.advance(3 * round_ms)
        looks = feed.looks()
        times = [ms for ms, _ in looks]
        assert np.diff(times).min() >= 1_000
        assert times[accounts - 1] - times[0] <= accounts * 1_000
        for name in feed.accounts:
            own = np.diff([ms for ms, account in looks if account == name][1:])
            assert len(own) and own.max() == pytest.approx(round_ms, abs=accounts)


async def test_nobody_watched_nothing_asked() -> None:
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {})
    async with running(clock, [feed]) as bench:
        await bench.loaded()
        await bench.advance(3 * MINUTE_MS)
        assert feed.looks() == []
        assert (bench.now().detail.known, bench.now().detail.observed_pct) == ((), None)


async def test_an_account_that_fails_counts_for_ten_minutes_and_is_then_left_out() -> None:
    """The venue says which; the other account is not touched; the first good answer puts things right."""
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: [long_at(0.9, 40.0)], MINNOW: [long_at(0.8, 10.0)]})
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        await bench.advance(11 * MINUTE_MS)
        feed.fail(f"positions {WHALE}", error_of(Garbled))
        # The last good answer may be a minute older than the failure.
        await bench.advance(8 * MINUTE_MS + 30_000)
        assert len(bench.now().detail.known) == 2
        assert bench.venue().status == "PARTIAL"
        assert bench.venue().detail == "account 0xabab..abab: no luck"
        await bench.advance(4 * MINUTE_MS + 30_000)
        shown = bench.now().detail
        assert [round(one.usd / (shown.price_usd or 0), 6) for one in shown.known] == [10.0]
        assert shown.observed_pct == pytest.approx(100 * 10.0 / feed.oi_at(clock.now_ms()), rel=1e-3)
        assert bench.venue().detail.startswith("account 0xabab..abab: left out, no answer for 1")
        assert "no luck" in bench.venue().detail
        feed.mend()
        # The wait after the last failure may be longer than a round.
        await bench.advance(3 * MINUTE_MS)
        assert len(bench.now().detail.known) == 2
        assert bench.venue().status == "LIVE"


async def test_an_account_that_fails_once_is_asked_again_soon() -> None:
    """A venue is not PARTIAL for a minute for the sake of one lost answer."""
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: [long_at(0.9, 40.0)]})
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        feed.fail(f"positions {WHALE}", error_of(Unavailable))
        await bench.advance(MINUTE_MS + 500)
        assert bench.venue().status == "PARTIAL"
        feed.mend()
        await bench.advance(3_000)
        assert bench.venue().status == "LIVE"


async def test_where_no_account_answers_any_more_nothing_is_said_to_be_observed() -> None:
    """A share of nought would say that somebody looked."""
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: []})
    async with running(clock, [feed]) as bench:
        await bench.loaded()
        feed.fail(f"positions {WHALE}", error_of(Unavailable))
        await bench.advance(2_000)
        feed.mend()
        await bench.advance(MINUTE_MS)
        assert bench.now().detail.observed_pct == 0.0
        feed.fail(f"positions {WHALE}", error_of(Unavailable))
        await bench.advance(12 * MINUTE_MS)
        assert bench.now().detail.observed_pct is None


async def test_a_position_that_price_meets_is_gone_until_a_look_shows_it_again() -> None:
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: [long_at(0.99, 40.0), long_at(0.9, 10.0)]})
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        feed._offset = -0.02
        await bench.advance(4_000)
        assert [one.liquidation_usd for one in bench.now().detail.known] == [0.9 * price_at("BTC", NOW_MS)]
        feed._offset = 0.0
        await bench.advance(4_000)
        assert len(bench.now().detail.known) == 1, "it does not come back with the price"
        await bench.advance(MINUTE_MS)
        assert len(bench.now().detail.known) == 2, "it had not been liquidated after all"


async def test_a_ban_keeps_accounts_from_being_asked_for() -> None:
    """They go by the venue's budget like all else."""
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: [long_at(0.9, 40.0)]})
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        feed.fail("*", error_of(Banned, 600.0))
        await bench.advance(MINUTE_MS)
        looks = len(feed.looks())
        await bench.advance(8 * MINUTE_MS)
        assert len(feed.looks()) == looks


async def test_a_venue_that_turns_out_not_to_publish_them_is_not_asked_again() -> None:
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: []})
    feed.fail(f"positions {WHALE}", Unsupported("not here"))
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        await bench.advance(5 * MINUTE_MS)
        assert len(feed.looks()) == 1
        assert bench.venue().status == "LIVE"


async def test_a_defect_in_one_answer_stops_nothing() -> None:
    """It is logged and shown, and the next account has its turn."""
    clock = ManualClock(NOW_MS)
    feed = WatchedFeed(clock, {WHALE: [], MINNOW: [long_at(0.8, 10.0)]})
    feed.fail(f"positions {WHALE}", KeyError("coin"))
    async with running(clock, [feed]) as bench:
        await seen(bench, feed)
        await bench.advance(MINUTE_MS)
        assert len(bench.now().detail.known) == 1
        assert "KeyError" in bench.venue().detail


def test_a_price_from_before_a_look_says_nothing_against_it() -> None:
    """Answers cross on their way; the mark price counts, the last price only where there is no mark."""
    observed = Observed(keep_ms=1_000.0)
    observed.take(WHALE, [Position("BTC", "long", 1.0, 95.0)], 10)
    observed.add_quote(Quote(9, 90.0, 90.0))
    observed.add_quote(Quote(10, 90.0, 96.0))
    assert observed.standing(10) == (Position("BTC", "long", 1.0, 95.0),)
    observed.add_quote(Quote(11, 95.0))
    assert observed.standing(11) == ()
    assert observed.standing(1_010) == () and observed.standing(1_011) is None
