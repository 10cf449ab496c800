"""Textual's driver with an input thread that sleeps until there is input; Textual's wakes ten times a second."""

import os
import select
import signal
import sys
from codecs import getincrementaldecoder
from typing import TextIO, cast

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from liqtui.painting.multiplexer import in_tmux
from liqtui.painting.outlet import Outlet, reopened

_ESCAPE_WAITS, _ESCAPE_WAIT_S = 3, 0.06


class QuietDriver(LinuxDriver):
    """The driver; inside tmux it does not ask for synchronised output, which makes tmux repaint the whole pane."""

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._wake = os.pipe()
        self._outlet: Outlet | None = None

    def write(self, data: str) -> None:
        """Hand text over to the writer thread."""
        if self._outlet is not None:
            self._outlet.expect()
        super().write(data)

    def close(self) -> None:
        """Write what is left, and no more past the thread."""
        super().close()
        if self._outlet is not None:
            self._outlet.close()

    def start_application_mode(self) -> None:
        """Take the terminal over, writing through a fresh outlet."""
        file = cast("TextIO", sys.__stderr__)
        self._outlet = Outlet(file, reopened(file.fileno()))
        self._file = self._outlet  # type: ignore[assignment]
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _request_terminal_sync_mode_support(self) -> None:
        if not in_tmux():
            super()._request_terminal_sync_mode_support()

    def run_input_thread(self) -> None:
        """Wait for input and hand on its events until told to stop."""
        _pump_input(self, self._wake[0])

    def disable_input(self) -> None:
        """Wake the input thread and stop it."""
        os.write(self._wake[1], b".")
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back without the splash."""
        super().stop_application_mode()
        self.write("\x1b[K")
        self.flush()


def _pump_input(driver: LinuxDriver, wake: int) -> None:
    """Read the terminal and post its events until `driver.exit_event` is set and `wake` is readable.

    It polls only for a moment after input, because a lone escape is told from a sequence by waiting. A terminal that is
    gone ends the process.
    """
    parser = XTermParser(driver._debug)
    decode = getincrementaldecoder("utf-8")().decode
    waits = 0
    while not driver.exit_event.is_set():
        ready = select.select([driver.fileno, wake], [], [], _ESCAPE_WAIT_S if waits else None)[0]
        waits = _ESCAPE_WAITS if driver.fileno in ready else max(waits - 1, 0)
        if driver.fileno in ready:
            data = _read(driver.fileno)
            if data == b"":
                _hang_up()
                return
            for event in parser.feed(decode(data or b"")):
                driver.process_message(event)
        for event in parser.tick():
            driver.process_message(event)
    os.read(wake, 64)


def _read(descriptor: int) -> bytes | None:
    """Return what has been typed, None if nothing has; empty where the terminal is gone."""
    try:
        return os.read(descriptor, 4096)
    except BlockingIOError:  # another program has made the terminal non-blocking, and was first
        return None
    except OSError:
        return b""


def _hang_up() -> None:
    """End as the kernel ends those whose own terminal this is: nobody sees the screen any more, or can leave it."""
    os.kill(os.getpid(), signal.SIGHUP)
