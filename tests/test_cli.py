"""The command line as scripts use it: stdout is data, stderr is talk, the exit code says how it went."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.terminal import ROOT, app_environment

START_MS = 1_760_000_400_000


def liqtui(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command with pipes for stdin, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "-m", "liqtui", *arguments],
        env=app_environment(home, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def dump_folder(folder: Path, hours: int = 30) -> Path:
    """Write a small market in the layout of the public dumps: a price that falls and comes back."""
    rows, metrics = [], []
    for i in range(hours * 12):
        price = 100.0 + 3.0 * np.sin(i / 40.0)
        ts_ms = START_MS + i * 300_000
        prices = f"{price:.2f},{price + 0.2:.2f},{price - 0.2:.2f},{price:.2f}"
        rows.append(f"{ts_ms},{prices},500,{ts_ms + 299_999},50000,10,260,26000,0")
        stamp = np.datetime64(ts_ms, "ms").astype(str)[:19].replace("T", " ")
        metrics.append(f"{stamp},ABCUSDT,{10_000 + i % 50},{1_000_000},,,1.2,1.0")
    head = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume"
    metrics_head = (
        "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
        "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
    )
    folder.mkdir(exist_ok=True)
    (folder / "ABCUSDT-5m-2025-10-09.csv").write_text("\n".join([head + ",ignore", *rows]) + "\n")
    (folder / "ABCUSDT-metrics-2025-10-09.csv").write_text("\n".join([metrics_head, *metrics]) + "\n")
    return folder


def test_version_and_help_are_data_on_stdout(tmp_path: Path) -> None:
    version = liqtui(tmp_path, "--version")
    assert version.returncode == 0
    assert version.stdout.startswith("liqtui")
    assert version.stderr == ""
    help_ = liqtui(tmp_path, "--help")
    assert help_.returncode == 0
    for word in ("demo", "replay", "map", "doctor", "130"):
        assert word in help_.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["demo", "--speed", "-1"], "--speed"),
        (["replay", "no-such-folder"], "no-such-folder"),
        (["map", ".", "--every", "5x", "--out", "x.npz"], "5x"),
        (["--theme"], "--theme"),
        (["fly"], "fly"),
    ],
)
def test_wrong_usage_exits_2_and_explains_on_stderr(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = liqtui(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr


def test_a_screen_without_a_terminal_is_refused_with_advice(tmp_path: Path) -> None:
    done = liqtui(tmp_path, "demo")
    assert done.returncode == 2
    assert "terminal" in done.stderr


def test_a_wrong_setting_exits_2_and_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "liqtui.toml"
    path.write_text("[watch]\nvenus = ['binance']\n")
    done = liqtui(tmp_path, "doctor", "--offline", "--config", str(path))
    assert done.returncode == 2
    assert "watch.venus" in done.stderr
    assert "watch.venues" in done.stderr
    assert str(path) in done.stderr


def test_map_writes_rows_that_a_judge_can_read(tmp_path: Path) -> None:
    folder, out = dump_folder(tmp_path / "dumps"), tmp_path / "map.npz"
    done = liqtui(tmp_path, "map", str(folder), "--symbol", "abcusdt", "--every", "1h", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    with np.load(out) as found:
        t, edges, long_usd, short_usd = (found[key] for key in ("t", "edges", "long", "short"))
    assert t.dtype == np.int64
    assert np.all(np.diff(t) == 3_600_000)
    assert np.all(t % 3_600_000 == 0)
    assert np.all(np.diff(edges) > 0)
    assert long_usd.shape == short_usd.shape == (len(t), len(edges) - 1)
    assert np.isfinite(long_usd).all()
    assert (long_usd >= 0).all()
    centres = np.sqrt(edges[1:] * edges[:-1])
    assert long_usd[-1][centres > 110].sum() == 0
    assert 0 < long_usd[-1].sum() < 1.1 * 10_050 * 103


def test_map_of_an_empty_folder_or_a_wrong_symbol_says_what_is_there(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = liqtui(tmp_path, "map", str(empty), "--out", str(tmp_path / "x.npz"))
    assert nothing.returncode != 0
    assert "-5m-" in nothing.stderr
    wrong = liqtui(
        tmp_path, "map", str(dump_folder(tmp_path / "d")), "--symbol", "BTCUSDT", "--out", str(tmp_path / "x")
    )
    assert wrong.returncode == 2
    assert "ABCUSDT" in wrong.stderr


def test_doctor_offline_reports_the_terminal_and_exits_0(tmp_path: Path) -> None:
    done = liqtui(tmp_path, "doctor", "--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    for subject in ("terminal", "colour", "python", "sockets"):
        assert subject in done.stdout.lower()


def test_watched_accounts_are_counted_by_doctor_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "liqtui.toml"
    addresses = tmp_path / "whales.txt"
    addresses.write_text("".join(f"0x{number:040x}\n" for number in range(90)))
    path.write_text(f'[watch]\nhyperliquid_addresses_file = "{addresses}"\n')
    done = liqtui(tmp_path, "doctor", "--offline", "--config", str(path))
    assert done.returncode == 0, done.stderr
    assert "90 on Hyperliquid, each looked at every 90 s" in done.stdout
    wrong = liqtui(tmp_path, "--hyperliquid-addresses", "0x12")
    assert wrong.returncode == 2
    assert "'0x12'" in wrong.stderr and "40 hexadecimal digits" in wrong.stderr
