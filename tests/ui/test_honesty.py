"""What the screen says of figures that are not known, not complete, or not of this moment."""

import asyncio
import re
from dataclasses import replace

import pytest

from liqtui.link.base import LinkState
from liqtui.model.market import HOUR_MS
from liqtui.model.snapshot import PrintTotal, Snapshot
from liqtui.screens.help import HelpScreen
from liqtui.theming import ColourSystem
from liqtui.widgets.asset_bar import AssetBar
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.status import Condition, Status
from liqtui.widgets.tape import Tape, Totals
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import NOW_MS, SceneLink, make_snapshot, screen_lines, screen_text


def with_totals(*totals: PrintTotal) -> Snapshot:
    """Return a state with these realised totals."""
    whole = make_snapshot(BTC)
    return replace(whole, detail=replace(whole.detail, totals=totals))


@pytest.mark.parametrize("colour", ["truecolor", "none"])
@pytest.mark.parametrize("asset", ["BTC", "1000SHIB"])
async def test_a_map_of_the_past_is_called_so_in_the_smallest_terminal(asset: str, colour: ColourSystem) -> None:
    async with running((80, 24), colour=colour) as (app, link, pilot):
        past = make_snapshot(replace(BTC, until_ms=NOW_MS - 6 * HOUR_MS), 2)
        link.put(replace(past, detail=replace(past.detail, selection=replace(past.detail.selection, asset=asset))))
        await settle(pilot)
        heading = lines_of(app, Heatmap)[0]
        assert f" {asset} " in heading and " 24h  PAST, to 21 Sep 08:03 " in heading


async def test_a_moved_view_is_called_so_where_the_legend_is_narrow() -> None:
    async with running((80, 24), colour="none") as (app, _, pilot):
        await pilot.press("pageup", "t")
        await settle(pilot)
        legend = lines_of(app, Heatmap)[-1]
        assert "long, below" in legend and "moved" in legend, legend


@pytest.mark.parametrize("mode", ["demo", "replay"])
async def test_market_time_is_called_so_and_has_no_age(mode: str) -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(make_snapshot(BTC, 2, mode=mode))
        await settle(pilot)
        line = lines_of(app, Status)[0]
        assert re.search(r"market time  \d{4}-\d\d-\d\d 14:03:22 UTC", line) and "data" not in line
        link.put(make_snapshot(BTC, 3, mode="live"))
        await settle(pilot)
        line = lines_of(app, Status)[0]
        assert "data 1 s" in line and "market time" not in line


async def test_the_seconds_until_the_engine_is_started_again_run_down() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(LinkState("lost", "exit code 1", 1.2))
        await settle(pilot)
        assert "engine lost, restarting in 2 s, picture of" in screen_lines(app)[0]
        await asyncio.sleep(0.5)
        await settle(pilot)
        assert "restarting in 1 s," in screen_lines(app)[0]
        await asyncio.sleep(0.9)
        await settle(pilot)
        assert "engine lost, restarting, picture of" in screen_lines(app)[0]


async def test_a_try_that_is_due_at_once_has_no_seconds() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(LinkState("lost", "exit code 1", 0.25))
        await settle(pilot)
        assert "engine lost, restarting, picture of" in screen_lines(app)[0]


async def test_totals_of_which_nothing_is_known_are_a_dash() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.answer = False
        link.put(
            with_totals(
                PrintTotal("bybit", "1h", 0.0, 0.0, 0, complete=True),
                PrintTotal("bybit", "4h", 0.0, 0.0, 0, complete=False),
                PrintTotal("bybit", "24h", 1.5e6, 0.0, 3, complete=False),
            )
        )
        await settle(pilot)
        heading, row = lines_of(app, Totals)[:2]
        assert row.split() == ["bybit", "0/0", "–", "≥1.5M/0"]
        for window, cell in (("1h", "0/0"), ("4h", "–"), ("24h", "≥1.5M/0")):
            assert heading.index(window) + len(window) == row.index(cell) + len(cell), "figures end under their window"


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 36), (220, 60)])
async def test_the_legend_says_that_its_amounts_are_those_of_a_row(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, _pilot):
        assert re.search(r"long +≥[\d.]+[KM]/row +short +≥[\d.]+[KM]/row", lines_of(app, Heatmap)[-1])


@pytest.mark.parametrize(("colour", "words"), [("none", True), ("16", False), ("truecolor", False)])
async def test_without_colours_the_legend_says_which_side_is_where(colour: ColourSystem, words: bool) -> None:
    async with running((120, 36), colour=colour) as (app, _, _pilot):
        legend = lines_of(app, Heatmap)[-1]
        assert ("long, below" in legend and "short, above" in legend) is words


async def test_the_worth_of_prints_is_spelled_out_wherever_it_fits() -> None:
    async with running((80, 24)) as (app, link, pilot):
        assert "no prints" not in lines_of(app, AssetBar)[-1], "four venues leave no room"
        link.answer = False
        one = replace(make_snapshot(BTC).venues[3], status="LIVE", detail="", retry_ms=None)
        link.put(replace(make_snapshot(BTC, 2), venues=(one,)))
        await settle(pilot)
        assert "hyperliquid LIVE no prints" in lines_of(app, AssetBar)[-1]


async def test_a_frozen_picture_of_a_lost_engine_says_both() -> None:
    link = SceneLink()
    async with running((120, 36), link) as (app, _, pilot):
        await pilot.press("space")
        link.put(LinkState("lost", "", 4.0))
        await settle(pilot)
        assert "FROZEN since" in screen_text(app) and "engine lost" in screen_text(app)


async def test_the_mode_is_marked_on_the_first_frame_of_the_help_page() -> None:
    async with running((80, 24)) as (app, _, _pilot):
        snapshot = make_snapshot(BTC)
        page = HelpScreen(snapshot, Condition())
        await app.push_screen(page)
        assert "DEMO seed 7 60x" in page.query_one(Status).draw(80, 1)[0].text
        assert "starting" not in page.query_one(Status).draw(80, 1)[0].text


async def test_the_tape_runs_by_the_time_of_the_prints_not_of_their_arrival() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.answer = False
        whole = make_snapshot(BTC)
        late = replace(whole.detail.tape[0], seq=whole.detail.tape[-1].seq + 1)
        link.put(replace(whole, detail=replace(whole.detail, tape=(*whole.detail.tape, late))))
        await settle(pilot)
        stamps = [line.split()[0] for line in lines_of(app, Tape)[1:] if line.strip()]
        assert len(stamps) > 2
        assert stamps == sorted(stamps, reverse=True)
