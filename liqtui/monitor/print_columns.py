"""Realised liquidations of one market summed over the columns of a map."""

import numpy as np
from numpy.typing import NDArray

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS

FINE_MS, FINE_COLUMNS = MINUTE_MS, 5 * HOUR_MS // MINUTE_MS
COARSE_MS, COARSE_COLUMNS = 5 * MINUTE_MS, (7 * DAY_MS + 3 * HOUR_MS) // (5 * MINUTE_MS)


class _Ring:
    """The newest `size` sums over `step_ms`."""

    def __init__(self, step_ms: int, size: int) -> None:
        self.step_ms, self._size = step_ms, size
        self._ts = np.full(size, -1, dtype=np.int64)
        self._usd = np.zeros((size, 2))

    def add(self, ts_ms: int, side: int, usd: float) -> None:
        """Add to the column of this moment, unless a newer one has taken its place."""
        start_ms = ts_ms // self.step_ms * self.step_ms
        slot = start_ms // self.step_ms % self._size
        if start_ms > self._ts[slot]:
            self._ts[slot], self._usd[slot] = start_ms, 0.0
        if start_ms == self._ts[slot]:
            self._usd[slot, side] += usd

    def sums(self, ts_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the (n, 2) sums of the columns that open at these moments."""
        slots = ts_ms // self.step_ms % self._size
        found: NDArray[np.float64] = np.where((self._ts[slots] == ts_ms)[:, None], self._usd[slots], 0.0)
        return found


class PrintColumns:
    """Sums by minute over some hours, and by five minutes over a week."""

    def __init__(self) -> None:
        self._fine, self._coarse = _Ring(FINE_MS, FINE_COLUMNS), _Ring(COARSE_MS, COARSE_COLUMNS)

    def add(self, ts_ms: int, long_usd: float, short_usd: float) -> None:
        """Add one print."""
        for ring in (self._fine, self._coarse):
            for side, usd in enumerate((long_usd, short_usd)):
                if usd:
                    ring.add(ts_ms, side, usd)

    def sums(self, ts_ms: NDArray[np.int64], step_ms: int) -> NDArray[np.float32]:
        """Return the (columns, 2) sums, longs and shorts, of columns of whole minutes or of whole five minutes."""
        ring = self._fine if step_ms < COARSE_MS else self._coarse
        total = np.zeros((len(ts_ms), 2))
        for offset_ms in range(0, step_ms, ring.step_ms):
            total += ring.sums(ts_ms + offset_ms)
        return total.astype(np.float32)
