"""How long a live feed waits, and how much it holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Waits and bounds of a live feed; `_s` is real seconds."""

    paced: bool = True
    """Whether requests are spaced as the venue asks."""
    request_s: float = 10.0
    """Longest wait for one answer."""
    connect_s: float = 10.0
    """Longest wait for a stream to answer its subscription."""
    keep_alive_s: float = 15.0
    """Between two pings of a stream."""
    silence_s: float = 20.0
    """A stream that has shown no sign of life for so long is dead."""
    settled_s: float = 30.0
    """A stream that has held so long is sound again: the next pause is the shortest."""
    pause_s: float = 1.0
    """First pause before a stream is opened again; doubled each time, with jitter."""
    pause_most_s: float = 60.0
    backlog: int = 100_000
    """Messages of a stream held for a slow consumer; more are counted as lost, and a gap says so."""
    markets_age_s: float = 86_400.0
    """Age at which the instrument list is asked for again."""
    markets_retry_s: float = 600.0
    """Least time between two tries to renew it."""
