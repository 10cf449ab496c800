"""Lines painted past the compositor: the shadow holds what the compositor would have painted, cell by cell."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import Compositor, LayoutUpdate
from textual.geometry import Region
from textual.pilot import Pilot

from liqtui.app import LiqtuiApp
from liqtui.painting.direct import Places, differing, direct_fault
from liqtui.painting.shadow import Shadow
from liqtui.terminal import facts
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import Panel, panels
from liqtui.widgets.tape import Tape
from tests.ui.painted import CSS, later, varied
from tests.ui.running import BTC, settle
from tests.ui.scene import SceneLink, make_snapshot


class Lit(LiqtuiApp):
    """The app, which paints although nothing shows it."""

    CSS_PATH = str(CSS)
    is_headless = False

    def __init__(self, link: SceneLink) -> None:
        super().__init__(link, BTC)
        # Styles are shared with other tests' apps and remember how they were written first.
        self.console._color_system = ColorSystem.TRUECOLOR


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Note each time that the compositor makes a frame."""
    found: list[object] = []
    render = Compositor.render_update

    def noted(self: Compositor, *given: object, **more: object) -> object:
        update = render(self, *given, **more)  # type: ignore[arg-type]
        if update is not None:
            found.append(update)
        return update

    monkeypatch.setattr(Compositor, "render_update", noted)
    yield found


def cells(shadow: Shadow | None) -> list[list[tuple[str, str]]]:
    """Return the texts and inks that a shadow holds."""
    assert shadow is not None
    texts, inks = shadow.glyphs.texts, shadow.glyphs.inks
    return [[(texts[glyph], inks[glyph].text) for glyph in shadow.row(y)] for y in range(shadow.size[1])]


def assert_as_composed(app: LiqtuiApp) -> None:
    """Fail unless the shadow holds what the compositor makes of the widgets now."""
    wanted = Shadow()
    strips = [[strip] for strip in app.screen._compositor.render_strips()]
    wanted.take(LayoutUpdate(list(strips), Region(0, 0, *app.screen.size)), ColorSystem.TRUECOLOR)
    assert cells(app._shadow) == cells(wanted)


def assert_as_drawn_anew(app: LiqtuiApp) -> None:
    """Fail unless each pane shows the lines that it draws when it remembers nothing."""
    for pane in panels(app.screen):
        shown = [pane.render_line(y) for y in range(pane.size.height)]
        pane._subject, pane._drawn_size = None, pane._drawn_size
        pane._kept.clear()
        if isinstance(pane, Heatmap):
            pane._use(pane.inks)
        assert pane._fresh(pane.size, None) == shown, type(pane).__name__


async def play(pilot: Pilot[None], link: SceneLink, number: int) -> None:
    """Show a snapshot in which some of everything differs, now and then of another asset."""
    scene = varied(17 * number)
    detail = scene.detail
    totals = tuple(replace(one, long_usd=one.long_usd * (1 + number % 3)) for one in detail.totals)
    divergence = tuple(replace(row, strong=number % 2 == 0) for row in detail.divergence)
    link.put(replace(scene, detail=replace(detail, totals=totals, divergence=divergence)))
    await settle(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (220, 60)])
async def test_new_data_is_painted_without_the_compositor_as_it_would_be_with_it(
    size: tuple[int, int], composed: list[object]
) -> None:
    app = Lit(link := SceneLink())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await play(pilot, link, 1)
        assert_as_composed(app)
        composed.clear()
        for number in range(2, 30):
            await play(pilot, link, number)
            assert_as_composed(app)
            assert_as_drawn_anew(app)
        assert composed == []


async def test_what_lies_over_a_pane_stays_whole(composed: list[object]) -> None:
    app = Lit(link := SceneLink())
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        app.notify("a word over the panes", timeout=60)
        await pilot.pause(0.3)
        for number in range(2, 6):
            await play(pilot, link, number)
            assert_as_composed(app)
        for key in ("question_mark", "escape", "colon", "escape", "e", "e", "z", "c", "left", "k", "escape"):
            await pilot.press(key)
            await play(pilot, link, number := number + 1)
            await pilot.pause(0.05)
            assert_as_composed(app)
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        await play(pilot, link, 50)
        assert_as_composed(app)


async def test_a_pane_whose_figures_are_as_before_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    fresh = Panel._fresh
    make = Heatmap._make

    def noted(self: Panel, *given: object) -> object:
        drawn.append(type(self).__name__)
        return fresh(self, *given)  # type: ignore[arg-type]

    def noted_map(self: Heatmap, *given: object) -> object:
        drawn.append("Heatmap")
        return make(self, *given)  # type: ignore[arg-type]

    app = Lit(link := SceneLink())
    async with app.run_test(size=(220, 60)) as pilot:
        await settle(pilot)
        link.put(scene := make_snapshot(BTC, 2))
        await settle(pilot)
        monkeypatch.setattr(Panel, "_fresh", noted)
        monkeypatch.setattr(Heatmap, "_make", noted_map)
        link.put(replace(scene, version=3, ts_ms=scene.ts_ms + 250))
        await settle(pilot)
        assert sorted(drawn) == ["AssetBar", "Heatmap", "Ladder", "Status"], "each once, and none of the others"
        drawn.clear()
        link.put(replace(scene, version=4, detail=replace(scene.detail, divergence=scene.detail.divergence[:2])))
        await settle(pilot)
        assert "Divergence" in drawn and "Tape" not in drawn


async def test_panes_keep_the_lines_of_their_last_drawings_and_no_others() -> None:
    app = Lit(link := SceneLink())
    async with app.run_test(size=(220, 60)) as pilot:
        for number in range(40):
            scene = later(8 * number)
            tape = tuple(replace(one, ts_ms=one.ts_ms + 7_000 * number) for one in scene.detail.tape)
            scene = replace(scene, detail=replace(scene.detail, tape=tape))
            link.put(scene)
            await settle(pilot)
        shown = [pane for pane in panels(app.screen) if pane.size.height]
        kept = {type(pane).__name__: len(pane._kept) for pane in shown}
        assert kept["Tape"] > 10
        assert all(kept[type(pane).__name__] <= 2 * pane.size.height + 2 for pane in shown), kept
        assert not any("UTC" in line.text for pane in shown for line in pane._kept._now.values())
        tape_pane = app.query_one(Tape)
        lines = tape_pane._lines
        for version in (1, 2):
            detail = replace(scene.detail, tape=scene.detail.tape[version:], prints_seen=version)
            link.put(replace(scene, version=scene.version + version, detail=detail))
            await settle(pilot)
        assert sum(any(line is old for old in lines) for line in tape_pane._lines) > 10


async def test_places_are_those_that_nothing_covers() -> None:
    app = Lit(SceneLink())
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        places, ladder = Places(), app.query_one(Ladder)
        assert places.region(app.screen, ladder) == ladder.region
        app.notify("word " * 80, timeout=60)
        await pilot.pause(0.3)
        hidden = [pane for pane in panels(app.screen) if places.region(app.screen, pane) is None and pane.size.height]
        assert hidden and len(hidden) < 7


def strip(*parts: tuple[str, str]) -> list[Segment]:
    """Return segments of (text, style)."""
    return [Segment(text, Style.parse(style)) for text, style in parts]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("ab cd ef", "ab cd ef", None),
        ("ab cd ef", "ab xy ef", (3, "xy ")),
        ("ab cd ef", "abc cd ef", (0, "abc ")),
        ("世 cd", "世 cx", (3, "cx ")),
        ("a a", "a", (2, "")),
        ("a", "a b a", (2, "b a ")),
    ],
)
def test_only_what_differs_between_two_lines_is_painted(old: str, new: str, wanted: tuple[int, str] | None) -> None:
    before, now = (strip(*((f"{word} ", "red") for word in text.split())) for text in (old, new))
    part = differing(before, now)
    assert (None if part is None else (part[0], "".join(text for text, *_ in part[1]))) == wanted


def test_a_private_name_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert direct_fault() is None
    monkeypatch.delattr(Compositor, "visible_widgets")
    assert direct_fault() == "Textual has no Compositor.visible_widgets"
    assert (
        "through Textual: Textual has no" in {fact.subject: fact.text for fact in facts({"TERM": "xterm"})}["painting"]
    )


class Written(LiqtuiApp):
    """An app that keeps what it writes to its terminal."""

    CSS_PATH = str(CSS)

    def __init__(self, link: SceneLink) -> None:
        super().__init__(link, BTC)
        self.written: list[str] = []

    def write_terminal(self, text: str) -> None:
        """Keep it."""
        self.written.append(text)


async def test_what_stands_beside_the_screen_goes_out_in_one_write_with_a_picture() -> None:
    app = Written(SceneLink())
    async with app.run_test() as pilot:
        await pilot.pause()
        app.written.clear()
        with app.one_picture():
            app.write_beside("title")
            assert app.written == []
        assert len(app.written) == 1 and app.written[0].startswith("title")
        app.write_beside("another")
        assert app.written[1:] == ["another"]
        with app.one_picture():
            pass
        assert not any("title" in text for text in app.written[1:])
