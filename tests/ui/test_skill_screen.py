"""The skill screen: what it shows, when it says that nothing is known, and its keys."""

import re
from dataclasses import replace

import pytest

from liqtui.model.snapshot import Interval, Skill
from liqtui.screens.help import HelpScreen
from liqtui.screens.main import MainScreen
from liqtui.screens.skill import SkillScreen
from liqtui.theming import ColourSystem
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.skill_sheet import SkillSheet
from tests.ui.running import BTC, running, settle
from tests.ui.scene import NOW_MS, make_skill, make_snapshot, screen_lines, screen_text, with_skill

PAGE = """\
HOW FAR TO TRUST THIS MAP  BTC, all 4 venues
+0.31 bit/print over price alone, 90 % 0.22..0.40, n 1,204
scored on 1,204 prints on 12 days
Where liquidations fell, the map told more than how long ago price last
passed each level: the 90 % interval of the gain, from draws of whole days,
lies above zero.
without hyperliquid: no single prints

GAIN, bit/print       0                                 mean   90 % interval
 over price alone     │     ├─●─┤                      +0.31    +0.22..+0.40
 over fixed leverage  │             ├──────●───────┤   +0.84    +0.55..+1.13

AMOUNT AND PLACE
 amount          about right: forecast 1.13 times what came, 90 % 0.92..1.35
 places (S-test) agree with the map: 41 % of catalogues drawn from it fit it
                 worse
 hottest tenth   hit 2.3 times as densely as all that price swept

RELIABILITY  observed / forecast in tenths of the forecast
            ¼          ½          1         2          4
  1 lowest                ●───────│                        0.62
  2                               │───●                    1.31
  3                             ●─│                        0.92
  4                               │●                       1.12
  5                               ●                        1.05
  6                              ●│                        0.97
  7                               ●                        1.02
  8                              ●│                        0.94
  9                               │●                       1.10
 10 highest                   ●───│                        0.81
Near 1 everywhere: the map is as sure as it may be. Falling from top to
bottom: too sure.

BANDS  how often what came lay inside, of 312 forecasts
              0                    50                100 %
 50 % band                        ●─│                      found  47.6 %
 80 % band                                      │─●        found  83.2 %
 95 % band                                            ●│   found  93.9 %

WHAT STANDS WHERE  learned from 1,188 prints
Share of a side by distance from entry to liquidation
▒▒▒ assumed   ├─●─┤ learned, with its 80 % band
"""


def sheet(app_lines: list[str]) -> list[str]:
    """Return the lines of the page without status line, hints and margins."""
    return [line[2:-2].rstrip(" ▁▂▃▄▅▆▇█") for line in app_lines[1:-1]]


async def test_the_page_as_it_looks_at_eighty_columns() -> None:
    async with running((80, 70)) as (app, _, pilot):
        await pilot.press("k")
        await settle(pilot)
        lines = sheet(screen_lines(app))
        assert "\n".join(lines).startswith(PAGE)
        rows = [line for line in lines if re.match(r" [LS] ", line)]
        assert rows[0].split()[-6:] == ["▒▒├●┤▒▒▒▒▒▒▒▒▒▒", "3.0", "%", "2..4", "14.3", "%"]
        assert [row[1] for row in rows] == ["L"] * 7 + ["S"] * 7
        assert re.fullmatch(r" L 2\.5\.\.5 % +▒+ +├─+●─+┤ +27\.0 % +19\.\.38 +14\.3 %", rows[3]), rows[3]
        assert 'Not: "x % of traders use 50x"' in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (220, 60)])
@pytest.mark.parametrize("colour", ["truecolor", "none"])
async def test_every_part_can_be_reached_at_every_size(size: tuple[int, int], colour: ColourSystem) -> None:
    async with running(size, colour=colour) as (app, _, pilot):
        await pilot.press("K")
        await settle(pilot)
        seen = screen_text(app)
        assert "DEMO seed 7 60x" in screen_lines(app)[0]
        assert all(len(line) == size[0] for line in screen_lines(app))
        if size == (220, 60):
            assert screen_lines(app)[-2].strip() == "", "no need to scroll"
        for key in ("pagedown", "G"):
            await pilot.press(key)
            await settle(pilot)
            seen += screen_text(app)
        for part in ("HOW FAR", "GAIN", "AMOUNT AND PLACE", "RELIABILITY", "BANDS", "WHAT STANDS WHERE", "use 50x"):
            assert part in seen, part
        await pilot.press("g")
        await settle(pilot)
        assert "HOW FAR" in screen_lines(app)[1]
        if size == (80, 24):
            await pilot.press("j")
            await settle(pilot)
            assert "+0.31 bit" in screen_lines(app)[1]
            await pilot.press("up")
            await settle(pilot)
            assert "HOW FAR" in screen_lines(app)[1]


@pytest.mark.parametrize("size", [(60, 20), (44, 16), (30, 10), (8, 4), (1, 1)])
async def test_figures_are_kept_before_plots_where_it_is_narrow(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, pilot):
        await pilot.press("K")
        await settle(pilot)
        page = app.screen.query_one(SkillSheet)
        text = "\n".join(page.render_line(y).text for y in range(page.size.height))
        if size[0] >= 44:
            for figure in ("+0.31", "+0.22..+0.40", "+0.55..+1.13", "0.62", "47.6 %", "19..38", "n 1,204"):
                assert figure in text, figure
        assert all(line[1] != "+" or ".." in line for line in text.splitlines() if "bit" in line)


async def test_the_second_column_stands_in_line_whatever_the_first_holds() -> None:
    async with running((120, 36)) as (app, link, pilot):
        await pilot.press("k")
        snapshot = make_snapshot(BTC, 9)
        chosen = replace(BTC, asset="1000000BABYDOGECOIN")
        rows = (replace(snapshot.assets[0], asset=chosen.asset, venues=("venue",) * 12),)
        link.put(replace(snapshot, assets=rows, detail=replace(snapshot.detail, selection=chosen)))
        await settle(pilot)
        lines = screen_lines(app)
        starts = {
            line.index(word) for line in lines for word in ("RELIABILITY", "WHAT STANDS", "Near 1") if word in line
        }
        assert len(starts) == 1 and "HOW FAR" in lines[1]


@pytest.mark.parametrize("key", ["escape", "k", "K", "q"])
async def test_its_keys_close_it(key: str) -> None:
    async with running((80, 24)) as (app, _, pilot):
        await pilot.press("k")
        await settle(pilot)
        assert isinstance(app.screen, SkillScreen)
        await pilot.press(key)
        await settle(pilot)
        assert isinstance(app.screen, MainScreen) and app.is_running and "Zones" in screen_text(app)


async def test_k_goes_up_while_a_zone_is_picked_and_opens_the_page_else() -> None:
    async with running() as (app, _, pilot):
        heatmap = app.query_one(Heatmap)
        zones = sorted(make_snapshot(BTC).detail.clusters, key=lambda zone: -zone.price_usd)
        await pilot.press("end", "k")
        await settle(pilot)
        assert isinstance(app.screen, MainScreen) and heatmap.marked == zones[-2]
        await pilot.press("K")
        await settle(pilot)
        assert isinstance(app.screen, SkillScreen)
        await pilot.press("k", "x", "k")
        await settle(pilot)
        assert isinstance(app.screen, SkillScreen) and heatmap.marked is None


async def test_pages_do_not_pile_up() -> None:
    async with running() as (app, _, pilot):
        await pilot.press("k", "question_mark", "K")
        await settle(pilot)
        assert [type(screen) for screen in app.screen_stack] == [MainScreen, SkillScreen, HelpScreen]
        app.run_command("skill")
        app.run_command("help")
        await settle(pilot)
        assert len(app.screen_stack) == 3


async def test_the_palette_and_the_hints_name_it() -> None:
    async with running((80, 24)) as (app, _, pilot):
        assert " k skill " in screen_lines(app)[-1]
        await pilot.press("colon")
        await settle(pilot)
        await pilot.press(*"skill")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await settle(pilot)
        assert isinstance(app.screen, SkillScreen)


async def test_it_is_kept_up_with_the_snapshots_and_the_selection() -> None:
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("k")
        await settle(pilot)
        taller = replace(make_skill(), prints=1_300, mix=make_skill().mix * 3)
        link.put(with_skill(make_snapshot(BTC, 9, NOW_MS + 60_000), taller))
        await settle(pilot)
        page = app.screen.query_one(SkillSheet)
        assert "n 1,300" in screen_text(app) and "14:04:22 UTC" in screen_lines(app)[0]
        assert "use 50x" in page.render_line(page.size.height - 1).text, "the page has grown with what it holds"
        await pilot.press("2")
        await settle(pilot)
        assert "HOW FAR TO TRUST THIS MAP  ETH, all 4 venues" in screen_lines(app)[1]


async def test_a_frozen_page_stands() -> None:
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("k", "space")
        link.put(with_skill(make_snapshot(BTC, 9), replace(make_skill(), prints=1_300)))
        await settle(pilot)
        assert "FROZEN" in screen_text(app) and "n 1,204" in screen_text(app)


FEW = replace(make_skill(), verdict="not enough prints", better=False, prints=37, days=1)


@pytest.mark.parametrize(
    ("skill", "venue", "note", "words"),
    [
        (None, None, "loading history 3/12", ("skill not known yet", "loading history 3/12", "fills by itself")),
        (None, "hyperliquid", "", ("no prints from these venues", "tells its single liquidations", "v chooses")),
        (FEW, None, "", ("not enough prints yet, n 37", "on 1 day", "needs 100 prints on 3 days")),
    ],
)
async def test_it_says_why_nothing_is_known(
    skill: Skill | None, venue: str | None, note: str, words: tuple[str, ...]
) -> None:
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("k")
        link.put(replace(with_skill(make_snapshot(replace(BTC, venue=venue), 9), skill), note=note))
        await settle(pilot)
        text = screen_text(app)
        for word in words:
            assert word in text, word
        for gone in ("GAIN", "+0.31", "AMOUNT", "RELIABILITY"):
            assert gone not in text, gone


async def test_before_the_first_snapshot_it_waits() -> None:
    async with running((80, 24)) as (app, _, _pilot):
        page = SkillScreen(None, app._condition)
        await app.push_screen(page)
        assert "waiting for the engine" in screen_text(app)


async def test_no_better_is_said_with_its_interval_about_zero() -> None:
    equal = replace(make_skill(), better=False, over_price=Interval(0.02, -0.05, 0.09), over_recipe=None)
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("k")
        link.put(with_skill(make_snapshot(BTC, 9), equal))
        await settle(pilot)
        text = screen_text(app)
        assert "no better than price alone, 90 % -0.05..0.09, n 1,204" in text
        assert re.search(r"over price alone +├─+┼─+●─+┤ +\+0\.02 +-0\.05\.\.\+0\.09", text)
        assert re.search(r"over fixed leverage +not known", text)


async def test_what_is_not_known_of_bands_and_mix_is_said() -> None:
    bare = replace(make_skill(), coverage=(), coverage_n=0, mix=(), learned_prints=0, lift=None, place_quantile=None)
    async with running((80, 60)) as (app, link, pilot):
        await pilot.press("k")
        link.put(with_skill(make_snapshot(BTC, 9), bare))
        await settle(pilot)
        text = screen_text(app)
        assert "no forecast with a band has run its time yet" in text
        assert "the mix is as assumed: nothing has been learned yet" in text
        assert re.search(r"places \(S-test\) not known", text) and re.search(r"hottest tenth +not known", text)


async def test_help_explains_the_page_and_its_words() -> None:
    async with running((120, 110)) as (app, _, pilot):
        await pilot.press("f1")
        await settle(pilot)
        text = screen_text(app)
        for word in (
            "k  K",
            "SKILL",
            "has skill",
            "no skill",
            "skill ?",
            "no better than price alone",
            "◆ ◇",
            "8..19M",
        ):
            assert word in text, word
