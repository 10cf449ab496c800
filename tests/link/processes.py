"""Engine processes of the tests, and a viewer that writes down what it hears."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from liqtui.link.base import LinkState
from liqtui.link.socket import SocketLink
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot

ROOT = Path(__file__).parents[2]
BTC = Selection("BTC", None, "4h")


class Engines:
    """Starts engines on one socket and ends them all at the end."""

    def __init__(self, folder: Path, *arguments: str, module: str = "tests.link.scripted_engine") -> None:
        self.path, self.log_path = folder / "engine" / "e.sock", folder / "engine.log"
        self.started: list[subprocess.Popen[bytes]] = []
        self._command = [sys.executable, "-m", module, str(self.path), *arguments]

    def __call__(self) -> "subprocess.Popen[bytes]":
        """Start one."""
        with open(self.log_path, "ab") as log:
            process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.started.append(process)
        return process

    def alive(self) -> list["subprocess.Popen[bytes]"]:
        """Return those that run."""
        return [process for process in self.started if process.poll() is None]

    def end(self) -> None:
        """End them all."""
        for process in self.alive():
            process.send_signal(signal.SIGCONT)
            process.kill()
        for process in self.started:
            process.wait(10)


class Listener:
    """A viewer that keeps all it hears."""

    def __init__(self, link: SocketLink) -> None:
        self.link = link
        self.states: list[LinkState] = []
        self.snapshots: list[Snapshot] = []
        self.heard_s: list[float] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self.link.events():
            if isinstance(event, Snapshot):
                self.snapshots.append(event)
                self.heard_s.append(time.monotonic())
            else:
                self.states.append(event)

    @property
    def words(self) -> list[str]:
        """States in a row, without repetitions."""
        return [s.state for k, s in enumerate(self.states) if k == 0 or s.state != self.states[k - 1].state]

    async def until(self, true: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - the condition is the viewer's, which has no event for it
                await asyncio.sleep(0.01)

    async def mapped(self) -> Snapshot:
        """Wait for a snapshot with a map of all venues, newer than those heard so far."""
        heard = len(self.snapshots)
        await self.until(lambda: any(s.detail.heat is not None and not s.note for s in self.snapshots[heard:]))
        return self.snapshots[-1]

    async def close(self) -> None:
        """Stop listening and detach."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self.link.close()


@asynccontextmanager
async def viewer(engines: Engines, selection: Selection = BTC, silence_s: float = 8.0) -> AsyncIterator[Listener]:
    """A viewer on the engines' socket."""
    listener = Listener(SocketLink(engines.path, engines, engines.log_path, selection, silence_s))
    try:
        yield listener
    finally:
        await listener.close()


def resident_kb(pid: int) -> int:
    """Return the memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
