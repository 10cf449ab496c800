"""What goes to a terminal at once and what through the writer thread, on a real pseudo-terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from textual.drivers._writer_thread import WriterThread

from liqtui.painting.outlet import Outlet, reopened
from tests.ui.test_terminal import LEGEND_DRAWN, terminal

LONG = "é▀世" * 60_000
"""More than any terminal takes unread, with characters that a cut can fall into."""


class Line:
    """An outlet to a pseudo-terminal with its writer thread, as the driver has them."""

    def __init__(self, file: TextIO, direct: int | None) -> None:
        self.outlet = Outlet(file, direct)
        self.thread = WriterThread(cast("TextIO", self.outlet))
        self.handed_over: list[str] = []

    def send(self, text: str) -> None:
        """Send a frame."""
        self.outlet.send(text, self.write)

    def write(self, text: str) -> None:
        """Hand a text over to the thread."""
        self.handed_over.append(text)
        self.outlet.expect()
        self.thread.write(text)

    def until_out(self) -> None:
        """Wait until the thread has nothing left."""
        limit = time.monotonic() + 10
        while self.outlet.is_pending:
            assert time.monotonic() < limit, "the rest is still on its way"
            time.sleep(0.005)


@contextmanager
def line() -> Iterator[tuple[Line, int]]:
    """Yield a line to a pseudo-terminal and the end that reads; only what is read on the way may be left in it."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    with open(slave, "w", encoding="utf-8") as file:
        direct = reopened(slave)
        assert direct is not None
        one = Line(file, direct)
        one.thread.start()
        try:
            yield one, master
        finally:
            reader = threading.Thread(target=drain, args=(master,), daemon=True)
            reader.start()
            one.thread.stop()
            one.outlet.close()
    reader.join(5)
    os.close(master)


def drain(master: int) -> None:
    """Read until the other end is closed."""
    try:
        while os.read(master, 65_536):
            pass
    except OSError:
        pass


def read(master: int, count: int) -> bytes:
    """Return so many bytes."""
    data = b""
    while len(data) < count:
        assert select.select([master], [], [], 5)[0], f"no more comes after {len(data)} bytes"
        data += os.read(master, min(65_536, count - len(data)))
    return data


def test_a_terminal_that_reads_gets_a_frame_at_once_and_its_descriptor_stays_as_it_was() -> None:
    with line() as (one, master):
        for text in ("é▀", "\x1b[m\x1b[H"):
            one.send(text)
            assert read(master, len(text.encode())) == text.encode()
            assert not one.outlet.is_pending and one.handed_over == []
        assert one.outlet.sent_bytes == 11
        assert not fcntl.fcntl(one.outlet.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK, "the shell shares it"


def test_what_a_terminal_does_not_take_comes_after_it_in_order_and_blocks_nobody() -> None:
    with line() as (one, master):
        sender = threading.Thread(target=one.send, args=(LONG,), daemon=True)
        sender.start()
        sender.join(5)
        assert not sender.is_alive(), "nobody reads: a write that blocks does not come back"
        assert one.outlet.is_pending and one.handed_over == [""]
        assert one.outlet.is_busy(lambda: None), "a newer frame has to wait"
        one.write("title")
        wanted = f"{LONG}title".encode()
        assert read(master, len(wanted)) == wanted
        one.until_out()
        assert one.outlet.sent_bytes == len(wanted)
        one.send("z")
        assert read(master, 1) == b"z" and one.handed_over[1:] == ["title"], "it goes past the thread again"


def test_what_the_thread_has_still_to_write_comes_first() -> None:
    with line() as (one, master):
        one.outlet.expect()
        one.send("after")
        assert one.handed_over == ["after"], "the thread has a text that it has not taken yet"
        one.until_out()
        assert read(master, 5) == b"after"
        one.outlet.write("held back")
        one.send(" too")
        assert one.handed_over[-1] == " too"
        assert read(master, 13) == b"held back too"


def test_without_a_terminal_or_once_closed_all_goes_through_the_thread(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as file:
        assert reopened(file.fileno()) is None
        one = Line(file, None)
        one.thread.start()
        one.send("é")
        one.thread.stop()
        assert one.handed_over == ["é"] and (tmp_path / "out").read_text(encoding="utf-8") == "é"
    with line() as (one, master):
        one.outlet.close()
        one.send("é")
        assert one.handed_over == ["é"] and read(master, 2) == "é".encode()


def blocking(pid: int) -> list[bool]:
    """Return of each descriptor that a process has of a terminal whether writing to it may block."""
    folder = Path(f"/proc/{pid}")
    ends = [fd.name for fd in (folder / "fd").iterdir() if re.fullmatch(r"/dev/pts/\d+", os.readlink(fd))]
    flags = [re.findall(r"flags:\s+(\d+)", (folder / "fdinfo" / fd).read_text())[0] for fd in ends]
    return sorted(not int(flag, 8) & os.O_NONBLOCK for flag in flags)


def test_the_app_writes_by_a_descriptor_of_its_own_also_when_it_comes_back_from_the_background() -> None:
    with terminal() as screen:
        screen.until(b"/row", LEGEND_DRAWN)
        assert blocking(screen.process.pid) == [False, True, True, True]
        screen.process.send_signal(signal.SIGTSTP)
        screen.until(b"\x1b[?1049l")
        state = Path(f"/proc/{screen.process.pid}/stat")
        while state.read_text().rsplit(")", 1)[1].split()[0] != "T":
            time.sleep(0.01)
        screen.process.send_signal(signal.SIGCONT)
        screen.until(b"/row", LEGEND_DRAWN)
        assert blocking(screen.process.pid) == [False, True, True, True]
        screen.type(b"q")
        screen.until(b"\x1b[?1049l")
