"""The app on a scene, driven over a socket: `python -m tests.ui.painted SOCKET`.

A command is a JSON line of a word and a value; the answer is the longest pause of the event loop since the last, in s.
"""

import asyncio
import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from textual.widget import Widget
from textual.widgets import Input

from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.terminal import detect_colour, prepare
from tests.ui.scene import NOW_MS, PRICES, SceneLink, make_snapshot

if TYPE_CHECKING:
    from liqtui.app import LiqtuiApp

SETTLE_S = 0.003
"""Enough for a picture at the 500 frames a second that Textual is told to paint here."""
DRAWN_S = 2.0
"""More than any picture takes."""
LAID_OUT_S = 0.15
"""More than there is between two passes of the layout."""
UNREAD_S = 0.05
"""What a terminal that does not read is waited for."""
CSS = Path(__file__).parents[2] / "liqtui" / "app.tcss"


def varied(seed: int) -> Snapshot:
    """Return a snapshot in which some of everything differs, wide and combining characters too."""
    rng = np.random.default_rng(seed)
    asset = list(PRICES)[seed // 40 % 3]
    base = make_snapshot(Selection(asset), version=seed + 10)
    heat = base.detail.heat
    assert heat is not None and base.detail.price_usd is not None
    cells = heat.cells_usd.copy()
    changed = slice(-1, None) if seed % 4 else slice(int(rng.integers(0, 200)), None)
    cells[changed] *= rng.lognormal(0, 1, cells[changed].shape).astype(np.float32)
    price = base.detail.price_usd * float(1 + rng.normal(0, 0.003))
    tape = base.detail.tape[: int(rng.integers(0, len(base.detail.tape)))]
    note = ("timeout", "時間切れ", "e\u0301tat 世界", "Ｗide ok")[seed % 4]
    rows = tuple(replace(row, price_usd=PRICES[row.asset] * float(1 + rng.normal(0, 0.01))) for row in base.assets)
    detail = replace(base.detail, heat=replace(heat, cells_usd=cells), price_usd=price, tape=tape)
    label = ("DEMO seed 7 60x", "DEMO 種 7", "DEMO 7 世 界")[seed % 3]
    return replace(base, ts_ms=NOW_MS + seed, detail=detail, assets=rows, label=label, note=note)


def later(columns: int) -> Snapshot:
    """Return the snapshot some columns later: those that were closed are the same."""
    base = make_snapshot(Selection("BTC"), version=1_000 + columns)
    heat = base.detail.heat
    assert heat is not None and heat.prints_usd is not None
    at = np.minimum(np.arange(len(heat.ts_ms)) + columns, len(heat.ts_ms) - 1)
    moved = replace(
        heat,
        ts_ms=heat.ts_ms + columns * heat.step_ms,
        cells_usd=heat.cells_usd[at],
        ohlc_usd=heat.ohlc_usd[at],
        gap=heat.gap[at],
        prints_usd=heat.prints_usd[at],
    )
    return replace(base, ts_ms=NOW_MS + columns * heat.step_ms, detail=replace(base.detail, heat=moved))


async def drive(app: "LiqtuiApp", link: SceneLink, path: str) -> None:
    """Do what the socket says until it closes; each answer comes when the screen has had time to be painted."""
    reader, writer = await asyncio.open_unix_connection(path)
    gaps_s = [0.0]
    beating = asyncio.create_task(beat(gaps_s))
    while line := await reader.readline():
        command, value = json.loads(line)
        if command == "quit":
            break
        await obey(app, link, command, value)
        await until_heard(app)
        await asyncio.sleep(SETTLE_S)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        writer.write(json.dumps(max(gaps_s)).encode() + b"\n")
        gaps_s[:] = [0.0]
    beating.cancel()
    writer.close()
    app.exit()


async def obey(app: "LiqtuiApp", link: SceneLink, command: str, value: Any) -> None:
    """Do what a command says."""
    if command in ("play", "later"):
        link.put(snapshot := varied(value) if command == "play" else later(value))
        await until_drawn(app, snapshot)
    elif command == "key":
        app.simulate_key(value)
        if value == "colon":
            await until_focused(app, Input)
    elif command == "theme":
        app.action_choose_theme(value)
    elif command == "sized":
        await until_sized(app, *value)
        await until_laid_out(app)
    elif command == "refresh":
        app.screen.refresh()
    elif command == "bell":
        app.bell()


async def until_drawn(app: "LiqtuiApp", snapshot: Snapshot) -> None:
    """Wait until a snapshot is drawn: what a view looks like depends on those before it, so that none may be skipped.

    A terminal that does not read is not waited for.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    while app._newest is not snapshot or app._drawing is not None:
        if loop.time() - start > (UNREAD_S if app.is_output_pending else DRAWN_S):
            break
        await asyncio.sleep(0.001)


async def until_focused(app: "LiqtuiApp", kind: type[Widget]) -> None:
    """Wait until a widget of a kind has the focus: what is typed before it has goes to the screen below."""
    async with asyncio.timeout(10):
        while not isinstance(app.focused, kind):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def until_heard(app: "LiqtuiApp") -> None:
    """Wait until what was posted to the app and its screen so far, and what that posted in turn, was dealt with."""
    for _ in range(2):
        for pump in (app, app.screen):
            done = asyncio.Event()
            pump.call_later(done.set)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), DRAWN_S)


async def until_laid_out(app: "LiqtuiApp") -> None:
    """Wait until the panes have kept their sizes for a while: the layout of a new size takes several passes."""
    sizes, since = None, 0.0
    loop = asyncio.get_running_loop()
    while sizes is None or loop.time() - since < LAID_OUT_S:
        now = [pane.size for pane in app.screen.query("*")]
        if now != sizes:
            sizes, since = now, loop.time()
        await asyncio.sleep(0.005)


async def until_sized(app: "LiqtuiApp", columns: int, rows: int) -> None:
    """Wait until the app has heard of the terminal's new size: what a view looks like depends on those before it."""
    async with asyncio.timeout(10):
        while tuple(app.size) != (columns, rows) or tuple(app.screen.size) != (columns, rows):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def beat(gaps_s: list[float]) -> None:
    """Note how long the event loop takes between two beats of 10 ms."""
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        await asyncio.sleep(0.01)
        now = loop.time()
        gaps_s.append(now - last)
        last = now


def main() -> None:
    """Run the app."""
    prepare(detect_colour())
    from liqtui.app import LiqtuiApp

    class Painted(LiqtuiApp):
        """The app without its one figure that depends on the way of painting: the help page says what was sent."""

        CSS_PATH = str(CSS)
        sent_bytes = 0

    link = SceneLink()
    link.answer = False
    app = Painted(link, Selection("BTC"), colour=detect_colour())
    app.run(auto_pilot=lambda _pilot: drive(app, link, sys.argv[1]))


if __name__ == "__main__":
    main()
