"""`liqtui doctor` against venues on loopback: what it finds, and what its exit code says."""

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.terminal import ROOT, app_environment
from tests.venues.faults import geoblocked
from tests.venues.server import LoopbackVenues
from tests.venues.threaded import ThreadedVenues
from tests.venues.world import usual_world

HOUR_MS = 3_600_000


def doctor(home: Path, venues: ThreadedVenues) -> tuple[int, dict[str, dict[str, object]]]:
    """Run it and return the exit code and its findings by subject."""
    config = home / "liqtui.toml"
    config.write_text(f'[network]\nresolve_to = "127.0.0.1:{venues.port}"\nca_file = "{venues.ca_file}"\n')
    done = subprocess.run(
        [sys.executable, "-m", "liqtui", "doctor", "--json", "--config", str(config)],
        env=app_environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return done.returncode, {finding["subject"]: finding for finding in json.loads(done.stdout)}


def test_all_well_exits_0(tmp_path: Path) -> None:
    with LoopbackVenues.in_thread() as venues:
        code, found = doctor(tmp_path, venues)
    assert code == 0, found
    for venue in ("binance", "bybit", "okx", "hyperliquid"):
        assert found[f"venue {venue}"]["verdict"] == "ok"
        assert "reached in" in str(found[f"venue {venue}"]["text"])


def test_a_blocked_venue_exits_3_and_says_what_to_do(tmp_path: Path) -> None:
    with LoopbackVenues.in_thread() as venues:
        venues.fault("binance", "/", geoblocked())
        code, found = doctor(tmp_path, venues)
    assert code == 3
    assert found["venue binance"]["verdict"] == "bad"
    assert "BLOCKED" in str(found["venue binance"]["text"])
    assert "proxy" in str(found["venue binance"]["text"])
    assert found["venue okx"]["verdict"] == "ok"


def test_a_clock_that_is_an_hour_off_exits_1(tmp_path: Path) -> None:
    world = usual_world()
    real = world.now_ms
    world.now_ms = lambda: real() + HOUR_MS
    with LoopbackVenues.in_thread(world) as venues:
        code, found = doctor(tmp_path, venues)
    assert code == 1
    assert "NTP" in str(found["venue bybit"]["text"])
    assert "-3600" in str(found["venue bybit"]["text"])


def test_the_journal_is_named_with_its_size(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    journal = tmp_path / "liqtui-journal.toml"

    def said() -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "liqtui", "doctor", "--json", "--offline", "--config", str(journal)],
            env=app_environment(tmp_path),
            cwd=ROOT,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        found = next(one for one in json.loads(done.stdout) if one["subject"] == "journal")
        return found["verdict"], found["text"]

    journal.write_text(f'[journal]\npath = "{folder}/j.db"\nkeep_days = 7\n')
    verdict, text = said()
    assert verdict == "ok" and f"{folder}/j.db, absent" in text and "7 days" in text
    (folder / "j.db").write_bytes(b"x" * 2_340_000)
    assert f"{folder}/j.db, 2.3 MB" in said()[1]
    journal.write_text("[journal]\nenabled = false\n")
    assert said()[0] == "note"
