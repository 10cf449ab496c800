"""Replay: a recorded market through the whole app, and nothing of its future in anything shown."""

import asyncio
import contextlib
import re
from pathlib import Path

import numpy as np
import pytest

from liqtui.feeds.clock import ManualClock
from liqtui.feeds.dumps import DumpFeed
from liqtui.model.market import HOUR_MS
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.monitor import Monitor
from tests.e2e.terminal import ROOT, PtyApp, app_environment
from tests.test_cli import START_MS, dump_folder

RECORDED = ROOT.parent / "shared" / "data" / "btc_2025-12"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded market is not beside the checkout")
def test_the_recorded_market_runs_through_the_whole_app_and_everything_moves(tmp_path: Path) -> None:
    with PtyApp(["replay", str(RECORDED), "--speed", "3600"], app_environment(tmp_path), 140, 40) as app:
        app.wait_for("REPLAY 2025-12-0", 30)
        app.wait_for(lambda text: "ATR" in text and "24h" in text, 60)
        before = parts(app.text())
        app.wait_for(lambda text: all(new != old for new, old in zip(parts(text), before, strict=True)), 60)


def parts(text: str) -> tuple[str, str, str]:
    """Return the heatmap, the ladder and the divergence of a screen, as text."""
    lines = text.splitlines()
    heat = "\n".join(line[:80] for line in lines if "▀" in line[:80])
    ladder = "\n".join(re.findall(r"[LS] +[\d,.]+ [+-][\d.]+%", text))
    divergence = "\n".join(re.findall(r"(?:15m|1h|4h|24h) +[+-][\d.]+% .*", text))
    return heat, ladder, divergence


def truncated(folder: Path, until_ms: int, to: Path) -> Path:
    """Copy a dump folder without the rows that are known only after a moment."""
    to.mkdir()
    for file in folder.iterdir():
        head, *rows = file.read_text().splitlines()
        kept = [row for row in rows if known_ms(row) <= until_ms]
        (to / file.name).write_text("\n".join([head, *kept]) + "\n")
    return to


def known_ms(row: str) -> int:
    """Return when a row of klines or metrics is known."""
    stamp = row.split(",")[0]
    if stamp.isdigit():
        return int(stamp) + 300_000
    return int(np.datetime64(stamp.replace(" ", "T"), "ms").astype(np.int64))


async def shown_at(folder: Path, start_ms: int, hours: int) -> Snapshot:
    """Replay a folder for some hours of market time and return what is on screen then."""
    clock = ManualClock(start_ms)
    monitor = Monitor([DumpFeed(folder, clock)], ["ABC"], clock, Cadence.accelerated(600), "replay", str)
    running = asyncio.create_task(monitor.run())
    for _ in range(hours * 60):
        await clock.advance(60_000)
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.5)
    snapshot = monitor.snapshot(Selection("ABC", window="12h"))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return snapshot


def same(seen: Snapshot, blind: Snapshot) -> bool:
    """Whether two screens show the same."""
    one, other = seen.detail.heat, blind.detail.heat
    assert one is not None and other is not None and seen.detail.clusters
    arrays = ((one.ts_ms, other.ts_ms), (one.cells_usd, other.cells_usd), (one.ohlc_usd, other.ohlc_usd))
    return (
        all(np.array_equal(a, b, equal_nan=True) for a, b in arrays)
        and seen.detail.clusters == blind.detail.clusters
        and seen.detail.divergence == blind.detail.divergence
        and [row.price_usd for row in seen.assets] == [row.price_usd for row in blind.assets]
    )


async def test_cutting_off_the_future_changes_nothing_on_screen(tmp_path: Path) -> None:
    whole = dump_folder(tmp_path / "whole", hours=40)
    start_ms, hours = START_MS + 24 * HOUR_MS, 5
    cut = truncated(whole, start_ms + hours * HOUR_MS, tmp_path / "cut")
    # On a busy machine a poll may come a step later in one run, which shows in the forming column;
    # anything read ahead would show in every run.
    for _ in range(4):
        if same(await shown_at(whole, start_ms, hours), await shown_at(cut, start_ms, hours)):
            return
    raise AssertionError("the screen depends on what had not happened yet")
