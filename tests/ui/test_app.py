"""The app as its user meets it: what stands on the screen at each size and in each state."""

import gc
import re
import weakref
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from textual.command import CommandPalette

from liqtui.link.base import LinkState
from liqtui.link.mailbox import Mailbox
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.render.numbers import compact
from liqtui.theming import ColourSystem
from liqtui.widgets.asset_bar import AssetBar
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import Panel
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import NOW_MS, SceneLink, make_snapshot, screen_lines, screen_text

SIZES = ((80, 24), (120, 36), (220, 60))


@pytest.mark.parametrize("colour", ["truecolor", "256", "16", "none"])
@pytest.mark.parametrize("size", SIZES)
async def test_every_figure_is_whole_at_every_size_and_colour(size: tuple[int, int], colour: ColourSystem) -> None:
    async with running(size, colour=colour) as (app, _, _pilot):
        text = screen_text(app)
        for figure in ("97,123.4", "+1.24%", "3,412.55", "-0.86%", "182.345", "+12.4%", "312K BTC", "30.3B"):
            assert figure in text, figure
        for word in ("DEMO seed 7 60x", "+0.0100%/8h", "LIVE", "STALE 34 s", "BLOCKED", "14:03:22 UTC", "all 4 venues"):
            assert word in text, word
        for verdict in ("short covering", "fresh longs!", "long flush", "quiet"):
            assert verdict in text, verdict
        for receipt in ("≥7.2M/4.8M", "≥21.6M/14.4M", "≥101M/67.2M", "1.2M/800K", "14:03:14"):
            assert receipt in text, receipt
        assert all(len(line) == size[0] for line in screen_lines(app))


@pytest.mark.parametrize("size", SIZES)
async def test_the_ladder_stands_in_price_order_around_the_price(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, _pilot):
        rungs = [line for line in lines_of(app, Ladder)[1:] if line.strip()]
        shape = re.compile(
            r"^.(S|L) +[\d,]+\.\d [+-]\d+\.\d\d% +[\d.]+A +[\d.]+[KM]( +[\d.]+K?\.\.[\d.]+[KM])? +\d+%( [█▏▎▍▌▋▊▉ ]*)?$"
        )
        sides = "".join("P" if "ATR" in line else line[1] for line in rungs)
        assert re.fullmatch(r"S+PL+", sides), sides
        assert all("ATR" in line or shape.match(line.rstrip()) for line in rungs), rungs
        prices = [float(re.findall(r"[\d,]+\.\d", line)[0].replace(",", "")) for line in rungs]
        assert prices == sorted(prices, reverse=True)


async def test_wide_screens_show_bars_and_reasons() -> None:
    async with running((220, 60)) as (app, _, _pilot):
        text = screen_text(app)
        assert "sampled prints (timeout) retry in 12 s" in text
        assert "no prints (HTTP 451) retry in 13 min" in text
        largest = max(make_snapshot(BTC).detail.clusters, key=lambda cluster: cluster.usd)
        bars = {line.count("█"): line for line in lines_of(app, Ladder)}
        assert compact(largest.usd) in bars[max(bars)]


@pytest.mark.parametrize("size", [(200, 4), (79, 40), (60, 16), (40, 12), (20, 6), (8, 3), (1, 1)])
async def test_small_screens_hide_panes_and_keep_the_price(size: tuple[int, int]) -> None:
    async with running(size) as (app, _, pilot):
        if size[0] >= 20:
            assert "97,123.4" in screen_text(app)
        await pilot.press("j", "plus", "space", "question_mark")
        await settle(pilot)


async def test_growing_and_shrinking_keep_the_picture() -> None:
    async with running((80, 24)) as (app, _, pilot):
        before = screen_text(app)
        await pilot.resize_terminal(220, 60)
        await settle(pilot)
        assert "mark USD" in screen_text(app), "the asset bar is a table"
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert screen_text(app) == before


async def test_a_skeleton_stands_before_the_first_snapshot() -> None:
    link = SceneLink([LinkState("connecting", "starting the engine")])
    link.answer = False
    async with running((80, 24), link) as (app, _, _pilot):
        text = screen_text(app)
        assert "starting the engine" in text and "waiting for the engine" in text and "Zones" in text


async def test_the_note_stands_while_history_is_loaded() -> None:
    link = SceneLink()
    link.answer = False
    async with running((80, 24), link) as (app, _, pilot):
        whole = make_snapshot(BTC)
        link.put(replace(whole, note="loading history 3/12", detail=replace(whole.detail, heat=None, clusters=())))
        await settle(pilot)
        assert screen_text(app).count("loading history 3/12") == 2


@pytest.mark.parametrize("size", SIZES)
async def test_a_lost_engine_is_said_loudly_and_the_last_picture_stays(size: tuple[int, int]) -> None:
    async with running(size) as (app, link, pilot):
        body = screen_lines(app)[1:]
        link.put(LinkState("lost", "exit code 1", 4.0))
        await settle(pilot)
        assert "engine lost, restarting in 4 s, picture of 14:03:22" in screen_lines(app)[0]
        assert screen_lines(app)[1:] == body
        link.put(LinkState("failed", "no such folder"))
        await settle(pilot)
        assert "engine failed" in screen_lines(app)[0]
        link.put(LinkState("connected"))
        await settle(pilot)
        assert "engine" not in screen_lines(app)[0]


async def test_the_mode_is_marked_on_every_screen() -> None:
    async with running((80, 24)) as (app, _, pilot):
        await pilot.press("question_mark")
        await settle(pilot)
        assert "DEMO seed 7 60x" in screen_lines(app)[0] and "KEYS" in screen_text(app)
        await pilot.press("q", "colon")
        await settle(pilot)
        assert isinstance(app.screen, CommandPalette)
        assert "DEMO seed 7 60x" in screen_text(app)


async def test_a_replay_is_marked_and_live_is_not() -> None:
    async with running((80, 24)) as (app, link, pilot):
        link.put(make_snapshot(BTC, 2, mode="replay"))
        await settle(pilot)
        assert "REPLAY 2025-12-03 06:00 3600x" in screen_text(app)
        link.put(make_snapshot(BTC, 3, mode="live"))
        await settle(pilot)
        assert "REPLAY" not in screen_text(app) and "DEMO" not in screen_text(app)


@pytest.mark.parametrize("key", ["q", "escape", "question_mark", "f1"])
async def test_help_is_kept_up_and_closed_by_any_of_its_keys(key: str) -> None:
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("question_mark")
        await settle(pilot)
        link.put(make_snapshot(BTC, 9, NOW_MS + 60_000))
        await settle(pilot)
        assert "14:04:22 UTC" in screen_lines(app)[0]
        await pilot.press(key)
        await settle(pilot)
        assert "Zones" in screen_text(app) and app.is_running


async def test_what_a_word_of_the_help_means_stays_in_its_column() -> None:
    async with running((80, 24)) as (app, _, pilot):
        await pilot.press("question_mark")
        await settle(pilot)
        lines = screen_lines(app)[2:-1]
        columns = {re.search(r"\S", line[24:]).start() for line in lines}  # type: ignore[union-attr]
        assert len(columns) == 1 and any(not line[:24].strip() for line in lines), "\n".join(lines)


async def test_without_colours_the_command_that_is_chosen_is_underlined() -> None:
    async with running((80, 24), colour="none") as (app, _, pilot):
        await pilot.press("colon")
        await settle(pilot)
        await pilot.press("down")
        await settle(pilot)
        strips = app.screen._compositor.render_strips()
        marked = [strip.text.strip(" ▄") for strip in strips if any(s.style and s.style.underline for s in strip)]
        assert marked == ["Show ETH", "asset"]


async def test_help_names_every_key_and_every_word_of_state() -> None:
    async with running((120, 100)) as (app, _, pilot):
        await pilot.press("f1")
        await settle(pilot)
        text = screen_text(app)
        for word in (
            "1-9",
            "tab",
            "[  ]",
            "+  -",
            "pageup",
            "crosshair",
            "--plain",
            "space",
            "LIVE",
            "PARTIAL",
            "STALE",
            "BLOCKED",
            "OFF",
            "╱╱╱",
            "≥",
        ):
            assert word in text, word


class BusyLink(SceneLink):
    """A link with a mailbox, as the engine's has one."""

    def __init__(self) -> None:
        super().__init__()
        self._mailbox = Mailbox()

    def put(self, event: Snapshot | LinkState) -> None:
        """Make something happen."""
        self._mailbox.put(event)

    def events(self) -> AsyncIterator[Snapshot | LinkState]:
        """Yield the newest snapshot."""
        return self._mailbox.items()


async def test_waiting_snapshots_collapse_to_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(link=BusyLink()) as (app, link, pilot):
        shown: list[int] = []
        heatmap = app.query_one(Heatmap)
        take = heatmap.take

        def noted(snapshot: Snapshot) -> None:
            shown.append(snapshot.version)
            take(snapshot)

        monkeypatch.setattr(heatmap, "take", noted)
        for version in range(10, 60):
            link.put(make_snapshot(BTC, version))
        await settle(pilot)
        assert shown[-1] == 59 and len(shown) <= 3
        link.put(LinkState("lost", "it went away"))
        link.put(make_snapshot(BTC, 60))
        await settle(pilot)
        assert shown[-1] == 60 and "it went away" in screen_text(app), "a snapshot does not stand for the link's state"


async def test_only_lines_that_changed_are_drawn_again() -> None:
    async with running() as (app, link, pilot):
        dirty: list[tuple[str, int]] = []
        for pane in app.query(Panel):
            refresh = pane.refresh

            def spy(*regions: object, name: str = type(pane).__name__, go: object = refresh, **rest: bool) -> object:
                dirty.append((name, len(regions)))
                return go(*regions, **rest)  # type: ignore[operator]

            pane.refresh = spy  # type: ignore[assignment]
        link.put(make_snapshot(BTC, 2))
        await settle(pilot)
        assert dirty == []
        link.put(replace(make_snapshot(BTC, 3), ts_ms=NOW_MS + 1_000))
        await settle(pilot)
        assert dirty == [("Status", 1)]


@pytest.mark.parametrize("size", SIZES)
async def test_nine_assets_fit_or_scroll_with_the_chosen_one_in_sight(size: tuple[int, int]) -> None:
    link = SceneLink()
    link.answer = False
    async with running(size, link) as (app, _, pilot):
        snapshot = make_snapshot(BTC)
        names = ("BTC", "ETH", "SOL", "XRP", "DOGE", "1000PEPE", "AVAX", "LINK", "SUI")
        rows = tuple(replace(snapshot.assets[0], asset=name, tick_usd=1e-7, price_usd=0.0123456) for name in names)
        detail = replace(snapshot.detail, selection=Selection("SUI"), price_usd=0.0123456, clusters=())
        link.put(replace(snapshot, assets=rows, detail=detail))
        await settle(pilot)
        bar = lines_of(app, AssetBar)
        shown = [name for name in names if any(re.search(rf" {name} +0\.0123456 ", line) for line in bar)]
        assert "SUI" in shown
        assert len(shown) == 9 if size != (80, 24) else f"‹{9 - len(shown)}" in bar[0]
        assert not any(re.search(r"0\.\d{1,6}(?!\d)( |$)", line.replace("0.0100%", "")) for line in bar), (
            "a price is cut"
        )
        assert "0.0123456" in "".join(lines_of(app, Heatmap))


async def test_what_a_venue_lacks_is_said() -> None:
    link = SceneLink()
    link.answer = False
    async with running((120, 36), link) as (app, _, pilot):
        snapshot = make_snapshot(BTC)
        down = replace(snapshot.venues[0], prints_live=False)
        partial = replace(snapshot.venues[1], status="PARTIAL", detail="no open interest")
        link.put(replace(snapshot, venues=(down, partial), detail=replace(snapshot.detail, tape=(), totals=())))
        await settle(pilot)
        text = screen_text(app)
        assert "binance LIVE prints down" in text and "bybit PARTIAL full prints (no open interest)" in text
        assert "none so far" in text
        link.put(replace(snapshot, venues=(down,), detail=replace(snapshot.detail, tape=(), totals=())))
        await settle(pilot)
        assert "no print stream is up" in screen_text(app)


async def test_the_profile_shows_where_most_stands_now() -> None:
    async with running((120, 36)) as (app, _, _pilot):
        lines = lines_of(app, Heatmap)[1:-2]
        longest = max(lines, key=lambda line: line.count("█"))
        assert "█" * 6 in longest
        assert " now " in lines_of(app, Heatmap)[-2]


async def test_free_memory_goes_back_every_so_many_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr("liqtui.app.TIDY_EVERY", 3)
    async with running((80, 24)) as (app, link, pilot):
        monkeypatch.setattr("liqtui.app.give_free_memory_back", lambda: given.append(app._pictures))
        ring: list[object] = [Waste()]
        ring.append(ring)
        gc.collect(1)  # old enough that only a whole collection finds it
        gc.collect(1)
        waste = weakref.ref(ring[0])
        del ring
        assert waste() is not None
        for version in range(2, 12):
            link.put(make_snapshot(BTC, version=version))
            await settle(pilot)
        assert waste() is None, "what only holds itself is freed before"
    assert len(given) >= 2 and all(count % 3 == 0 for count in given)


class Waste:
    """Something to be collected."""
