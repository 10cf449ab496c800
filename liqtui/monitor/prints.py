"""The tape: realised liquidations numbered, kept within bounds, and summed over 1, 4 and 24 hours."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge

import numpy as np
from numpy.typing import NDArray

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Liquidation, PrintGap
from liqtui.model.snapshot import TAPE_ROWS, PrintTotal, TapePrint
from liqtui.monitor.print_columns import PrintColumns

TOTAL_MS = {"1h": HOUR_MS, "4h": 4 * HOUR_MS, "24h": DAY_MS}

_DAY_MINUTES = DAY_MS // MINUTE_MS
_Sum = tuple[float, float, int]


@dataclass(slots=True)
class _Cell:
    long_usd: float = 0.0
    short_usd: float = 0.0
    count: int = 0


def _count(cell: _Cell, long_usd: float, short_usd: float, count: int) -> None:
    cell.long_usd += long_usd
    cell.short_usd += short_usd
    cell.count += count


class Sums:
    """Sums of one market by minute, over the last day."""

    def __init__(self) -> None:
        self._minutes: dict[int, _Cell] = {}
        self._summed_to: int | None = None
        self._totals: dict[int, _Cell] = {}

    def add(self, ts_ms: int, long_usd: float, short_usd: float) -> None:
        """Add one print."""
        minute = ts_ms // MINUTE_MS
        _count(self._minutes.setdefault(minute, _Cell()), long_usd, short_usd, 1)
        if len(self._minutes) > 2 * _DAY_MINUTES:
            self._forget(max(self._minutes) - _DAY_MINUTES)
        if self._summed_to is not None:
            for span_ms, total in self._totals.items():
                if minute > self._summed_to - span_ms // MINUTE_MS:
                    _count(total, long_usd, short_usd, 1)

    def totals(self, now_ms: int) -> tuple[_Sum, ...]:
        """Return (long_usd, short_usd, count) for each span of TOTAL_MS, whole minutes, the one under way included."""
        minute = now_ms // MINUTE_MS
        if self._summed_to != minute:
            self._summed_to = minute
            self._forget(minute - _DAY_MINUTES)
            self._totals = {span: self._since(minute - span // MINUTE_MS) for span in TOTAL_MS.values()}
        return tuple((total.long_usd, total.short_usd, total.count) for total in self._totals.values())

    def _forget(self, before: int) -> None:
        for minute in [minute for minute in self._minutes if minute <= before]:
            del self._minutes[minute]

    def _since(self, after: int) -> _Cell:
        total = _Cell()
        for minute, cell in self._minutes.items():
            if minute > after:
                _count(total, cell.long_usd, cell.short_usd, cell.count)
        return total


class Coverage:
    """When the print stream of one venue was up."""

    def __init__(self) -> None:
        self._since_ms: int | None = None
        self._down_ms: int | None = None
        self._gaps: deque[tuple[int, int]] = deque(maxlen=1_000)

    def note(self, now_ms: int, live: bool) -> None:
        """Note whether the stream is up."""
        if live:
            self._since_ms = now_ms if self._since_ms is None else self._since_ms
            self._down_ms = None
        elif self._since_ms is not None and self._down_ms is None:
            self._down_ms = now_ms

    def lost(self, gap: PrintGap) -> None:
        """Note a span whose prints are lost."""
        self._gaps.append((gap.start_ms, gap.end_ms))

    def complete(self, start_ms: int, now_ms: int) -> bool:
        """Whether nothing of this span can have been missed."""
        if self._since_ms is None or self._down_ms is not None or self._since_ms > start_ms:
            return False
        return all(end <= start_ms or start >= now_ms for start, end in self._gaps)


class Tape:
    """All prints of an engine's run; the newest are kept."""

    def __init__(self) -> None:
        self._next_seq = 1
        self._rows: dict[tuple[str, str], deque[TapePrint]] = {}
        self._sums: dict[tuple[str, str], Sums] = {}
        self._columns: dict[tuple[str, str], PrintColumns] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._coverage: dict[str, Coverage] = {}

    def add(self, item: Liquidation) -> None:
        """Number a print and add it to the sums."""
        key = (item.venue, item.asset)
        usd = item.usd
        row = TapePrint(
            self._next_seq, item.ts_ms, item.venue, item.asset, item.side, item.qty_base, item.price_usd, usd
        )
        self._next_seq += 1
        self._rows.setdefault(key, deque(maxlen=TAPE_ROWS)).append(row)
        long_usd, short_usd = (usd, 0.0) if item.side == "long" else (0.0, usd)
        self._sums.setdefault(key, Sums()).add(item.ts_ms, long_usd, short_usd)
        self._columns.setdefault(key, PrintColumns()).add(item.ts_ms, long_usd, short_usd)
        self._seen[key] = self._seen.get(key, 0) + 1

    def lose(self, gap: PrintGap) -> None:
        """Note that the stream of a venue was down."""
        self._covered(gap.venue).lost(gap)

    def note_live(self, venue: str, now_ms: int, live: bool) -> None:
        """Note whether the stream of a venue is up."""
        self._covered(venue).note(now_ms, live)

    def rows(self, asset: str, venues: Iterable[str]) -> tuple[TapePrint, ...]:
        """Return the newest prints of an asset over some venues, newest last, at most TAPE_ROWS."""
        parts = [self._rows[key] for venue in venues if (key := (venue, asset)) in self._rows]
        rows = parts[0] if len(parts) == 1 else merge(*parts, key=lambda row: row.seq)
        return tuple(rows)[-TAPE_ROWS:]

    def columns(self, asset: str, venues: Iterable[str], ts_ms: NDArray[np.int64], step_ms: int) -> NDArray[np.float32]:
        """Return the (columns, 2) USD of longs and shorts printed in each column, over some venues."""
        total = np.zeros((len(ts_ms), 2), dtype=np.float32)
        for venue in venues:
            if (key := (venue, asset)) in self._columns:
                total += self._columns[key].sums(ts_ms, step_ms)
        return total

    def seen(self, asset: str, venues: Iterable[str]) -> int:
        """Return how many prints of an asset came over some venues since the start."""
        return sum(self._seen.get((venue, asset), 0) for venue in venues)

    def count(self, venue: str) -> int:
        """Return how many prints of all assets came over a venue since the start."""
        return sum(count for (of, _), count in self._seen.items() if of == venue)

    def totals(self, asset: str, venues: Sequence[str], now_ms: int) -> tuple[PrintTotal, ...]:
        """Return the sums of an asset for each venue and span."""
        return tuple(
            PrintTotal(venue, window, *sums, complete=self._covered(venue).complete(now_ms - span_ms, now_ms))
            for venue in venues
            for (window, span_ms), sums in zip(
                TOTAL_MS.items(), self._sums_of(venue, asset).totals(now_ms), strict=True
            )
        )

    def _sums_of(self, venue: str, asset: str) -> Sums:
        return self._sums.setdefault((venue, asset), Sums())

    def _covered(self, venue: str) -> Coverage:
        return self._coverage.setdefault(venue, Coverage())
