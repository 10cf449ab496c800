"""How often the picture may change: at most so often, rarely where bandwidth is low, never while output waits."""

import time
from collections import deque
from collections.abc import Callable

LOW_FPS = 1.0
"""Pictures a second where bandwidth is low."""
WHOLE_S = 120.0
"""Where bandwidth is low, the seconds between pictures in which more is new than must be."""
_EARLY = 0.1
"""A picture may come early by this part of its period: the engine sends at about the same pace."""
_JITTER_S = 0.012
"""Or by this much: snapshots that the engine sends evenly do not come evenly."""
_BACKED_UP_S = 1.5
"""Output that has waited this long means low bandwidth."""
_RECOVERED_S = 30.0
"""Low bandwidth that was found, not wished for, ends when no output had to wait for so long."""
_TRAFFIC_S = 60.0


class Pace:
    """When the next picture is due; `fps` None lets every one through, however the output flows."""

    def __init__(
        self, fps: float | None = None, low: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fps, self._monotonic = fps, monotonic
        self.wished = low
        """Whether low bandwidth was asked for."""
        self.found = False
        """Whether output has backed up."""
        self._drawn_s = self._whole_s = -float("inf")
        self._pending_since_s: float | None = None
        self._clear_since_s = monotonic()
        self._sent: deque[tuple[float, int]] = deque(maxlen=1_024)

    @property
    def low(self) -> bool:
        """Whether as little as possible is to be sent."""
        return self.wished or self.found

    @property
    def words(self) -> str:
        """Return why little is sent."""
        return "low bandwidth" if self.wished else "slow terminal: low bandwidth"

    def wish(self, low: bool) -> None:
        """Ask for low bandwidth, or against it, whatever was found; what backs up from now on counts."""
        self.wished, self.found, self._pending_since_s = low, False, None

    @property
    def fps(self) -> float | None:
        """Pictures a second at most, None without a limit."""
        return min(self._fps or LOW_FPS, LOW_FPS) if self.low else self._fps

    def wait_s(self) -> float:
        """Return the seconds until a picture may be drawn; 0 when it may be now."""
        if self.fps is None:
            return 0.0
        wait_s = self._drawn_s + 1 / self.fps - self._monotonic()
        return wait_s if wait_s > max(_EARLY / self.fps, _JITTER_S) else 0.0

    def drawn(self) -> None:
        """Note that a picture is drawn."""
        self._drawn_s = self._monotonic()

    @property
    def is_brief(self) -> bool:
        """Whether the next picture is to show only the news that cannot wait."""
        return self.low and self._monotonic() - self._whole_s < WHOLE_S - _EARLY

    def drawn_whole(self) -> None:
        """Note that a picture shows all that is new."""
        self._whole_s = self._monotonic()

    def note_output(self, pending: bool, sent_bytes: int) -> None:
        """Note whether the last picture still waits to be taken by the terminal, and all that was sent so far."""
        now_s = self._monotonic()
        self._sent.append((now_s, sent_bytes))
        if pending:
            self._clear_since_s = now_s
            if self._pending_since_s is None:
                self._pending_since_s = now_s
            if self._fps is not None and now_s - self._pending_since_s >= _BACKED_UP_S:
                self.found = True
        else:
            self._pending_since_s = None
            if now_s - self._clear_since_s >= _RECOVERED_S:
                self.found = False

    def bytes_per_s(self) -> float:
        """Return what was sent over the last minute, or since the start where that is shorter."""
        now_s = self._monotonic()
        while len(self._sent) > 2 and self._sent[0][0] < now_s - _TRAFFIC_S:
            self._sent.popleft()
        if not self._sent:
            return 0.0
        (first_s, first_bytes), (_, last_bytes) = self._sent[0], self._sent[-1]
        return (last_bytes - first_bytes) / max(now_s - first_s, 1.0)
