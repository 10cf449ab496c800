"""The journal's file: SQLite in WAL mode, opened by one process, used by one thread.

What is there cannot be asked for again. A file that cannot be read, or that a newer version wrote, is set aside.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from liqtui.model.market import DAY_MS, Liquidation, OpenInterest

log = logging.getLogger(__name__)

VERSION = 1
"""Layout of the file."""
APPLICATION_ID = 0x6C697174
BUSY_S = 2.0
PAGES_GIVEN_BACK = 20_000

StateKind = Literal["mix", "scores"]

_LAYOUT = """
CREATE TABLE prints (
    venue TEXT NOT NULL, asset TEXT NOT NULL, ts_ms INTEGER NOT NULL, side TEXT NOT NULL, qty_base REAL NOT NULL,
    price_usd REAL NOT NULL, bankruptcy_usd REAL, liquidation_usd REAL
);
CREATE INDEX prints_of ON prints (venue, asset, ts_ms);
CREATE TABLE samples (
    venue TEXT NOT NULL, asset TEXT NOT NULL, ts_ms INTEGER NOT NULL, oi_base REAL NOT NULL,
    PRIMARY KEY (venue, asset, ts_ms)
) WITHOUT ROWID;
CREATE TABLE heard (
    venue TEXT NOT NULL, asset TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    PRIMARY KEY (venue, asset, start_ms)
) WITHOUT ROWID;
CREATE TABLE states (
    venue TEXT NOT NULL, asset TEXT NOT NULL, kind TEXT NOT NULL, saved_ms INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (venue, asset, kind)
) WITHOUT ROWID;
"""


class JournalError(Exception):
    """The file cannot be used; the text is for a person."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the journal knows of one market."""

    prints: tuple[Liquidation, ...] = ()
    """Ascending in time."""
    samples: tuple[OpenInterest, ...] = ()
    """Ascending in time."""
    heard: tuple[tuple[int, int], ...] = ()
    """Spans of time in which every print was heard, ascending."""
    mix: Mapping[str, Any] | None = None
    """State of the calibration, as it was stored."""
    scores: Mapping[str, Any] | None = None
    """State of the scorer, as it was stored."""


class Store:
    """An open journal file. sqlite3.Error where the disk fails; see `open_store`."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it. JournalError if it is of a newer version, sqlite3.DatabaseError if unreadable."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (owner,) = self._db.execute("PRAGMA application_id").fetchone()
        if version > VERSION:
            raise JournalError(f"written by a newer liqtui (layout {version}, known up to {VERSION})")
        fresh = not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not fresh and (owner != APPLICATION_ID or version < 1):
            raise JournalError("not a journal of liqtui")
        if fresh:
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA journal_size_limit = 4000000")
        if fresh:
            marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
            self._db.executescript(f"BEGIN IMMEDIATE; {_LAYOUT} {marks} COMMIT;")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def begin(self) -> None:
        """Begin a transaction."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """End it: what was added since `begin` is on disk."""
        self._db.execute("COMMIT")

    def add_prints(self, prints: Iterable[Liquidation]) -> None:
        """Add prints; equal ones are kept as often as they come."""
        rows = (
            (p.venue, p.asset, p.ts_ms, p.side, p.qty_base, p.price_usd, p.bankruptcy_usd, p.liquidation_usd)
            for p in prints
        )
        self._db.executemany("INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def add_sample(self, venue: str, asset: str, sample: OpenInterest) -> None:
        """Add a sample of open interest; one of the same stamp is replaced."""
        row = (venue, asset, sample.ts_ms, sample.oi_base)
        self._db.execute("INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)", row)

    def add_heard(self, venue: str, asset: str, start_ms: int, end_ms: int) -> None:
        """Note a span in which every print was heard; one with the same start is replaced."""
        self._db.execute("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)", (venue, asset, start_ms, end_ms))

    def put_state(self, venue: str, asset: str, kind: StateKind, saved_ms: int, state: Mapping[str, Any]) -> None:
        """Keep the newest state of a kind."""
        text = json.dumps(state, allow_nan=False, separators=(",", ":"))
        self._db.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?)", (venue, asset, kind, saved_ms, text))

    def recall(self, venue: str, asset: str, since_ms: int, now_ms: int) -> Recalled:
        """Return what is known of a market between two moments, with the states saved by the second."""
        where = (venue, asset, since_ms, now_ms)
        prints = self._db.execute(
            "SELECT ts_ms, venue, asset, side, qty_base, price_usd, bankruptcy_usd, liquidation_usd FROM prints "
            "WHERE venue = ? AND asset = ? AND ts_ms >= ? AND ts_ms <= ? ORDER BY ts_ms, rowid",
            where,
        )
        samples = self._db.execute(
            "SELECT ts_ms, oi_base FROM samples WHERE venue = ? AND asset = ? AND ts_ms >= ? AND ts_ms <= ? "
            "ORDER BY ts_ms",
            where,
        )
        heard = self._db.execute(
            "SELECT start_ms, min(end_ms, ?4) FROM heard WHERE venue = ?1 AND asset = ?2 AND end_ms >= ?3 "
            "AND start_ms < ?4 ORDER BY start_ms",
            where,
        )
        states = self._db.execute(
            "SELECT kind, state FROM states WHERE venue = ? AND asset = ? AND saved_ms <= ?", (venue, asset, now_ms)
        )
        found = {kind: json.loads(text) for kind, text in states}
        return Recalled(
            tuple(Liquidation(*row) for row in prints),
            tuple(OpenInterest(*row) for row in samples),
            tuple((start, end) for start, end in heard),
            found.get("mix"),
            found.get("scores"),
        )

    def prune(self, now_ms: int, keep_days: float) -> None:
        """Forget what is older than so many days, and give the room back; ends one transaction and begins another."""
        before_ms = now_ms - int(keep_days * DAY_MS)
        for table, stamp in (("prints", "ts_ms"), ("samples", "ts_ms"), ("heard", "end_ms"), ("states", "saved_ms")):
            self._db.execute(f"DELETE FROM {table} WHERE {stamp} < ?", (before_ms,))
        self.commit()
        # `execute` would take a single step of it: one page.
        self._db.executescript(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})")
        self.begin()


def open_store(path: Path) -> Store:
    """Open a journal; one that cannot be used is set aside, with a warning, and a new one begun.

    Raises JournalError where no file can be written at all.
    """
    try:
        try:
            return Store(path)
        except (sqlite3.DatabaseError, JournalError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            set_aside(path, str(error))
            return Store(path)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{path} cannot be used: {error}") from error


def set_aside(path: Path, why: str) -> Path:
    """Move a file out of the way with what SQLite left beside it; return where it is now."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.stem}-aside-{stamp}{path.suffix}")
    for tail in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + tail)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + tail))
    log.warning("journal %s: %s; set aside as %s, a new one is begun", path, why, aside.name)
    return aside


def size_bytes(path: Path) -> int:
    """Return the room that a journal takes on disk, 0 where there is none."""
    return sum(
        one.stat().st_size for tail in ("", "-wal", "-shm") if (one := path.with_name(path.name + tail)).exists()
    )
