"""The file under Textual's writer thread, which tells whether the terminal has taken the last frame."""

import contextlib
from collections.abc import Callable
from typing import TextIO


class Outlet:
    """Passes text on to a file; written to and flushed by the writer thread, asked by the event loop.

    The thread flushes when nothing is left to write, so a flush means that the terminal is reading.
    """

    def __init__(self, file: TextIO) -> None:
        file.flush()  # what was written before comes first: from here on its buffer is written to
        self._file, self._bytes = file, file.buffer
        self._encoding, self._errors = file.encoding, file.errors or "strict"
        self._drained: Callable[[], object] | None = None
        self.is_pending = False
        """Whether a frame is on its way."""
        self.sent_bytes = 0
        """All that was passed on, titles and queries too."""

    def write(self, text: str) -> int:
        """Pass text on; blocks while the terminal does not read."""
        data = text.encode(self._encoding, self._errors)
        self.sent_bytes += len(data)
        self._bytes.write(data)
        return len(text)

    def flush(self) -> None:
        """Send what the file holds back, and say so to whom waits for it."""
        self._bytes.flush()
        self.is_pending = False
        drained, self._drained = self._drained, None
        if drained is not None:
            with contextlib.suppress(RuntimeError):  # the event loop is closed
                drained()

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
