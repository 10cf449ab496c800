"""The skill of a map where a venue tells totals only: it should rank periods better than the move alone does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liqtui.model.bootstrap import LEVEL, SEED, Estimate, draw_blocks
from liqtui.model.market import DAY_MS

Floats = NDArray[np.float64]

DRAWS = 500
LEAST_PERIODS = 48
LEAST_DAYS = 3


@dataclass(frozen=True, slots=True)
class TotalsSkill:
    """One side, period by period; rank correlations (Spearman)."""

    periods: int
    days: int
    forecast: float
    """Forecast against record."""
    move: float
    """Size of the move alone against record: the bar to beat."""
    partial: Estimate | None
    """Forecast against record given the size of the move, with the interval over days."""
    better: bool
    verdict: str


def totals_skill(
    ts_ms: Sequence[int], forecast_usd: Sequence[float], move: Sequence[float], total_usd: Sequence[float]
) -> TotalsSkill:
    """Return the skill over periods that begin at `ts_ms`; the four sequences are equally long."""
    columns = np.array([forecast_usd, move, total_usd], dtype=np.float64)
    days = np.array(ts_ms, dtype=np.int64) // DAY_MS
    names = np.unique(days)
    if len(ts_ms) < LEAST_PERIODS or len(names) < LEAST_DAYS:
        return TotalsSkill(len(ts_ms), len(names), 0.0, 0.0, None, False, "not enough periods")
    forecast, move_alone = spearman(columns[0], columns[2]), spearman(columns[1], columns[2])
    groups = [np.flatnonzero(days == day) for day in names]
    drawn = [
        partial_spearman(*columns[:, np.concatenate([groups[i] for i in row])])
        for row in draw_blocks(len(groups), DRAWS, SEED)
    ]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    mean = partial_spearman(*columns)
    partial = Estimate(mean, min(float(low), mean), max(float(high), mean))
    better = partial.low > 0
    words = f"partial rank correlation {mean:+.2f} given the move, 90 % {partial.low:.2f}..{partial.high:.2f}"
    verdict = f"{words}, n {len(ts_ms):,}" if better else "no better than the size of the move alone"
    return TotalsSkill(len(ts_ms), len(names), forecast, move_alone, partial, better, verdict)


def ranks(values: Floats) -> Floats:
    """Return ranks from 0, equal values sharing their mean rank."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: Floats = ends - (counts + 1) / 2
    return middle[group]


def spearman(a: Floats, b: Floats) -> float:
    """Return the rank correlation, 0 where one of them does not vary."""
    x, y = ranks(a) - (len(a) - 1) / 2, ranks(b) - (len(b) - 1) / 2
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 0 else 0.0


def partial_spearman(forecast: Floats, move: Floats, total: Floats) -> float:
    """Return the rank correlation of forecast and total given the move, 0 where the move explains one of them fully."""
    fm, ft, mt = spearman(forecast, move), spearman(forecast, total), spearman(move, total)
    rest = (1 - fm * fm) * (1 - mt * mt)
    return (ft - fm * mt) / rest**0.5 if rest > 1e-12 else 0.0
