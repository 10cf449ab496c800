"""How long to keep still after a failure."""

import random
from collections.abc import Callable

from liqtui.feeds.base import Banned, Blocked, FeedError, RateLimited
from liqtui.monitor.cadence import Cadence

BLOCKED_MS = 15 * 60_000
"""A venue that does not serve this place is tried again after a quarter of an hour."""
BANNED_MS = 5 * 60_000
"""A ban that does not say how long it lasts."""
RATE_LIMITED_MS = 30_000
"""A rate limit that does not say how long it lasts."""


def hold_ms(error: BaseException) -> float | None:
    """Return how long the whole venue must be left alone after this error; None if only the one call failed."""
    if isinstance(error, Blocked):
        return BLOCKED_MS
    if not isinstance(error, RateLimited):
        return None
    if error.retry_after_s is not None:
        return max(error.retry_after_s, 1.0) * 1_000
    return BANNED_MS if isinstance(error, Banned) else RATE_LIMITED_MS


def retry_ms(
    error: BaseException, failures: int, cadence: Cadence, chance: Callable[[], float] = random.random
) -> float:
    """Return the wait before the next try after `failures` (>= 1) failures in a row.

    Exponential from `retry_ms` to `retry_max_ms` with a jitter of a quarter either way, never shorter than what the
    venue asked for.
    """
    grown = min(cadence.retry_ms * 2.0 ** min(failures - 1, 30), cadence.retry_max_ms)
    wait = grown * (0.75 + 0.5 * chance())
    asked_s = error.retry_after_s if isinstance(error, FeedError) else None
    return max(wait, hold_ms(error) or 0.0, (asked_s or 0.0) * 1_000)
