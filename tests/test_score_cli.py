"""`liqtui score`: prints, totals, prints without places, and folders with nothing to score."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.dump_files import asset_of
from liqtui.feeds.dumps import read_bars, read_funding, read_liquidations, read_open_interest, read_ratios
from liqtui.feeds.totals import read_totals
from liqtui.model.intensity import Intensity
from liqtui.model.market import DAY_MS, Liquidation, PriceBar
from liqtui.model.params import params_for
from liqtui.model.scorer import Scorer
from liqtui.model.snapshot import BANDS_PCT
from liqtui.monitor.scoring import Recording, score_totals, told_bars
from tests.e2e.terminal import ROOT, app_environment
from tests.model.scored_market import anywhere, exchanged, recorded
from tests.test_cli import dump_folder

SHARED = Path(__file__).resolve().parents[2] / "shared"


def liqtui(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with pipes."""
    return subprocess.run(
        [sys.executable, "-m", "liqtui", *arguments],
        env=app_environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def write_market(folder: Path, bars: Sequence[PriceBar], prints: Sequence[Liquidation]) -> Path:
    """Write bars and prints in the layout of the public dumps."""
    folder.mkdir(exist_ok=True)
    klines = [
        f"{b.ts_ms},{b.open_usd},{b.high_usd},{b.low_usd},{b.close_usd},{b.volume_base},{b.end_ms - 1},0,0,"
        f"{b.volume_base / 2}"
        for b in bars
    ]
    rows = [
        f"{p.ts_ms},{'SELL' if p.side == 'long' else 'BUY'},LIMIT,IOC,{p.qty_base},{p.bankruptcy_usd},{p.price_usd},"
        f"FILLED,{p.qty_base},{p.qty_base}"
        for p in prints
    ]
    opened = datetime.fromtimestamp(bars[0].ts_ms / 1000, UTC)
    metrics = f"{opened:%Y-%m-%d %H:%M:%S},BTCUSDT,50000,0,,,1.0,1.0"
    for kind, lines in (("1m", klines), ("liquidationSnapshot", rows), ("metrics", [metrics])):
        (folder / f"BTCUSDT-{kind}-2025-10-10.csv").write_text("\n".join(lines) + "\n")
    return folder


def score(home: Path, *arguments: str) -> Any:
    """Return what the command prints as JSON."""
    done = liqtui(home, "score", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_prints_are_scored_as_json(tmp_path: Path) -> None:
    market = recorded(3)
    folder = write_market(tmp_path / "dumps", market.bars, market.prints)
    found = score(tmp_path, str(folder), "--symbol", "btcusdt", "--no-learn")
    assert found["symbol"] == "BTCUSDT"
    assert found["days"] == 4
    assert found["prints"] + found["outside"] == sum(p.ts_ms >= market.bars[1440].ts_ms for p in market.prints)
    assert found["over_price"]["low"] <= found["over_price"]["mean"] <= found["over_price"]["high"]
    assert found["places_hold"]
    assert len(found["reliability"]) == 10
    assert found["coverage"] == [] and found["coverage_n"] == 0


def test_a_map_that_learns_says_how_often_its_bands_held(tmp_path: Path) -> None:
    market = recorded(3)
    folder = write_market(tmp_path / "dumps", market.bars, market.prints)
    found = score(tmp_path, str(folder), "--learn")
    assert [nominal for nominal, _ in found["coverage"]] == list(BANDS_PCT)
    assert found["coverage"][0][1] < found["coverage"][1][1] < found["coverage"][2][1] <= 100
    assert 20 < found["coverage_n"] <= 2 * 24 * 4


def test_prints_without_places_are_no_skill_and_the_table_says_so(tmp_path: Path) -> None:
    market = recorded(3)
    swapped = [replace(p, bankruptcy_usd=p.price_usd) for p in exchanged(market.prints)]
    done = liqtui(tmp_path, "score", str(write_market(tmp_path / "dumps", market.bars, swapped)))
    assert done.returncode == 0
    assert done.stdout.startswith("BTCUSDT: no better than price alone\n")
    for word in (
        "over price alone",
        "over fixed leverage",
        "N-test",
        "S-test",
        "reliability",
        "do not lie where",
        "bands held what came",
    ):
        assert word in done.stdout
    assert "7200 bars" in done.stderr
    assert "7200 bars" not in done.stdout


def test_a_folder_with_totals_only_is_scored_by_totals(tmp_path: Path) -> None:
    market = recorded(3)
    folder = write_market(tmp_path / "dumps", market.bars, [])
    (folder / "BTCUSDT-liquidationSnapshot-2025-10-10.csv").unlink()
    done = liqtui(tmp_path, "score", str(folder))
    assert done.returncode == 2
    assert "no liquidations of BTCUSDT" in done.stderr
    hours = sorted({b.ts_ms // 3_600_000 * 3_600_000 for b in market.bars})
    rows = [f"{ts_ms},{1000 + at % 7},{2000 + at % 5}" for at, ts_ms in enumerate(hours)]
    text = "\n".join(["open_time,long_usd,short_usd", *rows, "broken,,", f"{hours[-1] + 3_600_000},nan,1"])
    (folder / "BTC-liquidation-totals-1h.csv").write_text(text)
    assert [(r.start_ms, r.long_usd) for r in read_totals(folder, "BTC")][:2] == [
        (hours[0], 1000.0),
        (hours[1], 1001.0),
    ]
    assert len(read_totals(folder, "BTC")) == len(hours)
    assert read_totals(folder, "ETH") == []
    found = score(tmp_path, str(folder))
    assert found["totals"]["long"]["verdict"] == "not enough periods"


def test_without_liquidations_the_command_says_so(tmp_path: Path) -> None:
    done = liqtui(tmp_path, "score", str(dump_folder(tmp_path / "dumps")))
    assert done.returncode == 2
    assert "neither liquidationSnapshot nor liquidation-totals" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("world", ["retail", "deleveraged"])
def test_in_a_known_world_prints_hold_their_places_and_shuffled_ones_do_not(world: str) -> None:
    folder = SHARED / "worlds" / world
    if not folder.exists():
        pytest.skip(f"{folder} is not here: nothing is scored on it")
    prints = read_liquidations(folder, "BTCUSDT")
    scorers = {"as they were": Scorer(), "exchanged": Scorer(), "anywhere": Scorer()}
    lists = dict(zip(scorers, (prints, exchanged(prints), anywhere(prints)), strict=True))
    at = dict.fromkeys(scorers, 0)
    model, recording = Intensity(params_for(binance_brackets("BTCUSDT"))), world_recording(folder)
    for bar in told_bars(model, recording):
        if bar.ts_ms >= recording.bars[0].ts_ms + 5 * DAY_MS:
            break
        now = model.now_map() if scorers["exchanged"].wants_map else None
        for name, scorer in scorers.items():
            if scorer.wants_map:
                scorer.before(now)
            while at[name] < len(prints) and lists[name][at[name]].ts_ms < bar.end_ms:
                scorer.add_print(lists[name][at[name]])
                at[name] += 1
            scorer.add_bar(bar)
    found = {name: scorer.report() for name, scorer in scorers.items()}
    assert found["as they were"].places_hold
    assert found["as they were"].outside < 0.02 * len(prints)
    assert found["as they were"].prints > 500
    for name in ("exchanged", "anywhere"):
        assert found[name].verdict == "no better than price alone"
        over_price = found[name].over_price
        assert over_price is not None
        assert over_price.low <= 0


def world_recording(folder: Path) -> Recording:
    """Return all of a world but its prints."""
    symbol = "BTCUSDT"
    return Recording(
        read_bars(folder, symbol),
        read_open_interest(folder, symbol),
        (),
        read_funding(folder, symbol),
        read_ratios(folder, symbol),
    )


def test_the_map_ranks_the_hours_of_a_recorded_market_better_than_the_move() -> None:
    folder = SHARED / "data" / "btc_2025-12"
    if not folder.exists():
        pytest.skip(f"{folder} is not here: nothing is scored on it")
    symbol = "BTCUSDT"
    bars = read_bars(folder, symbol)[: 15 * 288]
    recording = Recording(bars, read_open_interest(folder, symbol))
    model = Intensity(params_for(binance_brackets(symbol)))
    found = score_totals(model, recording, read_totals(folder, asset_of(symbol)))
    for skill in found.values():
        assert skill.better
        assert skill.forecast > skill.move
        assert skill.periods == 10 * 24
