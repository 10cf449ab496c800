"""The ladder's bands, and observed positions drawn apart from the modelled ones."""

import re
from dataclasses import replace

import pytest

from liqtui.model.snapshot import KnownPosition, Snapshot
from liqtui.render.numbers import price
from liqtui.theming import ColourSystem
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import NOW_MS, make_snapshot, with_known


def without_bands(snapshot: Snapshot) -> Snapshot:
    """Return the state with zones of which no band is known."""
    zones = tuple(replace(zone, bands_usd=()) for zone in snapshot.detail.clusters)
    return replace(snapshot, detail=replace(snapshot.detail, clusters=zones))


def rung_at(lines: list[str], price_usd: float) -> str:
    """Return the ladder's line of a price."""
    return next(line for line in lines if price(price_usd, 1) in line)


@pytest.mark.parametrize(("size", "bands", "bars"), [((80, 24), 0, 0), ((120, 36), 1, 0), ((220, 60), 1, 1)])
async def test_zones_carry_their_80_percent_band_where_there_is_room(
    size: tuple[int, int], bands: bool, bars: bool
) -> None:
    async with running(size) as (app, _, _pilot):
        zone = make_snapshot(BTC).detail.clusters[0]
        assert zone.usd == pytest.approx(11.0e6, rel=0.01) and zone.bands_usd[1] == (zone.usd * 0.62, zone.usd * 1.45)
        line = rung_at(lines_of(app, Ladder), zone.price_usd)
        assert ("11.0M    7..16M 22%" in line) is bool(bands), line
        assert ("█" in line) is bool(bars), line


async def test_where_no_band_is_known_there_is_none_and_the_bar_has_its_place() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(without_bands(make_snapshot(BTC, 2)))
        await settle(pilot)
        text = "\n".join(lines_of(app, Ladder))
        assert ".." not in text and "█" in text


@pytest.mark.parametrize(
    ("size", "heading", "mark"),
    [
        ((80, 24), " Zones  S 3.9B  L 4.2B  ◆ 3.2%", "3% ◆"),
        ((120, 36), " Zones  S 3.9B  L 4.2B  observed 3.2 % of OI", "3% ◆  1.2M"),
        ((220, 60), " Zones  short 3.9B  long 4.2B  observed 3.2 % of OI", "3% ◆  1.2M"),
    ],
)
async def test_the_ladder_tells_what_is_observed(size: tuple[int, int], heading: str, mark: str) -> None:
    async with running(size) as (app, link, pilot):
        assert "◆" not in "\n".join(lines_of(app, Ladder)), "nobody is watched"
        snapshot = with_known(make_snapshot(BTC, 2))
        link.put(snapshot)
        await settle(pilot)
        lines = lines_of(app, Ladder)
        assert lines[0].startswith(heading)
        near = max((zone for zone in snapshot.detail.clusters if zone.side == "long"), key=lambda zone: zone.price_usd)
        assert mark in rung_at(lines, near.price_usd)
        assert sum("◆" in line for line in lines[1:]) == sum("◇" in line for line in lines[1:]) == 1


@pytest.mark.parametrize(("share", "words"), [(0.0, "observed 0.0 %"), (0.02, "observed <0.1 %"), (99.96, "100.0 %")])
async def test_the_smallest_share_is_not_called_none(share: float, words: str) -> None:
    async with running((220, 60)) as (app, link, pilot):
        link.put(with_known(make_snapshot(BTC, 2), share))
        await settle(pilot)
        assert f"{words} of OI" in lines_of(app, Ladder)[0]


def test_a_zone_counts_the_positions_of_its_side_within_its_range() -> None:
    zone = make_snapshot(BTC).detail.clusters[0]
    inside, edge = (zone.low_usd + zone.high_usd) / 2, zone.high_usd
    known = [
        KnownPosition("short", inside, 1.0),
        KnownPosition("short", edge, 2.0),
        KnownPosition("long", inside, 4.0),
        KnownPosition("short", edge + 1e-6, 8.0),
    ]
    assert zone.side == "short" and zone.observed_usd(known) == 3.0


@pytest.mark.parametrize("colour", ["truecolor", "16", "none"])
async def test_the_edge_of_the_map_marks_observed_positions_by_shape(colour: ColourSystem) -> None:
    async with running((120, 36), colour=colour) as (app, link, pilot):
        before = lines_of(app, Heatmap)
        assert not any(mark in line for line in before for mark in "◆◇")
        snapshot = make_snapshot(BTC, 2)
        here = snapshot.detail.price_usd or 0.0
        known = (
            KnownPosition("long", here * 0.2, 1e6),
            KnownPosition("long", here * 0.98, 1e6),
            KnownPosition("short", here * 1.02, 3e5),
            KnownPosition("short", here * 1.0201, 4e5),
            KnownPosition("long", here * 1.0202, 6e5),
        )
        link.put(replace(snapshot, detail=replace(snapshot.detail, known=known, observed_pct=1.0)))
        await settle(pilot)
        lines = lines_of(app, Heatmap)
        body, at = lines[1:-2], next(y for y, line in enumerate(lines) if price(here, 1) in line) - 1
        marked = {y: mark for y, line in enumerate(body) for mark in "◆◇" if mark in line}
        assert sorted(marked.values()) == ["◆", "◇"], "one below, the larger side of the row above, none out of sight"
        assert all((mark == "◇") is (y < at) for y, mark in marked.items())
        column = {line.index(mark) for line in body for mark in "◆◇" if mark in line}
        assert (
            len(column) == 1 and {line.index(mark) for line in before[1:-2] for mark in "┤┫" if mark in line} == column
        )
        assert "◆◇ observed" in lines[-1]


async def test_a_picked_zone_keeps_its_peak_over_observed_positions() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(with_known(make_snapshot(BTC, 2)))
        await settle(pilot)
        await pilot.press("j")
        await settle(pilot)
        assert any("◄" in line for line in lines_of(app, Heatmap))
        assert re.search(r"▸L .*◆  1\.2M", "\n".join(lines_of(app, Ladder)))


async def test_a_map_of_the_past_has_no_observed_positions_of_now() -> None:
    async with running((120, 36)) as (app, link, pilot):
        link.put(with_known(make_snapshot(BTC, 2)))
        await settle(pilot)
        assert any(mark in line for line in lines_of(app, Heatmap) for mark in "◆◇")
        past = with_known(make_snapshot(BTC.panned(-1, NOW_MS, None), 3))
        assert past.detail.known and past.detail.selection.until_ms is not None
        link.put(past)
        await settle(pilot)
        lines = lines_of(app, Heatmap)
        assert "PAST" in lines[0] and not any(mark in line for line in lines for mark in "◆◇")
