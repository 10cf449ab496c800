"""A program on a real pseudo-terminal whose bytes are only kept, with the time of each: emulation comes afterwards.

An emulator that runs along takes a core of its own for tens of milliseconds and shows up in what it measures.
"""

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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

from tests.e2e.terminal import ROOT, app_environment, without_queries

LIQTUI = (sys.executable, "-m", "liqtui")


def compiled_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an app's environment in which byte code is written, as it is where a package is installed."""
    environment = app_environment(home, **more)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


class RecordedApp:
    """One program under a pty of a given size; `chunks` are (seconds since the start, bytes) as they came."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 120, rows: int = 36
    ) -> None:
        self.size = (columns, rows)
        self.chunks: list[tuple[float, bytes]] = []
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began_s = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(environment), cwd=ROOT,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(slave)
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            if not select.select([self._master], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._master, 65_536)
            except OSError:
                return
            self.chunks.append((time.monotonic() - self.began_s, data))

    def press(self, key: str) -> None:
        """Type a key."""
        os.write(self._master, key.encode())

    def sent_bytes(self) -> int:
        """Return how much has come so far."""
        return sum(len(data) for _, data in list(self.chunks))

    def sent_since(self, begin: int) -> bytes:
        """Return what has come after the first `begin` bytes."""
        return b"".join(data for _, data in list(self.chunks))[begin:]

    def when(self, shown: Callable[[str], bool], timeout_s: float = 30.0) -> float:
        """Return after how many seconds the bytes came that made the screen such; AssertionError if they do not."""
        screen = pyte.Screen(*self.size)
        stream, done = pyte.ByteStream(screen), 0
        while True:
            for at_s, data in self.chunks[done:]:
                done += 1
                stream.feed(without_queries(data))
                if shown("\n".join(screen.display)):
                    return at_s
            if time.monotonic() - self.began_s > timeout_s or self.process.poll() is not None:
                raise AssertionError("it did not appear; the screen is\n" + "\n".join(screen.display))
            time.sleep(0.5)

    def close(self) -> None:
        """End the program."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.press("q")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)
        self._stop.set()
        self._reader.join(2)
        os.close(self._master)

    def __enter__(self) -> "RecordedApp":
        signal.signal(signal.SIGTERM, _leave)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _leave(*_: object) -> None:
    """End by an exception, so that what a bench has started ends with it."""
    raise SystemExit(128 + signal.SIGTERM)
