"""Bytes a second and CPU of the viewer on the live demo, with light and with Textual's own painting, side by side.

    python -m bench.bytes [seconds] [columns] [rows]

Two viewers of one engine run at the same time on ptys of 220x60 unless told otherwise, one of them with
`LIQTUI_PAINT=stock`. Prints one JSON object: bytes a second as the terminal receives them and what they are made of,
CPU of the viewer's process in % of a core, and the ratios.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.e2e.terminal import PtyApp, app_environment

TARGET_BYTES_S = 4_000
WARM_UP_S = 5.0


def cpu_s(app: PtyApp) -> float:
    """Return the CPU seconds of the viewer's own process so far."""
    times = psutil.Process(app.process.pid).cpu_times()
    return float(times.user + times.system)


def measure(apps: dict[str, PtyApp], seconds: float) -> dict[str, dict[str, float]]:
    """Let the apps run and return what each sent and burnt."""
    before = {name: (len(app.raw), cpu_s(app)) for name, app in apps.items()}
    time.sleep(seconds)
    found = {}
    for name, app in apps.items():
        start, cpu = before[name]
        sent = bytes(app.raw[start:])
        found[name] = {
            "bytes_s": round(len(sent) / seconds, 1),
            "cpu_pct": round(100 * (cpu_s(app) - cpu) / seconds, 2),
            **parts(sent, seconds),
        }
    return found


def parts(sent: bytes, seconds: float) -> dict[str, float]:
    """Return of what the bytes are made, in bytes a second."""
    colours = sum(map(len, re.findall(rb"\x1b\[[\d;]*m", sent)))
    moves = sum(map(len, re.findall(rb"\x1b\[[\d;]*[A-HJKd]|[\x08\x0b\r\n]", sent)))
    return {
        "colours_bytes_s": round(colours / seconds, 1),
        "moves_bytes_s": round(moves / seconds, 1),
        "text_and_rest_bytes_s": round((len(sent) - colours - moves) / seconds, 1),
    }


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    seconds, columns, rows = (*given, *(60, 220, 60)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        environment = app_environment(Path(folder))
        with (
            PtyApp(["demo"], environment, columns, rows) as light,
            PtyApp(["demo"], {**environment, "LIQTUI_PAINT": "stock"}, columns, rows) as stock,
        ):
            for app in (light, stock):
                app.wait_for("ATR", 60)
            time.sleep(WARM_UP_S)
            found = measure({"light": light, "stock": stock}, seconds)
    ratios = {key: round(found["stock"][key] / max(found["light"][key], 0.01), 2) for key in ("bytes_s", "cpu_pct")}
    size = f"{columns}x{rows}"
    print(
        json.dumps(
            {"size": size, "seconds": seconds, "target": TARGET_BYTES_S, **found, "stock_to_light": ratios}, indent=1
        )
    )


if __name__ == "__main__":
    main()
