"""Where the panes stand, and what is kept when there is little room."""

import re
from dataclasses import replace

import pytest
from textual.app import App

from liqtui.model.snapshot import Verdict
from liqtui.widgets.divergence import Divergence
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import Panel
from liqtui.widgets.tape import Tape, Totals
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import make_snapshot

SIZES = (
    (60, 15), (80, 13), (80, 24), (100, 30), (120, 36), (120, 50), (140, 41), (160, 45), (180, 15), (200, 30),
    (220, 24), (220, 60), (300, 90),
)  # fmt: skip


def area(app: App[None]) -> int:
    """Return how many cells the panes cover together."""
    return sum(pane.region.area for pane in app.query(Panel) if pane.display and pane.region)


@pytest.mark.parametrize("size", SIZES)
async def test_the_panes_cover_the_screen_and_the_map_is_the_largest(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, _pilot):
        assert area(app) == size[0] * size[1]
        heatmap = app.query_one(Heatmap).region.area
        assert all(pane.region.area <= heatmap for pane in app.query(Panel))


@pytest.mark.parametrize("size", [(120, 50), (160, 45), (220, 60)])
async def test_on_a_tall_screen_one_column_holds_all_beside_the_map(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, _pilot):
        ladder, heatmap = app.query_one(Ladder), app.query_one(Heatmap).region
        beside: tuple[type[Panel], ...] = (Ladder, Divergence, Tape, Totals)
        assert {app.query_one(kind).region.x for kind in beside} == {heatmap.right}
        assert app.query_one(Totals).region.bottom == heatmap.bottom
        zones = len(make_snapshot(BTC).detail.clusters)
        assert zones + 2 <= ladder.size.height <= zones + (10 if size[1] >= 54 else 4), "all zones and little more"


@pytest.mark.parametrize(("size", "most"), [((80, 13), 7), ((80, 17), 7), ((80, 24), 10)])
async def test_where_rows_are_few_the_nearest_zones_are_kept(size: tuple[int, int], most: int) -> None:
    async with running(size) as (app, _, _pilot):
        rungs = [line for line in lines_of(app, Ladder)[1:] if line[1] in "SL"]
        assert 0 < len(rungs) < most
        shown = {re.findall(r"[\d,]+\.\d", line)[0] for line in rungs}
        zones = make_snapshot(BTC).detail.clusters
        for side in ("short", "long"):
            near = sorted((zone for zone in zones if zone.side == side), key=lambda zone: abs(zone.distance_pct))
            kept = [f"{zone.price_usd:,.1f}" in shown for zone in near]
            assert kept[0] and kept == sorted(kept, reverse=True), (side, kept)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36), (220, 60)])
async def test_open_interest_stands_in_columns_whatever_the_verdicts(size: tuple[int, int]) -> None:
    async with running(size) as (app, link, pilot):
        link.answer = False
        whole = make_snapshot(BTC, 2)
        verdicts: tuple[Verdict, ...] = ("short covering", "quiet", "long flush", "unclear")
        rows = tuple(
            replace(row, verdict=verdict, strong=strong)
            for row, verdict, strong in zip(whole.detail.divergence, verdicts, (True, False) * 2, strict=True)
        )
        link.put(replace(whole, detail=replace(whole.detail, divergence=rows)))
        await settle(pilot)
        lines = lines_of(app, Divergence)[1:]
        starts = {line.index(row.verdict) for line, row in zip(lines, rows, strict=True)}
        assert len(starts) == 1, lines
        assert "short covering!" in lines[0]
        assert ("-64.2M" in lines[0]) is (size[0] >= 100)
