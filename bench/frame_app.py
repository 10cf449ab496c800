"""One way of drawing a map, on the terminal it is started on: `python -m bench.frame_app WAY TEXTURE FRAMES OUT`.

Draws FRAMES pictures that differ everywhere, then (ours only) as many changes of the last column, and writes to OUT as
JSON the monotonic time at which each began and the CPU in ms that the process used until it was painted.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from textual.app import App, ComposeResult

from bench.maps import TEXTURES, Texture, later, mapped
from bench.rivals import RIVALS, Drawing, Grid
from liqtui.model.snapshot import Snapshot
from liqtui.painting.pace import Pace
from liqtui.render.heatmap import paint
from liqtui.render.ramp import PIXELS, Inks
from liqtui.screens.themed import ThemedApp
from liqtui.theming import load_theme
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.inks import inks
from liqtui.widgets.map_frame import Framing

OURS = "liqtui"
COLUMNS, ROWS = 225, 63
"""Size of the terminal in which our map with its axes, bars, heading and legend has 200x60 cells."""
MAP_COLUMNS, MAP_ROWS = 200, 60
SHOWN_S = 0.2
"""Time given to each picture, at any load of the machine more than it takes."""
WARM_UP = 3


def ramp() -> Inks:
    """Return the inks of the default theme."""
    return inks(load_theme("dark"), "truecolor")


class OurApp(ThemedApp):
    """Nothing but our map."""

    def __init__(self) -> None:
        super().__init__("truecolor", Pace())
        self._paint("dark")
        self.map = Heatmap()
        self.map.set_inks(ramp())

    def compose(self) -> ComposeResult:
        """Yield the map."""
        yield self.map

    def draw(self) -> None:
        """Draw nothing: the map is told directly."""

    def save(self) -> None:
        """Save nothing."""

    def show(self, snapshot: Snapshot, afresh: bool) -> None:
        """Draw a snapshot; `afresh` writes even those cells that the terminal shows already."""
        if afresh:
            self._forget()
        with self.one_picture():
            self.map.take(snapshot)


class RivalApp(App[None]):
    """Nothing but a rival's picture."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing = drawing

    def compose(self) -> ComposeResult:
        """Yield the rival."""
        yield self._drawing.widget


class Classes:
    """What a rival is given: of each cell which look it has, found by our own code, without price path and axes."""

    def __init__(self) -> None:
        self._framing = Framing()
        self.looks = [ramp().cell(top, bottom) for top in range(PIXELS) for bottom in range(PIXELS)]

    def grid(self, snapshot: Snapshot) -> Grid:
        """Return the numbers of the looks of a snapshot's map."""
        heat = snapshot.detail.heat
        assert heat is not None
        shown = self._framing.frame(heat, snapshot, MAP_ROWS * 2, MAP_COLUMNS, None, None)
        pixels = paint(shown.field, shown.limits["long"], shown.limits["short"], shown.prices)
        numbers: Grid = (pixels[0::2] * PIXELS + pixels[1::2]).tolist()
        return numbers


async def measure(pictures: Iterable[Callable[[], None]]) -> dict[str, list[float]]:
    """Draw one picture after another, each made right before, as what comes over a link is.

    Neither that counts nor the CPU that waiting itself takes.
    """
    began_s, cpu_ms = [], []
    idle_ms = statistics.median([await _cpu_ms(lambda: None) for _ in range(5)])
    for picture in pictures:
        began_s.append(time.monotonic())
        cpu_ms.append(max(await _cpu_ms(picture) - idle_ms, 0.0))
    return {"began_s": [*began_s[WARM_UP:], time.monotonic()], "cpu_ms": cpu_ms[WARM_UP:]}


async def _cpu_ms(act: Callable[[], None]) -> float:
    before = time.process_time()
    act()
    await asyncio.sleep(SHOWN_S)
    return 1_000 * (time.process_time() - before)


async def draw_ours(app: OurApp, texture: Texture, frames: int) -> dict[str, object]:
    """Return the figures of whole pictures and of changes of the last column."""
    full = await measure(partial(app.show, mapped(texture, seed), True) for seed in range(frames))
    last = await measure(partial(app.show, one, False) for one in changed(mapped(texture, frames - 1), frames))
    size = app.map._shown
    assert size is not None and (size[0].times.cells, size[1]) == (MAP_COLUMNS, MAP_ROWS)
    return {"full": full, "last_column": last}


def changed(snapshot: Snapshot, frames: int) -> Iterator[Snapshot]:
    """Yield snapshots of which each differs from the one before in the last column."""
    rng = np.random.default_rng(1)
    for _ in range(frames):
        snapshot = later(snapshot, rng)
        yield snapshot


async def draw_rival(drawing: Drawing, texture: Texture, frames: int) -> dict[str, object]:
    """Return the figures of whole pictures."""
    classes = Classes()
    drawing.learn(classes.looks)
    snapshots = (mapped(texture, seed) for seed in range(frames))
    return {"full": await measure(partial(_draw, drawing, classes, one) for one in snapshots)}


def _draw(drawing: Drawing, classes: Classes, snapshot: Snapshot) -> None:
    drawing.draw(classes.grid(snapshot))


def main() -> None:
    """Run one way of drawing."""
    way, texture, frames, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    kind = next(one for one in TEXTURES if one == texture)
    drawing = None if way == OURS else RIVALS[way]()
    app = OurApp() if drawing is None else RivalApp(drawing)

    found: dict[str, object] = {}

    async def run(_pilot: object) -> None:
        await asyncio.sleep(0.5)
        if isinstance(app, OurApp):
            found.update(await draw_ours(app, kind, frames))
        elif drawing is not None:
            found.update(await draw_rival(drawing, kind, frames))
        app.exit()

    app.run(auto_pilot=run)
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
