"""A viewer's end of a Unix socket, and the restarting of an engine that has died.

Plain asyncio with length-prefixed frames, since aiohttp would cost the viewer about 160 ms and 34 MB at start.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from liqtui.link.address import socket_path
from liqtui.link.base import LinkState
from liqtui.link.errors import Hangs, ProtocolError, Refused
from liqtui.link.mailbox import Mailbox
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot

if TYPE_CHECKING:
    from liqtui.link.conversation import Conversation

SILENCE_S = 8.0
"""The engine speaks at least every two seconds; silent for so long, it hangs."""
START_S = 30.0
"""An engine that was started must listen within this time."""
ANOTHER_STARTS_S = 3.0
"""An engine that ends with 0 has found another one; that must listen within this time."""
EXIT_S = 0.2
LOOK_AGAIN_S = 0.02
RETRY_S, RETRY_MAX_S = 0.25, 10.0
STEADY_S = 30.0
"""After being connected this long the next wait is the shortest again."""
USAGE = 2
"""Exit code of an engine that will never start as it was called."""
LAST_WORDS_BYTES = 4_096


class Process(Protocol):
    """A started engine, such as `subprocess.Popen`."""

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class SocketLink:
    """Connects to the engine at `path`, and calls `start_engine` where there is none.

    `log_path` is where the engine's stderr goes; its last lines are shown where it refuses to start.
    """

    def __init__(
        self,
        path: Path,
        start_engine: Callable[[], Process],
        log_path: Path | None = None,
        selection: Selection | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._path, self._start_engine, self._log_path = socket_path(path), start_engine, log_path
        self._selection, self._silence_s = selection, silence_s
        self._fps: float | None = None
        self._mailbox = Mailbox()
        self._process: Process | None = None
        self._conversation: Conversation | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._hangs = 0
        """Silences in a row."""

    async def events(self) -> AsyncIterator[Snapshot | LinkState]:
        """Yield the newest snapshot each time it changes, and what becomes of the link, for ever."""
        if self._keeper is None:
            self._mailbox.put(LinkState("connecting"))
            self._keeper = asyncio.create_task(self._keep())
        async for item in self._mailbox.items():
            yield item

    async def select(self, selection: Selection) -> None:
        """Ask for another asset, venue or window; it is asked again after every reconnection."""
        self._selection = selection
        if self._conversation is not None:
            self._conversation.select(selection)

    def pace(self, fps: float | None) -> None:
        """Ask for so many snapshots a second at most; it is asked again after every reconnection."""
        self._fps = fps
        if self._conversation is not None:
            self._conversation.pace(fps)

    async def close(self) -> None:
        """Detach; the engine goes on for its other viewers."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper

    async def _keep(self) -> None:
        """Stay connected; end only where that cannot be."""
        wait_s = RETRY_S
        while True:
            began_s = time.monotonic()
            try:
                await self._converse(await self._connected())
            except Refused as error:
                self._mailbox.put(LinkState("failed", str(error)))
                return
            except Hangs as error:
                why = str(error)
                self._end_own_engine()
            except (OSError, EOFError, ProtocolError, ValueError) as error:
                why = await self._why(error)
            except Exception as error:
                self._mailbox.put(LinkState("failed", f"{type(error).__name__}: {error}"))
                return
            if time.monotonic() - began_s > STEADY_S:
                wait_s = RETRY_S
            self._mailbox.put(LinkState("lost", why, wait_s))
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, RETRY_MAX_S)

    async def _why(self, error: Exception) -> str:
        """Return how the engine ended; its exit code may come a moment after its connection has gone."""
        until_s = time.monotonic() + EXIT_S
        while (code := self._exit_code()) is None and self._process is not None and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_AGAIN_S)
        if code is None or code == 0:
            return str(error) or type(error).__name__
        if code < 0:
            return f"the engine was ended by signal {-code}"
        words = self._last_words().splitlines()
        return f"the engine ended with code {code}" + (f": {words[-1]}" if words else "")

    def _end_own_engine(self) -> None:
        """End an engine that was started here and was silent twice: it holds the lock, so that no other can start."""
        self._hangs += 1
        if self._hangs > 1 and self._process is not None and self._process.poll() is None:
            self._process.kill()

    async def _connected(self) -> "Conversation":
        """Return a connection, starting the engine if nobody listens."""
        loop = asyncio.get_running_loop()
        started_s: float | None = None
        while True:
            try:
                return (await loop.create_unix_connection(self._converser, str(self._path)))[1]
            except (FileNotFoundError, ConnectionRefusedError):
                if started_s is None:
                    self._start_unless_running()
                    started_s = time.monotonic()
            self._check_start(time.monotonic() - started_s)
            await asyncio.sleep(LOOK_AGAIN_S)

    def _start_unless_running(self) -> None:
        if self._process is None or self._process.poll() is not None:
            self._process = self._start_engine()

    def _exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def _check_start(self, since_s: float) -> None:
        """Raise Refused, EOFError or Hangs where waiting for the engine has become vain."""
        code = self._exit_code()
        if code == USAGE:
            raise Refused(self._last_words() or "the engine refuses to start")
        if code is not None and (code != 0 or since_s > ANOTHER_STARTS_S):
            raise EOFError("the engine has ended")
        if since_s > START_S:
            raise Hangs(f"the engine does not listen after {START_S:g} s")

    def _converser(self) -> "Conversation":
        from liqtui.link.conversation import Conversation  # numpy: only once there is an engine to be heard

        return Conversation(self._mailbox, self._silence_s)

    async def _converse(self, talk: "Conversation") -> None:
        """Hear the engine until something ends it, as `Conversation.hear` does."""
        self._conversation = talk
        try:
            if self._selection is not None:
                talk.select(self._selection)
            if self._fps is not None:
                talk.pace(self._fps)
            await talk.hear()
        finally:
            self._conversation = None
            if talk.has_shown:
                self._hangs = 0

    def _last_words(self) -> str:
        """Return the end of the engine's stderr."""
        if self._log_path is None:
            return ""
        with contextlib.suppress(OSError), open(self._log_path, "rb") as log:
            log.seek(0, 2)
            log.seek(max(log.tell() - LAST_WORDS_BYTES, 0))
            return log.read().decode("utf-8", "replace").strip()
        return ""
