"""Bytes that tmux sends to the outer terminal beside those that the app sent to tmux, on the live demo.

    python -m bench.in_tmux [seconds] [columns] [rows]

The demo runs in a tmux of its own (truecolor, no status line), alone in its window and then in one of two panes side by
side. Prints one JSON object: both figures in bytes a second, their ratio and its bound.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.recorded import LIQTUI, RecordedApp, compiled_environment
from tests.e2e.terminal import ROOT

BOUND = 2.0
MAP_S = 60.0
WARM_UP_S = 12.0
SETTINGS = """
set -g status off
set -g default-terminal tmux-256color
set -as terminal-features ',*:RGB'
set -g window-size latest
"""


def measure(home: Path, split: bool, seconds: float, columns: int, rows: int) -> dict[str, float]:
    """Run the demo in tmux and return what went in and what came out."""
    settings, sent = home / "tmux.conf", home / "sent.bin"
    settings.write_text(SETTINGS)
    sent.unlink(missing_ok=True)
    tmux = ["tmux", "-S", str(home / "tmux.sock"), "-f", str(settings)]
    environment = compiled_environment(home)

    def ask(*words: str) -> None:
        subprocess.run([*tmux, *words], check=True, cwd=ROOT, env=environment)

    command = [*tmux, "new-session", "-c", str(ROOT), *LIQTUI, "demo"]
    with RecordedApp(command, environment, columns, rows) as app:
        app.when(lambda text: "ATR" in text, MAP_S)
        if split:
            ask("split-window", "-h", "-d", "-l", "20", "sleep 1000")
        time.sleep(WARM_UP_S)
        ask("pipe-pane", f"cat >> {sent}")
        time.sleep(1)
        inner, outer = sent.stat().st_size, app.sent_bytes()
        time.sleep(seconds)
        inner, outer = sent.stat().st_size - inner, app.sent_bytes() - outer
        ask("kill-server")
    return {
        "app_bytes_s": round(inner / seconds, 1),
        "tmux_bytes_s": round(outer / seconds, 1),
        "ratio": round(outer / max(inner, 1), 3),
    }


def main() -> None:
    """Print the figures."""
    if shutil.which("tmux") is None:
        raise SystemExit("tmux is not installed")
    given = [int(word) for word in sys.argv[1:]]
    seconds, columns, rows = (*given, *(30, 220, 60)[len(given) :])
    version = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.strip()
    found: dict[str, object] = {"tmux": version, "size": f"{columns}x{rows}", "bound_ratio": BOUND}
    for name, split in (("whole_window", False), ("beside_another_pane", True)):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measure(Path(folder), split, seconds, columns, rows)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
