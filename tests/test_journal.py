"""The journal: what is added is there after a kill, broken and newer files block nothing, and its size has bounds."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liqtui.journal.journal import Journal
from liqtui.journal.store import VERSION, JournalError, Recalled, Store, open_store, size_bytes
from liqtui.model.market import DAY_MS, MINUTE_MS, SIDES, Liquidation, OpenInterest

NOW_MS = 1_764_547_200_000
USD = st.floats(1e-9, 1e12, allow_nan=False)
PRINTS = st.builds(
    Liquidation,
    st.integers(NOW_MS - 1_000, NOW_MS),
    st.sampled_from(("alpha", "beta")),
    st.sampled_from(("BTC", "ETH")),
    st.sampled_from(SIDES),
    USD,
    USD,
    st.none() | USD,
    st.none() | USD,
)


def liquidation(ts_ms: int) -> Liquidation:
    """A print."""
    return Liquidation(ts_ms, "alpha", "BTC", "long", 1.5, 95_000.0, 94_000.0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PRINTS, max_size=30))
def test_every_print_comes_back_as_it_was(tmp_path: Path, prints: list[Liquidation]) -> None:
    """To the last bit, those of one market only, in order, equal ones as often as they came."""
    path = tmp_path / f"{time.time_ns()}.db"
    store = Store(path)
    store.begin()
    store.add_prints(prints)
    store.commit()
    store.close()
    again = Store(path)
    for venue in ("alpha", "beta"):
        found = again.recall(venue, "BTC", 0, NOW_MS).prints
        expected = [one for one in prints if (one.venue, one.asset) == (venue, "BTC")]
        assert list(found) == sorted(expected, key=lambda one: one.ts_ms)
    again.close()


async def test_states_samples_and_spans_come_back_the_newest_of_each(tmp_path: Path) -> None:
    """A state replaces the last one; a span that grew or was cut replaces what was noted before; nothing is ahead."""
    journal = Journal(tmp_path / "deep" / "journal.db", 30)
    await journal.open()
    for ts_ms in (NOW_MS - 2_000, NOW_MS - 1_000, NOW_MS + 5_000):
        journal.add_sample("alpha", "BTC", OpenInterest(ts_ms, ts_ms / 1e6))
        journal.put_state("alpha", "BTC", "mix", ts_ms, {"mean": [0.1, 1 / 3], "at": ts_ms})
    journal.put_state("alpha", "BTC", "scores", NOW_MS, {"days": {"20421": [1, 2.5]}})
    journal.add_heard("alpha", "BTC", NOW_MS - 9_000, NOW_MS - 8_000)
    journal.add_heard("alpha", "BTC", NOW_MS - 9_000, NOW_MS - 5_000)
    journal.add_heard("alpha", "BTC", NOW_MS - 4_000, NOW_MS + 5_000)
    found = await journal.recall("alpha", "BTC", NOW_MS - 2_000, NOW_MS)
    assert found.samples == tuple(OpenInterest(ts, ts / 1e6) for ts in (NOW_MS - 2_000, NOW_MS - 1_000))
    assert found.scores == {"days": {"20421": [1, 2.5]}}
    assert found.mix is None, "the newest was saved after the moment asked for"
    assert found.heard == ((NOW_MS - 4_000, NOW_MS),)
    later = await journal.recall("alpha", "BTC", NOW_MS - DAY_MS, NOW_MS + DAY_MS)
    assert later.mix == {"mean": [0.1, 1 / 3], "at": NOW_MS + 5_000}
    assert later.heard == ((NOW_MS - 9_000, NOW_MS - 5_000), (NOW_MS - 4_000, NOW_MS + 5_000))
    await journal.close()


WRITER = """
import asyncio, sys, time
from pathlib import Path
from liqtui.journal.journal import Journal
from tests.test_journal import NOW_MS, liquidation

async def main():
    journal = Journal(Path(sys.argv[1]), 30)
    await journal.open()
    at = 0
    while True:
        for _ in range(50):
            journal.add_print(liquidation(NOW_MS + at))
            at += 1
        journal.add_heard("alpha", "BTC", NOW_MS, NOW_MS + at)
        journal.put_state("alpha", "BTC", "scores", NOW_MS, {"at": at})
        print(at, time.monotonic(), flush=True)
        await asyncio.sleep(0.02)

asyncio.run(main())
"""


def killed_writer(path: Path) -> int:
    """Let a process write for five seconds and kill it; return how many prints it had added two seconds before."""
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", WRITER, path], cwd=root, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines, until_s = [], time.monotonic() + 5.0
        while time.monotonic() < until_s:
            lines.append(writer.stdout.readline().split())
        killed_s = time.monotonic()
        os.kill(writer.pid, signal.SIGKILL)
    return max(int(at) for at, said_s in lines if killed_s - float(said_s) > 2.0)


async def test_what_was_added_two_seconds_before_a_kill_is_there(tmp_path: Path) -> None:
    """And is whole: no span is said to be heard whose prints are missing. The next engine may write at once."""
    path = tmp_path / "journal.db"
    long_ago = await asyncio.to_thread(killed_writer, path)
    journal = Journal(path, 30)
    await journal.open()
    found = await journal.recall("alpha", "BTC", 0, NOW_MS + DAY_MS)
    assert len(found.prints) >= long_ago > 500
    assert [one.ts_ms for one in found.prints] == list(range(NOW_MS, NOW_MS + len(found.prints)))
    assert found.heard[-1][1] <= NOW_MS + len(found.prints)
    assert found.scores is not None and found.scores["at"] >= long_ago
    journal.add_print(liquidation(NOW_MS + DAY_MS))
    assert len((await journal.recall("alpha", "BTC", 0, NOW_MS + DAY_MS)).prints) == len(found.prints) + 1
    await journal.close()


def aside(folder: Path) -> list[Path]:
    """Files that were set aside."""
    return sorted(one for one in folder.iterdir() if "-aside-" in one.name and one.suffix == ".db")


def newer(path: Path) -> None:
    """Make a journal of a version to come."""
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()


def of_others(path: Path) -> None:
    """Make a database that is not ours."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cats (name TEXT)")
    db.close()


@pytest.mark.parametrize("kind", ["rubbish", "newer", "of others"])
async def test_a_file_that_cannot_be_used_is_set_aside(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With a message that says why and where it is; a new journal works at once."""
    path = tmp_path / "journal.db"
    if kind == "rubbish":
        path.write_bytes(b"all work and no play" * 500)
    else:
        (newer if kind == "newer" else of_others)(path)
    before = path.read_bytes()
    journal = Journal(path, 30)
    await journal.open()
    journal.add_print(liquidation(NOW_MS))
    assert len((await journal.recall("alpha", "BTC", 0, NOW_MS)).prints) == 1
    await journal.close()
    (kept,) = aside(tmp_path)
    assert kept.read_bytes() == before
    why = {"rubbish": "not a database", "newer": "newer liqtui", "of others": "not a journal"}[kind]
    assert why in caplog.text and kept.name in caplog.text and str(path) in caplog.text


async def test_a_file_broken_in_the_middle_is_set_aside_when_it_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The start goes on with what there is: nothing; and what is added after it is kept."""
    path = tmp_path / "journal.db"
    store = Store(path)
    store.begin()
    store.add_prints(liquidation(NOW_MS + at) for at in range(5_000))
    store.commit()
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size_bytes(path) - 8192))
    journal = Journal(path, 30)
    await journal.open()
    assert (await journal.recall("alpha", "BTC", 0, NOW_MS + DAY_MS)).prints == ()
    assert len(aside(tmp_path)) == 1 and "malformed" in caplog.text
    journal.add_print(liquidation(NOW_MS))
    assert len((await journal.recall("alpha", "BTC", 0, NOW_MS)).prints) == 1
    await journal.close()


async def test_only_one_engine_writes(tmp_path: Path) -> None:
    """The second is told, and the first goes on."""
    first, second = (Journal(tmp_path / "journal.db", 30) for _ in range(2))
    await first.open()
    with pytest.raises(JournalError, match="another engine"):
        await second.open()
    second.add_print(liquidation(NOW_MS))
    assert not second.working and (await second.recall("alpha", "BTC", 0, NOW_MS)).prints == ()
    await second.close()
    assert first.working
    await first.close()
    await second.open()
    await second.close()


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The engine runs without a journal then."""
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be used"):
        await Journal(tmp_path / "file" / "journal.db", 30).open()


async def test_old_rows_go_and_their_room_with_them(tmp_path: Path) -> None:
    """Forty days of prints, samples, spans and states shrink to thirty."""
    path = tmp_path / "journal.db"
    store = open_store(path)
    store.begin()
    for day in range(40):
        at_ms = NOW_MS - day * DAY_MS
        store.add_prints(liquidation(at_ms - at) for at in range(2_000))
        store.add_heard("alpha", "BTC", at_ms - MINUTE_MS, at_ms)
        store.add_sample("alpha", "BTC", OpenInterest(at_ms, 1.0))
    store.put_state("alpha", "DOGE", "scores", NOW_MS - 35 * DAY_MS, {})
    store.commit()
    store.close()
    before = size_bytes(path)
    journal = Journal(path, 30)
    await journal.open()
    journal.prune(NOW_MS)
    found = await journal.recall("alpha", "BTC", 0, NOW_MS)
    await journal.close()
    assert 60_000 <= len(found.prints) <= 62_000 and min(one.ts_ms for one in found.prints) >= NOW_MS - 30 * DAY_MS
    assert len(found.heard) in (30, 31) and len(found.samples) in (30, 31)
    assert (await _recalled(path, "DOGE")).scores is None
    assert size_bytes(path) < 0.85 * before


async def _recalled(path: Path, asset: str) -> Recalled:
    journal = Journal(path, 30)
    await journal.open()
    try:
        return await journal.recall("alpha", asset, 0, NOW_MS)
    finally:
        await journal.close()


async def test_adding_never_holds_up_the_loop(tmp_path: Path) -> None:
    """While the disk is locked by somebody else for a second and a half, a thousand prints are taken in at once."""
    path = tmp_path / "journal.db"
    journal = Journal(path, 30)
    await journal.open()
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    slowest_s = 0.0
    for at in range(1_000):
        began_s = time.perf_counter()
        journal.add_print(liquidation(NOW_MS + at))
        slowest_s = max(slowest_s, time.perf_counter() - began_s)
    await asyncio.sleep(1.5)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert slowest_s < 0.5
    assert len((await journal.recall("alpha", "BTC", 0, NOW_MS + DAY_MS)).prints) == 1_000
    await journal.close()


async def test_a_disk_that_fails_ends_the_journal_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so once, and takes in no more."""
    path = tmp_path / "journal.db"
    journal = Journal(path, 30)
    await journal.open()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE prints")
    db.close()
    for _ in range(3):
        journal.add_print(liquidation(NOW_MS))
    async with asyncio.timeout(10):
        while journal.working:  # noqa: ASYNC110 - the thread has no event for it
            await asyncio.sleep(0.05)
    assert caplog.text.count("nothing more is kept") == 1
    assert (await journal.recall("alpha", "BTC", 0, NOW_MS)).prints == ()
    await journal.close()
