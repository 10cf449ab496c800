"""One pane on the whole screen, the map alone, and assets side by side."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.geometry import Size

from liqtui.app import LiqtuiApp
from liqtui.link.base import Link
from liqtui.model.market import DAY_MS
from liqtui.model.selection import Selection
from liqtui.painting.pace import Pace
from liqtui.render.levels import CLASSES
from liqtui.screens.side_by_side import LinkedMap, count_after
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import Panel
from liqtui.widgets.status import Status
from liqtui.widgets.tape import Tape
from tests.ui.running import BTC, running, settle
from tests.ui.scene import NOW_MS, SceneLink, make_snapshot, screen_text


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 36), (120, 50), (200, 30), (220, 60)])
async def test_each_pane_takes_the_screen_in_turn(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, pilot):
        before = {pane: pane.region for pane in app.query(Panel)}
        for kind in (Heatmap, Ladder, Tape):
            await pilot.press("e")
            await settle(pilot)
            shown = [pane for pane in app.query(Panel) if pane.display and pane.region.area]
            assert app.query_one(kind) in shown and app.query_one(kind).region.width >= size[0] // 2
            assert sum(pane.region.area for pane in shown) == size[0] * size[1]
            others = {Heatmap, Ladder, Tape} - {kind}
            assert not [pane for pane in shown if type(pane) in others]
        await pilot.press("e")
        await settle(pilot)
        assert {pane: pane.region for pane in app.query(Panel)} == before


@pytest.mark.parametrize("size", [(60, 15), (120, 36), (220, 60)])
async def test_zen_leaves_the_map_and_the_mark_of_data_that_is_not_live(size: tuple[int, int]) -> None:
    async with running(size) as (app, link, pilot):
        await pilot.press("z")
        await settle(pilot)
        assert app.query_one(Heatmap).region.area == size[0] * (size[1] - 1) and "DEMO" in screen_text(app)
        link.put(make_snapshot(BTC, 9, mode="live"))
        await settle(pilot)
        assert app.query_one(Heatmap).region.area == size[0] * size[1]
        await pilot.press("space")
        await settle(pilot)
        assert app.query_one(Status).region.height == 1 and "FROZEN" in screen_text(app)
        await pilot.press("space", "z")
        await settle(pilot)
        assert app.query_one(Status).region.height == 1


def test_how_many_maps_fit() -> None:
    assert count_after(0, Size(116, 14), 3) == 2
    assert count_after(0, Size(115, 60), 3) == 0
    assert count_after(2, Size(120, 36), 4) == 4
    assert count_after(2, Size(120, 36), 3) == count_after(2, Size(120, 20), 4) == count_after(4, Size(300, 90), 9) == 0


def recorded_links() -> tuple[list[SceneLink], Callable[[], Link]]:
    """Return the links that were made so far, and what makes another."""
    made: list[SceneLink] = []

    def more() -> Link:
        made.append(SceneLink())
        return made[-1]

    return made, more


async def test_assets_stand_side_by_side_on_links_of_their_own_and_go_again() -> None:
    made, more = recorded_links()
    app = LiqtuiApp(SceneLink(), BTC, links=more)
    async with app.run_test(size=(130, 36)) as pilot:
        await settle(pilot)
        await pilot.press("2", "g")
        await settle(pilot)
        assert [link.selected for link in made] == [[Selection("ETH")], [Selection("SOL")]]
        text = screen_text(app)
        assert " ETH all 4 venues" in text and " SOL all 4 venues" in text and "DEMO" in text
        maps = list(app.screen.query(LinkedMap))
        assert maps[0].region.right <= maps[1].region.x and {one.region.height for one in maps} == {34}
        assert text.splitlines()[-1].startswith(" escape one asset  g more or one")
        await pilot.resize_terminal(130, 14)
        await settle(pilot)
        assert {one.region.height for one in maps} == {13} and "one asset" not in screen_text(app)
        await pilot.resize_terminal(130, 15)
        await settle(pilot)
        assert {one.region.height for one in maps} == {13} and "one asset" in screen_text(app)
        await pilot.resize_terminal(130, 36)
        await settle(pilot)
        await pilot.press("right_square_bracket", "m")
        await settle(pilot)
        assert [link.selected[-1].window for link in made] == ["3d", "3d"] and all(one.profile for one in maps)
        await pilot.press("space")
        await settle(pilot)
        held = maps[0].snapshot
        made[0].put(replace(make_snapshot(Selection("ETH", window="3d"), 50)))
        await settle(pilot)
        assert maps[0].snapshot is held, "frozen"
        await pilot.press("space", "g")
        await settle(pilot)
        assert app.query_one(Ladder) and all(link.closed for link in made)


async def test_maps_side_by_side_keep_the_pace_and_save_colours() -> None:
    made, more = recorded_links()
    seconds = [0.0]
    app = LiqtuiApp(SceneLink(), BTC, pace=Pace(4.0, monotonic=lambda: seconds[0]), links=more)
    async with app.run_test(size=(130, 36)) as pilot:
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        one = app.screen.query(LinkedMap).first()
        held = one.snapshot
        made[0].put(make_snapshot(BTC, 50))
        await settle(pilot)
        assert held is not None and one.snapshot is held, "no picture is due"
        seconds[0] += 1.0
        made[0].put(make_snapshot(BTC, 51))
        await asyncio.sleep(0.3)
        await settle(pilot)
        assert one.snapshot is not None and one.snapshot.version == 51
        assert looks(one) > 10
        await pilot.press("B")
        await settle(pilot)
        assert looks(one) == 10


async def test_every_map_shows_another_window_at_once_where_bandwidth_is_low() -> None:
    app = LiqtuiApp(SceneLink(), BTC, pace=Pace(low=True), links=SceneLink)
    async with app.run_test(size=(130, 36)) as pilot:
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        await pilot.press("space", "left_square_bracket")
        await settle(pilot)
        assert "FROZEN" not in screen_text(app)
        shown = [one.snapshot for one in app.screen.query(LinkedMap)]
        assert [one and one.detail.selection.window for one in shown] == ["12h", "12h"]


@pytest.mark.parametrize(("columns", "barred"), [(120, 0), (121, 2), (122, 2)])
async def test_maps_side_by_side_have_bars_of_now_both_or_neither(columns: int, barred: int) -> None:
    app = LiqtuiApp(SceneLink(), BTC, links=SceneLink)
    async with app.run_test(size=(columns, 36)) as pilot:
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        (axis,) = [line for line in screen_text(app).splitlines() if line.count("UTC") == 2 and "DEMO" not in line]
        assert axis.count("now") == barred


async def test_time_pans_in_every_map_side_by_side_and_zero_goes_back_to_now() -> None:
    made, more = recorded_links()
    app = LiqtuiApp(SceneLink(), BTC, links=more)
    async with app.run_test(size=(130, 36)) as pilot:
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        for key, until_ms in (
            ("comma", NOW_MS - DAY_MS // 4),
            ("full_stop", None),
            ("shift+left", NOW_MS - DAY_MS // 4),
        ):
            await pilot.press(key)
            await settle(pilot)
            assert [link.selected[-1].until_ms for link in made] == [until_ms] * 2
        assert screen_text(app).count("PAST, to") == 2
        await pilot.press(*["comma"] * 30, "right_square_bracket")
        await settle(pilot)
        assert [link.selected[-1] for link in made] == [
            Selection(asset, window="3d", until_ms=NOW_MS - 4 * DAY_MS) for asset in ("BTC", "ETH")
        ]
        await pilot.press("0")
        await settle(pilot)
        assert [link.selected[-1].until_ms for link in made] == [None] * 2 and "PAST" not in screen_text(app)


def looks(heatmap: Heatmap) -> int:
    """Return how many looks the classes of a map have."""
    assert heatmap.inks is not None
    return len({heatmap.inks.cell(k, k) for k in range(1, 2 * CLASSES + 1)})


async def test_too_narrow_a_screen_says_so() -> None:
    app = LiqtuiApp(SceneLink(), BTC, links=SceneLink)
    async with app.run_test(size=(100, 36)) as pilot:
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        assert [one.message for one in app._notifications] == ["side by side needs two assets and 116 columns"]
