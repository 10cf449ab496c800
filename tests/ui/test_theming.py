"""Theme files: all load, everything is coloured, and mistakes are named."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from textual.color import Color

from liqtui.app import LiqtuiApp
from liqtui.model.selection import Selection
from liqtui.render.levels import CLASSES
from liqtui.render.ramp import LONG, SHORT, HalfInks
from liqtui.theming import (
    ColourSystem,
    ThemeError,
    load_theme,
    nearest_xterm,
    read_theme,
    textual_theme,
    theme_folder,
    theme_names,
    variables,
)
from liqtui.widgets.asset_bar import AssetBar
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.inks import inks
from liqtui.widgets.ladder import Ladder
from liqtui.widgets.panel import LOOKS, Panel
from tests.ui.running import running, settle
from tests.ui.scene import SceneLink, make_snapshot

SYSTEMS: tuple[ColourSystem, ...] = ("truecolor", "256", "16", "none")


def test_the_default_comes_first() -> None:
    assert theme_names()[0] == "dark"
    assert {"light", "high-contrast", "colour-blind"} < set(theme_names())


@pytest.mark.parametrize("colour", SYSTEMS)
async def test_every_look_resolves_in_every_theme(colour: ColourSystem) -> None:
    app = LiqtuiApp(SceneLink(), Selection("BTC"), colour=colour)
    async with app.run_test(size=(80, 24)) as pilot:
        for name in theme_names():
            app.action_choose_theme(name)
            await pilot.pause()
            for pane in app.query(Panel):
                check_looks(pane, colour)


def check_looks(pane: Panel, colour: ColourSystem) -> None:
    """Check that a pane's looks have the colours of their terminal."""
    styles = {look: pane.look(look) for look in LOOKS}
    if colour == "none":
        found = [style.color for style in styles.values()] + [style.bgcolor for style in styles.values()]
        assert all(c is None or c.is_default for c in found)
    else:
        assert styles["long"].color != styles["short"].color


@pytest.mark.parametrize("name", theme_names())
@pytest.mark.parametrize("colour", ["truecolor", "256"])
def test_ramps_go_steadily_from_the_background(name: str, colour: ColourSystem) -> None:
    spec = load_theme(name)
    found = inks(spec, colour)
    assert isinstance(found, HalfInks)
    back = lightness(found, 0)
    for base in (LONG, SHORT):
        away = [abs(lightness(found, base + k) - back) for k in range(1, CLASSES + 1)]
        assert all(b >= a - 1e-9 for a, b in pairwise(away)), (base, away)
        assert away[-1] > 0.4, "the strongest class stands out most"


def lightness(found: HalfInks, pixel: int) -> float:
    """Return the perceived lightness 0..1 of a pixel's colour."""
    red, green, blue = found.colours[pixel].get_truecolor()
    y = sum(w * (v / 255) ** 2.2 for w, v in ((0.2126, red), (0.7152, green), (0.0722, blue)))
    return float(y ** (1 / 2.4))


@pytest.mark.parametrize("name", theme_names())
def test_text_can_be_read(name: str) -> None:
    spec = load_theme(name)
    for look in ("text", "title", "long", "short", "up", "down", "good", "warn", "bad", "price"):
        for back in ("background", "panel"):
            assert contrast(spec.colours[look], spec.colours[back]) >= 4.0, (look, back)
    for pair in (("badge_text", "badge"), ("alarm_text", "alarm"), ("text", "cursor"), ("dim", "background")):
        assert contrast(*(spec.colours[key] for key in pair)) >= 3.9, pair


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio of two colours."""
    lums = []
    for text in (first, second):
        parts = [v / 255 for v in Color.parse(text).rgb]
        red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
        lums.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lums) + 0.05) / (min(lums) + 0.05)


def test_256_colours_are_xterms_own() -> None:
    spec = load_theme("dark")
    assert nearest_xterm("#ff0000") == 196
    assert nearest_xterm("#121212") == 233
    for value in variables(spec, "256").values():
        if value.startswith("#"):
            assert Color.parse(value).rgb == Color.parse(value).rgb
            number = nearest_xterm(value)
            assert nearest_xterm(value) == number and value == css(number)


def css(number: int) -> str:
    """Return an xterm colour as Rich knows it."""
    return RichColor.from_ansi(number).get_truecolor().hex


def test_few_colours_use_the_terminals_own() -> None:
    theme = textual_theme(load_theme("dark"), "16")
    assert theme.ansi and theme.background == "ansi_default" and theme.secondary == "ansi_yellow"
    assert {v for k, v in variables(load_theme("dark"), "none").items() if not k.endswith("-style")} == {"ansi_default"}


@pytest.fixture
def own_themes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the user a folder of themes of their own."""
    folder = tmp_path / "liqtui" / "themes"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    load_theme.cache_clear()
    yield folder
    load_theme.cache_clear()


async def test_own_themes_are_found_by_the_name_of_their_file_and_go_before_ours(own_themes: Path) -> None:
    text = (theme_folder() / "dark.toml").read_text(encoding="utf-8")
    (own_themes / "mine.toml").write_text(text.replace("#dadada", "#aabbcc"), encoding="utf-8")
    (own_themes / "light.toml").write_text(text, encoding="utf-8")
    assert "mine" in theme_names() and theme_names().count("light") == 1
    assert load_theme("mine").colours["text"] == "#aabbcc" and load_theme("light").dark
    app = LiqtuiApp(SceneLink(), Selection("BTC"), "mine")
    async with app.run_test(size=(80, 24)):
        assert app.theme == "mine" and app.query(Panel).first().look("text").color == RichColor.parse("#aabbcc")


async def test_a_broken_theme_of_the_palette_is_named_and_the_old_one_stays(own_themes: Path) -> None:
    (own_themes / "broken.toml").write_text("dark = 3", encoding="utf-8")
    app = LiqtuiApp(SceneLink(), Selection("BTC"))
    async with app.run_test(size=(120, 36)) as pilot:
        app.action_choose_theme("broken")
        await pilot.pause()
        assert app.theme == "dark"
        assert [note.message for note in app._notifications if "broken.toml" in note.message]


def test_an_unknown_theme_names_the_nearest() -> None:
    with pytest.raises(ThemeError, match="no theme 'drak'; did you mean dark"):
        load_theme("drak")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("[colours]\nbackground", "[colours]\nbackgruond", "unknown key colours.backgruond; did you mean background?"),
        ('text = "#dadada"\n', "", "colours.text is missing"),
        ("#dadada", "dadada", "colours.text must be a colour like #1a2b3c, not 'dadada'"),
        ('long = "yellow"', 'long = "yelow"', "colours16.long = 'yelow' is not an ANSI colour; did you mean yellow?"),
        ("dark = true", "dark = 1", "dark must be true or false"),
        ("[234, ", "[2, ", "heat.long.xterm256 must hold numbers from 16 to 255"),
        ('"magenta ░"', '"magenta x"', "heat.long.ansi16 must hold stops like 'red ▒', not 'magenta x'"),
        ("[heat.short]", "[heat.shirt]", "unknown key heat.shirt; did you mean short?"),
        ("dark = true", "dark = ", "Invalid value"),
    ],
)
def test_mistakes_name_the_file_the_key_and_the_nearest(tmp_path: Path, old: str, new: str, error: str) -> None:
    text = (theme_folder() / "dark.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ThemeError) as caught:
        read_theme(path)
    assert str(path) in str(caught.value) and error in str(caught.value)


async def test_a_changed_theme_is_painted_and_a_broken_one_is_named(
    own_themes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liqtui.screens.themed.LOOK_EVERY_S", 0.0)
    path, text = own_themes / "mine.toml", (theme_folder() / "dark.toml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    link = SceneLink()
    app = LiqtuiApp(link, Selection("BTC"), "mine")

    def colours() -> tuple[object, object]:
        heatmap = app.query_one(Heatmap)
        assert isinstance(heatmap.inks, HalfInks)
        return heatmap.look("text").color, heatmap.inks.colours[LONG + 16]

    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = colours()
        path.write_text(text.replace("#dadada", "#aabbcc").replace("#fff08a", "#ffffff"), encoding="utf-8")
        link.put(make_snapshot(Selection("BTC"), 2))
        await settle(pilot)
        assert colours() == (RichColor.parse("#aabbcc"), RichColor.parse("#ffffff")) != before
        path.write_text(text.replace("dark = true", "drak = true"), encoding="utf-8")
        for version in (3, 4):
            link.put(make_snapshot(Selection("BTC"), version))
            await settle(pilot)
        assert colours()[0] == RichColor.parse("#aabbcc")
        said = [one.message for one in app._notifications]
        assert len(said) == 1 and str(path) in said[0] and "unknown key drak; did you mean dark?" in said[0]


@pytest.mark.parametrize(("theme", "text"), [("dark", "bright_white"), ("light", "black")])
async def test_in_16_colours_all_text_on_the_cursor_is_of_one_colour_that_can_be_read(theme: str, text: str) -> None:
    async with running((120, 36), colour="16") as (app, _, pilot):
        app.action_choose_theme(theme)
        await pilot.press("j")
        await settle(pilot)
        for kind in (AssetBar, Ladder):
            pane = app.query_one(kind)
            back = pane.look("cursor").bgcolor
            segments = [segment for y in range(pane.size.height) for segment in pane.render_line(y)]
            on_cursor = {s.style.color for s in segments if s.style and s.style.bgcolor == back and s.text.strip()}
            assert on_cursor == {RichColor.parse(text)}, kind


async def test_in_more_colours_the_sides_keep_theirs_on_the_cursor() -> None:
    async with running((120, 36)) as (app, _, pilot):
        await pilot.press("j")
        await settle(pilot)
        ladder = app.query_one(Ladder)
        back = ladder.look("cursor").bgcolor
        segments = [segment for y in range(ladder.size.height) for segment in ladder.render_line(y)]
        assert ladder.look("long").color in {s.style.color for s in segments if s.style and s.style.bgcolor == back}


async def test_without_colours_the_bar_of_the_picked_zone_is_not_reversed() -> None:
    async with running((220, 60), colour="none") as (app, _, pilot):
        await pilot.press("j")
        await settle(pilot)
        ladder = app.query_one(Ladder)
        lines = [list(ladder.render_line(y)) for y in range(ladder.size.height)]
        picked = next(line for line in lines if line[0].text == "▸")
        looks = {segment.text.strip("▏▎▍▌▋▊▉█ ") == "": segment.style.reverse for segment in picked if segment.style}
        assert looks[False] and not looks[True], picked
