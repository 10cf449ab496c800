"""The zones of the ladder at the map's edge."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from liqtui.app import LiqtuiApp
from liqtui.model.market import Side
from liqtui.model.snapshot import Cluster, Snapshot
from liqtui.render.numbers import price
from liqtui.theming import ColourSystem
from liqtui.widgets.heatmap import Heatmap
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import PRICES, make_snapshot

NOW_USD = PRICES["BTC"]


def zone(side: Side, low_pct: float, peak_pct: float, high_pct: float) -> Cluster:
    """Return a zone at these distances from the price."""
    low, peak, high = (NOW_USD * (1 + pct / 100) for pct in (low_pct, peak_pct, high_pct))
    return Cluster(side, peak, low, high, 1e6, 10.0, peak_pct, None)


ZONES = (
    zone("long", -3.2, -2.6, -1.6),
    zone("long", -4.0, -4.0, -4.0),
    zone("long", -16.0, -15.0, -14.0),
    zone("short", 0.0, 0.4, 1.2),
    zone("short", 2.4, 3.4, 4.4),
)


def with_zones(zones: tuple[Cluster, ...] = ZONES, version: int = 2) -> Snapshot:
    """Return the state with these zones."""
    snapshot = make_snapshot(BTC, version)
    return replace(snapshot, detail=replace(snapshot.detail, clusters=zones))


def edge(app: LiqtuiApp) -> Mapping[int, str]:
    """Return the marks of the column beside the map by row, 0 that of the price."""
    lines = lines_of(app, Heatmap)[1:-2]
    here = next(y for y, line in enumerate(lines) if price(NOW_USD, 1) in line)
    at = lines_of(app, Heatmap)[-2].index("now") - 1
    return {y - here: line[at] for y, line in enumerate(lines) if line[at] != " "}


HALF_BLOCKS = {-7: "╷", -6: "┤", -5: "│", -4: "╵", -2: "╷", -1: "┤", 0: "╵", 3: "╻", 4: "┫", 5: "╹", 7: "╸"}
"""At 0.6 % a row."""
WHOLE_CELLS = {
    -8: "╷", -7: "│", -6: "┤", -5: "│", -4: "╵", -2: "╷", -1: "┤", 0: "╵", 2: "╻", 3: "┃", 4: "┫", 5: "╹", 6: "╸",
}  # fmt: skip
"""The same where rows begin elsewhere."""


@pytest.mark.parametrize(
    ("colour", "wanted"),
    [("truecolor", HALF_BLOCKS), ("256", HALF_BLOCKS), ("16", WHOLE_CELLS), ("none", WHOLE_CELLS)],
)
async def test_zones_stand_at_the_edge_of_the_map_by_shape(colour: ColourSystem, wanted: Mapping[int, str]) -> None:
    async with running((120, 36), colour=colour) as (app, link, pilot):
        link.put(with_zones())
        await settle(pilot)
        assert edge(app) == wanted


async def test_zones_at_the_edge_follow_the_zones_and_the_zoom() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(with_zones())
        await settle(pilot)
        link.put(with_zones(ZONES[:1], 3))
        await settle(pilot)
        assert edge(app) == {y: mark for y, mark in HALF_BLOCKS.items() if 3 <= y <= 5}
        await pilot.press("plus")
        await settle(pilot)
        assert edge(app) == {4: "╻", 5: "┃", 6: "┃", 7: "┫", 8: "╹"}


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["j"], {3: "▌", 4: "◄", 5: "▌"}),
        (["j", "j"], {7: "◄"}),
        (["j", "j", "j"], {10: "▼"}),
        (["up"], {-2: "▌", -1: "◅", 0: "▌"}),
    ],
)
async def test_the_picked_zone_is_a_bar_with_an_arrow_and_hides_no_price(
    keys: list[str], wanted: Mapping[int, str]
) -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(with_zones())
        await settle(pilot)
        axis = [line[-9:] for line in lines_of(app, Heatmap)]
        await pilot.press(*keys)
        await settle(pilot)
        assert edge(app) == {**HALF_BLOCKS, **wanted}
        assert [line[-9:] for line in lines_of(app, Heatmap)] == axis


async def test_a_picked_zone_that_is_partly_in_sight_shows_that_part() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(with_zones((zone("long", -7.0, -6.6, -5.0),)))
        await settle(pilot)
        assert edge(app) == {9: "╻", 10: "┃"}
        await pilot.press("j")
        await settle(pilot)
        assert edge(app) == {9: "▌", 10: "▼"}


async def test_zones_at_the_edge_have_the_colour_of_their_side() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(with_zones())
        await settle(pilot)
        heatmap = app.query_one(Heatmap)
        drawn = [segment for y in range(1, heatmap.size.height - 2) for segment in heatmap.render_line(y)]
        for side, glyphs in (("long", "╻┫╹╸"), ("short", "╷┤│╵")):
            found = [one.style.color for one in drawn if one.text in glyphs and one.style is not None]
            assert len(found) >= 3 and set(found) == {heatmap.look(side).color}
