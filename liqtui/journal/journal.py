"""The journal of an engine: a thread of its own writes it, so that no disk ever holds up the feeds."""

import asyncio
import fcntl
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from liqtui.journal.store import JournalError, Recalled, StateKind, Store, open_store, set_aside
from liqtui.model.market import Liquidation, OpenInterest

log = logging.getLogger(__name__)

COMMIT_S = 1.0
"""What is added is on disk after this time."""
BATCH = 10_000
BACKLOG = 50_000
"""Additions that may wait for the disk; with more the journal gives up rather than be wrong."""
PRUNE_S = 6 * 3600.0
CLOSE_S = 5.0
RECALL_S = 10.0
"""A file that gives no answer for so long is taken as empty."""


class _Task(NamedTuple):
    run: Callable[[Store], None] | None
    """None ends the thread."""
    urgent: bool = False
    """Whether somebody waits for it."""
    failed: Callable[[], None] | None = None
    """Called once the file can be used again after a transaction that failed."""


class Journal:
    """A journal that is written beside an engine.

    Adding never waits and never raises. Once the disk has failed nothing more is kept, so that what is kept is whole.
    """

    def __init__(self, path: Path, keep_days: float) -> None:
        """Name the file; nothing is touched before `open`."""
        self._path, self._keep_days = path, keep_days
        self._tasks: queue.Queue[_Task] = queue.Queue(BACKLOG)
        self._thread: threading.Thread | None = None
        self._pruned_s: float | None = None
        self._broken = False

    @property
    def working(self) -> bool:
        """Whether what is added is kept."""
        return self._thread is not None and not self._broken

    async def open(self) -> None:
        """Open the file, or begin it; JournalError where it cannot be used or another engine has it."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()

        def tell(error: JournalError | None) -> None:
            loop.call_soon_threadsafe(_settle, opened, None, error)

        thread = threading.Thread(target=self._live, args=(tell,), name="journal", daemon=True)
        thread.start()
        await opened
        self._thread = thread

    async def close(self) -> None:
        """Write what waits and close the file; never raises."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._tasks.put_nowait(_Task(None, urgent=True))
        except queue.Full:
            log.error("journal %s: closed with work left", self._path)
            return
        await asyncio.to_thread(thread.join, CLOSE_S)

    def add_print(self, one: Liquidation) -> None:
        """Keep a print of the stream."""
        self._add(_Task(lambda store: store.add_prints((one,))))

    def add_sample(self, venue: str, asset: str, sample: OpenInterest) -> None:
        """Keep a sample of open interest."""
        self._add(_Task(lambda store: store.add_sample(venue, asset, sample)))

    def add_heard(self, venue: str, asset: str, start_ms: int, end_ms: int) -> None:
        """Note that every print between two moments was heard, and has been added."""
        self._add(_Task(lambda store: store.add_heard(venue, asset, start_ms, end_ms)))

    def put_state(self, venue: str, asset: str, kind: StateKind, saved_ms: int, state: Mapping[str, Any]) -> None:
        """Keep a state, which must not change any more, in place of the last one."""
        self._add(_Task(lambda store: store.put_state(venue, asset, kind, saved_ms, state)))

    def prune(self, now_ms: int) -> None:
        """Forget what is too old, now and then."""
        if self._pruned_s is None or time.monotonic() - self._pruned_s >= PRUNE_S:
            self._pruned_s = time.monotonic()
            self._add(_Task(lambda store: store.prune(now_ms, self._keep_days)))

    async def recall(self, venue: str, asset: str, since_ms: int, now_ms: int) -> Recalled:
        """Return what is known of a market between two moments; nothing where the file has failed."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Recalled] = loop.create_future()

        def read(store: Store) -> None:
            answer(store.recall(venue, asset, since_ms, now_ms))

        def answer(recalled: Recalled) -> None:
            loop.call_soon_threadsafe(_settle, found, recalled, None)

        if not self._add(_Task(read, urgent=True, failed=lambda: answer(Recalled()))):
            return Recalled()
        try:
            async with asyncio.timeout(RECALL_S):
                return await found
        except TimeoutError:
            return Recalled()

    def _add(self, task: _Task) -> bool:
        if not self.working:
            return False
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            self._fail(f"the disk is too slow, {BACKLOG} additions wait")
            return False
        return True

    def _fail(self, why: str) -> None:
        if not self._broken:
            log.error("journal %s: %s; nothing more is kept in this run", self._path, why)
        self._broken = True

    def _live(self, tell: Callable[[JournalError | None], None]) -> None:
        """Hold the lock and the file from the first to the last task: all of the writer's thread."""
        try:
            lock_fd = _locked(self._path)
        except JournalError as error:
            tell(error)
            return
        try:
            store = open_store(self._path)
            tell(None)
            self._work(store)
        except JournalError as error:
            self._broken = True
            tell(error)
        finally:
            os.close(lock_fd)

    def _work(self, store: Store) -> None:
        """Work the tasks off, one transaction for all that came together."""
        ended = False
        while not ended:
            tasks = self._gathered()
            ended = tasks[-1].run is None
            try:
                store.begin()
                for task in tasks:
                    if task.run is not None:
                        task.run(store)
                store.commit()
            except Exception as error:
                store = self._recovered(store, error, reading=tasks[-1].urgent and not ended)
                for task in tasks:
                    if task.failed is not None:
                        task.failed()
        store.close()

    def _gathered(self) -> list[_Task]:
        """Return what comes within COMMIT_S of a first task, up to one for which somebody waits."""
        tasks = [self._tasks.get()]
        until_s = time.monotonic() + COMMIT_S
        while not tasks[-1].urgent and len(tasks) < BATCH:
            try:
                tasks.append(self._tasks.get(timeout=max(until_s - time.monotonic(), 0.0)))
            except queue.Empty:
                break
        return tasks

    def _recovered(self, store: Store, error: Exception, reading: bool) -> Store:
        """Return a store to go on with: a new one where the file is broken; only at the start is it still written."""
        store.close()
        broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if broken:
            set_aside(self._path, str(error))
        if not (broken and reading):
            self._fail(f"{type(error).__name__}: {error}")
        return open_store(self._path)


def _settle(future: "asyncio.Future[Any]", value: object, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)


def _locked(path: Path) -> int:
    """Return a descriptor that holds the right to write the journal; JournalError where another engine has it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"{path} cannot be used: {error}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise JournalError(f"{path} is written by another engine") from error
    return fd
