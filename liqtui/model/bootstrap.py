"""Intervals by drawing whole days: what happens within a day depends on itself, so days are the units that count."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 2000
SEED = 20_251_201
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval."""

    mean: float
    low: float
    high: float


def draw_blocks(blocks: int, draws: int = DRAWS, seed: int = SEED) -> NDArray[np.int64]:
    """Return (draws, blocks) indices of blocks drawn with replacement; the same seed gives the same draws."""
    return np.random.default_rng(seed).integers(0, blocks, (draws, blocks))


def block_ratio(gains: Floats, weights: Floats, level: float = LEVEL, seed: int = SEED) -> Estimate | None:
    """Return sum(gains) / sum(weights) over blocks, with a bootstrap interval; None without any weight.

    Draws in which no weight falls are left out.
    """
    total = float(weights.sum())
    if total <= 0:
        return None
    drawn = draw_blocks(len(gains), seed=seed)
    below = weights[drawn].sum(1)
    ratio = gains[drawn].sum(1)[below > 0] / below[below > 0]
    low, high = np.quantile(ratio, [(1 - level) / 2, (1 + level) / 2])
    mean = float(gains.sum()) / total
    return Estimate(mean, min(float(low), mean), max(float(high), mean))
