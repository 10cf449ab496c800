"""The tape: realised liquidations numbered, kept within bounds, and summed over 1, 4 and 24 hours."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge

import numpy as np
from numpy.typing import NDArray

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Liquidation, PrintGap
from liqtui.model.snapshot import TAPE_ROWS, PrintTotal, TapePrint
from liqtui.monitor.coverage import Coverage, Span, Spans, heard_since_ms
from liqtui.monitor.once import Once
from liqtui.monitor.print_columns import PrintColumns

TOTAL_MS = {"1h": HOUR_MS, "4h": 4 * HOUR_MS, "24h": DAY_MS}

_DAY_MINUTES = DAY_MS // MINUTE_MS
_Sum = tuple[float, float, int]
_Key = tuple[str, str]
"""Venue and asset."""


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


class Tape:
    """All prints of an engine's run and of the past that it was told of; the newest are kept."""

    def __init__(self) -> None:
        self._next_seq = 1
        self._rows: dict[_Key, deque[TapePrint]] = {}
        self._past_rows: dict[_Key, list[TapePrint]] = {}
        self._sums: dict[_Key, Sums] = {}
        self._columns: dict[_Key, PrintColumns] = {}
        self._seen: dict[_Key, int] = {}
        self._heard: dict[str, int] = {}
        self._coverage: dict[str, Coverage] = {}
        self._past: dict[_Key, Spans] = {}
        self._once: dict[_Key, Once] = {}

    def add(self, item: Liquidation) -> None:
        """Take in a print of the stream, unless the past has told it."""
        key = (item.venue, item.asset)
        self._heard[item.venue] = self._heard.get(item.venue, 0) + 1
        if self._once_of(key).first(item, "stream"):
            self._rows.setdefault(key, deque(maxlen=TAPE_ROWS)).append(self._numbered(key, item))

    def add_past(self, venue: str, asset: str, prints: Iterable[Liquidation], spans: Iterable[Span]) -> None:
        """Take in a market's past: its prints, ascending, and the spans in which there were no others.

        Only the first time counts: a past does not change.
        """
        key = (venue, asset)
        if key in self._past:
            return
        self._past[key] = Spans(spans)
        once = self._once_of(key)
        rows = [self._numbered(key, one) for one in prints if once.first(one, "past")]
        self._past_rows[key] = rows[-TAPE_ROWS:]

    def _once_of(self, key: _Key) -> Once:
        return self._once.setdefault(key, Once())

    def _numbered(self, key: _Key, item: Liquidation) -> TapePrint:
        """Number a print and add it to the sums."""
        usd, seq = item.usd, self._next_seq
        self._next_seq += 1
        long_usd, short_usd = (usd, 0.0) if item.side == "long" else (0.0, usd)
        self._sums_of(*key).add(item.ts_ms, long_usd, short_usd)
        self._columns.setdefault(key, PrintColumns()).add(item.ts_ms, long_usd, short_usd)
        self._seen[key] = self._seen.get(key, 0) + 1
        return TapePrint(seq, item.ts_ms, item.venue, item.asset, item.side, item.qty_base, item.price_usd, usd)

    def lose(self, gap: PrintGap) -> None:
        """Note that the stream of a venue was down."""
        self._covered(gap.venue).lost(gap)

    def note_live(self, venue: str, now_ms: int, live: bool) -> None:
        """Note whether the stream of a venue is up."""
        self._covered(venue).note(now_ms, live)

    def heard_since_ms(self, venue: str, asset: str, at_ms: int) -> int | None:
        """Return since when on, up to a moment, every print of a market is known; None where prints are missing."""
        past = self._past.get((venue, asset))
        stream = self._covered(venue)
        return heard_since_ms(at_ms, [stream] if past is None else [stream, past])

    def heard_spans(self, venue: str, now_ms: int) -> list[Span]:
        """Return the spans in which the stream of a venue was up in this engine's run."""
        return self._covered(venue).spans(now_ms)

    def rows(self, asset: str, venues: Iterable[str]) -> tuple[TapePrint, ...]:
        """Return the newest prints of an asset over some venues, at most TAPE_ROWS.

        Newest last: those of the past by their stamps, then those of the stream as they came.
        """
        keys = [(venue, asset) for venue in venues]
        parts = [self._rows[key] for key in keys if key in self._rows]
        rows = tuple(parts[0] if len(parts) == 1 else merge(*parts, key=lambda row: row.seq))[-TAPE_ROWS:]
        if len(rows) == TAPE_ROWS:
            return rows
        past = merge(*(self._past_rows[key] for key in keys if key in self._past_rows), key=lambda row: row.ts_ms)
        return (*past, *rows)[-TAPE_ROWS:]

    def columns(self, asset: str, venues: Iterable[str], ts_ms: NDArray[np.int64], step_ms: int) -> NDArray[np.float32]:
        """Return the (columns, 2) USD of longs and shorts printed in each column, over some venues."""
        total = np.zeros((len(ts_ms), 2), dtype=np.float32)
        for venue in venues:
            if (key := (venue, asset)) in self._columns:
                total += self._columns[key].sums(ts_ms, step_ms)
        return total

    def seen(self, asset: str, venues: Iterable[str]) -> int:
        """Return how many prints of an asset are known over some venues, those of the past included."""
        return sum(self._seen.get((venue, asset), 0) for venue in venues)

    def count(self, venue: str) -> int:
        """Return how many prints of all assets the stream of a venue has brought."""
        return self._heard.get(venue, 0)

    def totals(self, asset: str, venues: Sequence[str], now_ms: int) -> tuple[PrintTotal, ...]:
        """Return the sums of an asset for each venue and span."""
        return tuple(
            PrintTotal(venue, window, *sums, complete=self._complete(venue, asset, now_ms - span_ms, now_ms))
            for venue in venues
            for (window, span_ms), sums in zip(
                TOTAL_MS.items(), self._sums_of(venue, asset).totals(now_ms), strict=True
            )
        )

    def _complete(self, venue: str, asset: str, start_ms: int, now_ms: int) -> bool:
        since_ms = self.heard_since_ms(venue, asset, now_ms)
        return since_ms is not None and since_ms <= start_ms

    def _sums_of(self, venue: str, asset: str) -> Sums:
        return self._sums.setdefault((venue, asset), Sums())

    def _covered(self, venue: str) -> Coverage:
        return self._coverage.setdefault(venue, Coverage())
