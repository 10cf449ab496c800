"""An engine that plays scenes: `python -m bench.playing_engine SOCKET SCENES_PER_S LOG [TEXTURE [round]]`.

It speaks the real wire format. After the first snapshot it sends another so many times a second (0: none, only signs
of life), and writes the monotonic time of each sending to LOG, one a line. With a texture of `bench.maps` the map is
one of that kind, and time runs as in the demo, 60 times as fast as the wall: a column ends every five seconds.
With `round` the columns of that map come round again, for as long as it plays.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO, TypeAlias

import numpy as np

from bench.maps import TEXTURES, mapped
from liqtui.link.codec import PROTOCOL, Beat, FrameWriter, Welcome, encode
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from tests.ui.scene import make_snapshot

Step: TypeAlias = Callable[[Snapshot, np.random.Generator], Snapshot]
"""Makes the next scene of one."""

BEAT_S = 2.0
FAST_MS = 15_000


def moved(before: Snapshot, rng: np.random.Generator) -> Snapshot:
    """Return what a quarter of a second of a lively market makes of a snapshot.

    Every price moves, and with it all distances; the forming column changes in all rows, and a print comes.
    """
    detail, step = before.detail, float(1 + rng.normal(0, 1e-4))
    assert detail.heat is not None and detail.price_usd is not None
    cells, ohlc = detail.heat.cells_usd.copy(), detail.heat.ohlc_usd.copy()
    cells[-1] *= rng.lognormal(0, 0.05, cells[-1].shape).astype(np.float32)
    ohlc[-1, 3] *= step
    price_usd, last = detail.price_usd * step, detail.tape[-1]
    clusters = tuple(
        replace(one, usd=one.usd * float(rng.lognormal(0, 0.01)), distance_pct=100 * (one.price_usd / price_usd - 1))
        for one in detail.clusters
    )
    rows = tuple(
        replace(row, price_usd=(row.price_usd or 1.0) * float(1 + rng.normal(0, 1e-4))) for row in before.assets
    )
    tape = (*detail.tape, replace(last, seq=last.seq + 1, ts_ms=last.ts_ms + 250))[-200:]
    heat = replace(detail.heat, cells_usd=cells, ohlc_usd=ohlc)
    fresh = replace(
        detail, heat=heat, price_usd=price_usd, clusters=clusters, tape=tape, prints_seen=detail.prints_seen + 1
    )
    return replace(before, version=before.version + 1, ts_ms=before.ts_ms + 250, assets=rows, detail=fresh)


def faster(before: Snapshot, rng: np.random.Generator) -> Snapshot:
    """Return what `moved` does, after a quarter of a minute: now and then a column ends and a like one begins."""
    found = moved(before, rng)
    heat, now_ms = found.detail.heat, before.ts_ms + FAST_MS
    assert heat is not None
    if now_ms >= heat.ts_ms[-1] + heat.step_ms:
        fresh = (heat.cells_usd[-1:] * rng.lognormal(0, 0.5, (1, heat.cells_usd.shape[1]))).astype(np.float32)
        heat = replace(
            heat,
            ts_ms=heat.ts_ms + heat.step_ms,
            cells_usd=np.concatenate([heat.cells_usd[1:], fresh]),
            ohlc_usd=np.concatenate([heat.ohlc_usd[1:], np.full((1, 4), heat.ohlc_usd[-1, 3])]),
            gap=np.append(heat.gap[1:], False),
            prints_usd=None if heat.prints_usd is None else np.concatenate([heat.prints_usd[1:], [[0.0, 0.0]]]),
        )
    return replace(found, ts_ms=now_ms, detail=replace(found.detail, heat=heat))


class Round:
    """What `faster` does, with the columns of a map in their order, over and over: nothing grows but the clock."""

    def __init__(self, first: Snapshot) -> None:
        assert first.detail.heat is not None
        self._cells, self._next = first.detail.heat.cells_usd, 0

    def __call__(self, before: Snapshot, rng: np.random.Generator) -> Snapshot:
        """Return the next scene."""
        found = faster(before, rng)
        heat = found.detail.heat
        assert heat is not None and before.detail.heat is not None
        if heat.ts_ms[-1] != before.detail.heat.ts_ms[-1]:
            heat.cells_usd[-2:] = self._cells[[self._next - 1, self._next]]
            self._next = (self._next + 1) % len(self._cells)
        return found


async def play(writer: asyncio.StreamWriter, scenes_per_s: float, log: TextIO, scene: Snapshot, step: Step) -> None:
    """Send a scene and those that follow until the viewer leaves."""
    frames, number, rng = FrameWriter(), 0, np.random.default_rng(1)
    writer.write(encode(Welcome(PROTOCOL, os.getpid())))
    while not writer.is_closing():
        if number == 0 or scenes_per_s:
            if number:
                scene = step(scene, rng)
            data = encode(frames.frame(scene))
            print(time.monotonic(), file=log, flush=True)
        else:
            data = encode(Beat())
        number += 1
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(1 / scenes_per_s if scenes_per_s else BEAT_S)


async def serve(path: Path, scenes_per_s: float, log: TextIO, first: Snapshot, step: Step) -> None:
    """Serve one viewer."""
    done = asyncio.Event()

    async def welcome(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(writer, scenes_per_s, log, first, step)
        except OSError:
            pass
        finally:
            done.set()

    async with await asyncio.start_unix_server(welcome, path):
        await done.wait()


def main() -> None:
    """Serve as the arguments say."""
    texture = next((name for name in TEXTURES if name in sys.argv[4:]), None)
    first = mapped(texture, 1) if texture else make_snapshot(Selection("BTC"))
    step = Round(first) if "round" in sys.argv[4:] else faster if texture else moved
    with open(sys.argv[3], "a", encoding="ascii") as log:
        asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2]), log, first, step))


if __name__ == "__main__":
    main()
