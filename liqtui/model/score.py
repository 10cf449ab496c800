"""Scores of a forecast of liquidations over cells: likelihoods, tests of amount and place, reliability and lift.

Definitions follow the earthquake-forecast literature (Schorlemmer et al. 2007, Zechar et al. 2010; pyCSEP).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST_RATE = 1e-12
"""Rates below this count as this, so that a surprise costs much but not all."""


def poisson_log_likelihood(rates: ArrayLike, counts: ArrayLike) -> float:
    """Return sum(-rate + n ln rate - ln n!) over all cells, in nats; n may be a weight, then n! is gamma(n + 1)."""
    rate = np.maximum(np.asarray(rates, dtype=np.float64).ravel(), LEAST_RATE)
    count = np.asarray(counts, dtype=np.float64).ravel()
    log_factorials = sum(math.lgamma(n + 1) for n in count[count > 0].tolist())
    return float((count * np.log(rate) - rate).sum()) - log_factorials


def binary_log_likelihood(rates: ArrayLike, counts: ArrayLike) -> float:
    """Return the log likelihood of which cells are hit at all, sum(-(1 - X) rate + X ln(1 - exp(-rate))), in nats."""
    rate = np.maximum(np.asarray(rates, dtype=np.float64).ravel(), LEAST_RATE)
    hit = np.asarray(counts).ravel() > 0
    return float(np.where(hit, np.log(-np.expm1(-rate)), -rate).sum())


@dataclass(frozen=True, slots=True)
class NumberTest:
    """Whether the amount is right: small `at_least` says too few were forecast, small `at_most` too many."""

    observed: float
    forecast: float
    at_least: float
    """Probability of as many as were observed or more (delta 1)."""
    at_most: float
    """Probability of as many as were observed or fewer (delta 2)."""

    @property
    def ratio(self) -> float | None:
        """Return forecast over observed, None where nothing was observed."""
        return self.forecast / self.observed if self.observed > 0 else None


def number_test(forecast: float, observed: float) -> NumberTest:
    """Return the N-test of a total under a Poisson law."""
    count = math.floor(observed + 0.5)
    below = poisson_cdf(count - 1, forecast)
    return NumberTest(observed, forecast, 1.0 - below, poisson_cdf(count, forecast))


EXACT_MEAN = 500.0
"""Above this mean the Poisson distribution is taken as normal in the cube root (Wilson and Hilferty 1931)."""


def poisson_cdf(count: int, mean: float) -> float:
    """Return the probability of `count` or fewer."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    if mean > EXACT_MEAN:
        k = count + 1
        z = 3 * math.sqrt(k) * (1 - 1 / (9 * k) - (mean / k) ** (1 / 3))
        return normal_cdf(z)
    term = total = math.exp(-mean)
    for n in range(1, count + 1):
        term *= mean / n
        total += term
    return min(total, 1.0)


def normal_cdf(z: float) -> float:
    """Return the probability below z under the standard normal law."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class PlaceMoments:
    """Sums of the log probability of places: what was found, and mean and variance if the forecast were true."""

    found: float = 0.0
    mean: float = 0.0
    variance: float = 0.0

    def __add__(self, other: "PlaceMoments") -> "PlaceMoments":
        """Return the moments of both catalogues together."""
        return PlaceMoments(self.found + other.found, self.mean + other.mean, self.variance + other.variance)

    def quantile(self) -> float | None:
        """Return the S-test: the share of catalogues drawn from the forecast that fit it worse than what was found.

        Below 0.05 the places contradict the forecast. Normal approximation; None where places cannot differ.
        """
        if self.variance <= 0:
            return None
        return normal_cdf((self.found - self.mean) / math.sqrt(self.variance))


def place_moments(rates: ArrayLike, counts: ArrayLike) -> PlaceMoments:
    """Return the moments of the places of one catalogue, given its number of events."""
    rate = np.maximum(np.asarray(rates, dtype=np.float64).ravel(), LEAST_RATE)
    count = np.asarray(counts, dtype=np.float64).ravel()
    share = rate / rate.sum()
    log_share = np.log(share)
    mean = float(share @ log_share)
    variance = max(float(share @ log_share**2) - mean * mean, 0.0)
    total = float(count.sum())
    # A weighted event varies as its weight squared.
    return PlaceMoments(float(count @ log_share), total * mean, float((count**2).sum()) * variance)


RATE_CLASSES = 96
"""Classes of the rate in `RateTable`, half an octave each."""
LOWEST_LOG2 = -40.0


class RateTable:
    """What was forecast and what came, by the height of the forecast rate: all that reliability and lift need."""

    def __init__(self) -> None:
        self.sums: Floats = np.zeros((3, RATE_CLASSES))
        """(3, classes) cells, forecast amount, observed amount."""

    def add(self, rates: Floats, counts: Floats) -> None:
        """Take in cells."""
        log2 = np.log2(np.maximum(rates, LEAST_RATE))
        at = np.clip(((log2 - LOWEST_LOG2) * 2).astype(np.int64), 0, RATE_CLASSES - 1)
        for row, weights in enumerate((np.ones_like(rates), rates, counts)):
            self.sums[row] += np.bincount(at, weights, RATE_CLASSES)

    def reliability(self, groups: int = 10) -> tuple[tuple[float, float], ...]:
        """Return (forecast, observed) amounts of groups of equal forecast amount, lowest rates first."""
        forecast, observed = self.sums[1], self.sums[2]
        total = float(forecast.sum())
        if total <= 0:
            return ()
        cum = np.concatenate([[0.0], np.cumsum(forecast)]) / total
        seen = np.concatenate([[0.0], np.cumsum(observed)])
        rising = np.concatenate([[True], np.diff(cum) > 0])
        seen[-1] = observed.sum()
        cuts = np.interp(np.linspace(0, 1, groups + 1), cum[rising], seen[rising])
        cuts[0], cuts[-1] = 0.0, seen[-1]
        return tuple((total / groups, float(o)) for o in np.diff(cuts))

    def lift(self, share: float = 0.1) -> float | None:
        """Return how much denser the hottest `share` of the cells was hit than all; None if nothing was observed."""
        cells, observed = self.sums[0][::-1], self.sums[2][::-1]
        if observed.sum() <= 0:
            return None
        wanted = share * float(cells.sum())
        taken = np.minimum(np.cumsum(cells), wanted) - np.minimum(np.cumsum(cells) - cells, wanted)
        part = np.divide(taken, cells, out=np.zeros_like(cells), where=cells > 0)
        return float((part * observed).sum() / observed.sum() / share)
