"""The file under Textual's writer thread: a frame goes past the thread while the terminal takes all of it at once.

Handing a frame to the thread and back costs ten system calls; it is for what a terminal that is slow leaves over.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable
from typing import TextIO


def reopened(fd: int) -> int | None:
    """Return another descriptor of the terminal that never blocks, None where there is none.

    It is opened anew, since the shell shares the given one and would find it changed.
    """
    with contextlib.suppress(OSError):
        own = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        if os.fstat(own).st_rdev == os.fstat(fd).st_rdev:
            return own
        os.close(own)  # another terminal of the same name, outside of a container
    return None


class Outlet:
    """Passes text on to a file; written to and flushed by the writer thread, asked by the event loop.

    The thread flushes when nothing is left to write, so a flush means that the terminal is reading.
    """

    def __init__(self, file: TextIO, direct: int | None = None) -> None:
        """Take over a file, and a descriptor of the same terminal that never blocks where there is one."""
        file.flush()  # what was written before comes first: from here on its buffer is written to
        self._file, self._bytes = file, file.buffer
        self._encoding, self._errors = file.encoding, file.errors or "strict"
        self._direct = direct
        self._drained: Callable[[], object] | None = None
        self._asked: deque[None] = deque()
        """An item for each text that the thread has still to take."""
        self._is_held = False
        """Whether the thread has written what is not flushed yet."""
        self._rest = b""
        """What comes before the next text."""
        self.is_pending = False
        """Whether a frame is on its way."""
        self.sent_bytes = 0
        """All that was passed on, titles and queries too."""

    def send(self, text: str, hand_over: Callable[[str], object]) -> None:
        """Write what the terminal takes at once, and hand the rest over to the thread; never blocks."""
        if self._direct is not None and not self._asked and not self._is_held:
            data = text.encode(self._encoding, self._errors)
            sent = _taken(self._direct, data)
            self.sent_bytes += sent
            if sent == len(data):
                return
            self._rest, text = data[sent:], ""
        self.is_pending = True
        hand_over(text)

    def expect(self) -> None:
        """Note that a text is about to be handed over to the thread."""
        self._asked.append(None)

    def write(self, text: str) -> int:
        """Pass text on; blocks while the terminal does not read."""
        data, self._rest = self._rest + text.encode(self._encoding, self._errors), b""
        self._is_held = True  # before it is taken from those asked for: it is always seen in one of the two
        if self._asked:
            self._asked.popleft()
        self.sent_bytes += len(data)
        self._bytes.write(data)
        return len(text)

    def flush(self) -> None:
        """Send what the file holds back, and say so to whom waits for it."""
        self._bytes.flush()
        self._is_held = self.is_pending = False
        drained, self._drained = self._drained, None
        if drained is not None:
            with contextlib.suppress(RuntimeError):  # the event loop is closed
                drained()

    def close(self) -> None:
        """Write through the thread alone from now on."""
        direct, self._direct = self._direct, None
        if direct is not None:
            os.close(direct)

    def fileno(self) -> int:
        """Return the file's descriptor."""
        return self._file.fileno()

    def is_busy(self, drained: Callable[[], object]) -> bool:
        """Return whether a frame is on its way; if so, `drained` is called in the writer's thread when it is out."""
        self._drained = drained  # before looking, so that a flush in between is not missed
        if self.is_pending:
            return True
        self._drained = None
        return False


def _taken(fd: int, data: bytes) -> int:
    """Return how much of some bytes a descriptor takes without blocking; an error is left to the thread to find."""
    try:
        return os.write(fd, data)
    except OSError:
        return 0
