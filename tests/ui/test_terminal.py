"""Below Textual: colours by environment, the pane title, and the driver under a real pseudo-terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.painting.multiplexer import in_tmux
from liqtui.terminal import PaneTitle, detect_colour, driver_class, driver_fault, facts
from liqtui.theming import load_theme
from liqtui.widgets.title import pane_title
from tests.ui.scene import make_snapshot

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("env", "colour"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, "256"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "screen", "TERM_PROGRAM": "iTerm.app"}, "16"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "truecolor"),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, "truecolor"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "none"),
        ({}, "none"),
    ],
)
def test_colours_are_told_by_the_environment(env: Mapping[str, str], colour: str) -> None:
    assert detect_colour(env) == colour


def test_tmux_is_told_by_the_environment() -> None:
    assert in_tmux({"TMUX": "/tmp/x"}) and in_tmux({"TERM": "screen-256color"})
    assert not in_tmux({"TERM": "xterm-256color", "TMUX": ""})


def test_facts_name_what_can_be_done() -> None:
    found = {fact.subject: fact for fact in facts({"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/1"})}
    assert set(found) == {"terminal", "colours", "size", "tmux", "input", "painting"}
    assert found["colours"].text == "256" and "--color truecolor" in found["colours"].advice
    assert found["tmux"].text == "not inside"
    assert found["input"].text == "sleeping thread"


def test_the_installed_textual_has_what_the_driver_needs() -> None:
    assert driver_fault() is None
    assert driver_class({}) is not None
    assert driver_class({"TEXTUAL_DRIVER": "x:Y"}) is None


def test_a_title_is_written_when_it_changes_and_at_most_every_other_second() -> None:
    written: list[str] = []
    now = [100.0]
    title = PaneTitle(written.append, lambda: now[0])
    title.show("BTC 1")
    title.show("BTC 2")
    now[0] += 1.9
    title.show("BTC 2")
    now[0] += 0.1
    title.show("BTC 1")
    title.show("BTC 3\x07\x1b]2;x")
    assert written == ["\x1b[22;2t", "\x1b]2;BTC 1\x07", "\x1b]2;BTC 3]2;x\x07"]
    title.restore()
    assert written[-1] == "\x1b]2;\x07\x1b[23;2t"
    title.restore()
    assert len(written) == 4


@pytest.mark.parametrize(
    ("asset", "price", "wanted"),
    [
        ("BTC", 97_123.4, "BTC 97123 S+0.2% 1.4M"),
        ("SOL", 182.345, "SOL 182.345 S+0.2% 1M"),
        ("1000PEPE", 0.0123456, "1000PEPE 0.012 S+0.2%"),
        ("VERYLONGASSETNAME", 97_123.4, "VERYLONGASSETNAME 97123"),
    ],
)
def test_the_title_says_price_and_nearest_zone_in_what_tmux_shows(asset: str, price: float, wanted: str) -> None:
    title = pane_title(titled(asset, price))
    assert title.startswith(wanted)
    assert title.endswith(" DEMO seed 7 60x")
    assert len(wanted) <= 21 or asset.startswith("VERY")


def titled(asset: str, price: float) -> Snapshot:
    """Return a snapshot of an asset at a price."""
    snapshot = make_snapshot(Selection("BTC" if price > 1000 else "SOL"))
    zone = replace(make_snapshot(Selection("BTC")).detail.clusters[-9], distance_pct=0.18, usd=1.4e6, side="short")
    rows = tuple(replace(row, asset=asset) for row in snapshot.assets if row.asset == snapshot.detail.selection.asset)
    detail = replace(snapshot.detail, selection=Selection(asset), price_usd=price, clusters=(zone,))
    return replace(snapshot, assets=rows, detail=detail)


SCRIPT = """
import os
from liqtui.terminal import detect_colour, prepare, splash
splash("liqtui: starting")
prepare(detect_colour())
from liqtui.app import LiqtuiApp
from liqtui.model.selection import Selection
from tests.ui.scene import SceneLink
app = LiqtuiApp(SceneLink(), Selection("BTC"), colour=detect_colour())
app.run()
raise SystemExit(app.return_code or 0)
"""


LEGEND_DRAWN = 3
"""The map says `/row` in its heading and, below it, once a side: its last line, and the last of it to be drawn."""


class Terminal:
    """The other end of a pseudo-terminal."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self.master, self.process, self.seen = master, process, b""

    def until(self, wanted: bytes, times: int = 1, seconds: float = 20.0) -> bytes:
        """Read until something has appeared so often and return all that came since the last call."""
        start, limit = len(self.seen), time.monotonic() + seconds
        while self.seen[start:].count(wanted) < times:
            if time.monotonic() > limit:
                raise AssertionError(f"{wanted!r} did not appear in {self.seen[start:][-2000:]!r}")
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.master, 65_536)
                except OSError as error:
                    raise AssertionError(f"{wanted!r} did not appear, the program ended") from error
        return self.seen[start:]

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)


@contextmanager
def terminal(**env: str) -> Iterator[Terminal]:
    """Run the app on a scene under a pseudo-terminal of 120x36."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TMUX", "COLORTERM")}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, start_new_session=True,
        env=kept | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "36", "PYTHONPATH": str(ROOT)} | env,
    )  # fmt: skip
    before = termios.tcgetattr(slave)
    try:
        yield Terminal(master, process)
        assert process.wait(20) == 0
        assert termios.tcgetattr(slave) == before, "the terminal is left as it was"
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_the_app_runs_and_leaves_under_a_real_terminal() -> None:
    with terminal(COLORTERM="truecolor") as tty:
        first = tty.until(b"\x1b[?1049h")
        assert first.startswith(b"liqtui: starting\r"), "the splash comes before all else"
        drawn = tty.until(b"Zones")
        assert b"\x1b[?2026$p" in tty.seen and b"48;2;18;23;34" in drawn, "the panel in its own colour"
        if b"BTC 97123 S" not in tty.seen:
            tty.until(b"BTC 97123 S")
        tty.type(b"j")
        tty.until("▸".encode())
        tty.type(b"\x1b")
        tty.until(b"L")
        time.sleep(0.5)
        tty.type(b" ")
        tty.until(b"FROZEN since")
        tty.type(b"q")
        tty.until(b"\x1b[?1049l")


def test_the_input_thread_sleeps() -> None:
    with terminal() as tty:
        tty.until(b"Zones")
        time.sleep(1.5)
        before = switches(tty.process.pid)
        time.sleep(2.0)
        assert switches(tty.process.pid) - before <= 4, "the stock thread alone wakes twenty times in two seconds"
        tty.type(b"q")
        tty.until(b"\x1b[?1049l")


def switches(pid: int) -> int:
    """Return how often the process's threads have gone to sleep."""
    texts = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(count) for text in texts for count in re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M))


def test_inside_tmux_nothing_is_synchronised_and_256_colours_are_our_own() -> None:
    with terminal(TMUX="/tmp/none,1,0", TERM="tmux-256color") as tty:
        drawn = tty.until(b"/row", LEGEND_DRAWN)
        assert b"?2026" not in tty.seen
        assert b"38;5;" in drawn and b"38;2;" not in drawn and b"48;2;" not in drawn
        used = {int(n) for n in re.findall(rb"48;5;(\d+)m", drawn)}
        assert len(used & set(load_theme("dark").long.xterm256)) >= 5, "the ramp made for 256 colours is used"
        tty.type(b"q")
        tty.until(b"\x1b[?1049l")


def test_no_color_means_no_colour_at_all() -> None:
    with terminal(NO_COLOR="1", COLORTERM="truecolor") as tty:
        drawn = tty.until(b"/row", LEGEND_DRAWN)
        codes = {code for run in re.findall(rb"\x1b\[([0-9;]*)m", drawn) for code in run.split(b";")}
        assert codes <= {b"", b"0", b"1", b"2", b"7", b"22", b"27", b"39", b"49"}, "only bold, dim, reverse, default"
        assert "░".encode() in tty.seen and "█".encode() in tty.seen
        tty.type(b"q")
        tty.until(b"\x1b[?1049l")
