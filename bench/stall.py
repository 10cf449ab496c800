"""A terminal that stops reading for 10 s at 10 frames a second: what that does to the viewer, the engine, the screen.

    python -m bench.stall [seconds] [columns] [rows]

First the viewer on scenes, beside one with Textual's own painting whose terminal stops as well: longest pause of the
event loop, time from reading again to the right screen, emulation included (all cells and colours of a third terminal
that never stopped and that Textual paints), and what is sent in that time. Then the demo, with a second viewer on its
engine that notes when snapshots come while the first one's terminal reads and while it does not. Prints one JSON object
with the bounds.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from liqtui.link.socket import Process, SocketLink
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from tests.e2e.terminal import PtyApp, app_environment
from tests.ui.paired import Painted

BOUNDS = {"loop_paused_s": 0.2, "frames": 3}
"""One that the system held back, one that was on its way when the terminal stopped, and the one that makes it right."""
FRAMES_S = 10.0
FRAME_END = b"\x1b[m\x1b[H"
"""Every frame ends with the default pen and the cursor at home."""
MAP_S, PATIENCE_S = 60.0, 30.0


def stalled(app: Painted, seconds: float) -> tuple[float, int]:
    """Stop reading while scenes come; return the loop's longest pause in s and the number of the last scene.

    An answer that is overdue when the time is up is waited for with the terminal reading again.
    """
    app.stall()
    app.ask("wait")
    longest_s, number, end = 0.0, 100, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        number += 1
        app._socket.settimeout(max(end - began, 0.01))
        with contextlib.suppress(TimeoutError):
            longest_s = max(longest_s, app.ask("play", number))
            time.sleep(max(1 / FRAMES_S - (time.monotonic() - began), 0.0))
            continue
        longest_s = max(longest_s, time.monotonic() - began)
        break
    return longest_s, number


def recover(app: Painted, truth: Painted, number: int) -> dict[str, float]:
    """Let the terminal read again and return how long it took until it was right, and what was sent until then."""
    truth.ask("play", number)
    time.sleep(0.5)
    wanted, sent, began = truth.picture(), len(app.raw), time.monotonic()
    app.resume()
    while app.picture() != wanted:
        if time.monotonic() - began > PATIENCE_S:
            raise AssertionError(f"the screen is wrong\n{app.text()}\n{truth.text()}")
        time.sleep(0.005)
    took_s = time.monotonic() - began
    time.sleep(0.5)
    assert app.picture() == wanted, "the screen has become wrong"
    data = bytes(app.raw[sent:])
    return {"right_after_ms": round(1_000 * took_s, 1), "frames": data.count(FRAME_END), "sent_bytes": len(data)}


def viewer(folder: Path, way: str, seconds: float, columns: int, rows: int) -> dict[str, object]:
    """Return the figures of a way of painting; Textual's own loop stands still, so only its pause is told."""
    for name in (way, f"truth-{way}"):
        (folder / name).mkdir()
    with Painted(folder / way, columns, rows, LIQTUI_PAINT=way) as app:
        app.ask("play", 1)
        app.wait_for("BTC")
        paused_s, number = stalled(app, seconds)
        found: dict[str, object] = {"loop_paused_s": round(paused_s, 3), "scenes": number - 100}
        if way != "stock":
            with Painted(folder / f"truth-{way}", columns, rows, LIQTUI_PAINT="stock") as truth:
                truth.ask("play", 1)
                truth.wait_for("BTC")
                found |= recover(app, truth, number)
        return found


async def heard(path: Path, seconds: float) -> list[float]:
    """Attach to an engine for so long and return when its snapshots came."""

    def never() -> Process:
        raise AssertionError("the engine is there already")

    link, came_s = SocketLink(path, never), []
    await link.select(Selection("BTC"))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for event in link.events():
                came_s += [time.monotonic()] * isinstance(event, Snapshot)
    await link.close()
    return came_s


def engine(folder: Path, seconds: float, columns: int, rows: int) -> dict[str, object]:
    """Return the longest gap between the snapshots of an engine, while a terminal on it reads and while it does not."""
    found: dict[str, object] = {}
    with PtyApp(["demo"], app_environment(folder), columns, rows) as app:
        app.wait_for("ATR", MAP_S)
        path = next(Path(folder).glob("state/liqtui/run/*.sock"))
        time.sleep(10)
        for state, act in (("reading", app.resume), ("stopped", app.stall)):
            act()
            came_s = asyncio.run(heard(path, seconds))
            gaps_s = [after - before for before, after in pairwise(came_s)]
            found[state] = {"snapshots": len(came_s), "longest_gap_s": round(max(gaps_s), 3)}
        app.resume()
    return found


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    seconds, columns, rows = (*given, *(10, 220, 60)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        figures = {way: viewer(home, way, seconds, columns, rows) for way in ("light", "stock")}
        (home / "demo").mkdir()
        heartbeat = engine(home / "demo", seconds, columns, rows)
    size = f"{columns}x{rows}"
    print(json.dumps({"size": size, "seconds": seconds, "bounds": BOUNDS, **figures, "engine": heartbeat}, indent=1))


if __name__ == "__main__":
    main()
