"""What each key does."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.binding import Binding

from liqtui.app import LiqtuiApp
from liqtui.model.selection import Selection
from liqtui.render.numbers import signed_pct
from liqtui.screens.choosing import ChoosingApp
from liqtui.screens.help import HELP
from liqtui.screens.main import MainScreen
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import NOW_MS, SceneLink, make_heat, make_snapshot, screen_lines, screen_text


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("2", Selection("ETH")),
        ("9", None),
        ("tab", Selection("ETH")),
        ("shift+tab", Selection("SOL")),
        ("right_square_bracket", Selection("BTC", None, "3d")),
        ("left_square_bracket", Selection("BTC", None, "12h")),
        ("v", Selection("BTC", "binance")),
    ],
)
async def test_keys_ask_for_another_selection(keys: str, wanted: Selection | None) -> None:
    async with running() as (app, link, pilot):
        await pilot.press(keys)
        await settle(pilot)
        assert link.selected == ([BTC, wanted] if wanted else [BTC])
        heading = lines_of(app, Heatmap)[0]
        chosen = wanted or BTC
        assert f" {chosen.asset} {chosen.venue or 'all 4 venues'} {chosen.window}" in heading


async def test_venues_come_round_to_all_of_them_and_windows_stop_at_the_ends() -> None:
    async with running() as (app, link, pilot):
        await pilot.press(*"vvvvv")
        assert [selection.venue for selection in link.selected] == [
            None, "binance", "bybit", "okx", "hyperliquid", None,
        ]  # fmt: skip
        await pilot.press(*["left_square_bracket"] * 4)
        assert app.selection.window == "1h"
        assert len(link.selected) == 9


async def test_what_was_asked_for_is_said_until_it_comes() -> None:
    async with running() as (app, link, pilot):
        link.answer = False
        await pilot.press("3")
        await settle(pilot)
        assert "loading SOL all venues 24h" in screen_text(app)
        assert " BTC all 4 venues 24h" in lines_of(app, Heatmap)[0]
        link.put(make_snapshot(Selection("SOL"), 2))
        await settle(pilot)
        assert "loading" not in screen_text(app)


async def test_zoom_keys_step_through_whole_bins() -> None:
    async with running() as (app, _, pilot):
        heatmap = app.query_one(Heatmap)

        def scale() -> int | None:
            return heatmap.scale

        assert "0.3%/row zoom auto" in lines_of(app, Heatmap)[0]
        await pilot.press("plus")
        assert scale() == 2 and "0.2%/row zoom set" in lines_of(app, Heatmap)[0]
        await pilot.press("minus", "minus")
        assert scale() == 4
        await pilot.press(*["plus"] * 9)
        assert scale() == 1
        await pilot.press("0")
        assert scale() is None and "zoom auto" in lines_of(app, Heatmap)[0]


async def test_the_profile_shows_the_sums_beside_the_bars_and_goes_back() -> None:
    async with running((120, 36)) as (app, _, pilot):
        before = lines_of(app, Heatmap)
        await pilot.press("m")
        await settle(pilot)
        lines = lines_of(app, Heatmap)
        assert {len(line) for line in lines} == {len(before[0])}
        figures = [line.split()[-3:] for line in lines[1:-2] if " L " in line]
        assert figures and any("└" in line and "┐" in line for line in lines)
        assert "USD in a row, full width" in lines[-2] and "sum from the price, full width" in lines[-2]
        assert "map of 14:00 UTC" in lines[-1]
        await pilot.press("m")
        await settle(pilot)
        assert lines_of(app, Heatmap) == before


async def test_a_map_that_ends_in_a_gap_has_an_empty_profile_and_a_crosshair_that_says_so() -> None:
    async with running((120, 36)) as (app, link, pilot):
        whole = make_snapshot(BTC, 3)
        assert whole.detail.heat is not None
        heat = make_heat(BTC, gap=(280, 288))
        link.put(replace(whole, detail=replace(whole.detail, heat=heat)))
        await settle(pilot)
        await pilot.press("c")
        await settle(pilot)
        assert "No data for this time" in "".join(lines_of(app, Heatmap))
        await pilot.press("m")
        await settle(pilot)
        assert not any("█" in line or "│" in line for line in lines_of(app, Heatmap)[1:-2])


async def test_weak_cells_are_hidden_in_steps_and_the_legend_says_so() -> None:
    async with running((120, 36)) as (app, _, pilot):
        heatmap = app.query_one(Heatmap)

        def classes_shown() -> int:
            inks = heatmap.inks
            assert inks is not None
            known = {inks.cell(p, p)[1].bgcolor for p in range(1, 33)}
            cells = [cell.style for y in range(1, 10) for cell in heatmap.render_line(y) if cell.style]
            return len({colour for style in cells for colour in (style.bgcolor, style.color) if colour in known})

        counts = [classes_shown()]
        for pct in (25, 50, 75, 90):
            await pilot.press("t")
            await settle(pilot)
            assert f"weakest {pct}% hidden" in lines_of(app, Heatmap)[-1]
            counts.append(classes_shown())
        assert counts == sorted(counts, reverse=True) and counts[-1] <= 4 < 12 <= counts[0]
        await pilot.press("t")
        await settle(pilot)
        assert "hidden" not in lines_of(app, Heatmap)[-1] and classes_shown() == counts[0]


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((80, 24), r" █ a row, full [\d.]+[KMB]   │ sum, full [\d.]+[KMB] +"),
        ((36, 20), r" █ a row, full [\d.]+[KMB] +"),
    ],
)
async def test_the_profile_says_what_each_mark_on_it_is_where_there_is_little_room(
    size: tuple[int, int], wanted: str
) -> None:
    async with running(size) as (app, _, pilot):
        await pilot.press("m")
        await settle(pilot)
        assert re.fullmatch(wanted, lines_of(app, Heatmap)[-2])


async def test_the_cursor_walks_the_ladder_and_marks_the_map() -> None:
    async with running() as (app, _, pilot):
        clusters = sorted(make_snapshot(BTC).detail.clusters, key=lambda cluster: -cluster.price_usd)
        longs = [cluster for cluster in clusters if cluster.side == "long"]
        heatmap = app.query_one(Heatmap)

        async def marked(*keys: str) -> object:
            await pilot.press(*keys)
            await settle(pilot)
            return heatmap.marked

        assert await marked("j") == longs[0]
        assert signed_pct(longs[0].distance_pct) in next(line for line in lines_of(app, Ladder) if line[0] == "▸")
        assert any("◄" in line for line in lines_of(app, Heatmap))
        assert await marked("down") == longs[1]
        assert await marked("k", "k") == clusters[len(clusters) - len(longs) - 1]
        assert await marked("end") == clusters[-1]
        assert any("▼" in line for line in lines_of(app, Heatmap)), "a zone out of sight is pointed at"
        assert await marked("home") == clusters[0]
        assert await marked("x") is None
        assert await marked("up") == clusters[len(clusters) - len(longs) - 1]
        assert await marked("k") == clusters[len(clusters) - len(longs) - 2]
        assert await marked("escape") is None


async def test_the_cursor_stays_on_its_zone_when_the_zones_move() -> None:
    async with running() as (app, link, pilot):
        await pilot.press("j")
        await settle(pilot)
        snapshot = make_snapshot(BTC, 5)
        moved = tuple(replace(c, price_usd=c.price_usd * 1.0005, usd=c.usd * 2) for c in snapshot.detail.clusters)
        link.put(replace(snapshot, detail=replace(snapshot.detail, clusters=moved)))
        await settle(pilot)
        assert app.query_one(Heatmap).marked in moved
        app.screen.call_later(app.query_one(Ladder).take, make_snapshot(BTC, 6))
        await settle(pilot)
        assert app.query_one(Heatmap).marked in snapshot.detail.clusters, "whoever hands the snapshot over"
        link.put(make_snapshot(Selection("ETH"), 7))
        await settle(pilot)
        assert app.query_one(Heatmap).marked is None


async def test_a_frozen_picture_stands_and_the_newest_comes_back_on_release() -> None:
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("space")
        await settle(pilot)
        assert "FROZEN since 14:03:22" in screen_text(app) and "DEMO" in screen_text(app)
        body = screen_lines(app)[1:]
        later = make_snapshot(BTC, 7, NOW_MS + 300_000)
        link.put(replace(later, assets=tuple(replace(row, price_usd=111.0) for row in later.assets)))
        await settle(pilot)
        assert screen_lines(app)[1:] == body
        for width, said in ((110, "5 min behind, space to go on"), (70, "5 min behind"), (56, "FROZEN since 14:03:22")):
            await pilot.resize_terminal(width, 24)
            await settle(pilot)
            assert said in screen_lines(app)[0]
        assert "behind" not in screen_lines(app)[0]
        await pilot.resize_terminal(80, 24)
        await pilot.press("space")
        await settle(pilot)
        assert "FROZEN" not in screen_text(app) and "14:08:22 UTC" in screen_text(app) and "111.0" in screen_text(app)


async def test_choosing_something_else_releases_the_picture() -> None:
    async with running() as (app, _, pilot):
        await pilot.press("space", "2")
        await settle(pilot)
        assert "FROZEN" not in screen_text(app) and " ETH all 4 venues" in screen_text(app)


async def test_the_palette_runs_commands_in_words() -> None:
    async with running() as (app, link, pilot):
        await pilot.press("colon")
        await settle(pilot)
        await pilot.press(*"only okx")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await settle(pilot)
        assert link.selected[-1] == Selection("BTC", "okx")
        app.run_command("choose_theme('light')")
        await settle(pilot)
        assert app.theme == "light"


async def test_quitting_leaves_the_engine() -> None:
    link = SceneLink()
    app = LiqtuiApp(link, BTC)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("q")
        await settle(pilot)
    assert link.closed and app.return_code == 0


async def test_keys_of_multiplexers_and_flow_control_are_left_alone() -> None:
    async with running() as (app, _, _pilot):
        for key in ("ctrl+a", "ctrl+b", "ctrl+s", "ctrl+z"):
            assert key not in app.screen.active_bindings, key
        assert not [key for key in app.screen.active_bindings if key.startswith("alt+")]


_NAMES = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "colon": ":",
    "f1": "F1",
}
_ELSEWHERE = {"equals_sign", "escape", "up", "down", "left", "right", "ctrl+c", "ctrl+q"}
"""Keys with a sign of their own in the table, second keys, and Textual's."""


def test_every_key_is_in_the_table_of_the_readme_and_on_the_help_page() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("## Keys") : readme.index("## What the map is")]
    page = re.sub(r"\[/?b\]", " ", HELP[: HELP.index("THE MAP")]).replace("\\[", "[")
    bindings = [b for b in (*ChoosingApp.BINDINGS, *LiqtuiApp.BINDINGS, *MainScreen.BINDINGS) if isinstance(b, Binding)]
    keys = {key for binding in bindings for key in binding.key.split(",")} - _ELSEWHERE
    for key in sorted(keys):
        if key.isdigit() and key != "0":
            continue
        name = _NAMES.get(key, key)
        shown = name.replace("shift+up", "shift+↑").replace("shift+down", "shift+↓")
        shown = shown.replace("shift+left", "shift+←").replace("shift+right", "shift+→")
        assert f"`{shown}`" in table, key
        assert re.search(rf"(?<!\S){re.escape(name)}(?![^\s,)])", page) or f"({name}" in page or f" {name})" in page, (
            key
        )
