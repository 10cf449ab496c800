"""Prints that come from two sides, from the past and from the stream, each let through once."""

from collections import Counter
from typing import Literal

from liqtui.model.market import HOUR_MS, Liquidation

Origin = Literal["past", "stream"]

KEPT_MS = 6 * HOUR_MS
"""What one side has told and the other has not within this is not expected of it any more."""
CHECK_AT = 5_000


class Once:
    """Knows what each side has told that the other has not; equal prints count as often as they come from one side."""

    def __init__(self) -> None:
        self._ahead: dict[Origin, Counter[Liquidation]] = {"past": Counter(), "stream": Counter()}
        self._check_at = CHECK_AT

    def first(self, one: Liquidation, origin: Origin) -> bool:
        """Whether the other side has not told this print yet."""
        other = self._ahead["stream" if origin == "past" else "past"]
        if other[one] > 1:
            other[one] -= 1
            return False
        if other.pop(one, 0):
            return False
        own = self._ahead[origin]
        own[one] += 1
        if len(own) >= self._check_at:
            self._forget(origin, one.ts_ms - KEPT_MS)
        return True

    def _forget(self, origin: Origin, before_ms: int) -> None:
        kept = {one: count for one, count in self._ahead[origin].items() if one.ts_ms >= before_ms}
        self._ahead[origin] = Counter(kept)
        self._check_at = max(CHECK_AT, 2 * len(kept))
