"""The engine of an app under test, as the system sees it."""

import time
from pathlib import Path

import psutil


def engines(home: Path) -> list[psutil.Process]:
    """Return the engine processes that belong to this home folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if "engine" in words and "--spec" in words and process.environ().get("HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until_gone(home: Path, timeout_s: float = 15.0) -> None:
    """Wait until no engine of this home is left; AssertionError if one stays."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if not engines(home):
            return
        time.sleep(0.1)
    raise AssertionError(f"still running: {engines(home)}")
