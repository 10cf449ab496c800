"""Totals of liquidations by period on their way to what learns from them: matched with what was swept meanwhile."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from liqtui.model.exposure import WEIGHTS
from liqtui.model.market import DAY_MS, SIDES, LiquidationTotal, PriceBar
from liqtui.model.params import ROWS, Floats

KEEP_MS = 2 * DAY_MS
"""How long what was swept is kept for a total that comes late."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A total and what its period swept, longs first."""

    exposure: Floats
    """(experts, 2, WEIGHTS) base coin swept."""
    base: Floats
    """(2,) base coin liquidated."""


@dataclass(frozen=True, slots=True)
class _Swept:
    start_ms: int
    end_ms: int
    price_usd: float
    base: Floats
    """(experts, 2, ROWS)"""


class PeriodTotals:
    """Totals, and what the books lost to each bar, until both are there; nothing is kept before the first total."""

    def __init__(self) -> None:
        self._waiting: deque[LiquidationTotal] = deque()
        self._told = False
        self._bars: deque[_Swept] = deque()

    def add(self, one: LiquidationTotal) -> None:
        """Take in a total, in order of time."""
        self._waiting.append(one)
        self._told = True

    def over(self, now_ms: int) -> Iterator[LiquidationTotal]:
        """Yield, and forget, the totals whose period is over by a time."""
        while self._waiting and self._waiting[0].end_ms <= now_ms:
            yield self._waiting.popleft()

    def add_bar(self, bar: PriceBar, taken: Floats) -> None:
        """Keep what a bar took out of the books, (experts, 2, ROWS) base coin."""
        if not self._told:
            return
        self._bars.append(_Swept(bar.ts_ms, bar.end_ms, bar.close_usd, taken))
        while self._bars[0].end_ms <= bar.end_ms - KEEP_MS:
            self._bars.popleft()

    def matched(self, total: LiquidationTotal) -> Matched | None:
        """Return a total beside what was swept in its period; None where bars of the period are missing."""
        own = [one for one in self._bars if total.start_ms <= one.start_ms and one.end_ms <= total.end_ms]
        if not own or sum(one.end_ms - one.start_ms for one in own) < total.end_ms - total.start_ms:
            return None
        swept = np.sum([one.base for one in own], axis=0)
        exposure = np.zeros((len(swept), len(SIDES), WEIGHTS))
        for at in range(len(SIDES)):
            exposure[:, at, at * ROWS : (at + 1) * ROWS] = swept[:, at]
        price_usd = float(np.mean([one.price_usd for one in own]))
        return Matched(exposure, np.array([total.usd(side) / price_usd for side in SIDES]))
