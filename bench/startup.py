"""How long until something, the real screen and the first full map of the demo are on screen, under a real pty.

    python -m bench.startup [runs]

Prints one JSON object: medians in ms, the bound of each, and for scale a bare Textual program on the same pty.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.terminal import PtyApp, app_environment

BOUNDS_MS = {"first_byte": 100, "real_screen": 500, "first_map": 3000}
_HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello textual")
Hello().run()
"""


def one_start(home: Path) -> dict[str, float]:
    """Start the demo once, with no engine running, and return seconds to each milestone."""
    environment = app_environment(home)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with PtyApp(["demo"], environment) as app:
        app.wait_for("DEMO", 20)
        screen = app.wait_for(lambda text: "? help" in text or "q quit" in text, 20)
        shown = app.wait_for(full_map, 30)
        assert app.first_byte_s is not None
        return {"first_byte": app.first_byte_s, "real_screen": screen, "first_map": shown}


def full_map(text: str) -> bool:
    """Whether the ladder shows clusters: the map has been modelled and drawn."""
    return "ATR" in text and text.count("▏") + text.count("█") + text.count("▉") > 0


def hello(home: Path) -> float:
    """Return the seconds to the first screen of the smallest Textual program."""
    environment = app_environment(home)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with PtyApp([], environment, command=[sys.executable, "-c", _HELLO]) as app:
        return app.wait_for("hello textual", 20)


def main() -> None:
    """Print the figures."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        one_start(home)
        time.sleep(4)
        found: list[dict[str, float]] = []
        rival: list[float] = []
        for _ in range(runs):
            found.append(one_start(home))
            rival.append(hello(home))
            time.sleep(4)
    median = {key: statistics.median(row[key] for row in found) * 1000 for key in BOUNDS_MS}
    bare = statistics.median(rival) * 1000
    figures = {
        key: {"ms": round(value, 1), "bound_ms": BOUNDS_MS[key], "of_bound": round(value / BOUNDS_MS[key], 2)}
        for key, value in median.items()
    }
    print(json.dumps({"runs": runs, **figures, "bare_textual_ms": round(bare, 1)}, indent=1))


if __name__ == "__main__":
    main()
