"""What is remembered of the past of one market: rings of map columns, and the samples that divergence and ATR need."""

import math
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liqtui.model.divergence import Series
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, PriceBar
from liqtui.model.packed_columns import Packed, PackedColumns, packed

ROWS_BELOW, ROWS_ABOVE = 288, 224
ROWS = ROWS_BELOW + ROWS_ABOVE
"""Heat rows of a column: 25 % of price below and above."""

FINE_MS, COARSE_MS, LONG_MS = MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS
FINE_COLUMNS = 4 * 60 + 20
COARSE_COLUMNS = 3 * 24 * 12 + 12
LONG_COLUMNS = 7 * 24 * 4 + 6
FINE_LATE_MS = 2 * HOUR_MS
"""Columns of a minute serve while the newest is no older than this."""

ATR_BARS = 14
SAMPLES_MS = 3 * DAY_MS + 6 * HOUR_MS
"""How far back the samples of `series` reach."""
SLACK_MS = 12 * HOUR_MS
"""Older ones are dropped together when there are so many."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the map as known at its end."""

    ts_ms: int
    first_bin: int
    """Absolute heat bin of row 0."""
    cells_usd: NDArray[np.float32]
    """(ROWS,)"""
    ohlc_usd: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Equally spaced columns on one grid of rows."""

    step_ms: int
    ts_ms: NDArray[np.int64]
    first_bin: int
    cells_usd: NDArray[np.float32]
    """(columns, rows)"""
    ohlc_usd: NDArray[np.float64]
    gap: NDArray[np.bool_]


class ColumnRing:
    """The newest `size` columns of `step_ms`; a time at which none was put is a gap."""

    def __init__(self, step_ms: int, size: int) -> None:
        self.step_ms, self.size = step_ms, size
        self._ts = np.full(size, -1, dtype=np.int64)
        self._first = np.zeros(size, dtype=np.int64)
        self._cells = PackedColumns(size, ROWS)
        self._ohlc = np.full((size, 4), np.nan)

    def put(self, ts_ms: int, first_bin: int, cells: Packed, ohlc_usd: tuple[float, float, float, float]) -> None:
        """Remember a column, in place of the one `size` steps older."""
        slot = (ts_ms // self.step_ms) % self.size
        self._ts[slot], self._first[slot] = ts_ms, first_bin
        self._ohlc[slot] = ohlc_usd
        self._cells.put(slot, cells)

    def newest_ms(self) -> int | None:
        """Return the open time of the newest column, None if there is none."""
        newest = int(self._ts.max())
        return newest if newest >= 0 else None

    def oldest_ms(self) -> int | None:
        """Return the open time of the oldest column, None if there is none."""
        known = self._ts[self._ts >= 0]
        return int(known.min()) if len(known) else None

    def stretch(self, end_ms: int, count: int, last: Column | None) -> Stretch | None:
        """Return `count` columns, the last opening at `end_ms` (taken from `last` if given); None if all are gaps."""
        ts = end_ms - self.step_ms * np.arange(count - 1, -1, -1, dtype=np.int64)
        slots = (ts // self.step_ms) % self.size
        known = self._ts[slots] == ts
        firsts = self._first[slots]
        if last is not None:
            known[-1], firsts[-1] = True, last.first_bin
        if not known.any():
            return None
        low, high = int(firsts[known].min()), int(firsts[known].max()) + ROWS
        cells = np.zeros((count, high - low), dtype=np.float32)
        ohlc = np.where(known[:, None], self._ohlc[slots], np.nan)
        for i in np.flatnonzero(known).tolist():
            self._cells.unpack(int(slots[i]), cells[i, int(firsts[i]) - low :])
        if last is not None:
            cells[-1] = 0.0
            cells[-1, last.first_bin - low : last.first_bin - low + ROWS] = last.cells_usd
            ohlc[-1] = last.ohlc_usd
        return Stretch(self.step_ms, ts, low, cells, ohlc, ~known)


@dataclass(slots=True)
class Span:
    """Open, high, low and close over several bars."""

    ts_ms: int
    open_usd: float
    high_usd: float
    low_usd: float
    close_usd: float

    def add(self, high_usd: float, low_usd: float, close_usd: float) -> None:
        """Take in what came after."""
        self.high_usd, self.low_usd = max(self.high_usd, high_usd), min(self.low_usd, low_usd)
        self.close_usd = close_usd

    def ohlc(self) -> tuple[float, float, float, float]:
        """Return open, high, low, close."""
        return self.open_usd, self.high_usd, self.low_usd, self.close_usd


class SpanRing(ColumnRing):
    """Columns that hold several bars each: the map at the end of the newest, prices over all of them."""

    def __init__(self, step_ms: int, size: int) -> None:
        super().__init__(step_ms, size)
        self.span: Span | None = None
        """Prices of the newest column."""

    def remember(self, bar: PriceBar, first_bin: int, cells: Packed) -> None:
        """Put a closed bar into its column, or into each column that it covers."""
        start = bar.ts_ms // self.step_ms * self.step_ms
        if self.span is None or self.span.ts_ms != start:
            self.span = Span(start, bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd)
        else:
            self.span.add(bar.high_usd, bar.low_usd, bar.close_usd)
        for ts_ms in range(start, bar.end_ms, self.step_ms):
            self.put(ts_ms, first_bin, cells, self.span.ohlc())


class Rings:
    """The columns of one market at every length that a window has."""

    def __init__(self) -> None:
        self._fine = ColumnRing(FINE_MS, FINE_COLUMNS)
        self._coarse, self._long = SpanRing(COARSE_MS, COARSE_COLUMNS), SpanRing(LONG_MS, LONG_COLUMNS)

    def remember(self, bars: Iterable[PriceBar], first_bin: int, cells_usd: NDArray[np.float32]) -> None:
        """Take in closed bars, ascending, and the (ROWS,) map at their end, for the columns of all of them."""
        cells = packed(cells_usd)
        for bar in bars:
            self._coarse.remember(bar, first_bin, cells)
            self._long.remember(bar, first_bin, cells)
            if bar.step_ms == FINE_MS:
                ohlc_usd = (bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd)
                self._fine.put(bar.ts_ms, first_bin, cells, ohlc_usd)

    def oldest_ms(self) -> int | None:
        """Return the open time of the oldest column, None if there is none."""
        return self._long.oldest_ms()

    def wanted(self, step_ms: int, now_ms: int) -> ColumnRing:
        """Return the columns of this length, longer ones where there are none so fine."""
        if step_ms == LONG_MS:
            return self._long
        newest = self._fine.newest_ms()
        fine = step_ms == FINE_MS and newest is not None and now_ms - newest < FINE_LATE_MS
        return self._fine if fine else self._coarse

    def past(self, step_ms: int, span_ms: int, until_ms: int, end_ms: int) -> Stretch | None:
        """Return the columns of a span that has ended, the finest that reach back so far, none below `step_ms`.

        `end_ms` is the end of the newest bar; None where nothing is known of the span.
        """
        for ring in (self._fine, self._coarse, self._long):
            reaches = until_ms - span_ms >= end_ms - ring.size * ring.step_ms
            if ring.step_ms < step_ms or not (reaches or ring is self._long):
                continue
            found = ring.stretch((until_ms - 1) // ring.step_ms * ring.step_ms, span_ms // ring.step_ms, None)
            if found is not None:
                return found
        return None


def oldest_ms(now_ms: int) -> int:
    """Return when the oldest columns open that are remembered at a time."""
    return (now_ms // LONG_MS - LONG_COLUMNS) * LONG_MS


class TrueRange:
    """Average true range of an hour, over the last ATR_BARS complete hours."""

    def __init__(self) -> None:
        self._hour: Span | None = None
        self._close_usd: float | None = None
        self._ranges: deque[float] = deque(maxlen=ATR_BARS)

    def add(self, bar: PriceBar) -> None:
        """Take in a closed bar."""
        start = bar.ts_ms // HOUR_MS * HOUR_MS
        if self._hour is not None and self._hour.ts_ms == start:
            self._hour.add(bar.high_usd, bar.low_usd, bar.close_usd)
        else:
            self._close()
            self._hour = Span(start, bar.open_usd, bar.high_usd, bar.low_usd, bar.close_usd)
        if bar.end_ms % HOUR_MS == 0:
            self._close()

    def _close(self) -> None:
        if (hour := self._hour) is None:
            return
        before = hour.open_usd if self._close_usd is None else self._close_usd
        self._ranges.append(max(hour.high_usd, before) - min(hour.low_usd, before))
        self._close_usd, self._hour = hour.close_usd, None

    def value_usd(self) -> float | None:
        """Return the average, None before there are enough hours."""
        return sum(self._ranges) / ATR_BARS if len(self._ranges) == ATR_BARS else None


class Samples:
    """Price, open interest and cumulative taker flow at the end of each bar."""

    def __init__(self) -> None:
        self._ts_ms = array("q")
        self._price_usd, self._oi_base, self._cvd_base = array("d"), array("d"), array("d")
        self._flow_base = 0.0
        """Taker flow so far."""
        self._made: Series | None = None

    def add(self, bar: PriceBar, oi_base: float) -> None:
        """Take in a closed bar and the open interest at its end."""
        cvd = math.nan
        if bar.taker_buy_base is not None:
            self._flow_base += 2 * bar.taker_buy_base - bar.volume_base
            cvd = self._flow_base
        self._ts_ms.append(bar.end_ms)
        self._price_usd.append(bar.close_usd)
        self._oi_base.append(oi_base)
        self._cvd_base.append(cvd)
        if self._ts_ms[0] < bar.end_ms - SAMPLES_MS - SLACK_MS:
            self._trim(bar.end_ms - SAMPLES_MS)
        self._made = None

    def _trim(self, since_ms: int) -> None:
        old = bisect_left(self._ts_ms, since_ms)
        del self._ts_ms[:old]
        for column in self._columns():
            del column[:old]

    def series(self) -> Series | None:
        """Return the samples as arrays, None before the first."""
        if self._made is None and self._ts_ms:
            self._trim(self._ts_ms[-1] - SAMPLES_MS)
            self._made = Series(np.array(self._ts_ms, dtype=np.int64), *(np.array(c) for c in self._columns()))
        return self._made

    def _columns(self) -> tuple["array[float]", ...]:
        return self._price_usd, self._oi_base, self._cvd_base
