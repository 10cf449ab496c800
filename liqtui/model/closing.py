"""How much of each row closes for a lane to total what it must: by hazard, over a business time to be found."""

import numpy as np

from liqtui.model.params import Floats

TOLERANCE = 1e-12
"""Relative difference from the target that is worth another step; scaling removes what is left."""
MOST_STEPS = 30
LARGEST_BEND = 0.1
"""Most that the first step takes of the curvature."""
LEAST_BASE = 1e-300


class Closing:
    """The relative hazards of the rows, and what they leave."""

    def __init__(self, hazard: Floats) -> None:
        """`hazard` is (rows,)."""
        self._fall = -hazard
        self._powers = np.stack([np.ones_like(hazard), hazard, hazard * hazard], axis=-1)
        self._first = np.ascontiguousarray(self._powers[:, :2])

    def survivors(self, held: Floats, target_base: Floats) -> tuple[Floats, Floats]:
        """Return the share of each row that survives exp(-h u), and u >= 0, solved so that the target is left.

        `held` is (lanes, rows), `target_base` (lanes,), as are the two results.
        """
        moments = held @ self._powers
        total = moments[:, 0]
        pairs = zip(target_base.tolist(), total.tolist(), strict=True)
        if all(0 < target < whole for target, whole in pairs):
            return self._solved(held, moments, target_base)
        target = np.where((target_base > 0) & (target_base < total), target_base, total)
        survive, spent = self._solved(held, moments, np.maximum(target, LEAST_BASE))
        survive[target_base >= total], spent[target_base >= total] = 1.0, 0.0
        survive[target_base <= 0] = 0.0
        return survive, spent

    def _solved(self, held: Floats, moments: Floats, target: Floats) -> tuple[Floats, Floats]:
        """Return what `survivors` does for targets that are more than nothing and no more than is held.

        By Newton's method for the logarithm of what is left, which is nearly straight in u.
        """
        total = np.maximum(moments[:, 0], LEAST_BASE)
        mean = np.maximum(moments[:, 1] / total, LEAST_BASE)
        # The ratio of the two may be beyond what a number can hold.
        aim = np.log(target)
        spent = (np.log(total) - aim) / mean
        bend = (moments[:, 2] / total - mean * mean) * spent / (mean + mean)
        spent += spent * np.minimum(bend, LARGEST_BEND)
        for _ in range(MOST_STEPS):
            survive = np.exp(np.multiply.outer(spent, self._fall))
            left = (held * survive) @ self._first
            after = left[:, 0]
            if min(after.tolist()) <= 0:
                break
            over = np.log(after) - aim
            spent += over * after / left[:, 1]
            if max(map(abs, over.tolist())) <= TOLERANCE:
                break
        survive *= (target / np.maximum(after, LEAST_BASE))[:, None]
        if min(after.tolist()) <= 0:
            survive[after <= 0] = (target / total)[after <= 0, None]
        return survive, np.maximum(spent, 0.0)


def capped(closed: Floats, most: Floats) -> Floats | None:
    """Return the share of what would close that may, None where all may."""
    over = closed > most
    if not over.any():
        return None
    return np.where(over, np.maximum(most, 0.0) / np.maximum(closed, 1e-300), 1.0)
