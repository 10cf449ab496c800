"""Axes: round prices with the decimals of the tick, calendar times in UTC."""

import math
from collections.abc import Sequence

from liqtui.render.numbers import moment, price, price_decimals
from liqtui.render.view import PriceView, TimeView

_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000
TIME_STEPS_MS = (
    *(n * _MINUTE_MS for n in (5, 10, 15, 30)),
    *(n * _HOUR_MS for n in (1, 2, 3, 6, 12)),
    *(n * _DAY_MS for n in (1, 2, 7)),
)
_TICK = "╵"


def price_ticks(view: PriceView, tick_usd: float, min_gap: int) -> list[tuple[int, str]]:
    """Return (row, label) of round prices at least `min_gap` rows apart, lowest first."""
    step = _round_step(view, tick_usd, min_gap)
    decimals = price_decimals(tick_usd)
    first, last = math.ceil(view.low_usd / step), math.floor(view.high_usd / step)
    ticks = [(view.row_of(k * step), price(k * step, decimals)) for k in range(first, last + 1) if k > 0]
    return [(row, label) for row, label in ticks if 0 <= row < view.rows]


def _round_step(view: PriceView, tick_usd: float, min_gap: int) -> float:
    """Return the smallest of 1, 2, 2.5, 5 x 10^k, not below the tick, whose labels keep the gap at the low end."""
    needed = view.low_usd * (math.exp(view.row_log * min_gap) - 1)
    power = 10.0 ** math.floor(math.log10(max(needed, tick_usd)))
    for factor in (1, 2, 2.5, 5, 10):
        step = factor * power
        if step >= needed and _whole(step / tick_usd):
            return step
    return max(20 * power, tick_usd)


def _whole(ratio: float) -> bool:
    return ratio > 0.999 and abs(ratio - round(ratio)) < 1e-6


def time_ticks(view: TimeView, min_gap: int) -> list[tuple[int, str]]:
    """Return (cell, label) at round UTC times at least `min_gap` cells apart; midnight is labelled with its date."""
    step = next((s for s in TIME_STEPS_MS if s >= view.cell_ms * min_gap), TIME_STEPS_MS[-1])
    first = -(-view.start_ms // step)
    end_ms = view.start_ms + view.cells * view.cell_ms
    stamps = range(first * step, end_ms, step)
    return [((ts - view.start_ms) // view.cell_ms, _time_label(ts)) for ts in stamps]


def _time_label(ts_ms: int) -> str:
    at = moment(ts_ms)
    return f"{at.day} {at:%b}" if ts_ms % _DAY_MS == 0 else f"{at:%H:%M}"


def time_line(ticks: Sequence[tuple[int, str]], cells: int) -> str:
    """Return the axis as text of exactly `cells` characters; a label that does not fit whole is left out."""
    out = [" "] * cells
    free = 0
    for cell, label in ticks:
        text = _TICK + label
        if cell >= free and cell + len(text) <= cells:
            out[cell : cell + len(text)] = text
            free = cell + len(text) + 1
    return "".join(out)
