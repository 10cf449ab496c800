"""How long from the last byte of a venue's message to the write on the viewer's pty, at 100 messages a second.

    python -m bench.venue_latency [seconds] [columns] [rows]

The real app on the four venues on loopback, which send realised liquidations one a message, three at a time each from a
venue of their own, over TLS and WebSockets; each is of a size of its own, so that it is told on screen by its price. A
message has come through when the number of prints on screen has passed its own. Prints one JSON object: median and 99th
percentile in ms at the default frame rate and at the highest, and of single messages after a quiet time.
"""

import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.recorded import LIQTUI, RecordedApp, compiled_environment
from liqtui.model.market import Liquidation
from tests.e2e.emulator import QuickScreen, QuickStream
from tests.e2e.terminal import without_queries
from tests.venues.server import LoopbackVenues
from tests.venues.threaded import ThreadedVenues

BOUNDS_MS = {"median": 40.0, "p99": 120.0}
MESSAGES_S = 100.0
VENUES = "binance,bybit,okx,hyperliquid"
PRINTING = ("binance", "bybit", "okx")
QUIET_S, QUIET_MESSAGES = 0.7, 30
LIVE_S = 90.0
_PRINTS = re.compile(r"([\d,]+) prints")


def push(venues: ThreadedVenues, number: int) -> float:
    """Send one liquidation and return when the venue had written its last byte."""
    venue = PRINTING[number % len(PRINTING)]
    qty = round(1 + number * 0.01, 2)
    row = Liquidation(time.time_ns() // 1_000_000, venue, "BTC", "long" if number % 2 else "short", qty, 9e4, 9e4)
    venues.liquidate(venue, [row])
    return time.monotonic()


def counts(app: RecordedApp) -> list[tuple[float, int]]:
    """Return when the screen came to say how many prints there were."""
    screen = QuickScreen(*app.size)
    stream, found = QuickStream(screen), [(0.0, 0)]
    for at_s, data in list(app.chunks):
        stream.feed(without_queries(data).decode(errors="replace"))
        for line in screen.display:
            if said := _PRINTS.search(line):
                count = int(said[1].replace(",", ""))
                if count > found[-1][1]:
                    found.append((app.began_s + at_s, count))
    return found


def waits_ms(sent_s: Sequence[float], seen: Sequence[tuple[float, int]], before: int) -> list[float]:
    """Return how long each message took until it was counted on screen; `before` were counted earlier."""
    waits = []
    for number, at_s in enumerate(sent_s, before + 1):
        came_s = next((when for when, count in seen if count >= number), None)
        if came_s is None:
            raise SystemExit(f"print {number} of {before + len(sent_s)} never came to the screen: {seen[-1]}")
        waits.append(1_000 * (came_s - at_s))
    return waits


def figures(waits: Sequence[float]) -> dict[str, float]:
    """Return median and 99th percentile."""
    return {
        "messages": len(waits),
        "median": round(statistics.median(waits), 1),
        "p99": round(statistics.quantiles(waits, n=100)[-1], 1),
    }


def at_rate(home: Path, fps: str | None, seconds: float, columns: int, rows: int) -> dict[str, object]:
    """Run the app at a frame rate and return the figures, under load and after quiet."""
    with LoopbackVenues.in_thread() as venues:
        config = home / "liqtui.toml"
        config.write_text(f'[network]\nresolve_to = "127.0.0.1:{venues.port}"\nca_file = "{venues.ca_file}"\n')
        command = [*LIQTUI, "--config", str(config), "--assets", "BTC", "--venues", VENUES]
        command += ["--fps", fps] if fps else []
        with RecordedApp(command, compiled_environment(home), columns, rows) as app:
            app.when(lambda text: text.count("LIVE") >= 4 and "ATR" in text, LIVE_S)
            time.sleep(10)
            quiet, busy = [], []
            for number in range(QUIET_MESSAGES):
                quiet.append(push(venues, number))
                time.sleep(QUIET_S)
            begin = time.monotonic()
            for number in range(int(seconds * MESSAGES_S)):
                time.sleep(max(begin + number / MESSAGES_S - time.monotonic(), 0.0))
                busy.append(push(venues, number + QUIET_MESSAGES))
            time.sleep(3)
            seen = counts(app)
    return {"busy": figures(waits_ms(busy, seen, len(quiet))), "after_quiet": figures(waits_ms(quiet, seen, 0))}


def main() -> None:
    """Print the figures."""
    given = [int(word) for word in sys.argv[1:]]
    seconds, columns, rows = (*given, *(20, 220, 60)[len(given) :])
    found: dict[str, object] = {}
    for name, fps in (("default", None), ("30_fps", "30")):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = at_rate(Path(folder), fps, seconds, columns, rows)
    print(json.dumps({"size": f"{columns}x{rows}", "bounds_ms": BOUNDS_MS, **found}, indent=1))


if __name__ == "__main__":
    main()
