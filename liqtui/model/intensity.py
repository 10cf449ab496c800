"""All that is modelled of one market: observations come in, the map and its history come out."""

import math
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liqtui.model.alignment import LATE_STEPS
from liqtui.model.bands import MapDraws, map_draws
from liqtui.model.calibration import BATCH_MS
from liqtui.model.divergence import Series
from liqtui.model.experts import Experts, ExpertsState
from liqtui.model.forming import Forming
from liqtui.model.grid import BINS_PER_HEAT_ROW, BOOK_BIN_LOG, bin_at, bin_of
from liqtui.model.history import (
    ROWS,
    ROWS_BELOW,
    Column,
    ColumnRing,
    Rings,
    Samples,
    SpanRing,
    Stretch,
    TrueRange,
    oldest_ms,
)
from liqtui.model.joined_bars import LESSON_MS, Lengths, Waiting, joined_bar, joined_flow, joined_prints
from liqtui.model.joining import Flows, is_sound
from liqtui.model.market import Funding, Liquidation, LiquidationTotal, LongShortRatio, OpenInterest, PriceBar, Quote
from liqtui.model.mix import Mix, mix_of
from liqtui.model.now_map import NowMap
from liqtui.model.params import BookParams
from liqtui.model.selection import COLUMN_MS, WINDOW_MS, Selection
from liqtui.model.snapshot import HEAT_BIN_LOG, Heat

NOW_REACH_BINS = 1200
"""Book bins of the map of this moment on each side of price: 60 % in log price."""

DRAWN_ROWS = 300
"""Heat rows on each side of price of which the map is drawn for its bands: 30 %."""

PENDING_BARS = 6000
"""Bars kept while no open interest has been seen."""


class Intensity:
    """One market on one venue: a pure state machine without a clock."""

    def __init__(
        self,
        params: BookParams | None = None,
        *,
        sampled: bool = False,
        state: ExpertsState | None = None,
        printed: bool = True,
    ) -> None:
        """Begin with nothing known, or with what was learned before.

        `sampled`: at most one print a second; `printed` False: no liquidation is ever told, so that one expert will do.
        """
        self._experts = Experts(params or BookParams(), sampled, state, alone=not printed)
        self._flows = Flows()
        self._pending: deque[PriceBar] = deque(maxlen=PENDING_BARS)
        self._waiting = Waiting()
        self._lengths: Lengths | None = None
        self._rings = Rings()
        self._samples, self._range = Samples(), TrueRange()
        self._end_ms: int | None = None
        self._forming = Forming()
        self._columns_from_ms: float = 0
        """Columns that end by then are not kept."""

    @property
    def last_bar_end_ms(self) -> int | None:
        """Close time of the newest bar taken in."""
        return self._pending[-1].end_ms if self._pending else self._end_ms

    @property
    def since_ms(self) -> int | None:
        """Open time of the oldest column remembered, None before there is one."""
        self._settle()
        return self._rings.oldest_ms()

    @property
    def ready(self) -> bool:
        """Whether at least one bar and one open-interest sample are modelled."""
        return self._end_ms is not None

    def add_open_interest(self, sample: OpenInterest) -> None:
        """Take in a sample; it counts from the first bar added later that closes at or after its stamp."""
        self._flows.oi.add(sample)
        while self._flows.oi and self._pending:
            self._model(self._pending.popleft())

    def add_ratio(self, sample: LongShortRatio) -> None:
        """Take in a ratio of accounts; it counts for bars added later."""
        if math.isfinite(sample.ratio) and sample.ratio > 0:
            self._flows.add_ratio(sample)

    def add_funding(self, sample: Funding) -> None:
        """Take in a funding rate; it counts for bars added later."""
        if math.isfinite(sample.rate) and sample.interval_h > 0:
            self._flows.add_funding(sample)

    def add_bar(self, bar: PriceBar) -> None:
        """Take in a closed bar, ascending; one that does not begin after the last one's end is ignored.

        Before the first open-interest sample bars wait, and are then modelled with that sample carried backwards.
        """
        last = self.last_bar_end_ms
        if last is not None and bar.ts_ms < last:
            return
        if not is_sound(bar):
            return
        if self._flows.oi:
            self._model(bar)
        else:
            self._pending.append(bar)

    def add_print(self, one: Liquidation) -> None:
        """Take in a realised liquidation; it teaches when the bar after the one it is stamped in is added."""
        self._experts.add_print(one)

    def add_total(self, one: LiquidationTotal) -> None:
        """Take in the total of a period, where single liquidations are not told; it teaches from the next bar on."""
        self._settle()
        self._experts.add_total(one)

    def hear_prints(self, since_ms: int | None) -> None:
        """Say from when on every print has been added; None while prints may be missing. Bars before teach nothing."""
        self._experts.listener.heard_since_ms = since_ms

    def expect_look(self, first_ms: int | None) -> None:
        """Say when the columns of the past are first looked at: those too old to be seen then are not worked out.

        Bars that end long before are then modelled several at a time, up to the next look at anything.
        None: the columns are never looked at, and each bar is modelled by itself.
        """
        self._settle()
        self._lengths = None if first_ms is None else Lengths(first_ms)
        self._columns_from_ms = math.inf if first_ms is None else oldest_ms(first_ms)

    @property
    def experts(self) -> Experts:
        """The books, and what they learned from the prints."""
        self._settle()
        return self._experts

    def add_quote(self, quote: Quote) -> None:
        """Take in the live price, which extends the forming bar."""
        self._forming.add(quote)

    def _model(self, bar: PriceBar) -> None:
        self._hear(bar)
        length_ms = 0 if self._lengths is None else self._lengths.at(bar)
        if not self._waiting.joins(bar, length_ms):
            self._settle()
        if self._end_ms is None:
            self._forming.begin(bar.ts_ms, bar.open_usd)
        told = self._flows.told(bar, self._forming.close_usd)
        if not self._experts.started:
            self._experts.start(math.log(bar.open_usd), told.oi_base)
        self._waiting.add(told, length_ms)
        self._end_ms = bar.end_ms
        self._forming.begin(bar.end_ms, bar.close_usd)
        self._samples.add(bar, told.oi_base)
        self._range.add(bar)
        if not length_ms:
            self._settle()

    def _hear(self, bar: PriceBar) -> None:
        """Learn from the prints of the bar before this one, or keep them for when that is modelled."""
        prints = self._experts.listener.before(bar)
        if self._waiting:
            self._waiting.last.prints = prints
        elif prints is not None and self._end_ms is not None:
            self._experts.hear(self._end_ms, prints)

    def _settle(self) -> None:
        """Model what waits: nobody sees a state that lacks a bar."""
        if not self._waiting:
            return
        books = self._experts.books
        for run in self._waiting.taken():
            if len(run) == 1:
                bar, flow = run[0].bar, self._flows.flow(run[0])
            else:
                bar, flow = joined_bar([one.bar for one in run]), joined_flow(run, books.oi_base, books.params.rho)
            self._experts.take(bar, flow)
            self._remember([one.bar for one in run])
            prints = joined_prints(run)
            if prints is not None:
                self._experts.hear(bar.end_ms, prints, BATCH_MS if len(run) == 1 else LESSON_MS)

    def _remember(self, bars: Sequence[PriceBar]) -> None:
        """Remember the map as it is in the columns of some bars, those that can be seen."""
        seen = [bar for bar in bars if bar.end_ms > self._columns_from_ms]
        if seen:
            close_usd = bars[-1].close_usd
            self._rings.remember(seen, *self._column_cells(close_usd, close_usd, close_usd))

    def _column_cells(self, price_usd: float, low_usd: float, high_usd: float) -> tuple[int, NDArray[np.float32]]:
        first = bin_of(price_usd, HEAT_BIN_LOG) - ROWS_BELOW
        start = first * BINS_PER_HEAT_ROW
        long, short = self._cut(start, start + ROWS * BINS_PER_HEAT_ROW, low_usd, high_usd)
        cells = (long + short).reshape(ROWS, BINS_PER_HEAT_ROW).sum(1) * price_usd
        return first, cells.astype(np.float32)

    def _cut(self, start: int, stop: int, low_usd: float, high_usd: float) -> tuple[NDArray[np.float64], ...]:
        return self._experts.levels(start, stop, _met(low_usd, high_usd))

    def now_map(self) -> NowMap | None:
        """Return the map of this moment in USD at the live price, None before it is ready."""
        self._settle()
        if not self.ready:
            return None
        price, low, high = self._forming.now()
        start = bin_of(price) - NOW_REACH_BINS
        long, short = self._cut(start, start + 2 * NOW_REACH_BINS, low, high)
        return NowMap(start, BOOK_BIN_LOG, long * price, short * price)

    def map_draws(self, rows: int = DRAWN_ROWS) -> MapDraws | None:
        """Return draws of the map of this moment, `rows` heat rows on each side of price.

        None before anything was learned.
        """
        self._settle()
        if not self.ready or not self._experts.taught:
            return None
        price, low, high = self._forming.now()
        first = bin_of(price, HEAT_BIN_LOG) - rows
        return map_draws(self._experts, price, first, 2 * rows + 1, _met(low, high))

    def mix(self) -> Mix | None:
        """Return what stands at which distance, None before it is ready."""
        self._settle()
        if not self.ready:
            return None
        return mix_of(self._experts, self._forming.now()[0])

    def heat(self, selection: Selection, now_ms: int, newest: int | None = None) -> Heat | None:
        """Return the columns of the selection's window, the last one forming; None before it is ready.

        With `newest` only that many, the newest. A map that ends in the past has no forming column.
        """
        self._settle()
        if self._end_ms is None:
            return None
        step_ms, span_ms = COLUMN_MS[selection.window], WINDOW_MS[selection.window]
        if selection.until_ms is not None and selection.until_ms < self._end_ms:
            stretch = self._rings.past(step_ms, span_ms, selection.until_ms, self._end_ms)
        else:
            ring = self._rings.wanted(step_ms, now_ms)
            end, last = self._newest(ring, now_ms)
            count = span_ms // ring.step_ms
            stretch = ring.stretch(end, count if newest is None else min(newest, count), last)
        return None if stretch is None else _heat(selection, stretch)

    def _newest(self, ring: ColumnRing, now_ms: int) -> tuple[int, Column | None]:
        """Return the open time of the last column and, unless the bars are too late, the forming column."""
        assert self._end_ms is not None
        step_ms = ring.step_ms
        own, clock = self._end_ms // step_ms * step_ms, now_ms // step_ms * step_ms
        if clock > own + LATE_STEPS * step_ms:
            return clock, None
        first, cells = self._column_cells(*self._forming.now())
        closed = ring.span if isinstance(ring, SpanRing) and self._end_ms % step_ms else None
        return own, Column(own, first, cells, self._forming.column(own, closed).ohlc())

    def series(self) -> Series | None:
        """Return price, open interest and taker flow at the end of each bar."""
        return self._samples.series()

    def atr_usd(self) -> float | None:
        """Return the average true range of an hour over 14 hours, None before there are as many."""
        return self._range.value_usd()

    def conservation_faults(self) -> int:
        """Return how often the model had closed or liquidated more than the open interest allows."""
        return int(self.experts.books.faults[0])


def _heat(selection: Selection, columns: Stretch) -> Heat:
    return Heat(
        selection, columns.step_ms, columns.first_bin, columns.ts_ms, columns.cells_usd, columns.ohlc_usd, columns.gap
    )


def _met(low_usd: float, high_usd: float) -> tuple[int, int]:
    """Return the book bins from which on price has met the longs, and before which the shorts."""
    return bin_at(math.log(low_usd) + BOOK_BIN_LOG / 2), bin_at(math.log(high_usd) + BOOK_BIN_LOG / 2)
