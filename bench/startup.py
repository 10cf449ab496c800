"""How long until something, the real screen and the first full map of the demo are on screen, under a real pty.

    python -m bench.startup [runs]

Prints one JSON object: medians in ms, the bound of each, and for scale a bare Textual program on the same pty, with
and without an import of numpy. A time is that of the bytes which complete the picture.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.recorded import LIQTUI, RecordedApp, compiled_environment

BOUNDS_MS = {"first_byte": 50, "real_screen": 400, "first_map": 2500}
ENGINE_LEAVES_S = 4.0
"""After this long the engine of a run has followed its viewer, and the next run starts its own."""
FULL_RUN_S, HELLO_RUN_S = 3.5, 1.0
"""How long a run is left alone before its bytes are looked at."""
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello textual")
Hello().run()
"""


def one_start(home: Path) -> dict[str, float]:
    """Start the demo once, with no engine running, and return seconds to each milestone."""
    with RecordedApp([*LIQTUI, "demo"], compiled_environment(home)) as app:
        time.sleep(FULL_RUN_S)
        screen = app.when(lambda text: "? help" in text and "q quit" in text)
        return {"first_byte": app.chunks[0][0], "real_screen": screen, "first_map": app.when(full_map)}


def full_map(text: str) -> bool:
    """Whether the ladder shows clusters: the map has been modelled and drawn."""
    return "ATR" in text and text.count("▏") + text.count("█") + text.count("▉") > 0


def hello(home: Path, first: str = "") -> float:
    """Return the seconds to the first screen of the smallest Textual program."""
    with RecordedApp([sys.executable, "-c", first + HELLO], compiled_environment(home)) as app:
        time.sleep(HELLO_RUN_S)
        found = app.when(lambda text: "hello textual" in text)
        app.process.kill()
        return found


def main() -> None:
    """Print the figures."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: list[dict[str, float]] = []
    bare: list[float] = []
    with_numpy: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        one_start(home)
        time.sleep(ENGINE_LEAVES_S)
        for _ in range(runs):
            found.append(one_start(home))
            time.sleep(ENGINE_LEAVES_S)
            bare.append(hello(home))
            with_numpy.append(hello(home, "import numpy"))
    median = {key: statistics.median(row[key] for row in found) * 1000 for key in BOUNDS_MS}
    best = {key: min(row[key] for row in found) * 1000 for key in BOUNDS_MS}
    figures = {
        key: {
            "ms": round(value, 1),
            "best_ms": round(best[key], 1),
            "bound_ms": BOUNDS_MS[key],
            "of_bound": round(value / BOUNDS_MS[key], 2),
        }
        for key, value in median.items()
    }
    rivals = {"bare_textual_ms": bare, "textual_with_numpy_ms": with_numpy}
    print(
        json.dumps(
            {"runs": runs, **figures, **{k: round(statistics.median(v) * 1000, 1) for k, v in rivals.items()}}, indent=1
        )
    )


if __name__ == "__main__":
    main()
