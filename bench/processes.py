"""What a process has used so far, from /proc, and a viewer on an engine that plays scenes."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.recorded import RecordedApp, compiled_environment
from tests.e2e.terminal import ROOT


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, to a microsecond where the kernel says so (schedstat), all threads."""
    tasks = Path(f"/proc/{pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
    except (OSError, ValueError, IndexError):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)


def wakeups(pid: int) -> int:
    """Return how often the threads of a process have gone to sleep of their own will."""
    texts = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(count) for text in texts for count in re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M))


@contextmanager
def scene_viewer(scenes_per_s: float, columns: int, rows: int, *texture: str) -> Iterator[tuple[RecordedApp, Path]]:
    """Run a viewer on a playing engine; yields it and the file of the times at which the engine sent.

    A `texture` of `bench.maps` has the engine play a map of that kind.
    """
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder) / "e.sock", Path(folder) / "sent.txt"
        engine = subprocess.Popen(
            [sys.executable, "-m", "bench.playing_engine", str(path), str(scenes_per_s), str(log), *texture], cwd=ROOT
        )
        try:
            while not path.exists():
                time.sleep(0.02)
            command = [sys.executable, "-m", "bench.scene_viewer", str(path)]
            with RecordedApp(command, compiled_environment(Path(folder)), columns, rows) as app:
                yield app, log
        finally:
            engine.kill()
            engine.wait()
