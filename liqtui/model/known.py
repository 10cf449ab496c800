"""Positions whose liquidation price is published, laid into a modelled map: known mass takes the place of modelled.

A side of a market totals its open interest, whoever holds it. What is observed of a side is taken off its modelled mass
in proportion, so that the observed and what remains of the modelled total the open interest again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from liqtui.model.grid import BINS_PER_HEAT_ROW, bin_of
from liqtui.model.history import ROWS, ROWS_BELOW
from liqtui.model.market import SIDES, Position, Side
from liqtui.model.now_map import NowMap
from liqtui.model.snapshot import HEAT_BIN_LOG, Heat

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KnownMass:
    """What is observed of one market, on the bins of its map."""

    levels_usd: Mapping[Side, Floats]
    """(bins,) observed notional by bin of the liquidation price."""
    elsewhere_usd: Mapping[Side, float]
    """Observed notional beyond the bins, or that no price liquidates."""
    modelled_share: Mapping[Side, float]
    """Which part of the modelled mass of a side remains, in [0, 1]."""


def known_mass(now: NowMap, positions: Sequence[Position], oi_base: float, price_usd: float) -> KnownMass:
    """Lay the observed positions of one market on the bins of its map.

    `oi_base` is the open interest that each side of the map totals and `price_usd` the price it is valued at. Where
    more is observed than there is open interest (the two are not of the same second) the observed is scaled down to it.
    """
    levels = {side: np.zeros(len(now.long_usd)) for side in SIDES}
    elsewhere = dict.fromkeys(SIDES, 0.0)
    held = side_base(positions)
    fit = {side: min(1.0, oi_base / held[side]) if held[side] > 0 else 1.0 for side in SIDES}
    for one in positions:
        usd = one.qty_base * price_usd * fit[one.side]
        at = -1 if one.liquidation_usd is None else bin_of(one.liquidation_usd, now.width_log) - now.first_bin
        if 0 <= at < len(levels[one.side]):
            levels[one.side][at] += usd
        else:
            elsewhere[one.side] += usd
    remains = {side: max(1.0 - held[side] / oi_base, 0.0) if oi_base > 0 else 1.0 for side in SIDES}
    return KnownMass(levels, elsewhere, remains)


def with_known(now: NowMap, known: KnownMass) -> NowMap:
    """Return the map in which the observed mass has taken the place of as much modelled mass."""
    return replace(
        now,
        long_usd=now.long_usd * known.modelled_share["long"] + known.levels_usd["long"],
        short_usd=now.short_usd * known.modelled_share["short"] + known.levels_usd["short"],
    )


def with_known_column(heat: Heat, now: NowMap, end_ms: int) -> Heat:
    """Return a market's heat with its forming column made of the map of this moment.

    `end_ms` is the end of the market's newest bar. The columns before the forming one stay as they were modelled, since
    what was observed then is not kept; so a heat that ends in the past, or in a gap, is returned as it is.
    """
    if heat.gap[-1] or heat.ts_ms[-1] != end_ms // heat.step_ms * heat.step_ms:
        return heat
    first = bin_of(float(heat.ohlc_usd[-1, 3]), HEAT_BIN_LOG) - ROWS_BELOW
    start = first * BINS_PER_HEAT_ROW - now.first_bin
    if not 0 <= start <= len(now.long_usd) - ROWS * BINS_PER_HEAT_ROW:
        return heat
    both = (now.long_usd + now.short_usd)[start : start + ROWS * BINS_PER_HEAT_ROW]
    cells = heat.cells_usd.copy()
    at = first - heat.first_bin
    cells[-1] = 0.0
    cells[-1, at : at + ROWS] = both.reshape(ROWS, BINS_PER_HEAT_ROW).sum(1)
    return replace(heat, cells_usd=cells)


def side_base(positions: Iterable[Position]) -> dict[Side, float]:
    """Return the base coin of the positions by side."""
    held = dict.fromkeys(SIDES, 0.0)
    for one in positions:
        held[one.side] += one.qty_base
    return held


def spared(positions: Iterable[Position], low_usd: float, high_usd: float) -> tuple[Position, ...]:
    """Return the positions that a price in [low_usd, high_usd] has not liquidated."""
    return tuple(one for one in positions if not _reached(one, low_usd, high_usd))


def _reached(one: Position, low_usd: float, high_usd: float) -> bool:
    if one.liquidation_usd is None:
        return False
    return low_usd <= one.liquidation_usd if one.side == "long" else high_usd >= one.liquidation_usd
