"""What a calibration has learned, as plain values that outlive the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from liqtui.model.exposure import WEIGHTS

VERSION = 2
"""Layout of the stored state."""


@dataclass(frozen=True, slots=True)
class CalibrationState:
    """All that was learned, as plain values; the prints themselves are not kept."""

    mean: tuple[float, ...]
    """(WEIGHTS,) of z."""
    covariance: tuple[tuple[float, ...], ...]
    """(WEIGHTS, WEIGHTS)"""
    size_sum: float
    """Base coin and number of the prints, both forgotten alike."""
    size_count: float
    learned_ms: int | None
    """End of the newest bar learned from."""
    clustering: tuple[float, float]
    """Sums of the excess variance and of the squared mean."""
    log_score: float
    """Log likelihood of the prints as foreseen, forgotten like the rest."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, with the version of their layout."""
        return {
            "version": VERSION,
            "mean": list(self.mean),
            "covariance": [list(row) for row in self.covariance],
            "size_sum": self.size_sum,
            "size_count": self.size_count,
            "learned_ms": self.learned_ms,
            "clustering": list(self.clustering),
            "log_score": self.log_score,
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "CalibrationState":
        """Read what `to_dict` made; ValueError if it is of another version or shape, or not finite."""
        try:
            if found["version"] != VERSION:
                raise ValueError(f"calibration state of version {found['version']}, not {VERSION}")
            mean = tuple(float(x) for x in found["mean"])
            covariance = tuple(tuple(float(x) for x in row) for row in found["covariance"])
            sizes = float(found["size_sum"]), float(found["size_count"])
            excess, square = (float(x) for x in found["clustering"])
            log_score = float(found["log_score"])
            learned_ms = None if found["learned_ms"] is None else int(found["learned_ms"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"no calibration state: {error}") from error
        shapes = {len(mean), len(covariance), *(len(row) for row in covariance)}
        numbers = np.array([*mean, *sizes, excess, square, log_score, *(x for row in covariance for x in row)])
        if shapes != {WEIGHTS} or not np.isfinite(numbers).all() or min(*sizes, excess) < 0 or square <= 0:
            raise ValueError("calibration state of another shape, or with numbers that are none")
        return cls(mean, covariance, *sizes, learned_ms, (excess, square), log_score)
