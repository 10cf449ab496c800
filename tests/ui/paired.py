"""The app on a scene on two pseudo-terminals, painted lightly and by Textual itself, and what both show."""

import contextlib
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.terminal import PtyApp, app_environment


class Painted(PtyApp):
    """The app on a scene under a pseudo-terminal, driven over a socket."""

    def __init__(self, folder: Path, columns: int, rows: int, **environment: str) -> None:
        path = str(folder / "drive.sock")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            server.settimeout(30)
            command = (sys.executable, "-m", "tests.ui.painted", path)
            super().__init__([], app_environment(folder, TEXTUAL_FPS="500", **environment), columns, rows, command)
            self._socket = server.accept()[0]
        self._socket.settimeout(30)
        self._answers = self._socket.makefile("r")

    def ask(self, command: str, value: object = None) -> float:
        """Have the app do something and return its event loop's longest pause, in seconds."""
        self._socket.sendall(json.dumps([command, value]).encode() + b"\n")
        return float(json.loads(self._answers.readline()))

    def picture(self) -> list[list[tuple[object, ...]]]:
        """Return all cells with their colours and attributes."""
        screen = self.look()
        return [self.row(y) for y in range(screen.lines)]

    def row(self, y: int) -> list[tuple[object, ...]]:
        """Return a row's cells."""
        return list(map(self.screen.buffer[y].__getitem__, range(self.screen.columns)))

    def changed(self) -> set[int]:
        """Return the rows that were written to since this was asked, those that scrolled away too."""
        screen = self.look()
        rows = {y for y in screen.dirty if y < screen.lines}
        screen.dirty.clear()
        return rows

    def close(self) -> int | None:
        """End the app."""
        self.resume()
        with contextlib.suppress(OSError):
            self._socket.sendall(b'["quit", null]\n')
        with contextlib.suppress(Exception):
            self.process.wait(5)
        self._answers.close()
        self._socket.close()
        return super().close()


@contextmanager
def both(tmp_path: Path, columns: int = 100, rows: int = 30) -> Iterator[tuple[Painted, Painted]]:
    """Run the app with light and with stock painting."""
    with ExitStack() as stack:
        apps: list[Painted] = []
        for name in ("light", "stock"):
            (tmp_path / name).mkdir()
            apps.append(Painted(tmp_path / name, columns, rows, LIQTUI_PAINT=name))
            stack.callback(apps[-1].close)
        yield apps[0], apps[1]


def assert_redrawn_the_same(app: Painted, after: object, quiet_s: float = 0.3, timeout_s: float = 10.0) -> None:
    """Fail if anything changes when all is drawn again, once nothing has been written for a while."""
    end, size, since = time.monotonic() + timeout_s, len(app.raw), time.monotonic()
    while time.monotonic() - since < quiet_s:
        assert time.monotonic() < end, f"still writing {timeout_s} s after {after}"
        app.look()
        if len(app.raw) != size:
            size, since = len(app.raw), time.monotonic()
        time.sleep(0.01)
    before = app.picture()
    app.ask("key", "ctrl+l")
    while len(app.raw) == size:
        assert time.monotonic() < end, "nothing was drawn again"
        app.look()
        time.sleep(0.01)
    time.sleep(quiet_s)
    now = app.picture()
    wrong = [(x, y, now[y][x], cell) for y, row in enumerate(before) for x, cell in enumerate(row) if cell != now[y][x]]
    assert not wrong, f"{len(wrong)} cells were wrong after {after}, first {wrong[:3]}\n{app.text()}"


def assert_same(light: Painted, stock: Painted, after: object, timeout_s: float = 3.0) -> None:
    """Fail unless both terminals come to show the same; rows that nobody has written to since the last time do."""
    end, rows = time.monotonic() + timeout_s, set[int]()
    while True:
        rows |= light.changed() | stock.changed()
        rows = {y for y in rows if light.row(y) != stock.row(y)}
        if not rows or time.monotonic() > end:
            break
        time.sleep(0.002)
    wrong = [(x, y, *pair) for y in sorted(rows) for x, pair in enumerate(zip(light.row(y), stock.row(y), strict=True))]
    wrong = [(x, y, mine, his) for x, y, mine, his in wrong if mine != his]
    assert not wrong, f"{len(wrong)} cells differ after {after}, first {wrong[:3]}\n{light.text()}\n{stock.text()}"
