"""A viewer and real engine processes: starting, dying, hanging, refusing, and coming back."""

import asyncio
import itertools
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liqtui.link.codec import (
    HEADER,
    MAX_FRAME_BYTES,
    PROTOCOL,
    Beat,
    Frame,
    FrameWriter,
    FromViewer,
    Pace,
    Resync,
    Select,
    Welcome,
    encode,
)
from liqtui.link.codec import decode_from_viewer as decode
from liqtui.link.frames import read_frame
from liqtui.link.socket import SocketLink
from liqtui.model.selection import Selection
from tests.link.processes import BTC, Engines, Listener, viewer
from tests.link.snapshots import assert_same, make_heat, make_snapshot, with_heat, with_prints


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Engines]:
    """Engines that are ended with the test."""
    started = Engines(tmp_path)
    yield started
    started.end()


async def test_a_viewer_starts_the_engine_sees_the_map_and_the_engine_ends_after_it(engines: Engines) -> None:
    """Connecting, connected, a map that grows, prints in a row without a hole; then the engine lingers and leaves."""
    async with viewer(engines) as listener:
        shot = await listener.mapped()
        await listener.until(lambda: listener.snapshots[-1].detail.prints_seen > shot.detail.prints_seen + 5)
        assert listener.words == ["connecting", "connected"]
        assert all(s.detail.selection == BTC and s.label == "SCRIPTED 60x" for s in listener.snapshots)
        versions = [s.version for s in listener.snapshots]
        assert versions == sorted(set(versions))
        tape = listener.snapshots[-1].detail.tape
        assert [row.seq for row in tape] == list(range(tape[0].seq, tape[-1].seq + 1))
        facts = engines.path.stat()
        assert stat.S_IMODE(facts.st_mode) == 0o600
        assert stat.S_IMODE(engines.path.parent.stat().st_mode) == 0o700
    assert await asyncio.to_thread(engines.started[0].wait, 10) == 0
    assert not engines.path.exists()
    assert len(engines.started) == 1


async def test_an_engine_that_is_killed_is_said_to_be_lost_and_restarted(engines: Engines) -> None:
    """Its stale socket and lock do not block the next one, and the selection is asked for again."""
    async with viewer(engines) as listener:
        await listener.until(lambda: len(listener.snapshots) > 2)
        engines.started[0].kill()
        await listener.until(lambda: "lost" in listener.words)
        assert engines.path.exists(), "a killed engine leaves its socket"
        lost = next(state for state in listener.states if state.state == "lost")
        assert lost.text == "the engine was ended by signal 9" and lost.retry_s == 0.25
        heard = len(listener.snapshots)
        await listener.until(lambda: len(listener.snapshots) > heard + 2)
        assert listener.words == ["connecting", "connected", "lost", "connected"]
        assert listener.snapshots[-1].detail.selection == BTC


async def test_an_engine_that_hangs_is_noticed_and_ended(engines: Engines) -> None:
    """After two silences the viewer ends the engine that it has started, and starts another."""
    async with viewer(engines, silence_s=2.5) as listener:
        await listener.until(lambda: len(listener.snapshots) > 2)
        engines.started[0].send_signal(signal.SIGSTOP)
        await listener.until(lambda: "lost" in listener.words)
        assert "not spoken" in listener.states[-1].text
        await listener.until(lambda: listener.words[-1] == "connected" and len(engines.started) == 2)
        assert engines.started[0].poll() == -signal.SIGKILL


async def test_an_engine_that_refuses_its_call_is_not_started_again(tmp_path: Path) -> None:
    """Exit code 2 is final; its last words are shown."""
    engines = Engines(tmp_path, "--refuse", "config.toml: unknown key watch.asets; did you mean watch.assets?")
    async with viewer(engines) as listener:
        await listener.until(lambda: "failed" in listener.words)
        assert "did you mean watch.assets?" in listener.states[-1].text
        await asyncio.sleep(1.0)
        assert len(engines.started) == 1
    engines.end()


async def test_an_engine_that_dies_at_once_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    """Waits double; the reason is shown."""
    engines = Engines(tmp_path, "--no-such-option", module="tests.link.no_such_module")
    async with viewer(engines) as listener:
        await listener.until(lambda: sum(s.state == "lost" for s in listener.states) >= 3)
        waits = [state.retry_s for state in listener.states if state.state == "lost"]
        assert waits[:3] == [0.25, 0.5, 1.0]
        assert "no_such_module" in listener.states[-1].text
    engines.end()


async def test_two_viewers_share_an_engine_and_see_what_each_asks_for(engines: Engines) -> None:
    """Each has its own asset, venue and window, and may change it."""
    async with viewer(engines) as one:
        await one.mapped()
        async with viewer(engines, Selection("ETH", "beta", "24h")) as two:
            shot = await two.mapped()
            assert shot.detail.selection == Selection("ETH", "beta", "24h")
            await one.link.select(Selection("BTC", "alpha", "12h"))
            asked = len(one.snapshots)
            await one.until(lambda: one.snapshots[-1].detail.selection.window == "12h")
            assert one.snapshots[-1].detail.price_usd != shot.detail.price_usd
            assert all(s.detail.selection.asset == "ETH" for s in two.snapshots)
            assert len(one.snapshots) >= asked
        assert len(engines.started) == 1
        assert len(engines.alive()) == 1


async def test_two_viewers_that_start_at_once_end_up_on_one_engine(engines: Engines) -> None:
    """Both start a process; one of the two finds the lock taken and leaves."""
    async with viewer(engines) as one, viewer(engines) as two:
        await asyncio.gather(one.until(lambda: bool(one.snapshots)), two.until(lambda: bool(two.snapshots)))
        await asyncio.sleep(0.5)
        assert len(engines.alive()) == 1
        assert "failed" not in one.words + two.words


class FakeEngine:
    """A listener that says what the test wants, byte by byte."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: asyncio.Queue[FromViewer] = asyncio.Queue()
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> "FakeEngine":
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        if self.writer:
            self.writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        try:
            while True:
                self.heard.put_nowait(decode(await read_frame(reader, 65_536)))
        except (EOFError, OSError):
            return

    def say(self, message: Welcome | Beat | Frame | bytes) -> None:
        assert self.writer is not None
        self.writer.write(message if isinstance(message, bytes) else encode(message))


def no_engine() -> "subprocess.Popen[bytes]":
    """Nothing may be started in these tests."""
    raise AssertionError("an engine was started")


async def test_a_frame_out_of_sequence_makes_the_viewer_ask_for_a_whole_one(tmp_path: Path) -> None:
    """Until that comes it shows nothing new."""
    snapshot = make_snapshot(np.random.default_rng(5), BTC)
    writer = FrameWriter()
    async with FakeEngine(tmp_path / "e.sock") as engine:
        listener = Listener(SocketLink(engine.path, no_engine, selection=BTC))
        assert await engine.heard.get() == Select(BTC)
        engine.say(Welcome(PROTOCOL, 1))
        engine.say(writer.frame(snapshot))
        writer.frame(with_prints(snapshot, 1))
        engine.say(writer.frame(with_prints(snapshot, 2)))
        assert await engine.heard.get() == Resync()
        assert len(listener.snapshots) == 1
        writer.forget()
        engine.say(writer.frame(with_prints(snapshot, 3)))
        await listener.until(lambda: len(listener.snapshots) == 2)
        assert_same(listener.snapshots[-1], with_prints(snapshot, 3))
        await listener.close()


@pytest.mark.parametrize("cuts", [60, 1, 0])
async def test_messages_come_whole_however_they_are_cut(tmp_path: Path, cuts: int) -> None:
    """In pieces of any length, many at once, and one that is larger than the room for most."""
    random = np.random.default_rng(5)
    large = make_snapshot(random, BTC)
    large = with_heat(large, make_heat(random, BTC, columns=300, rows=200))
    sent = [replace(with_prints(large, count), note=f"n {count}") for count in (2, 1, 7, 200, 3)]
    writer = FrameWriter()
    messages = [encode(Welcome(PROTOCOL, 1)), encode(Beat()), *(encode(writer.frame(one)) for one in sent)]
    data = b"".join(map(bytes, messages))
    assert len(data) > 3 * 65_536
    places = sorted({*random.integers(1, len(data), cuts).tolist(), *(range(1, 40) if cuts == 1 else ())})
    async with FakeEngine(tmp_path / "e.sock") as engine:
        listener = Listener(SocketLink(engine.path, no_engine, selection=BTC))
        await engine.heard.get()
        for begin, end in itertools.pairwise([0, *places, len(data)]):
            engine.say(data[begin:end])
            await asyncio.sleep(0.001)
        await listener.until(lambda: bool(listener.snapshots) and listener.snapshots[-1].note == "n 3")
        assert_same(listener.snapshots[-1], sent[-1])
        await listener.close()


async def test_a_message_that_is_too_long_ends_the_connection(tmp_path: Path) -> None:
    """Before memory is taken for it."""
    async with FakeEngine(tmp_path / "e.sock") as engine:
        listener = Listener(SocketLink(engine.path, no_engine, selection=BTC))
        await engine.heard.get()
        engine.say(HEADER.pack(MAX_FRAME_BYTES + 1))
        await listener.until(lambda: "lost" in listener.words)
        assert f"a frame of {MAX_FRAME_BYTES + 1} bytes" in listener.states[-1].text
        await listener.close()


async def test_an_engine_of_another_protocol_is_refused(tmp_path: Path) -> None:
    """With its process number, so that it can be ended."""
    async with FakeEngine(tmp_path / "e.sock") as engine:
        listener = Listener(SocketLink(engine.path, no_engine, selection=BTC))
        await engine.heard.get()
        engine.say(Welcome(PROTOCOL + 1, 4_711))
        await listener.until(lambda: "failed" in listener.words)
        assert "4711" in listener.states[-1].text
        await listener.close()


@pytest.mark.parametrize("rubbish", [b"\xff\xff\xff\xff", HEADER.pack(3) + b"\xc1\xc1\xc1"])
async def test_an_engine_that_talks_rubbish_is_lost_not_believed(tmp_path: Path, rubbish: bytes) -> None:
    """A frame of four gigabytes is not waited for."""
    async with FakeEngine(tmp_path / "e.sock") as engine:
        listener = Listener(SocketLink(engine.path, no_engine, selection=BTC))
        await engine.heard.get()
        engine.say(rubbish)
        await listener.until(lambda: "lost" in listener.words)
        assert not listener.snapshots
        await listener.close()


async def test_a_path_too_long_for_a_socket_is_replaced_on_both_sides(tmp_path: Path) -> None:
    """Engine and viewer find the same short one."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    engines = Engines(deep)
    assert len(os.fsencode(engines.path)) > 110
    async with viewer(engines) as listener:
        await listener.until(lambda: bool(listener.snapshots))
    engines.end()


async def test_close_before_and_without_a_connection(tmp_path: Path) -> None:
    """Never raises."""
    link = SocketLink(tmp_path / "e.sock", no_engine)
    await link.close()
    listener = Listener(SocketLink(tmp_path / "e.sock", no_engine))
    await listener.until(lambda: "failed" in listener.words)
    assert "an engine was started" in listener.states[-1].text
    await listener.link.select(BTC)
    await listener.close()


def test_sockets_of_dead_engines_are_only_files(tmp_path: Path) -> None:
    """What a killed engine leaves refuses connections: the case that the viewer takes for `no engine`."""
    path = tmp_path / "e.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(str(path))


async def test_the_pace_is_asked_for_now_and_after_every_reconnection(tmp_path: Path) -> None:
    async with FakeEngine(tmp_path / "e.sock") as engine:
        listener = Listener(SocketLink(engine.path, no_engine, selection=BTC))
        assert await engine.heard.get() == Select(BTC)
        listener.link.pace(0.5)
        assert await engine.heard.get() == Pace(0.5)
        assert engine.writer is not None
        engine.writer.close()
        assert [await engine.heard.get() for _ in range(2)] == [Select(BTC), Pace(0.5)]
        await listener.close()
