"""The map against known worlds and a recorded market: skill of at least what is required, by the judge's own script."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.dumps import read_bars, read_funding, read_liquidations, read_open_interest, read_ratios
from liqtui.feeds.totals import read_totals
from liqtui.model.params import params_for
from liqtui.monitor.offline import map_rows

SHARED = Path(__file__).resolve().parents[3] / "shared"
SYMBOL = "BTCUSDT"
QUARTER_MS = 900_000


def judge() -> ModuleType:
    """Return the scoring script as a module, or skip."""
    path = SHARED / "tools" / "score_map.py"
    if not path.exists():
        pytest.skip(f"{path} is not here: the map is not judged")
    spec = importlib.util.spec_from_file_location("score_map", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def map_of(folder: Path, every_ms: int, learn: bool = False) -> dict[str, Any]:
    """Return the rows of a dump folder as the judge reads them, or skip."""
    if not folder.exists():
        pytest.skip(f"{folder} is not here: the map is not judged on it")
    prints = read_liquidations(folder, SYMBOL) if learn else []
    rows = map_rows(
        read_bars(folder, SYMBOL),
        read_open_interest(folder, SYMBOL),
        read_funding(folder, SYMBOL),
        read_ratios(folder, SYMBOL),
        prints,
        read_totals(folder, "BTC") if learn and not prints else (),
        every_ms=every_ms,
        params=params_for(binance_brackets(SYMBOL)),
    )
    return {"t": rows.t, "edges": rows.edges, "long": rows.long, "short": rows.short}


def judged(world: str, learn: bool) -> dict[str, float]:
    """Return what the judge says of the map of a simulated market whose true map is known."""
    score_map, folder = judge(), SHARED / "worlds" / world
    prediction = map_of(folder, 4 * QUARTER_MS, learn)
    with np.load(folder / "truth.npz") as file:
        found: dict[str, float] = score_map.score_truth(
            score_map.klines(str(folder)), prediction, {k: file[k] for k in file.files}
        )
    return found


@pytest.mark.parametrize("world", ["retail", "deleveraged"])
def test_skill_in_a_world_whose_map_is_known(world: str) -> None:
    found = judged(world, learn=False)
    assert found["skill"] >= 0.45
    assert found["rho"] >= 0.6
    assert found["asym"] >= 0.6
    assert 0.1 < found["mass"] < 10


@pytest.mark.parametrize("world", ["retail", "deleveraged"])
def test_learning_from_the_prints_of_these_worlds_mends_the_amounts(world: str) -> None:
    found = judged(world, learn=True)
    assert found["skill"] >= 0.58
    assert found["rho"] >= 0.75
    assert found["asym"] >= 0.85
    assert 1 / 1.5 < found["mass"] < 1.5


@pytest.mark.parametrize("learn", [False, True])
def test_liquidations_of_a_recorded_market_are_told_better_than_by_the_size_of_the_move(learn: bool) -> None:
    score_map, folder = judge(), SHARED / "data" / "btc_2025-12"
    prediction = map_of(folder, QUARTER_MS, learn)
    totals = score_map._rows(str(folder / "BTC-liquidation-totals-1h.csv.gz"))
    found = score_map.score_totals(score_map.klines(str(folder)), prediction, totals)
    for side in ("long", "short"):
        assert found[side]["pred"] > found[side]["move"] + 0.06
        assert found[side]["partial"] >= 0.58
