"""Prints on their way to what learns from them: matched with their bar, put at their level, counted."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from liqtui.model.market import MINUTE_MS, SIDES, Liquidation, PriceBar, Side
from liqtui.model.params import Floats
from liqtui.model.placing import PlaceShift, level_log

MOST_WAITING = 50_000
"""Prints kept until their bar is modelled."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Every print of one bar."""

    end_ms: int
    """End of the bar."""
    prints: tuple[Liquidation, ...]
    counts: tuple[float, ...]
    """How many liquidations each print stands for."""
    shift_log: Mapping[Side, float]
    """What to add to the log of a recovered liquidation price."""

    def placed(self) -> Iterator[tuple[Liquidation, float, float]]:
        """Yield each print that has a level, with the log of that level and its count."""
        for one, count in zip(self.prints, self.counts, strict=True):
            level = level_log(one)
            if level is not None:
                yield one, level + self.shift_log[one.side], count


class Listener:
    """The prints of one market.

    A bar is told of when the next one comes, if `heard_since_ms` then says that no print of it was missed: so prints
    that arrive late have a bar's time to come.
    """

    def __init__(self, sampled: bool = False) -> None:
        self.sampled = sampled
        """Whether the venue prints at most one liquidation a second."""
        self.heard_since_ms: int | None = None
        """From when on every print has been heard; None while the stream is down or there is none."""
        self.shift = PlaceShift()
        self._waiting: list[Liquidation] = []
        self._last: PriceBar | None = None

    def add_print(self, one: Liquidation) -> None:
        """Take in a realised liquidation."""
        self._waiting.append(one)
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[: MOST_WAITING // 2]

    def before(self, bar: PriceBar) -> list[Liquidation] | None:
        """Return the prints of the bar before this one, None where some may be missing."""
        last, self._last = self._last, bar
        if last is None:
            return None
        prints = self._taken(last)
        if self.heard_since_ms is None or self.heard_since_ms > last.ts_ms:
            return None
        self._align(prints, last)
        return prints

    def heard(self, end_ms: int, prints: Sequence[Liquidation]) -> Heard:
        """Return prints of which none is missing up to a time, for learning from them."""
        shift = {side: self.shift.shift_log(side) for side in SIDES}
        return Heard(end_ms, tuple(prints), tuple(true_counts(prints, self.sampled).tolist()), shift)

    def _align(self, prints: Sequence[Liquidation], bar: PriceBar) -> None:
        if not prints:
            return
        low, high = math.log(bar.low_usd), math.log(bar.high_usd)
        for one in prints:
            level = level_log(one)
            if level is not None:
                far, near = (low, high) if one.side == "long" else (high, low)
                self.shift.add(one.side, level, far, near)

    def _taken(self, bar: PriceBar) -> list[Liquidation]:
        """Return the prints stamped in the bar, and forget them and all before."""
        if not self._waiting:
            return []
        start_ms, end_ms = bar.ts_ms, bar.end_ms
        taken = [one for one in self._waiting if start_ms <= one.ts_ms < end_ms]
        self._waiting = [one for one in self._waiting if one.ts_ms >= end_ms]
        return taken

    def state(self) -> list[float]:
        """Return what was learned of the levels of prints."""
        return self.shift.state()

    def restore(self, state: Sequence[Any]) -> None:
        """Take up what `state` returned; ValueError if it is of another shape."""
        self.shift.restore(state)


def true_counts(prints: Sequence[Liquidation], sampled: bool) -> Floats:
    """Return how many liquidations each print stands for.

    A venue that prints at most one a second shows presence or absence in each second: with n of the S = 60 seconds of
    a minute marked, the likelihood n ln(1 - exp(-L/S)) - (S - n) L/S is highest at L = -S ln(1 - n/S) liquidations.
    It takes them as even over the minute; where they came in fewer seconds, more were hidden than this says.
    """
    if not sampled:
        return np.ones(len(prints))
    seconds: dict[int, set[int]] = {}
    for one in prints:
        seconds.setdefault(one.ts_ms // MINUTE_MS, set()).add(one.ts_ms // 1000)
    per_print = {}
    for minute, marked in seconds.items():
        share = min(len(marked), 59.5) / 60
        per_print[minute] = -60 * math.log(1 - share) / len(marked)
    return np.array([per_print[one.ts_ms // MINUTE_MS] for one in prints])
