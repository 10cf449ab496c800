"""The heat of one selection: closed columns are put together once a bar, only the forming one at every snapshot."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from liqtui.model.alignment import combine_heat
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Heat
from liqtui.monitor.compose import Part
from liqtui.monitor.known_map import with_known_now

SHORT_COLUMNS = 16
"""So many columns are made for the sake of the last one: over venues that lag, and of which some have longer bars."""


class HeatMaker:
    """Makes the heat of one selection, over one venue or several.

    `lag_ms` is how far bars may lag behind the clock, given how often they are asked for, before that is a gap.
    """

    def __init__(self, selection: Selection, lag_ms: float) -> None:
        self._selection, self._lag_ms = selection, lag_ms
        self._key: object = None
        self._made: Heat | None = None

    def make(self, parts: Sequence[Part], now_ms: int) -> Heat | None:
        """Return the heat of these parts; None before any is modelled."""
        key = [(part.venue.venue, part.market.bars_seen) for part in parts]
        if self._selection.until_ms is not None and self._made is not None and key == self._key:
            return self._made
        if self._made is not None and key == self._key:
            last = self._combined(parts, now_ms, SHORT_COLUMNS)
            if last is not None and (made := with_last_column(self._made, last)) is not None:
                return made
        self._key, self._made = key, self._combined(parts, now_ms)
        return self._made

    def _combined(self, parts: Sequence[Part], now_ms: int, newest: int | None = None) -> Heat | None:
        selection = self._selection
        made = [part.market.intensity.heat(selection, self._seen_from_ms(part, now_ms), newest) for part in parts]
        if selection.until_ms is None:
            made = [with_known_now(heat, part.market, now_ms) for heat, part in zip(made, parts, strict=True)]
        heats = [heat for heat in made if heat is not None]
        return heats[0] if len(heats) == 1 else combine_heat(selection, heats)

    def _seen_from_ms(self, part: Part, now_ms: int) -> int:
        """Return the moment that the market's columns are for: that of its newest bar, unless that is overdue."""
        end_ms = part.market.intensity.last_bar_end_ms
        return end_ms if end_ms is not None and now_ms - end_ms <= self._lag_ms else now_ms


def with_last_column(heat: Heat, short: Heat) -> Heat | None:
    """Return a heat map with the last column of a shorter one; None where the two do not end on the same grid."""
    if heat.step_ms != short.step_ms or heat.ts_ms[-1] != short.ts_ms[-1]:
        return None
    column, rows = short.cells_usd[-1], heat.cells_usd.shape[1]
    at = short.first_bin - heat.first_bin
    start, stop = max(at, 0), min(at + len(column), rows)
    if start >= stop or np.any(column[: start - at]) or np.any(column[stop - at :]):
        return None
    cells, ohlc, gap = heat.cells_usd.copy(), heat.ohlc_usd.copy(), heat.gap.copy()
    cells[-1] = 0.0
    cells[-1, start:stop] = column[start - at : stop - at]
    ohlc[-1], gap[-1] = short.ohlc_usd[-1], short.gap[-1]
    return replace(heat, cells_usd=cells, ohlc_usd=ohlc, gap=gap)
