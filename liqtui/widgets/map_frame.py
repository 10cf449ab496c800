"""Which prices, times and class limits the map shows, kept from one picture to the next where they still serve."""

import math
from dataclasses import dataclass

import numpy as np

from liqtui.model.selection import WINDOW_MS, Selection, Window
from liqtui.model.snapshot import HEAT_BIN_LOG, Heat, Snapshot
from liqtui.render.levels import Field, Floats, settle, thresholds
from liqtui.render.prints import cell_sums, mark_limits
from liqtui.render.reducer import Reducer
from liqtui.render.view import SCALES, PriceView, TimeView, frame_prices, frame_time

REACH_LOG: dict[Window, float] = {
    "1h": 0.015, "4h": 0.025, "12h": 0.035, "24h": 0.05, "3d": 0.08, "7d": 0.11,
}  # fmt: skip
"""The automatic zoom shows at least this far above and below the price."""
_MARGIN = 1.15
_STAY = 0.25
"""Part of a cell row by which the price must leave its row before the line of it follows."""


@dataclass(frozen=True, slots=True)
class Framed:
    """One picture before its cells."""

    prices: PriceView
    times: TimeView
    field: Field
    limits: dict[str, Floats]
    """Lower limits of the classes of each side, and of the marks of `prints`."""
    prints_usd: Floats
    """(cells, 2) realised liquidations, longs and shorts; (cells, 2) zeros where nobody prints. The same array where
    they are the same as in the picture before."""
    forming_usd: Floats
    """(2, rows) longs and shorts of the last column."""
    same: tuple[int, int] = (0, 0)
    """A number that changes with the cells that were settled, and the first cell that is not."""

    @property
    def newest(self) -> int:
        """Return the last cell that holds data or might; those to its right are yet to come."""
        past = np.flatnonzero(self.field.gap | np.isfinite(self.field.close_usd))
        return int(past[-1]) if past.size else self.times.cells - 1


class Framing:
    """The view on screen: it moves only when it must."""

    def __init__(self) -> None:
        self._prices: PriceView | None = None
        self._reducer = Reducer()
        self._limits: dict[str, Floats] = {}
        self._sums_usd: Floats = np.empty((0, 2))
        self._summed: tuple[object, object, object] = (None, None, None)
        """What these sums are of."""
        self._extremes: tuple[object, float, float] = (None, math.nan, math.nan)
        """Lowest and highest price of the settled columns, and the name of these."""
        self._drawn_for: tuple[Selection, int, int] | None = None
        self._price_row: tuple[PriceView, int, int] | None = None

    def scale_after(self, scale: int | None, step: int) -> int:
        """Return the scale `step` further out than the set one, or than what is on screen."""
        current = scale or (self._prices.bins_per_row if self._prices else SCALES[0])
        index = SCALES.index(current) + step
        return SCALES[min(max(index, 0), len(SCALES) - 1)]

    def centre_after(self, steps: int) -> float | None:
        """Return the price in the middle after moving the view by some eighths of its height; None before the first."""
        view = self._prices
        if view is None:
            return None
        middle = view.low_row + view.rows / 2 + steps * view.rows / 8
        return math.exp(middle * view.row_log)

    def frame(
        self, heat: Heat, snapshot: Snapshot, rows: int, cells: int, scale: int | None, centre_usd: float | None
    ) -> Framed:
        """Choose the view and the class limits of a map with so many rows and cells.

        The view follows the price, or stands around `centre_usd`.
        """
        key = (heat.selection, rows, cells)
        if key != self._drawn_for:
            self._prices, self._limits, self._drawn_for = None, {}, key
        price_usd = _price_then(heat, snapshot)
        held, reach = self._prices, self._reach_log(heat, price_usd)
        prices = frame_prices(held, price_usd, reach, HEAT_BIN_LOG, rows, scale)
        if centre_usd is not None:
            n = scale or (held or prices).bins_per_row
            prices = frame_prices(None, centre_usd, reach, HEAT_BIN_LOG, rows, n)
        self._prices = prices
        if held is not None and held.bins_per_row != prices.bins_per_row:
            self._limits = {}
        times = _frame_times(heat, snapshot, cells)
        field = self._reducer.reduce(
            heat.cells_usd,
            heat.first_bin,
            heat.ts_ms,
            heat.step_ms,
            heat.ohlc_usd,
            heat.gap,
            prices,
            times,
            heat.settled,
        )
        self._settle(field, self._cell_sums(heat, times))
        forming_usd = self._reducer.forming_usd()
        return Framed(prices, times, field, dict(self._limits), self._sums_usd, forming_usd, self._reducer.same)

    def _cell_sums(self, heat: Heat, times: TimeView) -> Floats:
        """Return the sums of the prints in each cell, the same array while these are the same."""
        prints_usd, ts_ms, summed_times = self._summed
        if heat.prints_usd is prints_usd and heat.ts_ms is ts_ms and times == summed_times:
            return self._sums_usd
        self._summed = heat.prints_usd, heat.ts_ms, times
        if heat.prints_usd is None:
            return np.zeros((times.cells, 2))
        return cell_sums(heat.prints_usd, heat.ts_ms, times)

    def _reach_log(self, heat: Heat, price_usd: float) -> float:
        """Return how far the window's prices lie from the price, in log price, with a margin and a floor."""
        settled, least, most = self._extremes
        if settled is None or settled is not heat.settled:
            least, most = _extremes_usd(heat.ohlc_usd[:-1])
            self._extremes = heat.settled, least, most
        ends = (*_extremes_usd(heat.ohlc_usd[-1:]), least, most)
        known = [usd for usd in ends if not math.isnan(usd)]
        far = max((abs(math.log(usd / price_usd)) for usd in known), default=0.0)
        return max(far * _MARGIN, REACH_LOG[heat.selection.window])

    def price_row(self, prices: PriceView, price_usd: float | None, per_cell: int) -> int | None:
        """Return the cell row from the top that holds a price, None where it is out of sight or there is none.

        The row before stays while the price is hardly beyond it: one that went to and fro would be sent each time.
        """
        fresh, held = cell_row(prices, price_usd, per_cell), self._price_row
        if held is not None and held[:2] == (prices, per_cell) and price_usd is not None and fresh is not None:
            beyond = abs(prices.height_of(price_usd) / per_cell - (prices.rows / per_cell - held[2] - 0.5)) - 0.5
            fresh = held[2] if beyond < _STAY else fresh
        self._price_row = None if fresh is None else (prices, per_cell, fresh)
        return fresh

    def _settle(self, field: Field, sums_usd: Floats) -> None:
        """Choose the class limits; a side's are taken from settled cells, so they last as long as these."""
        if self._reducer.renewed or "long" not in self._limits:
            for side, values in (("long", field.long_usd), ("short", field.short_usd)):
                self._limits[side] = settle(self._limits.get(side), thresholds(values[field.settled]))
        same = sums_usd is self._sums_usd or np.array_equal(sums_usd, self._sums_usd)
        if "prints" not in self._limits or not same:
            self._limits["prints"] = settle(self._limits.get("prints"), mark_limits(sums_usd))
            self._sums_usd = sums_usd


def cell_row(prices: PriceView, price_usd: float | None, per_cell: int) -> int | None:
    """Return the cell row from the top that holds a price, None where it is out of sight or there is none."""
    if price_usd is None or math.isnan(price_usd):
        return None
    row = prices.row_of(price_usd)
    return (prices.rows - 1 - row) // per_cell if 0 <= row < prices.rows else None


def _frame_times(heat: Heat, snapshot: Snapshot, cells: int) -> TimeView:
    last_ms = int(heat.ts_ms[-1])
    now_ms = min(max(snapshot.ts_ms, last_ms), last_ms + heat.step_ms - 1)
    span_ms, moves = WINDOW_MS[heat.selection.window] - heat.step_ms, heat.selection.until_ms is None
    return frame_time(now_ms, span_ms, cells, moves=moves)


def _price_then(heat: Heat, snapshot: Snapshot) -> float:
    """Return the price now, or that at the end of a map of the past."""
    last_usd = float(heat.ohlc_usd[-1, 3])
    if heat.selection.until_ms is not None and math.isfinite(last_usd):
        return last_usd
    return snapshot.detail.price_usd or 1.0


def _extremes_usd(ohlc_usd: Floats) -> tuple[float, float]:
    """Return the lowest and the highest price of columns, NaN where there is none."""
    if len(ohlc_usd) == 1:
        _, high, low, _ = ohlc_usd[0].tolist()
        return low, high
    if not len(ohlc_usd):
        return math.nan, math.nan
    return float(np.fmin.reduce(ohlc_usd[:, 2])), float(np.fmax.reduce(ohlc_usd[:, 1]))
