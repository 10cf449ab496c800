"""Starts an engine as a process of its own, detached from the terminal."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec

from liqtui.cli.spec import EngineSpec
from liqtui.link.address import socket_path

LOG_BYTES = 1_000_000
"""A log that has grown beyond this is begun anew at the next start."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The engine's matrices are small: several threads on one cost more than they save, and memory."""


def answers(path: Path) -> bool:
    """Whether somebody listens on this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


class EngineStarter:
    """Launches the engine of one spec. Called ahead, the next call hands out what already runs."""

    def __init__(self, spec: EngineSpec) -> None:
        self._spec = spec
        self._ahead: subprocess.Popen[bytes] | None = None

    def ahead(self) -> None:
        """Start the engine, unless one answers, so that it loads while the viewer does."""
        if not answers(socket_path(self._spec.socket_path)):
            self._ahead = self()

    def __call__(self) -> "subprocess.Popen[bytes]":
        """Start the engine and return its process; its stderr goes to the log of the spec."""
        if self._ahead is not None:
            process, self._ahead = self._ahead, None
            return process
        log_path = self._spec.log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        if log_path.exists() and log_path.stat().st_size > LOG_BYTES:
            log_path.unlink()
        command = [sys.executable, "-m", "liqtui", "engine", "--spec", msgspec.json.encode(self._spec).decode()]
        with open(log_path, "ab") as log:
            return subprocess.Popen(
                command,
                env=ONE_THREAD | os.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                close_fds=True,
            )
