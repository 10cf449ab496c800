"""How long from the engine's sending of a snapshot to its first bytes on the viewer's pty.

    python -m bench.latency [snapshots] [columns] [rows]

Twice a second a scene is sent in which every price, all distances, the forming column and the tape differ. Prints one
JSON object: median and 95th percentile in ms with their bounds, socket and decoding included.
"""

import json
import statistics
import sys
import time

from bench.processes import scene_viewer

BOUNDS_MS = {"median": 5.0, "p95": 15.0}
SCENES_PER_S = 2.0
FIRST = 6
"""Snapshots that are not counted: caches are cold."""


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    count, columns, rows = (*given, *(100, 220, 60)[len(given) :])
    with scene_viewer(SCENES_PER_S, columns, rows) as (app, log):
        while not log.exists() or len(log.read_text().splitlines()) < count + FIRST:
            time.sleep(0.5)
        sent_s = [float(line) for line in log.read_text().splitlines()][FIRST:-1]
        came_s = [app.began_s + at_s for at_s, _ in app.chunks]
    waits_ms = []
    for at_s in sent_s:
        after = [came - at_s for came in came_s if came >= at_s]
        if after and min(after) < 1 / SCENES_PER_S:
            waits_ms.append(1_000 * min(after))
    found = {"median": statistics.median(waits_ms), "p95": statistics.quantiles(waits_ms, n=20)[-1]}
    figures = {key: {"ms": round(value, 2), "bound_ms": BOUNDS_MS[key]} for key, value in found.items()}
    print(json.dumps({"size": f"{columns}x{rows}", "snapshots": len(waits_ms), **figures}, indent=1))


if __name__ == "__main__":
    main()
