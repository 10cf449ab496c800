"""The demo as a new user meets it: a real process, a real pty, every key."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import engines, wait_until_gone
from tests.e2e.terminal import PtyApp, app_environment

PRICE = re.compile(r"\d,\d{3}\.\d|\d{2,3}\.\d\d")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder that the apps of this module share, and so one engine."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[PtyApp]:
    """Return the demo at 120x36 with its map on screen and the histories of both venues in it."""
    with PtyApp(["demo"], app_environment(home), 120, 36) as running:
        running.wait_for(lambda text: has_map(text) and "loading" not in text, 60)
        yield running


def has_map(text: str) -> bool:
    """Whether the ladder shows zones on both sides of the price."""
    return (
        "ATR" in text
        and re.search(r"\bL\s+[\d,.]+ -", text) is not None
        and re.search(r"\bS\s+[\d,.]+ \+", text) is not None
    )


def test_the_screen_is_marked_demo_and_shows_every_part(app: PtyApp) -> None:
    text = app.text()
    assert "DEMO seed 7" in text
    for part in ("BTC", "ETH", "SOL", "demo-a", "Liquidated", "15m", "24h", "UTC", "? help"):
        app.wait_for(part)
    assert PRICE.search(text)


def test_every_key_answers(app: PtyApp) -> None:
    app.press("2")
    app.wait_for(lambda text: "ETH all" in text and has_map(text))
    app.press("\t")
    app.wait_for("SOL all")
    app.press("\x1b[Z")
    app.wait_for("ETH all")
    app.press("1")
    app.wait_for(lambda text: "BTC all" in text and has_map(text))
    app.press("]")
    app.wait_for("3d")
    app.press("[", "[", "[")
    app.wait_for("4h")
    app.press("]", "]")
    app.wait_for(lambda text: re.search(r"BTC all.*24h", text) is not None)
    app.press("v")
    app.wait_for("BTC demo-a")
    app.press("v")
    app.wait_for("BTC demo-b")
    app.press("v")
    app.wait_for("BTC all 2 venues")


def test_zoom_changes_the_height_of_a_row_and_0_lets_the_map_choose_it_again(app: PtyApp) -> None:
    def zoom(text: str) -> tuple[float, str]:
        """Return what the heading says: the height of a row, and who chose it."""
        found = re.search(r" BTC all.*?([\d.]+)%/row zoom (auto|set)", text)
        return (float(found[1]), found[2]) if found else (0.0, "")

    def zooms(key: str, grows: bool) -> None:
        """Press a key that makes rows higher or lower than they are on screen right before."""
        before = zoom(app.text())[0]
        app.press(key)
        app.wait_for(lambda text: zoom(text)[1] == "set" and zoom(text)[0] != before)
        assert (zoom(app.text())[0] > before) == grows

    app.wait_for(lambda text: zoom(text)[1] == "auto")
    zooms("-", grows=True)
    zooms("+", grows=False)
    app.press("0")
    app.wait_for(lambda text: zoom(text)[1] == "auto")


def test_space_freezes_with_a_loud_banner_and_releases(app: PtyApp) -> None:
    app.press(" ")
    app.wait_for("FROZEN")
    first = [line for line in app.lines() if "Liquidated" not in line and PRICE.search(line)]
    time.sleep(1.5)
    assert [line for line in app.lines() if "Liquidated" not in line and PRICE.search(line)] == first
    app.press(" ")
    app.wait_for(lambda text: "FROZEN" not in text)


def test_help_lists_the_keys_and_says_what_the_map_is_not(app: PtyApp) -> None:
    app.press("?")
    app.wait_for(lambda text: "estimate" in text.lower() and "quit" in text.lower())
    assert "DEMO" in app.text()
    app.press("q")
    app.wait_for(has_map)
    assert app.process.poll() is None


def test_the_palette_finds_commands_by_name(app: PtyApp) -> None:
    app.press(":")
    time.sleep(0.5)
    app.press(*"solana"[:3])
    app.wait_for(lambda text: "SOL" in text)
    app.press("\x1b")
    app.wait_for(has_map)


def test_it_follows_every_size_without_cutting_the_price(app: PtyApp) -> None:
    for columns, rows in ((80, 24), (220, 60), (100, 30), (60, 15), (120, 36)):
        app.resize(columns, rows)
        app.wait_for(lambda text: "DEMO" in text and PRICE.search(text) is not None)
        time.sleep(0.6)
        assert all(len(line) == columns for line in app.lines())
    app.wait_for(has_map)


def test_a_second_viewer_attaches_to_the_same_engine(app: PtyApp, home: Path) -> None:
    before = [process.pid for process in engines(home)]
    assert len(before) == 1
    with PtyApp(["demo"], app_environment(home), 80, 24) as second:
        second.wait_for(has_map, 30)
        assert [process.pid for process in engines(home)] == before
    assert app.process.poll() is None
    app.wait_for(has_map)


def test_an_engine_that_dies_is_said_and_started_again(app: PtyApp, home: Path) -> None:
    (old,) = engines(home)
    os.kill(old.pid, signal.SIGKILL)
    app.wait_for(lambda text: "lost" in text.lower(), 10)
    app.wait_for(lambda text: "lost" not in text.lower() and has_map(text), 60)
    (new,) = engines(home)
    assert new.pid != old.pid


def test_a_terminal_that_stops_reading_does_not_stop_the_engine_and_gets_less_after(app: PtyApp, home: Path) -> None:
    (engine,) = engines(home)
    stalled_s = time.monotonic()
    app.stall()
    with PtyApp(["demo"], app_environment(home), 80, 24) as second:
        second.wait_for(has_map, 30)
        before = second.text()
        second.wait_for(lambda text: text != before, 5)
    for _ in range(8):  # what the system holds back for a terminal is filled by whole pictures
        app.press("\x0c")
        time.sleep(0.2)
    time.sleep(max(stalled_s + 8 - time.monotonic(), 0))
    app.resume()
    app.wait_for(lambda text: has_map(text) and "slow terminal: low bandwidth" in text)
    app.press("B")
    app.wait_for(lambda text: has_map(text) and "low bandwidth" not in text)
    assert engine.is_running()


def test_q_leaves_with_0_and_the_engine_follows(home: Path, app: PtyApp) -> None:
    app.press("q")
    assert app.process.wait(10) == 0
    wait_until_gone(home)
    assert not list(home.rglob("*.sock"))


def test_a_terminal_that_goes_away_takes_viewer_and_engine_with_it(home: Path) -> None:
    with PtyApp(["demo"], app_environment(home), 80, 24) as left:
        left.wait_for("DEMO seed 7")
        left.hang_up()
        assert left.process.wait(10) == -signal.SIGHUP
    wait_until_gone(home)


def test_leftovers_of_a_dead_engine_do_not_block_a_start(home: Path) -> None:
    (lock,) = home.rglob("*.lock")
    lock.with_suffix(".sock").touch()
    with PtyApp(["demo"], app_environment(home), 100, 30) as again:
        again.wait_for(has_map, 60)


@pytest.mark.parametrize("colour", [{"COLORTERM": ""}, {"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}])
def test_it_starts_in_every_colour_depth_and_sends_no_more_than_the_terminal_has(
    tmp_path: Path, colour: dict[str, str]
) -> None:
    with PtyApp(["demo"], app_environment(tmp_path, **colour), 120, 36) as running:
        running.wait_for(has_map, 60)
        sent = bytes(running.raw)
    codes = {int(code) for sgr in re.findall(rb"\x1b\[([\d;]*)m", sent) for code in sgr.split(b";") if code}
    assert b"38;2;" not in sent
    assert b"48;2;" not in sent
    if "NO_COLOR" in colour:
        assert not codes & {*range(30, 39), *range(40, 49), *range(90, 108)}
    elif colour.get("TERM") == "xterm":
        assert not codes & {38, 48}
    else:
        assert {38, 48} <= codes
