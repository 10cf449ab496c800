"""What the bytes of the live demo are made of, at 1 and at 4 Hz: by pane, and by kind.

    python -m bench.made_of [seconds] [columns] [rows]

Prints one JSON object: of each viewer bytes a second of colours, moves, text and the rest, pane by pane, the most
first. What moves the cursor or changes the colour counts for the pane of the next cell. Frames in which most of the map
changes (`whole_map`: sent again, or moved by the terminal as its time axis moves by a page) are told from all others
(`small`).
"""

import asyncio
import itertools
import json
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.cells import cell_len
from textual.geometry import Region

from bench.bytes import MAP_S, WARM_UP_S
from bench.recorded import LIQTUI, RecordedApp, compiled_environment
from liqtui.widgets.panel import panels
from tests.ui.running import running

VIEWERS = {"1hz": ["--fps", "1"], "4hz": []}
WHOLE_BYTES = 12_000
_MOVED = re.compile(r"\x1b\[\d+P")
APART_S = 0.03
"""Chunks that come closer are of one frame."""
_PIECE = re.compile(
    r"(?P<title>\x1b\][^\a]*\a)|(?P<colours>\x1b\[[\d;]*m)|(?P<moves>\x1b\[[\d;]*[A-HJKPX@]|[\b\v\r\n])"
    r"|(?P<text>[^\x00-\x1f]+)|(?P<rest>\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\x1b.|.)",
    re.DOTALL,
)
_MAP, _AXIS, _BARS = "Heatmap", 10, 15
"""The map, and the widths at its right edge."""


async def places(columns: int, rows: int) -> dict[str, Region]:
    """Return where the panes stand."""
    async with running((columns, rows)) as (app, _, _):
        return {type(pane).__name__: pane.region for pane in panels(app.screen) if pane.region}


def pane_at(regions: Mapping[str, Region], x: int, y: int) -> str:
    """Return the name of the pane at a cell, of the map its part."""
    name = next((name for name, region in regions.items() if region.contains(x, y)), "outside")
    if name != _MAP:
        return name
    region = regions[_MAP]
    if y == region.y:
        return "map: heading"
    if y >= region.bottom - 2:
        return "map: time axis and legend"
    left = region.right - x
    return "map: price axis" if left <= _AXIS else "map: bars" if left <= _AXIS + _BARS else "map: cells"


def moved(x: int, y: int, sequence: str) -> tuple[int, int]:
    """Return where the cursor stands after one of the sequences that the app writes."""
    if len(sequence) == 1:
        return {"\b": (x - 1, y), "\r": (0, y)}.get(sequence, (x, y + 1))
    first, _, second = sequence[2:-1].partition(";")
    by = int(first or 1)
    match sequence[-1]:
        case "H":
            return int(second or 1) - 1, by - 1
        case "G":
            return by - 1, y
        case "A":
            return x, y - by
        case "B":
            return x, y + by
    return (x + by, y) if sequence[-1] == "C" else (x - by, y) if sequence[-1] == "D" else (x, y)


def made_of(frames: Iterable[str], regions: Mapping[str, Region]) -> dict[str, dict[str, Counter[str]]]:
    """Return the bytes of the small frames and of the others, by pane and kind."""
    sums: dict[str, dict[str, Counter[str]]] = {key: defaultdict(Counter) for key in ("small", "whole_map")}
    x = y = 0
    for frame in frames:
        own = sums["whole_map" if len(frame.encode()) > WHOLE_BYTES or _MOVED.search(frame) else "small"]
        waiting: Counter[str] = Counter()
        for found in _PIECE.finditer(frame):
            kind, piece = found.lastgroup or "", found.group()
            waiting["rest" if kind == "title" else kind] += len(piece.encode())
            if kind in ("title", "text"):
                own["title" if kind == "title" else pane_at(regions, x, y)].update(waiting)
                waiting.clear()
            if kind == "text":
                x += cell_len(piece)
            elif kind == "moves":
                x, y = moved(x, y, piece)
        own["end of the frame"].update(waiting)
    return sums


def frames_of(app: RecordedApp, since_s: float) -> Iterator[str]:
    """Yield what came since a time, frame by frame."""
    chunks = [(at_s, data) for at_s, data in app.chunks if at_s >= since_s]
    begins = [0, *(i for i in range(1, len(chunks)) if chunks[i][0] - chunks[i - 1][0] > APART_S), len(chunks)]
    for start, end in itertools.pairwise(begins):
        yield b"".join(data for _, data in chunks[start:end]).decode("utf-8", "replace")


def per_second(sums: Mapping[str, Counter[str]], seconds: float) -> dict[str, object]:
    """Return bytes a second: of all, and of each pane by kind, the most first."""
    ordered = sorted(sums.items(), key=lambda item: -item[1].total())
    panes = {
        name: {"bytes_s": round(own.total() / seconds, 1), **{kind: round(n / seconds, 1) for kind, n in own.items()}}
        for name, own in ordered
    }
    return {"bytes_s": round(sum(own.total() for own in sums.values()) / seconds, 1), **panes}


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    seconds, columns, rows = (*given, *(80, 220, 60)[len(given) :])
    regions = asyncio.run(places(columns, rows))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = compiled_environment(Path(folder))
        apps = {
            name: stack.enter_context(RecordedApp([*LIQTUI, "demo", *flags], environment, columns, rows))
            for name, flags in VIEWERS.items()
        }
        for app in apps.values():
            app.when(lambda text: "ATR" in text, MAP_S)
        time.sleep(WARM_UP_S)
        since_s = {name: time.monotonic() - app.began_s for name, app in apps.items()}
        time.sleep(seconds)
        found = {name: made_of(frames_of(app, since_s[name]), regions) for name, app in apps.items()}
    figures = {name: {key: per_second(sums, seconds) for key, sums in own.items()} for name, own in found.items()}
    print(json.dumps({"size": f"{columns}x{rows}", "seconds": seconds, **figures}, indent=1))


if __name__ == "__main__":
    main()
