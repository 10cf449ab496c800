"""CPU and bytes of a whole heatmap of 200x60 cells and of a change in its last column, beside other packages' pictures.

    python -m bench.frame [frames]

Each way of drawing runs on a pty of its own, one after another, with a map of long runs and with a noisy one, and is
counted from the snapshot to the write. Ours draws sums, classes, price path, axes, bars and legend, and is made to
write cells anew that the terminal shows already; the rivals draw the classes of the same cells, found by the same code,
and nothing else. Prints one JSON object: medians of CPU in ms and of bytes for each picture, the ratios and the bounds.
"""

import importlib.util
import itertools
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.frame_app import COLUMNS, OURS, ROWS
from bench.maps import TEXTURES, Texture
from bench.recorded import RecordedApp, compiled_environment
from bench.rivals import BOUNDS, RIVALS

LAST_COLUMN_BOUNDS = {"cpu_ms": 1.5, "bytes": 2_500}
PATIENCE_S = 120.0


def draw(way: str, texture: Texture, frames: int, folder: Path) -> dict[str, dict[str, float]]:
    """Run one way of drawing on a pty and return the medians of each kind of picture."""
    out = folder / "figures.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.frame_app", way, texture, str(frames), str(out)]
    with RecordedApp(command, compiled_environment(folder), COLUMNS, ROWS) as app:
        app.process.wait(PATIENCE_S)
        chunks = [(app.began_s + at_s, len(data)) for at_s, data in app.chunks]
    figures: dict[str, dict[str, Any]] = json.loads(out.read_text())
    return {
        kind: {
            "cpu_ms": round(statistics.median(found["cpu_ms"]), 2),
            "bytes": statistics.median(_sent(chunks, found["began_s"])),
        }
        for kind, found in figures.items()
    }


def _sent(chunks: list[tuple[float, int]], began_s: list[float]) -> list[int]:
    """Return the bytes that came between one beginning and the next."""
    periods = itertools.pairwise(began_s)
    return [sum(size for at_s, size in chunks if start <= at_s < end) for start, end in periods]


def compare(figures: dict[str, dict[str, dict[str, float]]]) -> dict[str, object]:
    """Return which part of a rival's CPU ours takes, and how the last column stands to its bounds."""
    ours = figures[OURS]
    parts = {}
    for rival, bound in BOUNDS.items():
        quickest = min(one["full"]["cpu_ms"] for way, one in figures.items() if way.startswith(rival))
        part = ours["full"]["cpu_ms"] / quickest
        parts[rival] = {"part_of_cpu": round(part, 3), "bound": round(bound, 3), "holds": part <= bound}
    last = {
        key: {"is": ours["last_column"][key], "bound": bound, "holds": ours["last_column"][key] <= bound}
        for key, bound in LAST_COLUMN_BOUNDS.items()
    }
    return {"full": parts, "last_column": last}


def main() -> None:
    """Print the figures."""
    missing = [name for name in BOUNDS if importlib.util.find_spec(name.replace("-", "_")) is None]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}; try: pip install -e '.[dev,bench]'")
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    found: dict[str, object] = {"cells": "200x60", "frames": frames}
    with tempfile.TemporaryDirectory() as folder:
        for texture in TEXTURES:
            figures = {way: draw(way, texture, frames, Path(folder)) for way in (OURS, *RIVALS)}
            found[texture] = {**figures, "compared": compare(figures)}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
