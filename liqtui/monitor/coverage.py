"""When every print was heard: spans of time, of the stream that runs and of what is known of the past."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence

from liqtui.model.market import HOUR_MS, PrintGap

MOST_SPANS = 1_000
QUIET_MS = 12 * HOUR_MS
"""Without any print for so long, prints were not recorded."""

Span = tuple[int, int]


class Spans:
    """Disjoint spans of time, ascending; those that touch are one. The newest are kept."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for span in spans:
            self.add(span)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def add(self, span: Span) -> None:
        """Cover a span too."""
        start_ms, end_ms = span
        if end_ms <= start_ms:
            return
        touched = [one for one in self._spans if one[0] <= end_ms and one[1] >= start_ms]
        self._spans = [one for one in self._spans if one[0] > end_ms or one[1] < start_ms]
        insort(self._spans, (min([start_ms, *(s for s, _ in touched)]), max([end_ms, *(e for _, e in touched)])))
        del self._spans[:-MOST_SPANS]

    def cut(self, span: Span) -> None:
        """Uncover a span."""
        start_ms, end_ms = span
        if end_ms <= start_ms:
            return
        parts = [part for s, e in self._spans for part in ((s, min(e, start_ms)), (max(s, end_ms), e))]
        self._spans = sorted({(s, e) for s, e in parts if s < e})

    def start_around(self, at_ms: int) -> int | None:
        """Return the start of the span that holds a moment, its ends included; None where none does."""
        at = bisect_right(self._spans, (at_ms, float("inf"))) - 1
        return self._spans[at][0] if at >= 0 and self._spans[at][1] >= at_ms else None


class Coverage:
    """When the print stream of one venue was up."""

    def __init__(self) -> None:
        self._closed = Spans()
        self._open_ms: int | None = None
        """Start of the span under way, None while the stream is down."""

    def note(self, now_ms: int, live: bool) -> None:
        """Note whether the stream is up."""
        if live and self._open_ms is None:
            self._open_ms = now_ms
        elif not live and self._open_ms is not None:
            self._closed.add((self._open_ms, now_ms))
            self._open_ms = None

    def lost(self, gap: PrintGap) -> None:
        """Note a span whose prints are lost."""
        self._closed.cut((gap.start_ms, gap.end_ms))
        if self._open_ms is not None and gap.end_ms > self._open_ms:
            self._closed.add((self._open_ms, gap.start_ms))
            self._open_ms = gap.end_ms

    def start_around(self, at_ms: int) -> int | None:
        """Return since when on the stream had been up at a moment, None where it was not."""
        if self._open_ms is not None and at_ms >= self._open_ms:
            return self._open_ms
        return self._closed.start_around(at_ms)

    def spans(self, now_ms: int) -> list[Span]:
        """Return all spans so far."""
        under_way = [] if self._open_ms is None or self._open_ms >= now_ms else [(self._open_ms, now_ms)]
        return [*self._closed, *under_way]


def heard_since_ms(at_ms: int, known: Sequence[Spans | Coverage]) -> int | None:
    """Return since when on, up to a moment, every print is known to one of several; None where none was at it."""
    since_ms: int | None = None
    while True:
        look_ms = at_ms if since_ms is None else since_ms
        starts = [start for one in known if (start := one.start_around(look_ms)) is not None]
        if not starts or min(starts) == since_ms:
            return since_ms
        since_ms = min(starts)


def recorded_spans(stamps_ms: Sequence[int], end_ms: int) -> list[Span]:
    """Return the stretches in which prints were recorded: those without a silence of QUIET_MS, the last up to an end.

    `stamps_ms` ascending.
    """
    spans: list[Span] = []
    for stamp_ms in stamps_ms:
        if spans and stamp_ms - spans[-1][1] <= QUIET_MS:
            spans[-1] = (spans[-1][0], stamp_ms)
        else:
            spans.append((stamp_ms, stamp_ms))
    if spans and end_ms - spans[-1][1] <= QUIET_MS:
        spans[-1] = (spans[-1][0], end_ms)
    return spans
