"""What is believed of the weights of the mix before any print: two normal priors of their logarithms.

One is of what price meets; the other of the share of it that is still there when price arrives, of which prints say
nothing. Both are smooth in distance, so that what is learned of one row says something of its neighbours.
"""

import numpy as np

from liqtui.model.exposure import WEIGHTS
from liqtui.model.params import DISTANCE_BINS, ROWS, BookParams, Floats

LEVEL_SD, SIDES_SD = 0.8, 0.3
"""Prior spread of ln theta: common to all rows, and of each side alone."""

SHAPE_SD, SIDES_SHAPE_SD, SHAPE_LENGTH = 0.5, 0.05, 0.8
"""Prior spread of the shape over distance, common and of a side alone, and how far it reaches in ln distance."""

ROUND_SD = 1.2
"""Prior spread of the round leverages against what lies between them."""
BIN_SD, RUNG_SD = 0.3, 0.4
"""Prior spread of each distance bin, of each round leverage alone, the same for both sides."""

ASIDE_SD, ASIDE_SHAPE_SD = 0.5, 0.6
"""Prior spread of ln of how many more or fewer than assumed are still there when price arrives: common, by distance."""


def prior_covariance(params: BookParams) -> Floats:
    """Return the (WEIGHTS, WEIGHTS) prior covariance of ln theta."""
    near = _alike(params)
    both = LEVEL_SD**2 + SHAPE_SD**2 * near
    alone = SIDES_SD**2 + SIDES_SHAPE_SD**2 * near
    own = np.where(np.arange(ROWS) < DISTANCE_BINS, BIN_SD, RUNG_SD) ** 2
    round_ = np.where(np.arange(ROWS) < DISTANCE_BINS, -0.5, 0.5) * ROUND_SD
    both = both + np.diag(own) + np.outer(round_, round_)
    out: Floats = np.block([[both + alone, both], [both, both + alone]]) + 1e-6 * np.eye(WEIGHTS)
    return out


def aside_covariance(params: BookParams) -> Floats:
    """Return the (WEIGHTS, WEIGHTS) prior covariance of ln of the share still there when price arrives."""
    both = ASIDE_SD**2 + ASIDE_SHAPE_SD**2 * _alike(params)
    out: Floats = np.block([[both, both], [both, both]])
    return out


def _alike(params: BookParams) -> Floats:
    """Return the (ROWS, ROWS) correlation of a shape that is smooth in distance."""
    x = np.log(params.distance_log)
    out: Floats = np.exp(-0.5 * ((x[:, None] - x) / SHAPE_LENGTH) ** 2)
    return out
