"""`--plain` in a process of its own, into a pipe."""

import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.terminal import ROOT, app_environment


def plain(home: Path, *more: str) -> "subprocess.Popen[str]":
    """Start the demo without a screen."""
    command = [sys.executable, "-m", "liqtui", "demo", "--plain", "--every", "15m", "--speed", "3000", *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=app_environment(home)
    )


def test_lines_of_text_come_without_a_terminal_and_the_reader_may_leave(tmp_path: Path) -> None:
    process = plain(tmp_path)
    assert process.stdout is not None and process.stderr is not None
    lines: list[str] = []
    began_s = time.monotonic()
    while sum("Longs: nearest zone" in line for line in lines) < 2 and time.monotonic() - began_s < 90:
        lines.append(process.stdout.readline())
    assert all(line.startswith("DEMO seed 7 3000x: 20") and line.endswith(".\n") for line in lines), lines
    assert "\x1b" not in "".join(lines)
    process.stdout.close()
    assert process.wait(30) == 0
    assert "Traceback" not in process.stderr.read()


def test_the_interval_must_be_a_span(tmp_path: Path) -> None:
    process = plain(tmp_path, "--every", "soon")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2 and "'soon' is not a span such as 5m" in errors
