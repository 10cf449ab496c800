"""What a viewer can choose, and words that settings share with it; kept apart from arrays, which are slow to load."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS

Window = Literal["1h", "4h", "12h", "24h", "3d", "7d"]
WINDOWS: tuple[Window, ...] = get_args(Window)
WINDOW_MS: dict[Window, int] = {
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "24h": DAY_MS,
    "3d": 3 * DAY_MS,
    "7d": 7 * DAY_MS,
}
COLUMN_MS: dict[Window, int] = {
    "1h": MINUTE_MS,
    "4h": MINUTE_MS,
    "12h": 5 * MINUTE_MS,
    "24h": 5 * MINUTE_MS,
    "3d": 5 * MINUTE_MS,
    "7d": 15 * MINUTE_MS,
}
"""Length of a heat column in each window (a venue without 1-minute bars gives 5-minute ones where they are wanted)."""

PAST_MS = 7 * DAY_MS
"""How far back columns are remembered."""

Mode = Literal["live", "demo", "replay"]
PrintWorth = Literal["full", "sampled", "totals", "none"]
"""What a venue's print stream is worth: all, at most one a second, totals only, none."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one viewer looks at; each viewer of an engine has its own."""

    asset: str
    venue: str | None = None
    """A venue key, or None for the sum over venues."""
    window: Window = "24h"
    until_ms: int | None = None
    """Where the map ends in the past, as it was known then (UTC epoch ms); None follows the newest."""

    def panned(self, steps: int, now_ms: int, since_ms: int | None) -> "Selection":
        """Return this some quarters of the window later, or earlier as far as is remembered.

        `since_ms` is where the map's history begins, None where that is not known: no window begins before it.
        """
        span_ms = WINDOW_MS[self.window]
        first_ms = now_ms - max(PAST_MS, span_ms)
        until_ms = (now_ms if self.until_ms is None else self.until_ms) + steps * (span_ms // 4)
        until_ms = max(until_ms, span_ms + (first_ms if since_ms is None else max(first_ms, since_ms)))
        return replace(self, until_ms=None if until_ms >= now_ms else until_ms)
