"""One step of Newton's method toward the posterior of a normal prior and some rows, for one or several at a time."""

from collections.abc import Callable

import numpy as np

from liqtui.model.params import Floats

Newton = tuple[Floats, Callable[[], Floats]]
"""Where a Newton step leads, less the prior mean, and how to get at the covariance there."""


def times(matrix: Floats, vector: Floats) -> Floats:
    """Return the products of some matrices (..., n, m) with as many vectors (..., m)."""
    out: Floats = (matrix @ vector[..., None])[..., 0]
    return out


def newton_by_row(covariance: Floats, part: Floats, weight: Floats, pull: Floats) -> Newton:
    """Solve among the rows, of which an hour has fewer than there are weights.

    `part` (..., rows, WEIGHTS) are the slopes of what is expected, `weight` (..., rows) the inverse variances, `pull`
    (..., rows) what is observed beyond what is expected at the prior mean.
    """
    reach = covariance @ part.swapaxes(-1, -2)
    spread = part @ reach
    at = np.arange(spread.shape[-1])
    spread[..., at, at] += 1 / weight
    target = times(reach, np.asarray(np.linalg.solve(spread, pull[..., None])[..., 0], dtype=np.float64))
    return target, lambda: covariance - reach @ np.linalg.solve(spread, reach.swapaxes(-1, -2))


def newton_by_weight(covariance: Floats, part: Floats, weight: Floats, pull: Floats) -> Newton:
    """Do the same among the weights; all is times the covariance, so that its inverse is not needed."""
    turned = part.swapaxes(-1, -2)
    curve = covariance @ (turned @ (part * weight[..., None])) + np.eye(part.shape[-1])
    target = np.linalg.solve(curve, covariance @ (turned @ (weight * pull)[..., None]))[..., 0]
    return np.asarray(target), lambda: np.asarray(np.linalg.solve(curve, covariance))
