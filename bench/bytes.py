"""Bytes a second and CPU of the viewer on the live demo: at 4 Hz, 1 Hz, low bandwidth, and with Textual's own painting.

    python -m bench.bytes [seconds] [columns] [rows]

Two more viewers show maps that are played to them at 4 Hz, one of long runs and one that is noisy as an order book.
Viewers of one engine run at the same time on ptys of 220x60 unless told otherwise, one of them with
`LIQTUI_PAINT=stock`, and htop and btop where they are installed. Prints one JSON object: bytes a second as the terminal
receives them and what they are made of, CPU of each process in % of a core, the bounds, and the ratios.
"""

import json
import re
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.maps import TEXTURES
from bench.processes import cpu_s, scene_viewer
from bench.recorded import LIQTUI, RecordedApp, compiled_environment

BOUNDS = {
    "light_4hz": {"bytes_s": 4_000, "cpu_pct": 1.0},
    "light_1hz": {"bytes_s": 1_200, "cpu_pct": 0.3},
    "low_bandwidth": {"bytes_s": 200},
    "played_noisy_4hz": {"bytes_s": 15_000},
}
VIEWERS: dict[str, tuple[list[str], dict[str, str]]] = {
    "light_4hz": ([], {}),
    "light_1hz": (["--fps", "1"], {}),
    "low_bandwidth": (["--low-bandwidth"], {}),
    "stock": ([], {"LIQTUI_PAINT": "stock"}),
}
SCENES_PER_S = 4.0
PEERS = ("htop", "btop")
MAP_S = 60.0
WARM_UP_S = 12.0
"""By then all histories are loaded."""


def measure(apps: dict[str, RecordedApp], seconds: float) -> dict[str, dict[str, float]]:
    """Let the apps run and return what each sent and burnt."""
    before = {name: (app.sent_bytes(), cpu_s(app.process.pid)) for name, app in apps.items()}
    time.sleep(seconds)
    found = {}
    for name, app in apps.items():
        start, cpu = before[name]
        sent = app.sent_since(start)
        found[name] = {
            "bytes_s": round(len(sent) / seconds, 1),
            "cpu_pct": round(100 * (cpu_s(app.process.pid) - cpu) / seconds, 2),
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
    peers = {name: shutil.which(name) for name in PEERS}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = compiled_environment(Path(folder))
        apps = {}
        for name, (flags, more) in VIEWERS.items():
            command = [*LIQTUI, "demo", *flags]
            apps[name] = stack.enter_context(RecordedApp(command, {**environment, **more}, columns, rows))
        for name, found in peers.items():
            if found:
                apps[name] = stack.enter_context(RecordedApp([found], environment, columns, rows))
        for texture in TEXTURES:
            name = f"played_{texture}_4hz"
            apps[name], _ = stack.enter_context(scene_viewer(SCENES_PER_S, columns, rows, texture))
        for name in (*VIEWERS, *(name for name in apps if name.startswith("played"))):
            apps[name].when(lambda text: "ATR" in text, MAP_S)
        time.sleep(WARM_UP_S)
        figures = measure(apps, seconds)
    light = figures["light_4hz"]
    ratios = {key: round(figures["stock"][key] / max(light[key], 0.01), 2) for key in ("bytes_s", "cpu_pct")}
    absent = [name for name, found in peers.items() if not found]
    size = f"{columns}x{rows}"
    print(
        json.dumps(
            {
                "size": size,
                "seconds": seconds,
                "bounds": BOUNDS,
                **figures,
                "stock_to_light": ratios,
                "not_installed": absent,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
