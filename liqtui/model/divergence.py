"""Open interest against price: is leverage being built or flushed, over several windows.

Longs always equal shorts; the names of the verdicts mean the side that took the initiative. Taker flow says who that
was, price is its noisy proxy, and where the two disagree the verdict is absorption.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS
from liqtui.model.snapshot import DivergenceRow, Verdict

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SPANS_MS: dict[str, int] = {"15m": 15 * MINUTE_MS, "1h": HOUR_MS, "4h": 4 * HOUR_MS, "24h": DAY_MS}
SLACK_MS = 10 * MINUTE_MS
"""A change may begin at a sample that is this much older than its window."""
STALE_MS = 15 * MINUTE_MS
"""A newest sample older than this says nothing of now."""
FRESH_MS = 5 * MINUTE_MS
"""A venue's price counts for so long after its sample: the longest bar."""

BEYOND_USUAL = 1.0
STRONG = 2.0
"""In usual changes of the same window, as BEYOND_USUAL."""
LEANING = 0.5
"""Taker flow and price disagree when they are opposite, both this large and one beyond usual."""

ENOUGH_SPANS = 8
"""Spans of a window that the history must cover to say what is usual; else shorter windows are scaled by the root."""
DEFAULT_USUAL = {"price": 0.0015, "oi": 0.002, "cvd": 0.002}
"""Usual change in 15 minutes (log price, log open interest, taker flow over open interest) without a history."""
LEAST_USUAL = 0.25
"""The usual change is at least this share of the default: noise about a standstill is not news."""
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of one market or of several; every array is (n,)."""

    ts_ms: IntArray
    """Ascending."""
    price_usd: FloatArray
    oi_base: FloatArray
    cvd_base: FloatArray
    """Taker buys minus taker sells since some start; NaN where unknown."""


def combine_series(parts: Sequence[Series]) -> Series | None:
    """Return the series of several venues on the union of their times; None when there are no samples.

    Open interest and taker flow are sums of each venue's newest sample. Before a venue's first sample its first value
    is taken, and after its last one the last, so that a venue that comes or goes is not a change of open interest.
    Price is the mean, weighted by open interest, over the venues with a sample in the `FRESH_MS` before.
    """
    parts = [part for part in parts if len(part.ts_ms)]
    if len(parts) < 2:
        return parts[0] if parts else None
    ts = np.unique(np.concatenate([part.ts_ms for part in parts]))
    oi = np.array([_held(part.ts_ms, part.oi_base, ts) for part in parts])
    price = np.array([_held(part.ts_ms, part.price_usd, ts) for part in parts])
    fresh = np.array([_fresh(part.ts_ms, ts) for part in parts]) & np.isfinite(price)
    weight = np.where(fresh, np.maximum(np.nan_to_num(oi), np.finfo(np.float64).tiny), 0.0)
    with np.errstate(all="ignore"):
        mean = (np.nan_to_num(price) * weight).sum(axis=0) / weight.sum(axis=0)
    flows = [part for part in parts if np.isfinite(part.cvd_base).any()]
    cvd = np.array([_held(part.ts_ms, part.cvd_base, ts) for part in flows])
    return Series(ts, mean, np.nansum(oi, axis=0), cvd.sum(axis=0) if flows else np.full(len(ts), np.nan))


def divergence(series: Series, now_ms: int) -> tuple[DivergenceRow, ...]:
    """Return a row for each of 15m, 1h, 4h and 24h, up to the newest sample that is not after `now_ms`.

    A change counts by its size in usual changes of the same window (robust, from the series itself).
    """
    known = int(np.searchsorted(series.ts_ms, now_ms, side="right"))
    if not known or now_ms - int(series.ts_ms[known - 1]) > STALE_MS:
        return tuple(DivergenceRow(name, None, None, None, None, "no data") for name in SPANS_MS)
    past = Series(series.ts_ms[:known], series.price_usd[:known], series.oi_base[:known], series.cvd_base[:known])
    changes = {name: _changes(past, span_ms) for name, span_ms in SPANS_MS.items()}
    return tuple(_row(past, name, changes) for name in SPANS_MS)


def verdict(z_oi: float, z_price: float, z_cvd: float | None) -> tuple[Verdict, bool]:
    """Return the verdict, and whether it is strong, from changes in units of the usual change; None: flow unknown."""
    flow = z_cvd or 0.0
    lead = flow if abs(flow) >= BEYOND_USUAL else z_price
    if abs(z_oi) < BEYOND_USUAL:
        return ("quiet" if abs(z_price) < BEYOND_USUAL else "unclear"), False
    if max(abs(flow), abs(z_price)) < BEYOND_USUAL:
        return "unclear", False
    strong = min(abs(z_oi), max(abs(flow), abs(z_price))) >= STRONG
    if flow * z_price < 0.0 and min(abs(flow), abs(z_price)) >= LEANING:
        return "absorption", strong
    if z_oi > 0.0:
        return ("fresh longs" if lead > 0.0 else "fresh shorts"), strong
    return ("short covering" if lead > 0.0 else "long flush"), strong


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes over one window up to each sample, (n,), NaN where unknown: logs, and flow over open interest."""

    span_ms: int
    price: FloatArray
    oi: FloatArray
    cvd: FloatArray
    cvd_base: float


def _changes(series: Series, span_ms: int) -> _Changes:
    start = np.searchsorted(series.ts_ms, series.ts_ms - span_ms, side="right") - 1
    first = np.maximum(start, 0)
    known = (start >= 0) & (series.ts_ms - span_ms - series.ts_ms[first] <= SLACK_MS)
    with np.errstate(all="ignore"):
        price = np.log(series.price_usd / series.price_usd[first])
        oi = np.log(series.oi_base / series.oi_base[first])
        flow = series.cvd_base - series.cvd_base[first]
        cvd = flow / series.oi_base[first]
    price, oi, cvd = (np.where(known & np.isfinite(change), change, np.nan) for change in (price, oi, cvd))
    return _Changes(span_ms, price, oi, cvd, float(flow[-1]) if known[-1] else float("nan"))


def _row(series: Series, name: str, changes: dict[str, _Changes]) -> DivergenceRow:
    here = changes[name]
    price, oi, cvd = float(here.price[-1]), float(here.oi[-1]), float(here.cvd[-1])
    flow_base = here.cvd_base if np.isfinite(cvd) else None
    price_pct = 100.0 * float(np.expm1(price)) if np.isfinite(price) else None
    if not np.isfinite(oi):
        return DivergenceRow(name, price_pct, None, None, flow_base, "no data")
    oi_usd = float(series.oi_base[-1] * -np.expm1(-oi) * series.price_usd[-1])
    oi_pct = 100.0 * float(np.expm1(oi))
    if price_pct is None:
        return DivergenceRow(name, None, oi_pct, None, flow_base, "no data")
    z_cvd = cvd / _usual(series, here.span_ms, changes, "cvd") if np.isfinite(cvd) else None
    z_oi = oi / _usual(series, here.span_ms, changes, "oi")
    z_price = price / _usual(series, here.span_ms, changes, "price")
    return DivergenceRow(name, price_pct, oi_pct, oi_usd, flow_base, *verdict(z_oi, z_price, z_cvd))


def _usual(series: Series, span_ms: int, changes: dict[str, _Changes], what: str) -> float:
    """Return the usual size of a change: of the longest window up to `span_ms` with enough history, scaled by the root.

    The size is the median of the absolute changes, brought to a standard deviation; changes are taken about zero.
    """
    shortest_ms = min(SPANS_MS.values())
    default = DEFAULT_USUAL[what] * (span_ms / shortest_ms) ** 0.5
    for other in sorted(changes.values(), key=lambda other: -other.span_ms):
        sizes: FloatArray = np.abs(getattr(other, what))
        known = np.flatnonzero(np.isfinite(sizes))
        covered_ms = int(series.ts_ms[known[-1]] - series.ts_ms[known[0]]) if len(known) else 0
        if other.span_ms <= span_ms and covered_ms >= ENOUGH_SPANS * other.span_ms:
            sigma = MAD_TO_SIGMA * float(np.median(sizes[known])) * (span_ms / other.span_ms) ** 0.5
            return float(max(sigma, LEAST_USUAL * default))
    return float(default)


def _held(ts_ms: IntArray, values: FloatArray, at_ms: IntArray) -> FloatArray:
    """Return the newest known value at each time, the first one before it; NaN if none is known."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(at_ms), np.nan)
    newest = np.searchsorted(ts_ms[known], at_ms, side="right") - 1
    return np.asarray(values[known][np.maximum(newest, 0)], dtype=np.float64)


def _fresh(ts_ms: IntArray, at_ms: IntArray) -> NDArray[np.bool_]:
    newest = np.searchsorted(ts_ms, at_ms, side="right") - 1
    return np.asarray((newest >= 0) & (at_ms - ts_ms[np.maximum(newest, 0)] <= FRESH_MS), dtype=np.bool_)
