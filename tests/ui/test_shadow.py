"""Light painting: on a real pseudo-terminal it shows what Textual's own painting shows, for far fewer bytes."""

import os
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich._palettes import EIGHT_BIT_PALETTE
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip

from liqtui.painting.frame_writer import BAND_ROWS
from liqtui.painting.glyphs import Glyphs, Ink, change
from liqtui.painting.ink_chain import ink_chain
from liqtui.painting.light import painting_fault
from liqtui.painting.outlet import Outlet
from liqtui.painting.sequences import cells, change_ink, move, shortest_ink
from liqtui.painting.shadow import Shadow
from liqtui.terminal import facts
from tests.ui.paired import Painted, assert_redrawn_the_same, assert_same, both

SIZES = ((80, 24), (60, 15), (72, 20), (91, 28), (66, 17), (100, 30))
KEYS = (
    "j",
    "k",
    "end",
    "home",
    "plus",
    "minus",
    "0",
    "x",
    "m",
    "m",
    "t",
    "c",
    "up",
    "left",
    "pageup",
    "comma",
    "space",
    "space",
    "question_mark",
    "escape",
    "ctrl+l",
)


def random_step(rng: random.Random, number: int) -> tuple[str, object]:
    """Return something to do: mostly new data, sometimes keys, mouse, palette, theme, another size."""
    kind = rng.choices(("play", "key", "resize", "mouse", "theme", "palette", "bell"), (60, 20, 4, 6, 3, 3, 1))[0]
    value: object = {
        "play": number,
        "key": rng.choice(KEYS),
        "resize": rng.choice(SIZES),
        "mouse": (rng.randint(0, 59), rng.randint(0, 14)),
        "theme": rng.choice(("dark", "light", "colour-blind", "high-contrast")),
    }.get(kind)
    return kind, value


def do(app: Painted, kind: str, value: object) -> None:
    """Do a step in one app."""
    if kind == "resize" and isinstance(value, tuple):
        app.resize(*value)
        app.ask("sized", value)
    elif kind == "mouse" and isinstance(value, tuple):
        x, y = value
        app.type(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<32;{x + 9};{y + 1}M\x1b[<0;{x + 9};{y + 1}m")
        app.ask("wait")
    elif kind == "palette":
        for key in ("colon", "z", "o", "escape"):
            app.ask("key", key)
    else:
        app.ask(kind, value)


def bells(app: Painted) -> int:
    """Return how often it rang; titles, whose number depends on the time they took, end with the same byte."""
    return re.sub(rb"\x1b\]2;[^\a]*\a", b"", bytes(app.raw)).count(b"\a")


def test_a_thousand_random_steps_leave_the_screen_that_stock_painting_gives(tmp_path: Path) -> None:
    rng = random.Random(11)
    with both(tmp_path, 80, 24) as (light, stock), ThreadPoolExecutor(2) as pool:
        for number in range(1_000):
            step = random_step(rng, number)
            list(pool.map(lambda app, step=step: do(app, *step), (light, stock)))
            assert_same(light, stock, (number, step))
        time.sleep(0.3)
        assert_same(light, stock, "all")
        assert light.picture() == stock.picture()
        assert len(light.raw) < len(stock.raw) / 3
        assert bells(light) == bells(stock) > 0


def test_the_palette_and_help_are_painted_the_same_while_they_are_open(tmp_path: Path) -> None:
    with both(tmp_path, 80, 24) as (light, stock):
        for key in ("colon", "t", "h", "down", "escape", "question_mark"):
            for app in (light, stock):
                app.ask("play", 1)
                app.ask("key", key)
            assert_same(light, stock, key)
        light.wait_for("KEYS")
        assert_same(light, stock, "all")


def test_an_unchanged_refresh_sends_nothing(tmp_path: Path) -> None:
    with both(tmp_path) as (light, stock):
        sent = {}
        for app in (light, stock):
            app.ask("play", 3)
            app.wait_for("BTC")
            app.ask("wait")
            time.sleep(0.3)
            before = len(app.raw)
            app.ask("refresh")
            time.sleep(0.3)
            sent[app] = len(app.raw) - before
        assert sent[light] == 0
        assert sent[stock] > 10_000


def test_a_garbled_terminal_is_right_after_ctrl_l(tmp_path: Path) -> None:
    with both(tmp_path) as (light, stock):
        for app in (light, stock):
            app.ask("play", 5)
            app.wait_for("BTC")
        assert_same(light, stock, "start")
        light.garble(b"\x1b[31;1m\x1b[5;5Hgarbage\x1b[2J")
        light.ask("play", 6)
        stock.ask("play", 6)
        time.sleep(0.2)
        assert light.picture() != stock.picture()
        light.press("\x0c")
        assert_same(light, stock, "ctrl+l")


def test_a_terminal_that_stops_reading_does_not_block_the_app_and_is_right_after(tmp_path: Path) -> None:
    with both(tmp_path) as (light, stock):
        for app in (light, stock):
            app.ask("play", 1)
            app.wait_for("BTC")
        light.stall()
        light.ask("wait")
        gaps_s = []
        started, sent = time.monotonic(), len(light.raw)
        for number in range(40, 80):
            gaps_s += [light.ask("play", number), light.ask("refresh")]
        assert max(gaps_s) < 0.2, f"the event loop stood still for {max(gaps_s)} s"
        assert time.monotonic() - started > 2
        light.resume()
        assert_redrawn_the_same(light, "the stall")
        assert len(light.raw) - sent < 120_000, "what was painted meanwhile is not sent"
        # By way of another asset: a view depends on the scenes before it, and light painting has drawn some of them.
        for app in (light, stock):
            app.ask("play", 1)
            app.ask("play", 79)
        assert_same(light, stock, "all")


def test_coming_back_from_the_background_repaints_everything(tmp_path: Path) -> None:
    with both(tmp_path) as (light, stock):
        for app in (light, stock):
            app.ask("play", 8)
            app.wait_for("BTC")
        assert_same(light, stock, "start")
        light.garble(b"\x1b[2J\x1b[H$ ")
        light.resize(100, 30)
        assert_same(light, stock, "the return")


@pytest.mark.parametrize(("setting", "painted"), [({}, "only what differs"), ({"LIQTUI_PAINT": "stock"}, "stock: ")])
def test_the_doctor_says_how_it_paints(setting: dict[str, str], painted: str) -> None:
    found = {fact.subject: fact.text for fact in facts({"TERM": "xterm", **setting})}
    assert found["painting"].startswith(painted)


async def test_without_a_private_name_textual_paints(monkeypatch: pytest.MonkeyPatch) -> None:
    from liqtui.painting.light import LightApp

    assert painting_fault({}) is None
    assert LightApp()._shadow is not None
    monkeypatch.delattr(App, "_handle_exception")
    assert painting_fault({}) == "Textual has no App._handle_exception"
    assert LightApp()._shadow is None


@pytest.mark.parametrize(
    ("owner", "missing"),
    [(LayoutUpdate, "LayoutUpdate.strips"), (ChopsUpdate, "ChopsUpdate.spans"), (App, "App._batch_count")],
)
def test_names_that_instances_lack_are_missed(monkeypatch: pytest.MonkeyPatch, owner: type, missing: str) -> None:
    monkeypatch.setattr(owner, "__init__", lambda self: None)
    assert missing in (painting_fault({}) or "")


def painted(shadow: Shadow, *lines: list[tuple[str, str]]) -> str:
    """Return what a shadow sends for a screen of lines of (text, style)."""
    strips = [[Strip([Segment(text, Style.parse(style)) for text, style in line])] for line in lines]
    width = strips[0][0].cell_length
    shadow.take(LayoutUpdate(list(strips), Region(0, 0, width, len(strips))), ColorSystem.TRUECOLOR)
    return shadow.changes((0, 0))


def test_only_changed_cells_are_written() -> None:
    shadow = Shadow()
    assert painted(shadow, [("abcdefghij", "red")]) == "\x1b[m\x1b[H\x1b[31mabcdefghij\x1b[m\x1b[H"
    assert painted(shadow, [("abcdefghij", "red")]) == ""
    assert painted(shadow, [("abcdXfgYij", "red")]) == "\x1b[1;5H\x1b[31mXfgY\x1b[m\x1b[H"
    shadow.forget()
    assert "abcdXfgYij" in painted(shadow, [("abcdXfgYij", "red")])


def test_a_frame_changes_to_each_ink_once() -> None:
    shadow = Shadow()
    painted(shadow, [("a", "red"), ("b", "blue"), ("c", "red"), ("d", "blue")])
    again = painted(shadow, [("A", "red"), ("B", "blue"), ("C", "red"), ("D", "blue")])
    assert again == "\x1b[H\x1b[31mA\x1b[CC\b\b\x1b[34mB\x1b[CD\x1b[m\x1b[H"


def test_a_whole_screen_goes_down_row_by_row() -> None:
    shadow = Shadow()
    whole = painted(shadow, *([("x" * 100, "red" if y % 2 else "blue")] for y in range(20)))
    assert whole.count("\x1b[31m") == whole.count("\x1b[34m") == 10


def test_a_known_screen_that_changes_goes_down_band_by_band_with_each_ink_once_a_band() -> None:
    shadow = Shadow()
    styles = [["red" if y % 2 else "blue", "blue" if y % 2 else "red"] for y in range(2 * BAND_ROWS)]
    painted(shadow, *([("x" * 100, style[0])] for style in styles))
    again = painted(shadow, *([("x" * 100, style[1])] for style in styles))
    assert again.count("\x1b[31m") + again.count("\x1b[34m") == 3, (
        "the second band begins with the first one's last ink"
    )
    rows = [again.index(f"\x1b[{y + 1}") for y in (0, BAND_ROWS + 1)]
    assert rows == sorted(rows)


BACKS, FRONTS = [f"48;2;{k};0;200" for k in range(100, 104)], [f"38;2;0;{k};200" for k in range(100, 104)]


def test_inks_follow_one_another_by_one_colour_at_a_time() -> None:
    inks = [Ink(f"{front};{back}") for front in FRONTS for back in BACKS]
    chain = list(ink_chain(inks, Ink("")))
    assert sorted(ink.text for ink in chain) == sorted(ink.text for ink in inks)
    steps = [change(old, new) for old, new in pairwise(chain)]
    assert max(map(len, steps)) == len("\x1b[38;2;0;100;200m"), steps


def test_the_first_ink_is_the_nearest_to_the_one_before() -> None:
    inks = [Ink(f"{FRONTS[0]};{back}") for back in BACKS]
    assert next(ink_chain(inks, Ink(f"{FRONTS[1]};{BACKS[2]}"))) is inks[2]


@given(
    st.lists(st.sampled_from(["", "1", "4", "31", "1;31", "97;101", "4\nid=1;http://x", *FRONTS, *BACKS]), unique=True)
)
def test_each_ink_is_written_once_whatever_it_is_made_of(texts: list[str]) -> None:
    chain = [ink.text for ink in ink_chain(map(Ink, texts), Ink("7"))]
    assert sorted(chain) == sorted(texts)


def test_a_wide_character_is_written_whole_and_the_place_after_it_is_named() -> None:
    shadow = Shadow()
    painted(shadow, [("a世b", "")])
    assert painted(shadow, [("a界b", "")]) == "\x1b[1;2H界\x1b[H"
    assert painted(shadow, [("a界c", "")]) == "\x1b[1;4Hc\x1b[H"
    assert painted(shadow, [("界dc", "")]) == "\x1b[H界\x1b[1;3Hd\x1b[H"


def test_half_a_wide_character_that_is_painted_over_leaves_a_blank() -> None:
    shadow = Shadow()
    painted(shadow, [("a世b", "")])
    chops = [{0: None, 2: Strip([Segment("x", Style())]), 3: None}]
    shadow.take(ChopsUpdate(chops, [(0, 2, 3)], [[2, 3, 4]]), ColorSystem.TRUECOLOR)
    assert shadow.changes((0, 0)) == "\x1b[1;2H x\x1b[H"


def test_glyphs_that_are_numbered_anew_change_nothing_of_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, looks = random.Random(5), ("red", "blue on white", "bold", "")
    frames = [
        [[("".join(rng.choices("abc世d▀", k=4)).ljust(9)[:9], rng.choice(looks))] for _ in range(3)] for _ in range(60)
    ]
    frames = [frame for frame in frames if len({Segment(line[0][0]).cell_length for line in frame}) == 1]
    plain = Shadow()
    wanted = [painted(plain, *frame) for frame in frames]
    monkeypatch.setattr("liqtui.painting.glyphs.MANY_GLYPHS", 6)
    often = Shadow()
    first = often.glyphs.era
    assert [painted(often, *frame) for frame in frames] == wanted
    assert often.glyphs.era is not first and len(often.glyphs.texts) < len(plain.glyphs.texts)


def test_what_is_beyond_a_span_is_not_taken() -> None:
    shadow = Shadow()
    painted(shadow, [("abcd", "")])
    chops = [{0: Strip([Segment("XY", Style())]), 2: Strip([Segment("  ", Style())])}]
    shadow.take(ChopsUpdate(chops, [(0, 0, 2)], [[2, 4]]), ColorSystem.TRUECOLOR)
    assert shadow.changes((0, 0)) == "\x1b[HXY\x1b[H"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ab", ("a", "b")),
        ("▀▀", ("▀", "▀")),
        ("世a", ("世", "", "a")),
        ("e\u0301x", ("e\u0301", "x")),
        ("a\x1b]2;x\x07\n", ("a", "]", "2", ";", "x")),
    ],
)
def test_text_is_cut_into_cells(text: str, wanted: tuple[str, ...]) -> None:
    assert cells(text) == wanted


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("", "31", "\x1b[31m"),
        ("31", "", "\x1b[m"),
        ("38;2;1;2;3;48;5;7", "38;2;1;2;4;48;5;7", "\x1b[38;2;1;2;4m"),
        ("1;31;48;2;1;2;3", "31;48;2;1;2;3", "\x1b[22m"),
        ("1;2;31;48;2;1;2;3", "2;31;48;2;1;2;3", "\x1b[22;2m"),
        ("97;101", "101", "\x1b[39m"),
        ("", "4\nid=1;http://x", "\x1b]8;id=1;http://x\x1b\\\x1b[4m"),
        ("4\nid=1;http://x", "4", "\x1b]8;;\x1b\\"),
    ],
)
def test_inks_change_by_the_shortest_way(before: str, after: str, wanted: str) -> None:
    assert change_ink(before, after) == wanted


def test_a_colour_of_xterms_palette_is_called_by_its_number() -> None:
    for number in range(16, 256):
        rgb = ";".join(map(str, EIGHT_BIT_PALETTE[number]))
        named = re.fullmatch(r"38;5;(\d+);48;5;(\d+)", shortest_ink(f"38;2;{rgb};48;2;{rgb}"))
        assert named and {tuple(EIGHT_BIT_PALETTE[int(found)]) for found in named.groups()} == {
            tuple(EIGHT_BIT_PALETTE[number])
        }


@pytest.mark.parametrize(
    ("ink", "wanted"),
    [
        ("38;2;255;175;96", "38;2;255;175;96"),
        ("38;2;128;0;0", "38;2;128;0;0"),
        ("1;7;38;2;95;0;0;48;2;1;2;3", "1;7;38;5;52;48;2;1;2;3"),
        ("4;38;2;255;175;95\nid=1;http://x", "4;38;5;215\nid=1;http://x"),
        ("31;48;5;17", "31;48;5;17"),
        ("", ""),
    ],
)
def test_other_colours_keep_their_names(ink: str, wanted: str) -> None:
    assert shortest_ink(ink) == wanted


def test_a_frame_calls_colours_by_number_where_they_have_one() -> None:
    assert painted(Shadow(), [("a", "#ffaf5f on #121217")]) == "\x1b[m\x1b[H\x1b[38;5;215;48;2;18;18;23ma\x1b[m\x1b[H"


def test_glyphs_keep_their_numbers_when_they_are_numbered_anew() -> None:
    glyphs = Glyphs()
    number = glyphs.number("a", "38;2;255;175;95")
    assert glyphs.number("a", glyphs.inks[number].text) == number


@pytest.mark.parametrize(
    ("at", "to", "wanted"),
    [
        (None, (0, 0), "\x1b[H"),
        ((4, 2), (4, 2), ""),
        ((4, 2), (9, 2), "\x1b[5C"),
        ((9, 2), (8, 3), "\v\b"),
        ((9, 3), (0, 4), "\v\r"),
        ((9, 9), (3, 2), "\x1b[3;4H"),
        ((170, 9), (170, 8), "\x1b[A"),
        ((170, 20), (168, 8), "\x1b[12A\b\b"),
        ((170, 2), (170, 30), "\x1b[28B"),
        ((170, 2), (159, 2), "\x1b[11D"),
        ((170, 2), (8, 2), "\x1b[9G"),
    ],
)
def test_the_cursor_moves_by_the_shortest_way(at: tuple[int, int] | None, to: tuple[int, int], wanted: str) -> None:
    assert move(at, *to) == wanted


def test_who_waits_for_the_terminal_is_told_once_when_the_frame_is_out() -> None:
    told: list[str] = []
    with open(os.devnull, "w") as file:
        outlet = Outlet(file)
        assert not outlet.is_busy(lambda: told.append("early"))
        outlet.flush()
        outlet.is_pending = True
        assert outlet.is_busy(lambda: told.append("out"))
        outlet.write("é")
        assert told == []
        outlet.flush()
        outlet.flush()
        assert told == ["out"] and outlet.sent_bytes == 2 and not outlet.is_pending


@pytest.mark.parametrize(
    ("encoding", "errors", "wanted"),
    [("utf-8", "strict", "at first é▀".encode()), ("latin-1", "backslashreplace", b"at first \xe9\\u2580")],
)
def test_a_frame_goes_out_in_the_files_encoding_after_what_was_there_and_is_counted_so(
    tmp_path: Path, encoding: str, errors: str, wanted: bytes
) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding=encoding, errors=errors) as file:
        file.write("at first ")
        outlet = Outlet(file)
        assert outlet.write("é▀") == 2
        outlet.flush()
        assert path.read_bytes() == wanted and outlet.sent_bytes == len(wanted) - len("at first ")
