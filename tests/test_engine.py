"""The engine's process seen from its socket: locks, stalled and rude viewers, signals, lingering."""

import asyncio
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqtui.engine import Lock, serve
from liqtui.link.address import MAX_PATH_BYTES, AddressError, private_folder, socket_path
from liqtui.link.codec import (
    MAX_FRAME_BYTES,
    Beat,
    Frame,
    FrameReader,
    Select,
    Welcome,
    decode_from_engine,
    encode,
)
from liqtui.link.frames import read_frame
from liqtui.model.market import HOUR_MS
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from tests.link.processes import BTC, Engines, resident_kb, viewer
from tests.link.scripted_engine import scripted_monitor


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Engines]:
    """Engines that are ended with the test."""
    started = Engines(tmp_path)
    yield started
    started.end()


async def listening(engines: Engines) -> None:
    """Start an engine and wait until it listens."""
    engines()
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_unix_connection(engines.path)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.transport.abort()
            return


class Slow:
    """A viewer on a bare socket that reads only when told."""

    def __init__(self, path: Path, selection: Selection) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.sendall(encode(Select(selection)))
        self.reader = FrameReader()

    async def frames(self, for_s: float) -> list[Snapshot]:
        """Read for some time and return the snapshots."""
        self.socket.setblocking(False)
        stream, writer = await asyncio.open_unix_connection(sock=self.socket)
        found, until_s = list[Snapshot](), time.monotonic() + for_s
        while time.monotonic() < until_s:
            message = decode_from_engine(await read_frame(stream, MAX_FRAME_BYTES))
            if isinstance(message, Frame):
                snapshot = self.reader.read(message)
                assert snapshot is not None, "every frame builds on the one before"
                found.append(snapshot)
            else:
                assert isinstance(message, Welcome | Beat)
        writer.transport.abort()
        return found


async def test_a_viewer_that_stops_reading_disturbs_nobody_and_catches_up(engines: Engines) -> None:
    """The other viewer keeps its four frames a second, the engine's memory stays, and the sleeper gets right frames."""
    async with viewer(engines) as listener:
        await listener.mapped()
        sleepers = [Slow(engines.path, Selection("BTC", None, "3d")) for _ in range(3)]
        await asyncio.sleep(1.5)
        before_kb, heard = resident_kb(engines.started[0].pid), len(listener.snapshots)
        began_s = time.monotonic()
        await asyncio.sleep(3.0)
        rate = (len(listener.snapshots) - heard) / (time.monotonic() - began_s)
        assert rate > 3.0
        gaps = [b - a for a, b in zip(listener.heard_s[heard:], listener.heard_s[heard + 1 :], strict=False)]
        assert max(gaps) < 1.0
        assert resident_kb(engines.started[0].pid) - before_kb < 20_000
        caught_up = await sleepers[0].frames(1.5)
        assert caught_up[-1].detail.selection.window == "3d"
        assert caught_up[1].version - caught_up[0].version > 6, "what came while it slept was not kept for it"
        assert caught_up[-1].version >= listener.snapshots[-1].version - 4
        assert caught_up[-1].detail.prints_seen > caught_up[0].detail.prints_seen
        for sleeper in sleepers[1:]:
            sleeper.socket.close()
        await listener.until(lambda: len(listener.snapshots) > heard + 20)


async def test_rude_viewers_are_dropped_and_the_others_served(engines: Engines) -> None:
    """Rubbish, oversized frames, half a frame and a reset end their own connection only."""
    async with viewer(engines) as listener:
        await listener.until(lambda: bool(listener.snapshots))
        for words in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", struct.pack(">I", 5) + b"hello", b"\x00\x00"):
            rude = socket.socket(socket.AF_UNIX)
            rude.connect(str(engines.path))
            rude.sendall(words)
            if words == b"\x00\x00":
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                rude.close()
                continue
            rude.settimeout(5)
            received = await asyncio.to_thread(_until_closed, rude)
            assert isinstance(decode_from_engine(received[4:]), Welcome)
        heard = len(listener.snapshots)
        await listener.until(lambda: len(listener.snapshots) > heard + 3)
        assert listener.words == ["connecting", "connected"]
    assert b"Traceback" not in engines.log_path.read_bytes()


def _until_closed(rude: socket.socket) -> bytes:
    received = b""
    with rude:
        while more := rude.recv(4_096):
            received += more
    return received


async def test_a_second_engine_leaves_at_once(engines: Engines) -> None:
    """With exit code 0: the viewer finds the first one."""
    await listening(engines)
    second = engines()
    assert await asyncio.to_thread(second.wait, 10) == 0
    assert engines.started[0].poll() is None


async def test_what_lies_at_the_path_does_not_block_a_start(engines: Engines) -> None:
    """A plain file, and a lock file of a dead process."""
    private_folder(engines.path.parent)
    engines.path.write_text("left behind")
    engines.path.with_suffix(".lock").write_text("4711\n")
    await listening(engines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_engine_in_order(engines: Engines, number: signal.Signals) -> None:
    """The socket is gone, the exit code is 0, the viewer's end is closed."""
    await listening(engines)
    connection = Slow(engines.path, BTC)
    engines.started[0].send_signal(number)
    assert await asyncio.to_thread(engines.started[0].wait, 10) == 0
    assert not engines.path.exists()
    connection.socket.close()


async def test_an_engine_whose_socket_was_removed_listens_again(engines: Engines) -> None:
    """A cleaner of temporary files does not make it unreachable."""
    async with viewer(engines) as listener:
        await listener.until(lambda: bool(listener.snapshots))
        engines.path.unlink()
        async with asyncio.timeout(10):
            while not engines.path.exists():  # noqa: ASYNC110 - another process makes the file
                await asyncio.sleep(0.05)
        async with viewer(engines) as second:
            await second.until(lambda: bool(second.snapshots))
        heard = len(listener.snapshots)
        await listener.until(lambda: len(listener.snapshots) > heard)
        assert len(engines.started) == 1


async def test_an_engine_in_this_process_serves_and_ends(tmp_path: Path) -> None:
    """`serve` returns 0 after its last viewer; the monitor's feeds are closed."""
    path = tmp_path / "run" / "e.sock"
    monitor = await scripted_monitor(("BTC",))
    serving = asyncio.create_task(serve(monitor, path, linger_s=0.2))
    await asyncio.sleep(0.2)
    viewing = Slow(path, BTC)
    assert (await viewing.frames(0.5))[-1].label == "SCRIPTED 60x"
    async with asyncio.timeout(5):
        assert await serving == 0
    assert [feed.closed for feed in monitor._feeds] == [1, 1]  # type: ignore[attr-defined]


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    """Taken once, free again after release, whatever is written in the file."""
    path = tmp_path / "e.lock"
    path.write_text("999999999\n")
    first, second = Lock(path), Lock(path)
    assert first.take()
    assert not second.take()
    assert path.read_text() == f"{os.getpid()}\n"
    first.release()
    assert second.take()
    second.release()


def test_long_paths_get_a_short_stand_in() -> None:
    """Stable, different for different paths, and short enough."""
    long = [Path("/home") / ("x" * 120) / name for name in ("a.sock", "b.sock")]
    short = [socket_path(path) for path in long]
    assert short == [socket_path(path) for path in long]
    assert short[0] != short[1]
    assert all(len(os.fsencode(path)) <= MAX_PATH_BYTES for path in short)
    assert socket_path(Path("/run/user/0/liqtui/a.sock")) == Path("/run/user/0/liqtui/a.sock")


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    """And one that others may read is closed to them."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(AddressError, match="others may write"):
        private_folder(shared)
    readable = tmp_path / "readable"
    readable.mkdir(mode=0o755)
    private_folder(readable)
    assert readable.stat().st_mode & 0o777 == 0o700
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(AddressError):
        private_folder(file)


async def test_an_engine_that_is_killed_leaves_its_prints_to_the_next(tmp_path: Path) -> None:
    """Killed with -9 while prints pour in: the next engine's tape begins with them, and its journal goes on."""
    journal = tmp_path / "journal.db"
    first = Engines(tmp_path, "--journal", str(journal))
    try:
        async with viewer(first) as listener:
            await listener.mapped()
            await listener.until(lambda: listener.snapshots[-1].detail.prints_seen > 60)
            told = listener.snapshots[-1].detail
            await asyncio.sleep(3.0)
            first.started[0].kill()
    finally:
        first.end()
    second = Engines(tmp_path, "--journal", str(journal), "--late-ms", str(HOUR_MS))
    try:
        async with viewer(second) as listener:
            shot = await listener.mapped()
            assert shot.detail.prints_seen >= told.prints_seen
            assert {row.ts_ms for row in told.tape} <= {row.ts_ms for row in shot.detail.tape}
            assert not any(total.complete for total in shot.detail.totals)
            seen = shot.detail.prints_seen
            await listener.until(lambda: listener.snapshots[-1].detail.prints_seen > seen + 5)
    finally:
        second.end()
    assert "set aside" not in second.log_path.read_text()


async def test_a_viewer_hears_no_more_often_than_it_can_show_but_is_answered_at_once(engines: Engines) -> None:
    async with viewer(engines) as listener:
        await listener.mapped()
        listener.link.pace(1.0)
        await asyncio.sleep(1.0)
        heard = len(listener.snapshots)
        await asyncio.sleep(3.0)
        assert 2 <= len(listener.snapshots) - heard <= 4, "about one a second, of the four that there are"
        asked_s = time.monotonic()
        await listener.link.select(Selection("ETH"))
        await listener.until(lambda: listener.snapshots[-1].detail.selection.asset == "ETH")
        assert time.monotonic() - asked_s < 0.7
        listener.link.pace(None)
        await asyncio.sleep(1.0)
        heard = len(listener.snapshots)
        await asyncio.sleep(2.0)
        assert len(listener.snapshots) - heard > 6
