"""The crosshair: what it reads, says and does; and the view that moves with it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from liqtui.link.base import LinkState
from liqtui.model.market import HOUR_MS
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Cluster, KnownPosition, Snapshot
from liqtui.render.levels import CLASSES, Field
from liqtui.render.view import PAGE_PARTS, PriceView, TimeView
from liqtui.widgets.crosshair import Crosshair, cell_of, figures, place_of, read, words
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.map_frame import Framed, Framing
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import NOW_MS, SceneLink, make_snapshot

START_MS = 1_790_000_000_000 // 86_400_000 * 86_400_000
ROW_LOG, LOW_ROW = 1e-3, 11_400
LIMITS = np.arange(1.0, CLASSES + 1.0) * 1e5


def price_at(row: float) -> float:
    """Return the price `row` rows above the bottom of the view."""
    return float(np.exp((LOW_ROW + row) * ROW_LOG))


def framed(long_usd: dict[int, list[float]], closes: list[float], prints: list[float] | None = None) -> Framed:
    """Return a picture of eight rows of price, two a cell, one hour a cell."""
    cells = len(closes)
    usd = np.zeros((cells, 8))
    for row, values in long_usd.items():
        usd[:, row] = values
    close = np.array([np.nan if row != row else price_at(row) for row in closes])
    gap = np.isnan(close)
    settled = ~gap & (np.arange(cells) < cells - 1)
    field = Field(usd, np.zeros((cells, 8)), gap, close, settled, close, close)
    times = TimeView(HOUR_MS, START_MS // HOUR_MS, cells)
    sums = np.zeros((cells, 2))
    sums[:, 0] = prints or 0.0
    limits = {"long": LIMITS, "short": LIMITS}
    return Framed(PriceView(1e-3, 1, LOW_ROW, 8), times, field, limits, sums, np.array([usd[-1], np.zeros(8)]))


@pytest.fixture
def snapshot() -> Snapshot:
    """A snapshot whose zones are told."""
    whole = make_snapshot(BTC)
    zone = Cluster("long", price_at(3), price_at(2), price_at(4), 4.5e7, 10.0, -1.0, None, ((3e7, 6e7),) * 3)
    known = (KnownPosition("long", price_at(2.5), 2e5), KnownPosition("long", price_at(3.5), 1e5))
    return replace(whole, detail=replace(whole.detail, clusters=(zone,), known=known))


def test_a_cell_adds_its_rows_and_tells_when_and_where_it_was_built(snapshot: Snapshot) -> None:
    shown = framed({2: [0, 0, 4e5, 8e5, 8e5], 3: [0, 0, 0, 4e5, 4e5]}, [6.5, 6.6, 7.2, 7.6, 7.0], [0, 0, 0, 5e4, 0])
    reading = read(shown, 3, 2, 4)
    assert (reading.usd, reading.is_long, reading.rank) == (1.2e6, True, 8)
    assert reading.low_usd == pytest.approx(price_at(2)) and reading.high_usd == pytest.approx(price_at(4))
    assert reading.built is not None and reading.built[:2] == (START_MS + 2 * HOUR_MS, START_MS + 4 * HOUR_MS)
    assert reading.built[2:] == pytest.approx((price_at(7.2), price_at(7.6)))
    parts = figures(reading, snapshot, CLASSES)
    assert parts[3] == "L 1.2M class 8/16" and parts[1] == "21 Sep 03:00" and parts[4] == "liquidated then L 50.0K S 0"
    text = words(reading, snapshot)
    assert (
        text.startswith("Longs opened mostly") and f"02:00-04:00 at {price_at(7.2):,.0f}-{price_at(7.6):,.0f}" in text
    )
    assert text.endswith("would be forced out here: about 1.2M in this row.")


def test_the_newest_cell_tells_its_zone_with_its_band_and_what_is_observed(snapshot: Snapshot) -> None:
    shown = framed({2: [9e5, 9e5]}, [7.0, 7.0])
    text = words(read(shown, 1, 2, 4), snapshot)
    assert text.startswith("Longs opened mostly before this window")
    assert text.endswith("in a zone of 45.0M (80% band 30.0M-60.0M), 300K of it observed.")
    detail = replace(snapshot.detail, selection=replace(BTC, until_ms=START_MS))
    assert "zone" not in words(read(shown, 1, 2, 4), replace(snapshot, detail=detail)), "the zones are those of now"


def test_what_is_gone_and_what_is_not_known_are_told_apart(snapshot: Snapshot) -> None:
    shown = framed({2: [9e5, 7e5, 0, 0]}, [7.0, 7.0, 1.0, float("nan")])
    assert "700K of longs stood here until" in words(read(shown, 2, 2, 4), snapshot)
    assert "02:00, taken or closed since" in words(read(shown, 2, 2, 4), snapshot)
    assert words(read(shown, 3, 2, 4), snapshot).startswith("No data")
    assert figures(read(shown, 3, 2, 4), snapshot, CLASSES)[-1] == "no data"
    assert words(read(shown, 2, 0, 4), snapshot).startswith("Nothing to speak of")


def test_a_place_keeps_its_cell_and_one_out_of_sight_is_at_the_edge() -> None:
    shown = framed({}, [1.0] * 5)
    for x in range(5):
        for y in range(4):
            assert cell_of(place_of(x, y, shown, 4), shown, 4) == (x, y)
    assert cell_of(Crosshair(0, 1.0), shown, 4) == (0, 3)
    assert cell_of(Crosshair(START_MS * 2, 1e9), shown, 4) == (4, 0)


def test_no_cell_is_read_in_what_is_yet_to_come() -> None:
    shown = framed({2: [9e5] * 3 + [0, 0]}, [7.0, 7.0, 7.0, float("nan"), float("nan")])
    shown = replace(shown, field=replace(shown.field, gap=np.zeros(5, np.bool_)))
    assert shown.newest == 2
    assert cell_of(Crosshair(START_MS + 4 * HOUR_MS, price_at(2.5)), shown, 4) == (2, 2)


def test_a_map_of_the_past_ends_in_its_last_cell_and_one_of_now_leaves_room_to_walk_in() -> None:
    room: dict[bool, list[int]] = {True: [], False: []}
    for is_past, left in room.items():
        for hours in range(8):
            now_ms = NOW_MS + hours * HOUR_MS
            snapshot = make_snapshot(replace(BTC, until_ms=now_ms if is_past else None), now_ms=now_ms)
            assert snapshot.detail.heat is not None
            shown = Framing().frame(snapshot.detail.heat, snapshot, 40, 65, None, None)
            left.append(shown.times.cells - 1 - shown.newest)
            assert not shown.field.gap[shown.newest + 1 :].any(), "what is yet to come is no gap"
    assert room[True] == [0] * 8
    assert set(room[False]) <= set(range(65 // PAGE_PARTS)) and len(set(room[False])) > 1


def cross_at(lines: list[str]) -> tuple[int, int]:
    """Return column and line of the crosshair on the screen."""
    return next((line.index("┼"), y) for y, line in enumerate(lines) if "┼" in line)


async def test_arrows_move_the_crosshair_and_the_ladder_only_without_it() -> None:
    async with running((120, 36)) as (app, _, pilot):
        heatmap = app.query_one(Heatmap)
        await pilot.press("c")
        await settle(pilot)
        x, y = cross_at(lines_of(app, Heatmap))
        await pilot.press(*["up"] * 6, "left", "left", "left")
        await settle(pilot)
        assert cross_at(lines_of(app, Heatmap)) == (x - 3, y - 6) and heatmap.marked is None
        text = " ".join(lines_of(app, Heatmap))
        assert "class" in text and "in this row" in text and "UTC" in text
        await pilot.press("x")
        await settle(pilot)
        assert "┼" not in "".join(lines_of(app, Heatmap))
        await pilot.press("down")
        await settle(pilot)
        assert heatmap.marked is not None


@pytest.mark.parametrize("key", ["up", "down"])
async def test_a_small_map_explains_a_cell_too_and_says_where_the_sentence_is_cut(key: str) -> None:
    async with running((80, 24)) as (app, _, pilot):
        heatmap = app.query_one(Heatmap)
        width = heatmap.size.width - len("  100,000.0")
        await pilot.press("c", *["left"] * 3, *[key] * 2)
        seen = []
        for _ in range(5):
            await settle(pilot)
            lines = lines_of(app, Heatmap)
            assert "┼" in "".join(lines) and any("class" in line or "nothing" in line for line in lines)
            seen.append(" ".join(line[:width].strip() for line in lines if " ▀" not in line))
            await pilot.press(key)
        assert any("…" in text for text in seen[:2]), "with little room the sentence is cut"
        assert "…" not in seen[-1] and ("in this row" in seen[-1] or "in this window." in seen[-1]), seen[-1]


async def test_the_time_of_the_crosshair_takes_the_place_of_those_it_touches() -> None:
    async with running((120, 36)) as (app, _, pilot):
        await pilot.press("c")
        for _ in range(16):
            await pilot.press("left")
            await settle(pilot)
            axis = lines_of(app, Heatmap)[-2]
            parts = [part for part in axis.replace("╵", " ").split() if part not in ("now", "UTC")]
            assert all(re.fullmatch(r"\d\d:\d\d|\d+|[A-Z][a-z]{2}", part) for part in parts), axis


async def test_a_click_puts_the_crosshair_there_and_zero_resets_all() -> None:
    async with running((120, 36)) as (app, link, pilot):
        before = lines_of(app, Heatmap)
        await pilot.click(Heatmap, offset=(20, 5))
        await settle(pilot)
        assert cross_at(lines_of(app, Heatmap)) == (20, 5)
        await pilot.press("plus", "pageup", "comma")
        await settle(pilot)
        assert link.selected[-1].until_ms is not None
        assert "moved" in lines_of(app, Heatmap)[-1] and "PAST, to" in lines_of(app, Heatmap)[0]
        await pilot.press("0")
        await settle(pilot)
        assert link.selected[-1] == BTC and lines_of(app, Heatmap) == before


async def test_the_view_moves_with_the_crosshair_beyond_its_edge_and_by_keys() -> None:
    async with running((120, 36)) as (app, _, pilot):
        heatmap = app.query_one(Heatmap)
        await pilot.press("c", *["up"] * 30)
        await settle(pilot)
        cross, lines = heatmap.cross, lines_of(app, Heatmap)
        assert cross is not None and heatmap.snapshot is not None and heatmap.snapshot.detail.price_usd is not None
        assert cross.price_usd > heatmap.snapshot.detail.price_usd * 1.06 and cross_at(lines)[1] < 12
        assert heatmap.centre_usd is not None and heatmap.centre_usd > heatmap.snapshot.detail.price_usd
        await pilot.press("c", "pagedown", "pagedown")
        await settle(pilot)
        assert lines_of(app, Heatmap)[1:-2] != lines[1:-2]


async def test_another_asset_forgets_the_crosshair_and_the_moved_view() -> None:
    async with running((120, 36)) as (app, _, pilot):
        heatmap = app.query_one(Heatmap)
        await pilot.press("c", "pageup", "2")
        await settle(pilot)
        assert heatmap.cross is None and heatmap.centre_usd is None


async def test_time_pans_back_and_forth_and_another_asset_keeps_the_moment() -> None:
    async with running((120, 36)) as (_app, link, pilot):
        await pilot.press("comma", "shift+left", "full_stop")
        await settle(pilot)
        until_ms = link.selected[-1].until_ms
        assert until_ms is not None and [one.until_ms for one in link.selected].count(until_ms) == 2
        await pilot.press("2")
        await settle(pilot)
        assert link.selected[-1] == Selection("ETH", until_ms=until_ms)
        await pilot.press("full_stop")
        await settle(pilot)
        assert link.selected[-1] == Selection("ETH")


class YoungLink(SceneLink):
    """A link to an engine that remembers six hours."""

    def put(self, event: Snapshot | LinkState) -> None:
        """Make something happen, within what is remembered."""
        if isinstance(event, Snapshot):
            since_ms, detail = NOW_MS - 6 * HOUR_MS, event.detail
            gone = detail.selection.until_ms is not None and detail.selection.until_ms <= since_ms
            event = replace(event, detail=replace(detail, heat=None if gone else detail.heat, since_ms=since_ms))
        super().put(event)


async def test_time_pans_no_further_than_the_history_and_says_so() -> None:
    async with running((120, 36), YoungLink()) as (app, link, pilot):
        await pilot.press("left_square_bracket", "left_square_bracket", "comma", "comma")
        await settle(pilot)
        assert link.selected[-1] == Selection("BTC", window="4h", until_ms=NOW_MS - 2 * HOUR_MS)
        assert not app._notifications
        await pilot.press("comma")
        await settle(pilot)
        assert link.selected[-1].until_ms == NOW_MS - 2 * HOUR_MS
        assert [one.message for one in app._notifications] == ["nothing earlier is remembered in this window"]


async def test_a_time_before_the_history_is_named_with_the_ways_out() -> None:
    async with running((120, 36), YoungLink()) as (app, link, pilot):
        link.put(make_snapshot(replace(BTC, until_ms=NOW_MS - 9 * HOUR_MS), 10))
        await settle(pilot)
        said = "no map of BTC before 21 Sep 08:03: 0 for now, . for later"
        assert [line.strip() for line in lines_of(app, Heatmap)[1:] if line.strip()] == [said]
