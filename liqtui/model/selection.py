"""What a viewer can choose, and words that settings share with it; kept apart from arrays, which are slow to load."""

from dataclasses import dataclass
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
