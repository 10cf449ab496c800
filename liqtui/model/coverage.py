"""How often what came lay inside the bands: the prints of an hour against draws of the map that was known before it.

A forecast is the weight of the prints that fall into what the steps of one hour sweep on one side, given the path. Its
draws are those of the map over the swept rows, relative to their mean, times the amount forecast for each step; and to
each draw comes the chance of how many prints there are and how large each is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from liqtui.model.bands import MapDraws
from liqtui.model.baselines import LEVEL_LOG, Floats, Ints
from liqtui.model.market import HOUR_MS, SIDES, Side
from liqtui.model.snapshot import BANDS_PCT

LEAST_FORECAST = 1.0
"""Forecasts of fewer prints than this are not counted: an hour without any says nothing of a band."""

SAMPLES = 32
"""Samples of the prints for each draw of the map."""


@dataclass(frozen=True, slots=True)
class BandHits:
    """How many forecasts were counted, and how many of them lay inside each of BANDS_PCT."""

    count: int = 0
    inside: tuple[float, ...] = (0.0,) * len(BANDS_PCT)

    def __add__(self, other: "BandHits") -> "BandHits":
        """Return the hits of both together."""
        inside = tuple(a + b for a, b in zip(self.inside, other.inside, strict=True))
        return BandHits(self.count + other.count, inside)

    def found_pct(self) -> tuple[tuple[float, float], ...]:
        """Return (nominal, found) per cent for each band; empty before the first forecast."""
        if not self.count:
            return ()
        return tuple(
            (nominal, 100 * inside / self.count) for nominal, inside in zip(BANDS_PCT, self.inside, strict=True)
        )


@dataclass(slots=True)
class PrintSizes:
    """How the weights of single prints scatter; forgotten like the scales of the forecast."""

    count: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def add(self, weights: Floats, keep: float) -> None:
        """Take in the weights of the prints of one step, of which `keep` of the past is left."""
        self.count = self.count * keep + len(weights)
        self.total = self.total * keep + float(weights.sum())
        self.squares = self.squares * keep + float((weights**2).sum())

    def sums_of(self, expected: Floats, rng: np.random.Generator) -> Floats:
        """Return a sample of the summed weight for each expected weight: Poisson in number, gamma in size."""
        mean = self.total / self.count
        variance = max(self.squares / self.count - mean * mean, 1e-6 * mean * mean)
        number = rng.poisson(np.minimum(expected / mean, 1e9))
        out: Floats = rng.gamma(number * (mean * mean / variance)) * (variance / mean)
        return out


def inside_bands(samples: Floats, came: float) -> Floats:
    """Return (len(BANDS_PCT),) how far what came lies inside the central bands of the samples, 0 to 1.

    Where the samples are equal to what came, as often at zero, it takes up a range of quantiles, and counts by the
    share of it that lies inside (Czado, Gneiting and Held 2009); so a true forecast finds each band's nominal share.
    """
    low, high = float((samples < came).mean()), float((samples <= came).mean())
    tails = (1 - np.array(BANDS_PCT) / 100) / 2
    if high <= low:
        return ((tails <= low) & (low <= 1 - tails)).astype(np.float64)
    out: Floats = np.maximum(np.minimum(high, 1 - tails) - np.maximum(low, tails), 0.0) / (high - low)
    return out


class HourBands:
    """Gathers the forecasts of the hour under way and counts those of the hours behind."""

    def __init__(self) -> None:
        self.sizes, self.hits = PrintSizes(), BandHits()
        self._hour = -1
        self._draws: MapDraws | None = None
        self._forecast: dict[Side, Floats] = {}
        self._came = dict.fromkeys(SIDES, 0.0)

    def wants_draws(self, start_ms: int) -> bool:
        """Return whether a step that starts then is the first of its hour."""
        return start_ms // HOUR_MS != self._hour

    def begin(self, start_ms: int, draws: MapDraws | None) -> None:
        """Count the hour behind where a new one starts, of which `draws` are the map; None: it has no bands."""
        if self.wants_draws(start_ms):
            self._count()
            self._hour, self._draws = start_ms // HOUR_MS, draws
            self._forecast, self._came = {}, dict.fromkeys(SIDES, 0.0)

    def add(self, side: Side, levels: Ints, amount: float, came: float) -> None:
        """Take in one sweep of the hour: the weight forecast, and the weight that came."""
        if self._draws is None:
            return
        drawn = relative_draws(self._draws, side, levels) * amount
        self._forecast[side] = self._forecast[side] + drawn if side in self._forecast else drawn
        self._came[side] += came

    def _count(self) -> None:
        for side, drawn in self._forecast.items():
            if drawn.mean() >= LEAST_FORECAST and self.sizes.count > 0:
                rng = np.random.default_rng([self._hour, SIDES.index(side)])
                samples = self.sizes.sums_of(np.repeat(drawn, SAMPLES), rng)
                self.hits += BandHits(1, tuple(inside_bands(samples, self._came[side]).tolist()))

    def state(self) -> list[Any]:
        """Return what the hours behind have shown, as plain values; the hour under way is left out."""
        sizes = [self.sizes.count, self.sizes.total, self.sizes.squares]
        return [sizes, self.hits.count, list(self.hits.inside)]

    @classmethod
    def from_state(cls, state: list[Any]) -> "HourBands":
        """Return what `state` was taken of."""
        self = cls()
        self.sizes, self.hits = PrintSizes(*state[0]), BandHits(int(state[1]), tuple(float(x) for x in state[2]))
        return self


def relative_draws(draws: MapDraws, side: Side, levels: Ints) -> Floats:
    """Return (draws,) what the draws hold at levels over the mean of them; 1 where they hold nothing there."""
    usd = draws.side_usd(side)
    row = np.floor((levels + 0.5) * (LEVEL_LOG / draws.width_log)).astype(np.int64) - draws.first_bin
    held = usd[:, row[(row >= 0) & (row < usd.shape[1])]].sum(1)
    mean = float(held.mean())
    return held / mean if mean > 0 else np.ones(len(usd))
