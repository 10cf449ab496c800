"""The snapshot in sentences: on a page, and as lines."""

from dataclasses import replace

from liqtui.cli.plain import Speaker
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Cluster, DivergenceRow, Snapshot, TapePrint, VenueState
from liqtui.screens.text import Sentences
from liqtui.widgets.words import brief, news, sentences
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import NOW_MS, make_snapshot, screen_lines

NEAR = Cluster("long", 96_000.0, 95_900.0, 96_200.0, 4.5e7, 12.4, -1.16, -2.5, ((4e7, 5e7), (3e7, 6e7), (2e7, 7e7)))
FAR = Cluster("long", 90_000.0, 89_500.0, 90_500.0, 9e8, 60.0, -7.33, None)
ABOVE = Cluster("short", 99_000.0, 98_500.0, 99_500.0, 2e8, 100.0, 1.93, 4.2)


def snapshot(mode: str = "demo", **detail: object) -> Snapshot:
    """Return the scene with three zones."""
    whole = make_snapshot(BTC, mode=mode)
    return replace(whole, detail=replace(whole.detail, clusters=(ABOVE, FAR, NEAR), **detail))  # type: ignore[arg-type]


def test_every_zone_is_told_nearest_first_with_its_band() -> None:
    told = sentences(snapshot())
    assert told[0].startswith("DEMO seed 7 60x: 2026-09-21 14:03 UTC, BTC on all venues: 97,123.4, +1.24% in 24 hours")
    zones = [text for text in told if " zone " in text]
    assert zones == [
        "Long zone 1 of 2: 1.2 % below at 96,000.0, 45.0M USD, 80 % band 30.0M to 60.0M, "
        "2.5 average hourly ranges away; from 95,900.0 to 96,200.0, 12 % of the longs within reach.",
        "Long zone 2 of 2: 7.3 % below at 90,000.0, 900M USD; from 89,500.0 to 90,500.0, "
        "60 % of the longs within reach.",
        "Short zone 1 of 1: 1.9 % above at 99,000.0, 200M USD, 4.2 average hourly ranges away; "
        "from 98,500.0 to 99,500.0, 100 % of the shorts within reach.",
    ]
    assert "Over 1 hour: price +0.92%, open interest +1.31% (+398M USD): fresh longs, strong." in told
    assert "Liquidated in the last hour: at least longs 7.2M USD, shorts 4.8M USD." in told
    assert "okx is STALE: timeout." in told and "binance is LIVE." not in told


def test_one_line_holds_the_nearest_and_the_largest_of_each_side() -> None:
    text = brief(snapshot("live"))
    assert text.startswith("2026-09-21 14:03 UTC, BTC")
    assert "Longs: nearest zone 1.2 % below at 96,000.0, 45.0M USD; largest 7.3 % below at 90,000.0, 900M USD." in text
    assert "Shorts: nearest zone 1.9 % above at 99,000.0, 200M USD." in text
    assert "no price yet" in brief(snapshot("live", price_usd=None))


def test_news_are_what_changed_and_marked_unless_live() -> None:
    before = snapshot()
    big = TapePrint(999, NOW_MS, "okx", "BTC", "long", 100.0, 97_000.0, 9.7e6)
    late = replace(big, seq=1001, usd=9e9, ts_ms=NOW_MS - 3_600_000)
    rows = (DivergenceRow("15m", 1.0, 1.0, 1.0, None, "fresh longs"), DivergenceRow("1h", 1.0, 1.0, 1.0, None, "quiet"))
    detail = replace(
        before.detail, tape=(*before.detail.tape, big, replace(big, seq=1000, usd=5.0), late), divergence=rows
    )
    venues = (VenueState("binance", "BLOCKED", None, "none", "HTTP 451"), *before.venues[1:])
    after = replace(before, detail=detail, venues=venues, note="loading history 1/3")
    mark = "DEMO seed 7 60x: 2026-09-21 14:03:22 UTC, "
    assert news(before, after) == [
        f"{mark}binance is BLOCKED: HTTP 451.",
        f"{mark}loading history 1/3.",
        f"{mark}over 15 minutes: fresh longs.",
        f"{mark}liquidated: a long of 9.7M USD at 97,000.0 on okx, the largest of late.",
    ]
    assert news(None, after) == news(after, after) == []


def test_lines_come_once_an_interval_of_market_time_and_have_no_breaks() -> None:
    speaker = Speaker(60_000)
    first = snapshot("live")
    empty = replace(first, detail=replace(first.detail, heat=None))
    assert speaker.lines(empty) == [], "nothing to say before there is something"
    assert len(speaker.lines(first)) == 1
    assert speaker.lines(replace(first, ts_ms=first.ts_ms + 1_000)) == []
    odd = VenueState("okx", "STALE", 1, "sampled", "two\nlines")
    later = replace(first, ts_ms=first.ts_ms + 60_000, venues=(odd,))
    assert all("\n" not in line for line in speaker.lines(later))


async def test_the_page_follows_the_data_scrolls_and_closes() -> None:
    async with running((80, 24)) as (app, link, pilot):
        await pilot.press("T")
        await settle(pilot)
        lines = lines_of(app.screen, Sentences)
        assert "BTC on all venues: 97,123.4" in " ".join(" ".join(lines).split())
        assert "j k scroll" in screen_lines(app)[-1] and "q close" in screen_lines(app)[-1]
        await pilot.press("end")
        await settle(pilot)
        assert "All zones are estimates" in lines_of(app.screen, Sentences)[-1]
        await pilot.press("home")
        link.put(make_snapshot(Selection("BTC", "okx"), 9))
        await settle(pilot)
        assert "BTC on okx" in lines_of(app.screen, Sentences)[0]
        await pilot.press("T")
        await settle(pilot)
        assert not app.screen.query(Sentences)
