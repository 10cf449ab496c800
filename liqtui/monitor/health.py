"""What is going well and what is failing at one venue, and the status that a person is shown."""

from dataclasses import dataclass, field

from liqtui.feeds.base import Blocked, FeedError
from liqtui.model.selection import PrintWorth
from liqtui.model.snapshot import VenueState, VenueStatus

DETAIL_CHARS = 80
STARTING = "starting"
"""Detail of a venue that has not answered yet, nor failed."""


@dataclass(slots=True)
class Strand:
    """One kind of call for one asset."""

    ok_ms: int | None = None
    failures: int = 0
    error: FeedError | None = None
    """Why the last call failed; None after a good one."""
    retry_ms: int | None = None


@dataclass(slots=True)
class Health:
    """The strands of one venue; its worker is the only one to change it."""

    venue: str
    prints: PrintWorth
    strands: dict[str, Strand] = field(default_factory=dict)
    lists_any: bool = True
    """Whether the venue lists any asset of the watch list, as far as is known."""
    prints_live: bool = False
    prints_error: str = ""
    prints_retry_ms: int | None = None
    remark: str = ""
    """What a person should know of the venue's data although nothing is wrong."""

    def good(self, strand: str, now_ms: int) -> bool:
        """Note a good answer; return whether the strand was failing before."""
        entry = self.strands.setdefault(strand, Strand())
        recovered = entry.failures > 0
        entry.ok_ms, entry.failures, entry.error, entry.retry_ms = now_ms, 0, None, None
        return recovered

    def bad(self, strand: str, error: FeedError, retry_ms: int | None) -> int:
        """Note a failure and when it is tried again; return how many there were in a row."""
        entry = self.strands.setdefault(strand, Strand())
        entry.failures += 1
        entry.error, entry.retry_ms = error, retry_ms
        return entry.failures

    def drop(self, strand: str) -> None:
        """Forget a strand that will not be asked again."""
        self.strands.pop(strand, None)

    def failures(self, strand: str) -> int:
        """Return the failures in a row."""
        entry = self.strands.get(strand)
        return entry.failures if entry else 0

    def newest_ms(self) -> int | None:
        """Return when the newest good answer came."""
        return max((entry.ok_ms for entry in self.strands.values() if entry.ok_ms is not None), default=None)


def venue_state(health: Health, now_ms: int, stale_ms: float, held_until_ms: int | None) -> VenueState:
    """Return what is shown of a venue at this moment."""
    newest_ms = health.newest_ms()
    status, detail = _status(health, now_ms, stale_ms, newest_ms)
    return VenueState(
        venue=health.venue,
        status=status,
        age_ms=None if newest_ms is None else max(now_ms - newest_ms, 0),
        prints=health.prints,
        detail=detail[:DETAIL_CHARS],
        retry_ms=None if status == "LIVE" else _next_try(health, now_ms, held_until_ms),
        prints_live=health.prints_live,
    )


def _status(health: Health, now_ms: int, stale_ms: float, newest_ms: int | None) -> tuple[VenueStatus, str]:
    failing = [(name, entry) for name, entry in sorted(health.strands.items()) if entry.error is not None]
    blocked = next((entry for _, entry in failing if isinstance(entry.error, Blocked)), None)
    if blocked is not None:
        return "BLOCKED", _words(health, blocked)
    if not health.lists_any:
        return "OFF", "lists none of the watched assets"
    if newest_ms is None:
        return "OFF", _said(health, failing[0]) if failing else "starting"
    if now_ms - newest_ms > stale_ms:
        return "STALE", _said(health, failing[0]) if failing else "no answer"
    if failing:
        return "PARTIAL", _said(health, failing[0])
    if health.prints != "none" and not health.prints_live:
        return "PARTIAL", f"prints: {health.prints_error or 'stream down'}"
    return "LIVE", health.remark


def _said(health: Health, failing: tuple[str, Strand]) -> str:
    name, entry = failing
    return f"{name}: {_words(health, entry)}"


def _words(health: Health, entry: Strand) -> str:
    """Return the error on one line, without the venue's name, which stands beside it on every screen."""
    return " ".join(str(entry.error).removeprefix(f"{health.venue}: ").split())


def _next_try(health: Health, now_ms: int, held_until_ms: int | None) -> int | None:
    if held_until_ms is not None and held_until_ms > now_ms:
        return held_until_ms
    tries = [health.prints_retry_ms, *(entry.retry_ms for entry in health.strands.values())]
    return min((retry_ms for retry_ms in tries if retry_ms is not None), default=None)


def as_feed_error(error: Exception) -> FeedError:
    """Return an error of a feed as one; a defect counts as a failed answer."""
    if isinstance(error, FeedError):
        return error
    return FeedError(f"defect: {type(error).__name__}: {error}")
