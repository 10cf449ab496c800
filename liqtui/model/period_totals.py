"""Totals of liquidations by period on their way to what learns from them: matched with what was swept meanwhile."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from liqtui.model.exposure import WEIGHTS, Sweep
from liqtui.model.market import DAY_MS, SIDES, LiquidationTotal, PriceBar, Side
from liqtui.model.params import ROWS, Floats

KEEP_MS = 2 * DAY_MS
"""How long what was swept is kept for a total that comes late."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A total and what its period swept, longs first."""

    exposure: Floats
    """(2, WEIGHTS) base coin swept."""
    base: Floats
    """(2,) base coin liquidated."""


@dataclass(frozen=True, slots=True)
class _Swept:
    start_ms: int
    end_ms: int
    price_usd: float
    base: Floats
    """(WEIGHTS,)"""


class PeriodTotals:
    """What one book lost to each bar, kept until the totals of the bars' periods are told."""

    def __init__(self) -> None:
        self._bars: deque[_Swept] = deque()

    def add_bar(self, bar: PriceBar, sweeps: Mapping[Side, Sweep]) -> None:
        """Keep what a bar took out of the book."""
        base = np.concatenate([sweeps[side].mass.sum(1) for side in SIDES])
        self._bars.append(_Swept(bar.ts_ms, bar.end_ms, bar.close_usd, base))
        while self._bars[0].end_ms <= bar.end_ms - KEEP_MS:
            self._bars.popleft()

    def matched(self, total: LiquidationTotal) -> Matched | None:
        """Return a total beside what was swept in its period; None where bars of the period are missing."""
        own = [one for one in self._bars if total.start_ms <= one.start_ms and one.end_ms <= total.end_ms]
        if not own or sum(one.end_ms - one.start_ms for one in own) < total.end_ms - total.start_ms:
            return None
        swept = np.sum([one.base for one in own], axis=0)
        exposure = np.zeros((len(SIDES), WEIGHTS))
        for at in range(len(SIDES)):
            exposure[at, at * ROWS : (at + 1) * ROWS] = swept[at * ROWS : (at + 1) * ROWS]
        price_usd = float(np.mean([one.price_usd for one in own]))
        return Matched(exposure, np.array([total.usd(side) / price_usd for side in SIDES]))
