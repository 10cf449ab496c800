"""Memory of viewer and engine with three assets on four venues, and of a viewer over 20,000 pictures.

    python -m bench.memory [pictures] [columns] [rows]

First the real app on venues on loopback: resident memory of both processes once all maps are there. Then a viewer that
is sent scenes as fast as it can draw them: the slope of its resident memory after a warm-up of a tenth of the pictures,
with the 95 % interval of a line through the means of twenty spans of equal length, since neighbouring samples are not
independent. Then the same with a map that moves on, a column every twenty pictures, which takes longer to settle: its
slope over the second half. Prints one JSON object with the bounds.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.recorded import LIQTUI, RecordedApp, compiled_environment
from tests.e2e.processes import engines
from tests.e2e.terminal import ROOT
from tests.venues.server import LoopbackVenues

BOUNDS_MB = {"viewer": 70.0, "engine": 200.0}
VENUES, ASSETS = "binance,bybit,okx,hyperliquid", "BTC,ETH,SOL"
SETTLED_S, LIVE_S, STALL_S = 45.0, 90.0, 60.0
SCENES_PER_S = 500.0
"""More than can be drawn."""
WARM_UP, MOVING_WARM_UP, SPANS = 0.1, 0.5, 20
LEAST = 4_000
"""Pictures with a sample or more in each span."""
MOVING = "long_runs", "round"
T_95 = 2.101
"""Quantile of Student's t for the residuals of a line through SPANS points."""


def live(home: Path, columns: int, rows: int) -> dict[str, dict[str, float]]:
    """Return the resident memory of the live app, in MB, once all is loaded."""
    with LoopbackVenues.in_thread() as venues:
        config = home / "liqtui.toml"
        config.write_text(f'[network]\nresolve_to = "127.0.0.1:{venues.port}"\nca_file = "{venues.ca_file}"\n')
        command = [*LIQTUI, "--config", str(config), "--assets", ASSETS, "--venues", VENUES]
        with RecordedApp(command, compiled_environment(home), columns, rows) as app:
            app.when(lambda text: text.count("LIVE") >= 4 and "ATR" in text and "loading" not in text, LIVE_S)
            for key in "231":
                time.sleep(SETTLED_S / 3)
                app.press(key)
            time.sleep(3)
            (engine,) = engines(home)
            found = {"viewer": psutil.Process(app.process.pid), "engine": engine}
            sizes = {name: process.memory_info().rss / 1e6 for name, process in found.items()}
    return {name: {"mb": round(size, 1), "bound_mb": BOUNDS_MB[name]} for name, size in sizes.items()}


def soaked(home: Path, pictures: int, columns: int, rows: int, *scenes: str) -> NDArray[np.float64]:
    """Return (samples, 2) of pictures drawn and MB, of a viewer that draws without a pause."""
    home.mkdir()
    path, log, sent = home / "soak.sock", home / "rss.txt", home / "sent.txt"
    log.touch()
    engine = subprocess.Popen(
        [sys.executable, "-m", "bench.playing_engine", str(path), str(SCENES_PER_S), str(sent), *scenes], cwd=ROOT
    )
    try:
        while not path.exists():
            time.sleep(0.02)
        command = [sys.executable, "-m", "bench.soaked_viewer", str(path), str(log)]
        with RecordedApp(command, compiled_environment(home), columns, rows) as app:
            seen, changed_s = 0, time.monotonic()
            while (count := len(log.read_text().splitlines())) * 100 < pictures:
                if count > seen:
                    seen, changed_s = count, time.monotonic()
                if time.monotonic() - changed_s > STALL_S or app.process.poll() is not None:
                    raise SystemExit(f"the viewer has stopped drawing after {100 * count} pictures")
                app.chunks.clear()
                time.sleep(0.5)
    finally:
        engine.kill()
        engine.wait()
    samples = np.array([line.split() for line in log.read_text().splitlines()], float)
    return samples / [1, 1e6]


def slope(samples: NDArray[np.float64], warm_up: float) -> dict[str, object]:
    """Return the slope in KB per 1,000 pictures with its interval, and whether that holds zero."""
    steady = samples[int(len(samples) * warm_up) :]
    means = np.array([span.mean(axis=0) for span in np.array_split(steady, SPANS)])
    x, y = (means[:, 0] - means[:, 0].mean()) / 1_000, means[:, 1] * 1_000
    found = float((x * y).sum() / (x * x).sum())
    rest = y - y.mean() - found * x
    error = T_95 * float(np.sqrt((rest @ rest) / (SPANS - 2) / (x * x).sum()))
    return {
        "pictures": int(samples[-1, 0]),
        "first_mb": round(float(samples[0, 1]), 1),
        "last_mb": round(float(samples[-1, 1]), 1),
        "most_mb": round(float(samples[:, 1].max()), 1),
        "kb_per_1000": round(found, 2),
        "interval_95": [round(found - error, 2), round(found + error, 2)],
        "is_zero": abs(found) <= error,
        "span_means_mb": np.round(means[:, 1], 2).tolist(),
    }


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    pictures, columns, rows = (*given, *(20_000, 220, 60)[len(given) :])
    if pictures < LEAST:
        raise SystemExit(f"the slope needs {LEAST} pictures")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "live").mkdir()
        sizes = live(home / "live", columns, rows)
        still = slope(soaked(home / "still", pictures, columns, rows), WARM_UP)
        moving = slope(soaked(home / "moving", pictures, columns, rows, *MOVING), MOVING_WARM_UP)
    print(json.dumps({"size": f"{columns}x{rows}", "live": sizes, "soak": still, "moving": moving}, indent=1))


if __name__ == "__main__":
    main()
