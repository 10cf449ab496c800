"""Sums and means over venues, and the parts of a snapshot that are kept between two bars."""

from dataclasses import replace

import numpy as np
import pytest

from liqtui.model.divergence import Series
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Funding, Market, OpenInterest, PriceBar, Quote
from liqtui.model.selection import Selection, Window
from liqtui.model.snapshot import Heat, VenueState, VenueStatus
from liqtui.monitor.compose import Part, asset_row, change_24h_pct, fresh, loading_note, mean_funding, price_usd
from liqtui.monitor.health import STARTING
from liqtui.monitor.heat_maker import HeatMaker, with_last_column
from liqtui.monitor.market_state import MarketState
from tests.monitor.scripted import START_MS, price_at

NOW_MS = START_MS + 4 * DAY_MS
STALE_MS = 15_000.0


def part(
    venue: str, last_usd: float | None, oi_base: float | None = None, status: VenueStatus = "LIVE", age_ms: int = 0
) -> Part:
    """A market with a price and open interest."""
    state = MarketState(Market(venue, "BTC", "BTC/USDT:USDT", 0.1, 1.0))
    if last_usd is not None:
        state.quote = Quote(NOW_MS - age_ms, last_usd, last_usd * 2)
    if oi_base is not None:
        state.open_interest = OpenInterest(NOW_MS, oi_base)
    return Part(VenueState(venue, status, age_ms, "full"), state)


def test_the_price_of_an_asset_is_the_median_over_venues_that_answer() -> None:
    """A stale or blocked venue, or an old price, has no say while there is a better one."""
    parts = [
        part("a", 100.0),
        part("b", 102.0, status="PARTIAL"),
        part("c", 900.0, status="STALE"),
        part("d", 104.0),
        part("e", 800.0, age_ms=20_000),
        part("f", None),
    ]
    assert price_usd(fresh(parts, NOW_MS, STALE_MS)) == 102.0
    assert price_usd(fresh(parts[2:3], NOW_MS, STALE_MS)) == 900.0
    assert price_usd(fresh([], NOW_MS, STALE_MS)) is None


def test_funding_is_weighted_by_open_interest_and_told_per_interval_of_the_largest() -> None:
    """An hourly rate counts eight times towards one of eight hours."""
    large, small = part("a", 1.0, 300.0), part("b", 1.0, 100.0)
    large.market.funding = Funding(0, 8e-4, 8.0, 77)
    small.market.funding = Funding(0, 5e-5, 1.0, 33)
    mean = mean_funding([small, large])
    assert mean is not None
    assert (mean.interval_h, mean.next_ts_ms) == (8.0, 77)
    assert mean.rate == pytest.approx(0.75 * 8e-4 + 0.25 * 8 * 5e-5)
    assert mean_funding([part("a", 1.0)]) is None


def test_a_row_of_an_asset_without_venues_is_empty_but_there() -> None:
    """Nothing is made up."""
    row = asset_row("BTC", [], NOW_MS, STALE_MS)
    assert (row.price_usd, row.oi_usd, row.change_24h_pct, row.venues) == (None, None, None, ())


def test_change_needs_a_sample_of_a_day_ago() -> None:
    """The newest sample not younger than a day, at most an hour older."""

    def series(*ages_ms: int) -> Series:
        ts_ms = np.array([NOW_MS - age for age in ages_ms])
        prices = np.array([100.0 + k for k in range(len(ages_ms))])
        return Series(ts_ms, prices, prices, prices)

    assert change_24h_pct(series(25 * HOUR_MS, DAY_MS + MINUTE_MS, HOUR_MS), 202.0, NOW_MS) == pytest.approx(100.0)
    assert change_24h_pct(series(DAY_MS - 1), 110.0, NOW_MS) is None
    assert change_24h_pct(series(26 * HOUR_MS), 110.0, NOW_MS) is None
    assert change_24h_pct(None, 110.0, NOW_MS) is None


def modelled(venue: str, hours: int = 14) -> Part:
    """A market with some hours of 5-minute bars."""
    made = part(venue, price_at("BTC", NOW_MS))
    made.market.add_open_interest(OpenInterest(NOW_MS - hours * HOUR_MS, 1_000.0))
    for ts_ms in range(NOW_MS - hours * HOUR_MS, NOW_MS, 5 * MINUTE_MS):
        made.market.add_event(bar(ts_ms))
    made.market.end_history()
    return made


def bar(ts_ms: int) -> PriceBar:
    """A 5-minute bar of the swinging price."""
    prices = [price_at("BTC", ts_ms + MINUTE_MS * k) for k in range(6)]
    return PriceBar(ts_ms, 5 * MINUTE_MS, prices[0], max(prices), min(prices), prices[-1], 50.0, 20.0)


def same(one: Heat | None, other: Heat | None) -> None:
    """Both heats say the same: rows that only one of them has are empty."""
    assert one is not None and other is not None
    low = min(one.first_bin, other.first_bin)
    high = max(heat.first_bin + heat.cells_usd.shape[1] for heat in (one, other))

    def wide(heat: Heat) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        cells = np.zeros((len(heat.ts_ms), high - low), np.float32)
        cells[:, heat.first_bin - low : heat.first_bin - low + heat.cells_usd.shape[1]] = heat.cells_usd
        return cells

    np.testing.assert_array_equal(one.ts_ms, other.ts_ms)
    np.testing.assert_array_equal(wide(one), wide(other))
    np.testing.assert_array_equal(one.ohlc_usd, other.ohlc_usd)
    np.testing.assert_array_equal(one.gap, other.gap)


@pytest.mark.parametrize("window", ["1h", "12h", "24h", "7d"])
@pytest.mark.parametrize("venues", [("a",), ("a", "b")])
def test_a_heat_kept_between_bars_equals_one_made_anew(venues: tuple[str, ...], window: Window) -> None:
    """With quotes, bars and lags in between, the maker that remembers and one that does not agree."""
    parts = [modelled(venue) for venue in venues]
    selection = Selection("BTC", None, window)
    keeping = HeatMaker(selection, 3 * MINUTE_MS)
    now_ms = NOW_MS
    for step in range(30):
        now_ms += 40_000
        for one in parts:
            one.market.add_quote(Quote(now_ms, price_at("BTC", now_ms, 0.004 * step)))
            end_ms = one.market.intensity.last_bar_end_ms
            assert end_ms is not None
            if now_ms - end_ms >= 5 * MINUTE_MS and (step % 4 or one is parts[0]):
                one.market.add_event(bar(end_ms))
        same(keeping.make(parts, now_ms), HeatMaker(selection, 3 * MINUTE_MS).make(parts, now_ms))


def test_a_kept_heat_is_not_changed_under_a_snapshot() -> None:
    """What was given out stays as it was."""
    parts = [modelled("a")]
    maker = HeatMaker(Selection("BTC", None, "24h"), 3 * MINUTE_MS)
    first = maker.make(parts, NOW_MS)
    assert first is not None
    before, ohlc = first.cells_usd.copy(), first.ohlc_usd.copy()
    parts[0].market.add_quote(Quote(NOW_MS + 1_000, price_at("BTC", NOW_MS, 0.02)))
    second = maker.make(parts, NOW_MS + 1_000)
    assert second is not None and not np.array_equal(second.cells_usd[-1], before[-1])
    np.testing.assert_array_equal(first.cells_usd, before)
    np.testing.assert_array_equal(first.ohlc_usd, ohlc)
    assert not np.array_equal(second.ohlc_usd[-1], ohlc[-1])


def test_bars_that_are_overdue_become_a_gap() -> None:
    """Within the lag of the polls they do not."""
    parts = [modelled("a")]
    maker = HeatMaker(Selection("BTC", None, "24h"), 20 * MINUTE_MS)
    late, too_late = (maker.make(parts, NOW_MS + span) for span in (19 * MINUTE_MS, 40 * MINUTE_MS))
    assert late is not None and not late.gap[-100:].any()
    assert too_late is not None and too_late.gap[-1]
    assert too_late.ts_ms[-1] == NOW_MS + 40 * MINUTE_MS


def test_a_last_column_off_the_grid_is_refused() -> None:
    """Another end or other rows: made anew."""
    heat = HeatMaker(Selection("BTC"), 1.0).make([modelled("a")], NOW_MS)
    assert heat is not None
    assert with_last_column(heat, heat) is not None
    assert with_last_column(heat, replace(heat, ts_ms=heat.ts_ms + 1)) is None
    assert with_last_column(heat, replace(heat, step_ms=60_000)) is None
    assert with_last_column(heat, replace(heat, first_bin=heat.first_bin + 10_000)) is None
    full = replace(heat, first_bin=heat.first_bin - 1, cells_usd=np.ones_like(heat.cells_usd))
    assert with_last_column(heat, full) is None


def test_a_last_column_replaces_all_of_the_old_one() -> None:
    """Also in rows that the shorter map does not have."""
    heat = HeatMaker(Selection("BTC"), 1.0).make([modelled("a")], NOW_MS)
    assert heat is not None
    full = replace(heat, cells_usd=np.ones_like(heat.cells_usd))
    short = replace(full, first_bin=heat.first_bin + 5, cells_usd=2 * full.cells_usd[:, 5:-7])
    made = with_last_column(full, short)
    assert made is not None
    rows = heat.cells_usd.shape[1]
    assert made.cells_usd[-1].tolist() == [0.0] * 5 + [2.0] * (rows - 12) + [0.0] * 7
    assert (made.cells_usd[:-1] == 1.0).all()


def venue_of(status: VenueStatus, detail: str) -> VenueState:
    """Return a venue in a state."""
    return VenueState("alpha", status, None, "full", detail)


def test_the_note_counts_the_histories_and_then_falls_silent() -> None:
    live = [venue_of("LIVE", "")]
    assert loading_note(3, 12, live) == "loading history 3/12"
    assert loading_note(12, 12, live) == ""
    assert loading_note(0, 12, [venue_of("OFF", STARTING), *live]) == "loading history 0/12"
    assert loading_note(0, 12, [venue_of("OFF", STARTING), venue_of("OFF", "markets: down")]).startswith("loading")


def test_the_note_says_so_when_no_venue_answers() -> None:
    down = [venue_of("OFF", "markets: cannot connect"), venue_of("BLOCKED", "HTTP 451")]
    assert "no venue answers" in loading_note(0, 12, down)
    assert "doctor" in loading_note(0, 12, down)
    assert "cannot connect" in loading_note(0, 12, down)
    assert loading_note(12, 12, down) == ""
