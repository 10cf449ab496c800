"""What a scorer has learned and found, which outlives the engine as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liqtui.model.baselines import FixedLeverage, Floats, LevelAges
from liqtui.model.coverage import HourBands
from liqtui.model.placing import PlaceShift
from liqtui.model.score import PlaceMoments, RateTable
from liqtui.model.skill import DaySums

VERSION = 3
"""Layout of the stored state."""


@dataclass(slots=True)
class ScorerState:
    """All that is known between two steps; bounded, and changed by its scorer alone."""

    exposure: Floats
    """(rows,) past sums of the forecasts' raw values."""
    likelihood: Floats
    """(rows,) past log likelihood of each."""
    start_ms: int = -1
    end_ms: int = -1
    """Begin of the first bar and end of the newest."""
    close_usd: float = 0.0
    weight: float = 0.0
    levels: float = 0.0
    """Past weight of prints and levels swept, forgotten like the scales."""
    seen: float = 0.0
    usd: float = 0.0
    """Prints so far and their notional."""
    ages: LevelAges = field(default_factory=LevelAges)
    recipe: FixedLeverage = field(default_factory=FixedLeverage)
    shift: PlaceShift = field(default_factory=PlaceShift)
    days: dict[int, DaySums] = field(default_factory=dict)
    table: RateTable = field(default_factory=RateTable)
    places: PlaceMoments = field(default_factory=PlaceMoments)
    bands: HourBands = field(default_factory=HourBands)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and lists, with the version of their layout."""
        return {
            "version": VERSION,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "close_usd": self.close_usd,
            "sums": [self.weight, self.levels, self.seen, self.usd],
            "exposure": self.exposure.tolist(),
            "likelihood": self.likelihood.tolist(),
            "touched": _sparse(self.ages.touched_ms, -1),
            "recipe": [_sparse(row, 0.0) for row in self.recipe.usd],
            "shift": self.shift.state(),
            "days": {str(day): sums.state() for day, sums in self.days.items()},
            "table": self.table.sums.tolist(),
            "bands": self.bands.state(),
            "places": [self.places.found, self.places.mean, self.places.variance],
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "ScorerState":
        """Read what `to_dict` made; ValueError if it is of another version."""
        if found.get("version") != VERSION:
            raise ValueError(f"scores of version {found.get('version')!r}, expected {VERSION}")
        self = cls(np.array(found["exposure"]), np.array(found["likelihood"]))
        self.start_ms, self.end_ms = int(found["start_ms"]), int(found["end_ms"])
        self.close_usd = float(found["close_usd"])
        self.weight, self.levels, self.seen, self.usd = (float(x) for x in found["sums"])
        _fill(self.ages.touched_ms, found["touched"])
        for row, kept in zip(self.recipe.usd, found["recipe"], strict=True):
            _fill(row, kept)
        self.shift.restore(found["shift"])
        self.days = {int(day): DaySums.from_state(sums) for day, sums in found["days"].items()}
        self.table.sums = np.array(found["table"])
        self.places = PlaceMoments(*found["places"])
        self.bands = HourBands.from_state(found["bands"])
        return self


def _sparse(values: NDArray[Any], empty: float) -> list[list[Any]]:
    at = np.flatnonzero(values != empty)
    return [at.tolist(), values[at].tolist()]


def _fill(values: NDArray[Any], kept: list[list[Any]]) -> None:
    values[np.array(kept[0], dtype=np.int64)] = kept[1]
