"""A real process on a real pseudo-terminal, its bytes fed to a terminal emulator."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.e2e.emulator import QuickScreen, QuickStream

ROOT = Path(__file__).parents[2]


def app_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which the app sees nothing of this user's files."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "PYTHONDONTWRITEBYTECODE")}
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    base = {"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    return {**kept, **base, **folders, **more}


class PtyApp:
    """One app under a pty of a given size, read by a thread of its own, and shown by pyte when it is looked at."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        columns: int = 120,
        rows: int = 36,
        command: Sequence[str] = (sys.executable, "-m", "liqtui"),
    ) -> None:
        self.screen = QuickScreen(columns, rows)
        self._stream = QuickStream(self.screen)
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._lock = threading.Lock()
        self.raw = bytearray()
        self._unseen = bytearray()
        """What has come since the screen was looked at."""
        self.first_byte_s: float | None = None
        self._master, slave = pty.openpty()
        self._size(columns, rows)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environment),
            cwd=ROOT,
            start_new_session=True,
            close_fds=True,
        )
        os.close(slave)
        self._stop = threading.Event()
        self._reading = threading.Event()
        self._reading.set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while not self._stop.is_set():
            if not self._reading.is_set():
                time.sleep(0.01)
                continue
            ready, _, _ = select.select([self._master], [], [], 0.05)
            if not ready:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if self.first_byte_s is None:
                self.first_byte_s = time.monotonic() - self.began
            with self._lock:
                self.raw += data
                self._unseen += data

    def look(self) -> QuickScreen:
        """Return the screen with all on it that has come."""
        with self._lock:
            data, self._unseen = bytes(self._unseen), bytearray()
            # pyte does not know the kitty keyboard and mode queries; a terminal would swallow them too.
            self._stream.feed(self._decode(without_queries(data)))
            return self.screen

    def garble(self, data: bytes) -> None:
        """Show what the app has not sent."""
        self.look()
        self._stream.feed(data.decode())

    def text(self) -> str:
        """Return the screen as lines of text."""
        return "\n".join(self.look().display)

    def lines(self) -> list[str]:
        """Return the screen's lines."""
        return list(self.look().display)

    def wait_for(self, wanted: str | Callable[[str], bool], timeout_s: float = 20.0) -> float:
        """Wait until the screen shows this and return the seconds since the process started.

        Raises AssertionError with the screen if it does not come.
        """
        test = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if test(self.text()):
                return time.monotonic() - self.began
            if self.process.poll() is not None and not test(self.text()):
                time.sleep(0.2)
                break
            time.sleep(0.01)
        if test(self.text()):
            return time.monotonic() - self.began
        raise AssertionError(f"{wanted!r} did not appear; code {self.process.poll()}; the screen is\n{self.text()}")

    def press(self, *keys: str) -> None:
        """Send keys as typed."""
        for key in keys:
            self.type(key)
            time.sleep(0.05)

    def type(self, text: str) -> None:
        """Send text at once."""
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self.look().resize(rows, columns)
        self._size(columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def stall(self) -> None:
        """Stop reading, like a terminal that hangs."""
        self._reading.clear()

    def resume(self) -> None:
        """Read again."""
        self._reading.set()

    def hang_up(self) -> None:
        """Be gone, like a terminal whose window is closed; it is not the app's own, so that no signal says so."""
        self._stop.set()
        self._reader.join(2)
        os.close(self._master)

    def close(self) -> int | None:
        """End the app and return its exit code."""
        if self._stop.is_set():
            self.process.kill()
            return self.process.wait(5)
        self._reading.set()
        if self.process.poll() is None:
            self.press("q")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)
        self._stop.set()
        self._reader.join(2)
        os.close(self._master)
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def without_queries(data: bytes) -> bytes:
    for query in (b"\x1b[>1u", b"\x1b[<u", b"\x1b[?2026$p", b"\x1b[?2048$p", b"\x1b[?u", b"\x1b[>q", b"\x1b[?996n"):
        data = data.replace(query, b"")
    return data
