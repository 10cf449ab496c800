"""When the next picture is due: a cap in which the newest wins, low bandwidth by hand and when output backs up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from textual.pilot import Pilot

from liqtui.app import LiqtuiApp
from liqtui.model.snapshot import Snapshot
from liqtui.painting.pace import Pace
from liqtui.screens.help import traffic_text
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.status import Status
from liqtui.widgets.tape import Tape
from tests.ui.painted import CSS
from tests.ui.running import BTC, lines_of, settle
from tests.ui.scene import NOW_MS, SceneLink, make_snapshot, screen_text


class Clock:
    """Seconds moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Return them."""
        return self.now_s


def test_pictures_come_at_most_so_often() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    assert pace.wait_s() == 0.0
    pace.drawn()
    clock.now_s += 0.1
    assert abs(pace.wait_s() - 0.15) < 1e-9
    clock.now_s += 0.14
    assert pace.wait_s() == 0.0, "a little early is in time, or the engine's own pace would be halved"


def test_without_a_limit_all_come_but_low_bandwidth_has_one() -> None:
    clock = Clock()
    pace = Pace(None, monotonic=clock)
    pace.drawn()
    assert pace.wait_s() == 0.0
    pace.wish(True)
    assert pace.wait_s() == 1.0 and pace.fps == 1.0
    assert Pace(0.2, low=True).fps == 0.2, "low bandwidth never draws more often than was asked for"


def test_output_that_backs_up_lowers_the_pace_until_it_has_flowed_for_a_while() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    found = []
    for waits, seconds in ((True, 1.0), (True, 0.6), (True, 29.0), (False, 2.0), (False, 0.0)):
        pace.note_output(waits, 0)
        found.append((pace.low, pace.fps))
        clock.now_s += seconds
    assert found == [(False, 4.0), (False, 4.0), (True, 1.0), (True, 1.0), (False, 4.0)]
    assert pace.words == "slow terminal: low bandwidth"


def test_who_wishes_otherwise_while_output_waits_is_heard_until_it_has_waited_anew() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    lows = []
    for seconds in (2.0, 0.0):
        pace.note_output(True, 0)
        clock.now_s += seconds
    pace.wish(False)
    for _ in range(3):
        pace.note_output(True, 0)
        lows.append(pace.low)
        clock.now_s += 1.0
    assert lows == [False, False, True]


def test_one_late_frame_now_and_then_is_no_backing_up() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    for turn in range(20):
        pace.note_output(turn % 2 == 0, 0)
        clock.now_s += 1.0
    assert not pace.low


def test_traffic_is_that_of_the_last_minute() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    for second in range(200):
        pace.note_output(False, 1_000 * min(second, 100) + 50_000)
        clock.now_s += 1.0
    assert pace.bytes_per_s() == 0.0
    assert Pace(4.0).bytes_per_s() == 0.0


async def test_the_newest_snapshot_wins_when_several_come_within_a_period() -> None:
    clock, link = Clock(), SceneLink()
    app = LiqtuiApp(link, BTC, pace=Pace(4.0, monotonic=clock))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for second in (31, 32, 33):
            link.put(replace(make_snapshot(BTC), version=second, ts_ms=NOW_MS - NOW_MS % 60_000 + second * 1_000))
            await settle(pilot)
        assert ":31 UTC" not in screen_text(app) and ":33 UTC" not in screen_text(app)
        clock.now_s += 0.3
        await pilot.pause(0.3)
        await settle(pilot)
        assert ":33 UTC" in screen_text(app)


async def test_the_answer_to_a_key_does_not_wait() -> None:
    link = SceneLink()
    app = LiqtuiApp(link, BTC, pace=Pace(4.0, monotonic=Clock()))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        assert "ETH all" in screen_text(app)


async def test_low_bandwidth_is_a_key_said_on_screen_and_has_fewer_colours() -> None:
    app = LiqtuiApp(SceneLink(), BTC)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        before = heat_colours(app)
        await pilot.press("B")
        await settle(pilot)
        assert "low bandwidth" in lines_of(app, Status)[0]
        few = heat_colours(app)
        assert len(few) <= 2 * 5 + 1 < len(before)
        await pilot.press("B")
        await settle(pilot)
        assert "low bandwidth" not in lines_of(app, Status)[0]
        assert heat_colours(app) == before


def heat_colours(app: LiqtuiApp) -> set[str]:
    """Return the backgrounds of the map's cells."""
    heatmap = app.query_one(Heatmap)
    strips = [heatmap.render_line(y).crop(0, 40) for y in range(1, heatmap.size.height - 2)]
    return {str(part.style.bgcolor) for strip in strips for part in strip if part.style and part.style.bgcolor}


def test_the_help_page_says_what_was_sent_where_that_is_counted() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    pace.note_output(False, 10_000)
    clock.now_s += 10.0
    pace.note_output(False, 45_000)
    text = traffic_text(pace, 45_000_000)
    assert "3.5 KB/s" in text and "45.0 MB" in text and "4 at most" in text
    assert traffic_text(pace, 0) == ""


def test_where_bandwidth_is_low_two_minutes_pass_between_whole_pictures() -> None:
    clock = Clock()
    pace = Pace(4.0, monotonic=clock)
    pace.drawn_whole()
    assert not pace.is_brief
    pace.wish(True)
    brief = []
    for _ in range(3):
        brief.append(pace.is_brief)
        clock.now_s += 60.0
    assert brief == [True, True, False]


async def low_scene(pilot: Pilot[None], app: LiqtuiApp, link: SceneLink, clock: Clock) -> Callable[..., Awaitable[str]]:
    """Enter low bandwidth and return what plays a snapshot a second later and returns the screen."""
    await settle(pilot)
    await pilot.press("B")
    await settle(pilot)

    async def play(snapshot: Snapshot) -> str:
        clock.now_s += 1.0
        link.put(snapshot)
        await settle(pilot)
        return screen_text(app)

    return play


def moved(snapshot: Snapshot, price_usd: float, **more: Any) -> Snapshot:
    """Return a snapshot a second later at another price."""
    first, *rest = snapshot.assets
    detail = replace(snapshot.detail, price_usd=price_usd)
    assets = (replace(first, price_usd=price_usd), *(replace(row, price_usd=1.25) for row in rest))
    return replace(snapshot, version=snapshot.version + 1, assets=assets, detail=detail, **more)


async def test_low_bandwidth_keeps_the_price_and_leaves_the_rest_for_two_minutes() -> None:
    clock, link, scene = Clock(), SceneLink(), make_snapshot(BTC)
    app = LiqtuiApp(link, BTC, pace=Pace(4.0, monotonic=clock))
    async with app.run_test(size=(120, 36)) as pilot:
        play = await low_scene(pilot, app, link, clock)
        before = [lines_of(app, pane) for pane in (Heatmap, Ladder, Tape)]
        assert "97,200.5" in await play(moved(scene, 97_200.5))
        assert [lines_of(app, pane) for pane in (Heatmap, Ladder, Tape)] == before
        assert "1.25" not in screen_text(app) and ":22 UTC" not in screen_text(app)
        clock.now_s += 120.0
        shown = await play(moved(scene, 97_300.5))
        assert shown.count("97,300.5") > 2 and "1.25" in shown


async def test_low_bandwidth_shows_the_states_of_venues_and_notes_at_once() -> None:
    clock, link, scene = Clock(), SceneLink(), make_snapshot(BTC)
    app = LiqtuiApp(link, BTC, pace=Pace(4.0, monotonic=clock))
    async with app.run_test(size=(160, 45)) as pilot:
        play = await low_scene(pilot, app, link, clock)
        first, *rest = scene.venues
        worse = replace(first, status="BLOCKED", detail="code 451")
        assert "code 451" in await play(moved(scene, 97_200.5, venues=(worse, *rest)))
        assert "history is late" in await play(moved(scene, 97_201.5, note="history is late"))
        retries = replace(worse, detail="code 403")
        assert "code 403" in await play(moved(scene, 97_202.5, venues=(retries, *rest)))


async def test_the_engine_is_told_how_often_a_picture_comes() -> None:
    app = LiqtuiApp(link := SceneLink(), BTC, pace=Pace(4.0))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("B")
        await settle(pilot)
        await pilot.press("B")
        await settle(pilot)
        assert link.paces == [4.0, 1.0, 4.0]


class Counting(LiqtuiApp):
    """The app, which counts its pictures."""

    CSS_PATH = str(CSS)
    pictures = 0

    def draw(self) -> None:
        """Draw one."""
        super().draw()
        self.pictures += 1


async def test_an_app_that_is_left_draws_no_picture_that_was_still_to_come() -> None:
    link = SceneLink()
    app = Counting(link, BTC, pace=Pace(4.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.draw_now()
        link.put(make_snapshot(BTC, 9))
        await pilot.pause()
        assert app._drawing is not None
        drawn = app.pictures
    await asyncio.sleep(0.35)
    assert app.pictures == drawn
