"""What the viewer costs while there is no new data: CPU, times it wakes, bytes.

    python -m bench.idle [seconds] [columns] [rows]

The engine has sent one snapshot and then only its signs of life. Prints one JSON object, with the bounds, and beside it
a bare Textual program on the same pty.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import cpu_s, scene_viewer, wakeups
from bench.recorded import RecordedApp, compiled_environment
from bench.startup import HELLO

BOUNDS = {"cpu_pct": 0.05, "wakeups_s": 2.0}
WARM_UP_S = 6.0


def watch(app: RecordedApp, seconds: float) -> dict[str, float]:
    """Return what a program that is left alone uses."""
    pid = app.process.pid
    cpu, woken, sent = cpu_s(pid), wakeups(pid), app.sent_bytes()
    time.sleep(seconds)
    return {
        "cpu_pct": round(100 * (cpu_s(pid) - cpu) / seconds, 4),
        "wakeups_s": round((wakeups(pid) - woken) / seconds, 2),
        "bytes_s": round((app.sent_bytes() - sent) / seconds, 1),
    }


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    seconds, columns, rows = (*given, *(60, 220, 60)[len(given) :])
    with scene_viewer(0, columns, rows) as (app, _):
        app.when(lambda text: "ATR" in text)
        time.sleep(WARM_UP_S)
        own = watch(app, seconds)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", HELLO]
        with RecordedApp(command, compiled_environment(Path(folder)), columns, rows) as bare:
            time.sleep(WARM_UP_S)
            rival = watch(bare, seconds)
            bare.process.kill()
    print(json.dumps({"seconds": seconds, "bounds": BOUNDS, "viewer": own, "bare_textual": rival}, indent=1))


if __name__ == "__main__":
    main()
