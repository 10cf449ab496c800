"""The packaged table of maintenance brackets, and the script that derives it."""

import csv
import subprocess
import sys
from collections import defaultdict
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from liqtui.feeds.brackets import binance_brackets
from liqtui.model.margin import liquidation_price, position_liquidation_price
from liqtui.model.market import Bracket

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "derive_brackets.py"
RECORDED = ROOT.parent / "shared" / "data" / "binance_usdm_brackets.csv"
HEADER = "symbol,tier,min_notional,max_notional,maintenance_margin_rate,maintenance_amount,max_leverage\n"


def test_bitcoin() -> None:
    brackets = binance_brackets("BTC")
    assert brackets[0] == Bracket(0.0, 300_000.0, 0.004, 0.0, 150)
    assert brackets[1] == Bracket(300_000.0, 800_000.0, 0.005, 300.0, 100)
    assert brackets[-1] == Bracket(1.2e9, 1.8e9, 0.5, 421_482_000.0, 1)
    assert len(brackets) == 12


@pytest.mark.parametrize("name", ["BTCUSDT", "BTC/USDT:USDT"])
def test_every_way_to_name_a_symbol(name: str) -> None:
    assert binance_brackets(name) == binance_brackets("BTC")


def test_other_quotes_have_their_own() -> None:
    assert binance_brackets("BTCUSDC") == binance_brackets("BTC/USDC:USDC") != binance_brackets("BTC")


def test_unknown_symbols_get_the_ladder_of_small_coins() -> None:
    unknown = binance_brackets("NOSUCHCOIN")
    assert unknown == binance_brackets("NOSUCHCOINUSDT") == binance_brackets("AEVO")
    assert unknown[0].max_leverage == 50
    assert unknown[0].rate > binance_brackets("BTC")[0].rate


def test_every_ladder_is_whole_and_its_margin_continuous() -> None:
    lines = files("liqtui.feeds").joinpath("binance_brackets.csv").read_text(encoding="utf-8").splitlines()
    names = [key for keys, _, _ in list(csv.reader(lines[1:]))[1:] for key in keys.split()]
    assert len(names) == len(set(names)) > 800
    for name in names:
        brackets = binance_brackets(name)
        assert brackets[0].floor_usd == 0.0 and brackets[0].amount_usd == 0.0
        for low, high in pairwise(brackets):
            assert low.cap_usd == high.floor_usd
            assert low.rate < high.rate < 1.0
            assert low.max_leverage >= high.max_leverage >= 1.0
            edge = low.cap_usd
            assert edge * low.rate - low.amount_usd == pytest.approx(edge * high.rate - high.amount_usd, abs=1e-3)


def test_a_liquidation_price_through_the_table() -> None:
    found = position_liquidation_price("long", 100_000, 10, 0.5, binance_brackets("BTC"))
    assert found == pytest.approx(liquidation_price("long", 100_000, 10, 0.004), rel=1e-12)


def derive(path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, SCRIPT, path, "2026-01-31"], capture_output=True, text=True, timeout=30)


def test_the_script_shares_ladders_and_leaves_dated_futures_out(tmp_path: Path) -> None:
    source = tmp_path / "brackets.csv"
    ladder = "{0},1,0,5000,0.01,0.0,50\n{0},2,5000,9000,0.02,50.0,25\n"
    symbols = ["BBB/USDT:USDT", "AAA/USDT:USDT", "AAA/USDC:USDC", "AAA/USDT:USDT-260925"]
    source.write_text(HEADER + "".join(ladder.format(symbol) for symbol in symbols), encoding="utf-8")
    done = derive(source)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:] == ["AAA AAA/USDC:USDC BBB,9000,0:0.01:50 5000:0.02:25"]
    assert "2026-01-31" in done.stdout.splitlines()[0]


@pytest.mark.parametrize("second", ["5000,9000,0.02,51.0,25", "6000,9000,0.02,60.0,25"])
def test_the_script_refuses_figures_that_do_not_fit(tmp_path: Path, second: str) -> None:
    source = tmp_path / "brackets.csv"
    symbol = "AAA/USDT:USDT"
    source.write_text(f"{HEADER}{symbol},1,0,5000,0.01,0.0,50\n{symbol},2,{second}\n", encoding="utf-8")
    done = derive(source)
    assert done.returncode != 0
    assert symbol in done.stderr


@pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded brackets at {RECORDED}")
def test_the_table_says_what_the_venue_said() -> None:
    said: dict[str, list[Bracket]] = defaultdict(list)
    with RECORDED.open(encoding="utf-8", newline="") as source:
        for symbol, _, *figures in list(csv.reader(source))[1:]:
            said[symbol].append(Bracket(*(float(figure) for figure in figures)))
    for symbol, brackets in said.items():
        if "-" in symbol:
            continue
        for found, expected in zip(binance_brackets(symbol), brackets, strict=True):
            assert found.amount_usd == pytest.approx(expected.amount_usd, abs=1e-6)
            assert (found.floor_usd, found.cap_usd, found.rate, found.max_leverage) == (
                expected.floor_usd,
                expected.cap_usd,
                expected.rate,
                expected.max_leverage,
            )
