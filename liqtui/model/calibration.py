"""How the mix of distances is learned: liquidations are Poisson in what was swept, times a weight to be found.

With X[i, k] the base coin swept in row i of distance bin k, q the mean size of a liquidation and theta_k = exp(z_k),
the count of row i is Poisson with mean sum_k theta_k X[i, k] / q. This is the Gamma-Poisson model with the gamma prior
of each bin replaced by one log-normal prior over all bins of both sides, so that what is learned of a bin says
something of its neighbours, and a bin that price never reached keeps its prior and its width. The posterior is kept as
a normal distribution of z (Laplace), which forgets toward the prior with a half-life of days. Counts cluster more than
Poisson ones, mostly because the book is wrong in places: a row counts for 1 / (DISPERSION + c * mean) of itself, c the
clustering found so far. Where the book fits, prints teach fast; where it does not, slowly.

Prints tell of what price met. What stands further off is that over the share that is still there when price arrives
(stops, added margin), of which only a guess is in the book: a second log-normal factor, smooth in distance, so that the
weights of the map are drawn toward the prior and their bands are wider than those of what price meets.

The book itself stays unweighted and totals the open interest; the map is sum_k theta_k mass_k, the rest of the open
interest is out of reach of any price, and `fitted` never lets the weighted book exceed the open interest.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from liqtui.model.calibration_state import CalibrationState
from liqtui.model.exposure import WEIGHTS
from liqtui.model.market import DAY_MS, HOUR_MS, Liquidation
from liqtui.model.newton import newton_by_row, newton_by_weight, times
from liqtui.model.params import BookParams, Floats
from liqtui.model.prior import aside_covariance, prior_covariance

HALF_LIFE_DAYS = 16.0
BATCH_MS = HOUR_MS
"""Rows are gathered for so long before they are learned from."""

DISPERSION, CLUSTERING, CLUSTERING_WEIGHT, LEAST_CLUSTERING = 2.0, 8.0, 20.0, 0.02
"""Variance of a count over its mean where it is small; clustering assumed before any was found, with the squared mean
that it weighs; and the least."""

BACKGROUND = 0.002
"""Liquidations out of the blue, as a share of those that the unweighted book expects, evenly over the rows."""

LEAST_EXPOSED = 1e-12
"""Rows with less than this share of what was swept are empty but for rounding."""

FEWEST_SIZES = 5.0
"""Prints seen before the mean size is trusted."""
SIZE_MEMORY = 10_000.0
COUNT_OF_TOTAL = 30.0
"""Liquidations that an average total is taken for: only how much of it is chance depends on it."""
LARGEST_SIZE = 30.0
"""A print counts for at most so many mean sizes in the mean."""

NEWTON_STEPS, LONGEST_STEP, MOST_LOG = 6, 1.0, 10.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What an hour has shown, and what was known before it."""

    mean: Floats
    """(WEIGHTS,)"""
    covariance: Floats
    """(WEIGHTS, WEIGHTS)"""
    exposure: Floats
    """(rows, WEIGHTS) in liquidations; rows in which nothing was swept are 0."""
    count: Floats
    """(rows,)"""
    clustering: float


class Calibration:
    """The learned mix of one market: rows go in bar by bar, weights of the distance bins come out."""

    def __init__(self, params: BookParams, state: CalibrationState | None = None) -> None:
        """Begin with the prior, or go on from what was learned before."""
        standing = prior_covariance(params)
        self._prior_covariance = standing + aside_covariance(params)
        self._standing_mean: Floats = np.diag(standing) * -0.5
        self._standing_covariance = standing
        self._gain: Floats = np.asarray(np.linalg.solve(self._prior_covariance, standing).T, dtype=np.float64)
        self._prior_mean: Floats = -np.diag(self._prior_covariance) / 2
        self._mean, self._covariance = self._prior_mean.copy(), self._prior_covariance.copy()
        self._size_sum = self._size_count = 0.0
        self._learned_ms: int | None = None
        self._excess, self._square = CLUSTERING * CLUSTERING_WEIGHT, CLUSTERING_WEIGHT
        self.log_score = 0.0
        """Log likelihood of the prints, each hour as foreseen before it, forgotten with the half-life."""
        self._waiting: list[tuple[Floats, Floats]] = []
        self._waiting_since_ms: int | None = None
        if state is not None:
            self._mean = np.array(state.mean, dtype=np.float64)
            self._covariance = np.array(state.covariance, dtype=np.float64)
            self._size_sum, self._size_count = state.size_sum, state.size_count
            self._learned_ms = self._waiting_since_ms = state.learned_ms
            (self._excess, self._square), self.log_score = state.clustering, state.log_score

    @property
    def state(self) -> CalibrationState:
        """All that was learned; rows of the batch under way are not in it."""
        covariance = tuple(tuple(row) for row in self._covariance.tolist())
        return CalibrationState(
            tuple(self._mean.tolist()),
            covariance,
            self._size_sum,
            self._size_count,
            self._learned_ms,
            (self._excess, self._square),
            self.log_score,
        )

    @property
    def learned_ms(self) -> int | None:
        """End of the newest bar learned from, None before the first."""
        return self._learned_ms

    @property
    def prints(self) -> int:
        """Prints that were learned from, those of the batch under way included."""
        share = min(self._size_count / SIZE_MEMORY, 1 - 1e-9)
        return round(math.log1p(-share) / math.log1p(-1 / SIZE_MEMORY))

    @property
    def size_base(self) -> float | None:
        """Mean base coin of a liquidation, None before enough were seen."""
        return self._size_sum / self._size_count if self._size_count >= FEWEST_SIZES else None

    def add(
        self, end_ms: int, exposure: Floats, count: Floats, prints: Sequence[Liquidation], batch_ms: int = BATCH_MS
    ) -> bool:
        """Take in one bar of which every print was heard; return whether a batch is full, to be learned from.

        `exposure` (rows, WEIGHTS) is the base coin swept, `count` (rows,) how many liquidations there were. Bars are
        gathered for `batch_ms`.
        """
        self._add_sizes(one.qty_base for one in prints)
        return self._gather(end_ms, exposure, count, batch_ms)

    def add_total(self, end_ms: int, exposure: Floats, base: Floats) -> bool:
        """Take in one period of which only totals are told; return whether a batch is full, to be learned from.

        `exposure` (2, WEIGHTS) is the base coin swept of the longs and of the shorts, `base` (2,) what was liquidated.
        """
        self._add_sizes((base / COUNT_OF_TOTAL).tolist())
        return self.size_base is not None and self._gather(end_ms, exposure, base / self.size_base)

    def _gather(self, end_ms: int, exposure: Floats, count: Floats, batch_ms: int = BATCH_MS) -> bool:
        if len(count):
            self._waiting.append((exposure, count))
        if self._waiting_since_ms is None:
            self._waiting_since_ms = end_ms
        return end_ms - self._waiting_since_ms >= batch_ms and self.size_base is not None

    def _add_sizes(self, sizes_base: Iterable[float]) -> None:
        for size in sizes_base:
            if not (0 < size < math.inf):
                continue
            mean = self.size_base
            keep = 1 - 1 / SIZE_MEMORY
            size = size if mean is None else min(size, LARGEST_SIZE * mean)
            self._size_sum = self._size_sum * keep + size
            self._size_count = self._size_count * keep + 1

    def batch(self, end_ms: int) -> "Batch | None":
        """Forget what time has made old, compare what has come since with what was foreseen of it, and return it.

        None where nothing was swept.
        """
        self._forget(end_ms)
        waiting, self._waiting = self._waiting, []
        exposure = np.concatenate([np.zeros((0, WEIGHTS)), *(one for one, _ in waiting)]) / (self.size_base or 1.0)
        count = np.concatenate([np.zeros(0), *(count for _, count in waiting)])
        total = exposure.sum(1)
        exposed = total > LEAST_EXPOSED * total.sum()
        if not exposed.any():
            return None
        self._compare(exposure[exposed], count[exposed])
        exposure[~exposed] = 0.0
        return Batch(self._mean, self._covariance, exposure, count, self._excess / self._square)

    def _forget(self, end_ms: int) -> None:
        days = (end_ms - (end_ms if self._learned_ms is None else self._learned_ms)) / DAY_MS
        keep = 0.5 ** (max(days, 0.0) / HALF_LIFE_DAYS)
        self._mean = self._prior_mean + keep * (self._mean - self._prior_mean)
        self._covariance = keep * keep * self._covariance + (1 - keep * keep) * self._prior_covariance
        self._excess, self._square, self.log_score = self._excess * keep, self._square * keep, self.log_score * keep
        self._learned_ms = self._waiting_since_ms = end_ms

    def take_up(self, mean: Floats, covariance: Floats) -> None:
        """Go on from a posterior."""
        self._mean, self._covariance = mean, covariance

    def _compare(self, exposure: Floats, count: Floats) -> None:
        """Compare rows with what was foreseen of them: how well it fits, and how much counts cluster."""
        mean = foreseen(self._mean, exposure)
        self.log_score += geometric_log_likelihood(mean, count)
        self._square = max(self._square, 1e-9) + float(mean @ mean)
        excess = self._excess + float(((count - mean) ** 2 - DISPERSION * mean).sum())
        self._excess = max(excess, LEAST_CLUSTERING * self._square)

    def theta(self) -> Floats:
        """Return the (WEIGHTS,) weights: the posterior mean, 1 where nothing is known."""
        mean = self._standing_mean + self._gain @ (self._mean - self._prior_mean)
        spread = ((self._gain @ (self._prior_covariance - self._covariance)) * self._gain).sum(1)
        variance = np.diag(self._standing_covariance) - spread
        out: Floats = np.exp(np.minimum(mean + variance / 2, MOST_LOG))
        return out

    def _standing(self) -> tuple[Floats, Floats]:
        """Return mean and covariance of ln theta of what stands, given those of what price meets."""
        mean = self._standing_mean + self._gain @ (self._mean - self._prior_mean)
        spread = self._gain @ (self._prior_covariance - self._covariance) @ self._gain.T
        out = self._standing_covariance - spread
        return mean, (out + out.T) / 2

    def draws(self, count: int, seed: int) -> Floats:
        """Return `count` draws of theta, (count, WEIGHTS); the same for the same seed and state."""
        normal = np.random.default_rng(seed).standard_normal((count, WEIGHTS))
        mean, covariance = self._standing()
        values, vectors = np.linalg.eigh(covariance)
        spread = vectors * np.sqrt(np.maximum(values, 0.0))
        out: Floats = np.exp(np.minimum(mean + normal @ spread.T, MOST_LOG))
        return out


def learn(calibrations: Sequence[Calibration], end_ms: int) -> None:
    """Move some calibrations, whose batches are full, to the posterior at a time; all at once if they saw the same."""
    batches = [(one, batch) for one in calibrations if (batch := one.batch(end_ms)) is not None]
    alike = len({len(batch.count) for _, batch in batches}) == 1
    for group in [batches] if alike else [[pair] for pair in batches]:
        mean, covariance, exposure, count, clustering = (
            np.array([getattr(batch, name) for _, batch in group])
            for name in ("mean", "covariance", "exposure", "count", "clustering")
        )
        found = posterior(mean, covariance, exposure, count, clustering)
        for (one, _), own_mean, own_covariance in zip(group, *found, strict=True):
            one.take_up(own_mean, own_covariance)


def foreseen(mean: Floats, exposure: Floats) -> Floats:
    """Return the expected counts (..., rows) at z = `mean` for rows of exposure (..., rows, WEIGHTS)."""
    out: Floats = (exposure @ np.exp(mean)[..., None])[..., 0] + background_of(exposure)
    return out


def background_of(exposure: Floats) -> Floats:
    """Return the count, (..., 1), that is expected in every row whatever the book says."""
    total = exposure.sum(-1)
    out: Floats = BACKGROUND * total.sum(-1, keepdims=True) / np.maximum((total > 0).sum(-1, keepdims=True), 1)
    return out


def geometric_log_likelihood(mean: Floats, count: Floats) -> float:
    """Return sum(n ln m - (n + 1) ln(1 + m)): negative binomial counts of mean m and variance m + m^2, in nats."""
    return float((count * np.log(mean) - (count + 1) * np.log1p(mean)).sum())


def posterior(
    mean: Floats, covariance: Floats, exposure: Floats, count: Floats, clustering: float | Floats = CLUSTERING
) -> tuple[Floats, Floats]:
    """Return mode and covariance of z after rows of exposure (..., rows, WEIGHTS) in liquidations, and their counts.

    Rows without exposure say nothing. Each of several (...) is stepped until it stands still.
    """
    background, spread = background_of(exposure), np.asarray(clustering)[..., None]
    weight = 1 / (DISPERSION + spread * foreseen(mean, exposure))
    newton = newton_by_row if count.shape[-1] < mean.shape[-1] else newton_by_weight
    z = before = mean
    for _ in range(NEWTON_STEPS):
        part = exposure * np.exp(before)[..., None, :]
        expected = part.sum(-1) + background
        off = before - mean
        target, narrowed = newton(covariance, part, weight / expected, count - expected + times(part, off))
        step = np.minimum(np.maximum(target - off, -LONGEST_STEP), LONGEST_STEP)
        z = np.minimum(np.maximum(before + step, -MOST_LOG), MOST_LOG)
        moving = np.abs(step).max(-1, keepdims=True) >= 1e-3
        if not moving.any():
            break
        before = np.where(moving, z, before)
    out = narrowed()
    return z, (out + out.swapaxes(-1, -2)) / 2
