"""The crosshair: where it stands, what the cell under it holds, and that in words."""

from dataclasses import dataclass

import numpy as np

from liqtui.model.snapshot import BANDS_PCT, Snapshot
from liqtui.render.levels import Floats, classes
from liqtui.render.numbers import clock, compact, day_clock, moment, price, signed_pct
from liqtui.widgets.map_frame import Framed
from liqtui.widgets.panel import decimals_of

_BAND_PCT = 80.0
_MOSTLY = 0.8
"""Share of what was built up in a cell that `mostly` stands for."""


@dataclass(frozen=True, slots=True)
class Crosshair:
    """A place on the map; it stays there as the picture moves on."""

    ts_ms: int
    price_usd: float


def cell_of(cross: Crosshair, shown: Framed, rows: int) -> tuple[int, int]:
    """Return the cell (column, row from the top of `rows`) of a crosshair, the nearest with data if out of sight."""
    x = cross.ts_ms // shown.times.cell_ms - shown.times.first_cell
    y = (shown.prices.rows - 1 - shown.prices.row_of(cross.price_usd)) // (shown.prices.rows // rows)
    return min(max(x, 0), shown.newest), min(max(y, 0), rows - 1)


def place_of(x: int, y: int, shown: Framed, rows: int) -> Crosshair:
    """Return the crosshair in the middle of a cell."""
    prices, per_cell = shown.prices, shown.prices.rows // rows
    middle = prices.low_row + prices.rows - (y + 0.5) * per_cell
    at_ms = (shown.times.first_cell + x) * shown.times.cell_ms + shown.times.cell_ms // 2
    return Crosshair(at_ms, float(np.exp(middle * prices.row_log)))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell holds."""

    start_ms: int
    end_ms: int
    low_usd: float
    high_usd: float
    close_usd: float | None
    """Price at the end of the cell; None in a gap."""
    is_long: bool
    usd: float
    """Of the larger side, the highest within the cell's time."""
    rank: int
    """Its class, 0 where there is nothing to speak of."""
    printed_usd: tuple[float, float]
    """Longs and shorts liquidated in these moments, at any price."""
    is_last: bool
    """Whether it holds the newest column."""
    built: tuple[int, int, float, float] | None
    """Between which moments, and at which prices, most of it came in; None where that lies before the window."""
    gone: tuple[int, float] | None
    """When it had been taken, and how many USD; None unless there is nothing any more."""


def read(shown: Framed, x: int, y: int, rows: int) -> Reading:
    """Return what the cell (column, row from the top of `rows`) holds."""
    prices, times, field = shown.prices, shown.times, shown.field
    per_cell = prices.rows // rows
    stop = prices.rows - y * per_cell
    at = slice(stop - per_cell, stop)
    sides = field.long_usd[: x + 1, at].sum(axis=1), field.short_usd[: x + 1, at].sum(axis=1)
    is_long = bool(sides[0][x] > sides[1][x]) if sides[0][x] or sides[1][x] else bool(sides[0].sum() > sides[1].sum())
    own, name = (sides[0], "long") if is_long else (sides[1], "short")
    cells = (field.long_usd if is_long else field.short_usd)[x, at]
    close = float(field.close_usd[x])
    start_ms = (times.first_cell + x) * times.cell_ms
    edges = np.exp((prices.low_row + np.array([at.start, at.stop])) * prices.row_log)
    return Reading(
        start_ms=start_ms,
        end_ms=start_ms + times.cell_ms,
        low_usd=float(edges[0]),
        high_usd=float(edges[1]),
        close_usd=None if np.isnan(close) else close,
        is_long=is_long,
        usd=float(own[x]),
        rank=int(classes(cells, shown.limits[name]).max()),
        printed_usd=(float(shown.prints_usd[x, 0]), float(shown.prints_usd[x, 1])),
        is_last=not (field.settled[x] or field.gap[x]),
        built=_built(own, field.close_usd, shown) if own[x] > 0 else None,
        gone=None if own[x] > 0 else _gone(own, shown),
    )


def _built(usd: Floats, close_usd: Floats, shown: Framed) -> tuple[int, int, float, float] | None:
    """Return when and at which prices most of a row's last element came in, going by its rises since it was empty."""
    start = int(np.flatnonzero(usd == 0)[-1]) + 1 if (usd == 0).any() else 0
    rises = np.maximum(np.diff(usd[start:], prepend=0.0), 0.0)
    if start == 0 and rises[0] > (1 - _MOSTLY) * rises.sum():
        return None
    sums = np.cumsum(rises) / rises.sum()
    first, last = (start + int(np.searchsorted(sums, part)) for part in ((1 - _MOSTLY) / 2, (1 + _MOSTLY) / 2))
    closes = close_usd[first : last + 1]
    closes = closes[np.isfinite(closes)]
    if closes.size == 0:
        return None
    times = shown.times
    moments = ((times.first_cell + k) * times.cell_ms for k in (first, last + 1))
    return (*moments, float(closes.min()), float(closes.max()))  # type: ignore[return-value]


def _gone(usd: Floats, shown: Framed) -> tuple[int, float] | None:
    held = np.flatnonzero(usd > 0)
    if held.size == 0:
        return None
    last = int(held[-1])
    return (shown.times.first_cell + last + 1) * shown.times.cell_ms, float(usd[last])


def figures(reading: Reading, snapshot: Snapshot, ranks: int) -> list[str]:
    """Return the cell in figures, the most important first."""
    decimals = decimals_of(snapshot)
    span = f"{price(reading.low_usd, decimals)}-{price(reading.high_usd, decimals)}"
    parts = [span, day_clock(reading.start_ms)]
    if reading.close_usd is None:
        return [*parts, "no data"]
    middle = (reading.low_usd + reading.high_usd) / 2
    parts.append(f"{signed_pct(100 * (middle / reading.close_usd - 1))} from {price(reading.close_usd, decimals)}")
    side = "L" if reading.is_long else "S"
    parts.append(f"{side} {compact(reading.usd)} class {reading.rank}/{ranks}" if reading.usd else "nothing")
    longs, shorts = reading.printed_usd
    if longs or shorts:
        parts.append(f"liquidated then L {compact(longs)} S {compact(shorts)}")
    return parts


def words(reading: Reading, snapshot: Snapshot) -> str:
    """Return the cell as a sentence."""
    side = "longs" if reading.is_long else "shorts"
    if reading.close_usd is None:
        return "No data for this time: a gap says nothing about what stood here."
    if not reading.usd:
        if reading.gone is None:
            return "Nothing to speak of has stood here in this window."
        at_ms, usd = reading.gone
        return f"Nothing left: {compact(usd)} of {side} stood here until {day_clock(at_ms)}, taken or closed since."
    text = f"{_built_words(reading, snapshot, side)} would be forced out here: about {compact(reading.usd)} in this row"
    zone = _zone_words(reading, snapshot)
    return f"{text}{zone}."


def _built_words(reading: Reading, snapshot: Snapshot, side: str) -> str:
    if reading.built is None:
        return f"{side.capitalize()} opened mostly before this window"
    first_ms, last_ms, low_usd, high_usd = reading.built
    decimals = decimals_of(snapshot) if high_usd < 1000 else 0
    low, high = price(low_usd, decimals), price(high_usd, decimals)
    at = low if low == high else f"{low}-{high}"
    return f"{side.capitalize()} opened mostly {day_clock(first_ms)}-{_later(first_ms, last_ms)} at {at}"


def _zone_words(reading: Reading, snapshot: Snapshot) -> str:
    """Return the zone around the newest cell with its band, and the positions observed in its row."""
    if not reading.is_last or snapshot.detail.selection.until_ms is not None:
        return ""
    text, side = "", "long" if reading.is_long else "short"
    for zone in snapshot.detail.clusters:
        if zone.side == side and zone.low_usd < reading.high_usd and zone.high_usd > reading.low_usd:
            text = f", in a zone of {compact(zone.usd)}"
            if zone.bands_usd:
                low, high = zone.bands_usd[BANDS_PCT.index(_BAND_PCT)]
                text += f" ({_BAND_PCT:.0f}% band {compact(low)}-{compact(high)})"
            break
    own = [one.usd for one in snapshot.detail.known if reading.low_usd <= one.liquidation_usd < reading.high_usd]
    return text + (f", {compact(sum(own))} of it observed" if own else "")


def _later(first_ms: int, last_ms: int) -> str:
    same_day = moment(first_ms).date() == moment(last_ms).date()
    return clock(last_ms)[:5] if same_day else day_clock(last_ms)
