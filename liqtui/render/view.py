"""Which prices and times a heatmap shows: whole bins a row, cells fixed in time, so that the picture stands still."""

import math
from dataclasses import dataclass

SCALES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Bins a row that the zoom steps through."""

PAGE_PARTS = 16
"""The time axis moves by this part of its width at a time: a map that moved with every cell would be sent whole again
with every cell, and be harder to read."""
_SLACK = 0.75
"""The automatic zoom narrows only when the finer scale would be filled to less than this."""
_KEEP = 0.6
"""The view is centred anew when price leaves this middle part of it."""


@dataclass(frozen=True, slots=True)
class PriceView:
    """Rows of a map: row i, 0 the lowest, covers the bins [(low_row + i) n, (low_row + i + 1) n), n = bins_per_row."""

    width_log: float
    """Height of a bin in log price."""
    bins_per_row: int
    low_row: int
    rows: int

    @property
    def row_log(self) -> float:
        """Return the height of a row in log price."""
        return self.width_log * self.bins_per_row

    @property
    def low_usd(self) -> float:
        """Return the lower edge."""
        return math.exp(self.low_row * self.row_log)

    @property
    def high_usd(self) -> float:
        """Return the upper edge."""
        return math.exp((self.low_row + self.rows) * self.row_log)

    def row_of(self, price_usd: float) -> int:
        """Return the row that holds a price; below 0 or from `rows` on when it lies outside."""
        return _row_at(price_usd, self.row_log) - self.low_row

    def height_of(self, price_usd: float) -> float:
        """Return how many rows a price lies above the lower edge."""
        return math.log(price_usd) / self.row_log - self.low_row

    def level_of(self, price_usd: float, levels: int) -> int:
        """Return which of `levels` equal parts of the view, 0 the lowest, holds a price; it may lie outside."""
        return math.floor(self.height_of(price_usd) * levels / self.rows)


@dataclass(frozen=True, slots=True)
class TimeView:
    """Columns of a map: cell i covers [(first_cell + i) cell_ms, (first_cell + i + 1) cell_ms)."""

    cell_ms: int
    first_cell: int
    cells: int

    @property
    def start_ms(self) -> int:
        """Return the left edge, UTC epoch ms."""
        return self.first_cell * self.cell_ms


def frame_time(now_ms: int, span_ms: int, cells: int, *, moves: bool = True) -> TimeView:
    """Return the view that holds `now_ms` in one of its last cells; it begins inside the span before the last one.

    The picture stands still while now walks to the right edge, then it jumps by a page; one that never `moves` ends
    with now.
    """
    cell_ms = math.ceil(span_ms / max(cells, 1))
    page = max(cells // PAGE_PARTS, 1) if moves else 1
    return TimeView(cell_ms, (now_ms // cell_ms // page + 1) * page - cells, cells)


def frame_prices(
    held: PriceView | None, price_usd: float, reach_log: float, width_log: float, rows: int, scale: int | None
) -> PriceView:
    """Return the view around a price that reaches at least `reach_log` each way, or has `scale` bins a row.

    The held view is kept while it still serves, so that the picture moves only when it must.
    """
    n = scale if scale is not None else _auto_scale(held, reach_log, width_log, rows)
    row = _row_at(price_usd, n * width_log)
    if held is not None and (held.width_log, held.bins_per_row, held.rows) == (width_log, n, rows):
        margin = rows * (1 - _KEEP) / 2
        if margin <= row - held.low_row < rows - margin:
            return held
    return PriceView(width_log, n, row - rows // 2, rows)


def _row_at(price_usd: float, row_log: float) -> int:
    return math.floor(math.log(price_usd) / row_log)


def _auto_scale(held: PriceView | None, reach_log: float, width_log: float, rows: int) -> int:
    def serves(n: int, part: float) -> bool:
        return reach_log <= n * width_log * rows / 2 * part

    if held is not None and held.rows == rows and held.width_log == width_log and serves(held.bins_per_row, 1.0):
        finer = [n for n in SCALES if n < held.bins_per_row and serves(n, _SLACK)]
        return min(finer, default=held.bins_per_row)
    return next((n for n in SCALES if serves(n, 1.0)), SCALES[-1])
