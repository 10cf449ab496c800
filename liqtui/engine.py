"""The engine as a process of its own: one monitor, a Unix socket, and any number of viewers."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
from pathlib import Path

from liqtui.link.address import private_folder, socket_path
from liqtui.link.codec import (
    MAX_COMMAND_BYTES,
    PROTOCOL,
    Beat,
    FrameWriter,
    Pace,
    Resync,
    Welcome,
    decode_from_viewer,
    encode,
)
from liqtui.link.errors import ProtocolError
from liqtui.link.frames import read_frame
from liqtui.model.selection import Selection
from liqtui.monitor.monitor import Monitor

log = logging.getLogger(__name__)

BEAT_S = 2.0
"""A viewer hears something at least this often."""
BUFFER_BYTES = 65_536
"""A viewer that leaves more than this unread gets nothing until it has read it."""
USUAL_FPS = 4.0
"""Snapshots a second at most for a viewer that has not said how many it shows."""
FIRST_VIEWER_S = 30.0
"""How long an engine waits for its first viewer."""
RECHECK_S = 2.0


class Lock:
    """The right to be the engine of a socket: held by one process, and given back by the system when that dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def take(self) -> bool:
        """Take it at once; False if another process has it."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return True

    def release(self) -> None:
        """Give it back; the file stays, since removing it would let two processes hold locks of the same name."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Viewer:
    """One connection: its selection, and what it has been sent."""

    def __init__(self, monitor: Monitor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._monitor, self._reader, self._writer = monitor, reader, writer
        self._frames = FrameWriter()
        self._selection: Selection | None = None
        self._wake, self._asked = asyncio.Event(), asyncio.Event()
        self._sent_version = 0
        self._period_s, self._due_s = 1 / USUAL_FPS, 0.0
        """How long the viewer shows a snapshot at least, and when it can show the next one.

        No less: one that comes too early waits in the viewer, the next one longer, up to a whole period.
        """

    def wake(self) -> None:
        """Let the viewer have the newest snapshot as soon as it has read what it was sent."""
        self._wake.set()

    async def serve(self) -> None:
        """Serve until the viewer leaves."""
        self._writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send_all())
                await self._obey()
                sending.cancel()
        except* (OSError, EOFError, ProtocolError) as errors:
            log.debug("a viewer has left: %s", errors.exceptions)
        finally:
            self._writer.transport.abort()

    async def _obey(self) -> None:
        """Take the viewer's commands, also while it does not read."""
        while True:
            message = decode_from_viewer(await read_frame(self._reader, MAX_COMMAND_BYTES))
            if isinstance(message, Pace):
                self._period_s = 1 / message.fps if message.fps else 0.0
                continue
            if isinstance(message, Resync):
                self._frames.forget()
            else:
                self._selection = message.selection
            self._sent_version = 0
            self._asked.set()
            self._wake.set()

    async def _send_all(self) -> None:
        """Send the newest snapshot whenever there is one and the viewer has read the last."""
        await self._send(encode(Welcome(PROTOCOL, os.getpid())))
        while True:
            if not await self._news():
                await self._send(encode(Beat()))
                continue
            self._wake.clear()
            self._asked.clear()
            self._due_s = asyncio.get_running_loop().time() + self._period_s
            if self._selection is not None and self._monitor.version > self._sent_version:
                self._sent_version = self._monitor.version
                await self._send(encode(self._frames.frame(self._monitor.snapshot(self._selection))))

    async def _news(self) -> bool:
        """Wait for what the viewer can show, or has asked for; return False when nothing has come for a while."""
        try:
            async with asyncio.timeout(BEAT_S):
                await self._wake.wait()
                if self._due_s > asyncio.get_running_loop().time():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout_at(self._due_s):
                            await self._asked.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, data: bytearray) -> None:
        self._writer.write(data)
        await self._writer.drain()


class Server:
    """The listening socket of one engine and the viewers on it."""

    def __init__(self, monitor: Monitor, path: Path, linger_s: float | None) -> None:
        self._monitor, self._path, self._linger_s = monitor, path, linger_s
        self._viewers: set[Viewer] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._inode: int | None = None
        self._empty_since_s: float | None = None

    async def open(self) -> None:
        """Listen, readable by this user only; what a dead engine left at the path is removed."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._welcome, self._path, backlog=16)
        finally:
            os.umask(before)
        self._inode = self._path.stat().st_ino

    async def close(self) -> None:
        """Stop listening and let the viewers go."""
        if self._server is not None:
            self._server.close()
        if self._owns_path():
            self._path.unlink(missing_ok=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def run(self) -> None:
        """Pass on what changes; ends `linger_s` after the last viewer has left."""
        waker = asyncio.create_task(self._wake_viewers())
        try:
            await self._until_deserted()
        finally:
            waker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waker

    def _owns_path(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer = Viewer(self._monitor, reader, writer)
        self._viewers.add(viewer)
        try:
            await viewer.serve()
        except Exception:
            log.exception("a viewer was dropped")
        finally:
            self._viewers.discard(viewer)
            self._empty_since_s = asyncio.get_running_loop().time()

    async def _wake_viewers(self) -> None:
        version = 0
        while True:
            version = await self._monitor.changed(version)
            for viewer in self._viewers:
                viewer.wake()

    async def _until_deserted(self) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while True:
            await asyncio.sleep(RECHECK_S if self._linger_s is None else min(max(self._linger_s / 4, 0.05), RECHECK_S))
            if not self._owns_path():
                log.warning("%s has been removed; listening again", self._path)
                await self.open()
            if self._viewers or self._linger_s is None:
                continue
            patience_s = self._linger_s if self._empty_since_s is not None else max(self._linger_s, FIRST_VIEWER_S)
            if loop.time() - (self._empty_since_s or began_s) >= patience_s:
                return


async def serve(monitor: Monitor, path: Path, linger_s: float | None = 3.0) -> int:
    """Run the monitor and serve viewers at `path` until the last has been gone for `linger_s`, or SIGTERM or SIGINT.

    Returns 0, also at once where another engine serves this path. With `linger_s` None it stays. Raises AddressError.
    """
    path = socket_path(path)
    private_folder(path.parent)
    lock = Lock(path.with_suffix(".lock"))
    if not lock.take():
        log.warning("another engine serves %s", path)
        return 0
    try:
        await _serve_locked(monitor, Server(monitor, path, linger_s))
    finally:
        lock.release()
    return 0


async def _serve_locked(monitor: Monitor, server: Server) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await server.open()
    tasks = [asyncio.create_task(part) for part in (monitor.run(), server.run(), _wait(stop))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await server.close()
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()
