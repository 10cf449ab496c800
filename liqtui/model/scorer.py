"""The skill of a map, bar by bar: forecast with what was known before, then see where inside the sweep prints fell.

Conditional on the path: only levels that price really crossed are scored. Three forecasts get the same sweep, the same
floor and a scale fitted on the past alone: the map, the age of the level alone, and the fixed-leverage recipe.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liqtui.model.bands import MapDraws
from liqtui.model.baselines import (
    LEVEL_LOG,
    LEVELS_PER_BIN,
    TAUS_MS,
    Floats,
    Ints,
    levels_between,
    price_alone,
)
from liqtui.model.joining import is_sound, swept_range
from liqtui.model.market import DAY_MS, MINUTE_MS, SIDES, Liquidation, PriceBar, Side
from liqtui.model.now_map import NowMap
from liqtui.model.placing import level_log
from liqtui.model.score import LEAST_RATE, place_moments
from liqtui.model.scorer_state import ScorerState
from liqtui.model.skill import DaySums, Found, SkillReport, report

STEP_MS = 5 * MINUTE_MS
"""Shorter bars are joined to steps of this length, so that prints stamped a little late still meet their sweep."""

FLOOR = 0.05
"""Share of every forecast that is spread evenly over the sweep."""

NEAR_LOG = 15e-4
"""A print up to this far beyond the sweep counts at its nearest level: mark and last price differ, clocks too."""

LARGEST = 8.0
"""A print weighs its notional over the mean notional so far, at most this."""

BURN_IN_MS = DAY_MS
BURN_IN_PRINTS = 20
"""Nothing is scored before a day and so many prints have set the scales."""

HALF_LIFE_MS = 3.0 * DAY_MS
"""Half-life of what the scales are fitted on."""

POWERS: Floats = np.array([0.25, 0.5, 0.75, 1.0])
"""Powers of the map that are tried: the lower, the less its differences are believed."""

REFILL_MS: Floats = np.concatenate([[0.5 * MINUTE_MS], TAUS_MS])
"""Times tried in which a level fills again after price has crossed it: within a bin the map cannot tell."""

SCORED_ROWS = 100
"""Heat rows on each side of price that `before` needs draws of: price rarely goes 10 % in an hour, and what lies
beyond then counts as what lies inside."""

SMOOTH_BINS = 3
"""Bins over which the map is evened out: the place of a level is not known better."""

DAYS = 90
"""Days kept, the newest."""

PRINTS_WAITING = 20_000

AGE_ROW = 1 + len(POWERS) * len(REFILL_MS)
ROWS = AGE_ROW + len(TAUS_MS)


@dataclass(slots=True)
class _Step:
    """The step that is forming."""

    start_ms: int
    near_usd: float
    """The price before it."""
    low_log: float
    high_log: float
    bars: list[tuple[PriceBar, float]] = field(default_factory=list)
    """Each with the price before it."""


@dataclass(frozen=True, slots=True)
class _Sweep:
    """What one step swept of one side: levels, the forecasts' raw values and the prints."""

    levels: Ints
    values: Floats
    """(rows, levels) recipe, the map at each of POWERS for each of REFILL_MS, the age of the level for each TAUS_MS."""
    counts: Floats
    """(levels,) weight of the prints."""
    weights: Floats
    """(placed prints,) weight of each."""
    prints: int
    outside: int
    """Prints that lie too far from all levels swept."""


class Scorer:
    """Scores one map against the prints of one market; state is bounded and can be stored."""

    def __init__(self) -> None:
        self._kept = ScorerState(np.zeros(ROWS), np.zeros(ROWS))
        self._map: NowMap | None = None
        self._draws: MapDraws | None = None
        self._step: _Step | None = None
        self._prints: list[Liquidation] = []

    @property
    def wants_map(self) -> bool:
        """Whether a step begins with the next bar, so that `before` is due."""
        return self._step is None

    @property
    def wants_draws(self) -> bool:
        """Whether the step that begins with the next bar is the first of an hour that is scored: draws are due too."""
        return self.wants_map and self._scores(self._kept.end_ms) and self._kept.bands.wants_draws(self._kept.end_ms)

    def before(self, now: NowMap | None, draws: MapDraws | None = None) -> None:
        """Take the map as it is known before the next bar, and draws of it where they are due."""
        self._map, self._draws = now, draws

    def add_print(self, print_: Liquidation) -> None:
        """Take in a print; it counts in the bar of its stamp, and not at all if that bar has been scored."""
        usable = print_.ts_ms >= self._kept.end_ms or (self._step is not None and print_.ts_ms >= self._step.start_ms)
        if usable and 0 < print_.usd < math.inf and len(self._prints) < PRINTS_WAITING:
            self._prints.append(print_)

    def add_bar(self, bar: PriceBar) -> None:
        """Take in a closed bar, ascending, after the prints stamped within it; old and unsound ones are ignored."""
        if bar.ts_ms < self._kept.end_ms or not is_sound(bar):
            return
        if self._kept.end_ms < bar.ts_ms:
            self._begin_anew(bar)
        if self._step is None:
            self._step = _Step(bar.ts_ms, self._kept.close_usd, math.inf, -math.inf)
        low, high = swept_range(bar, self._kept.close_usd)
        self._step.low_log, self._step.high_log = min(self._step.low_log, low), max(self._step.high_log, high)
        self._step.bars.append((bar, self._kept.close_usd))
        self._kept.end_ms, self._kept.close_usd = bar.end_ms, bar.close_usd
        if bar.end_ms % STEP_MS == 0 or bar.end_ms - self._step.start_ms >= STEP_MS:
            self._finish(self._step)

    @property
    def found(self) -> Found:
        """Return the sums of what has been found so far."""
        return self._kept.days, self._kept.table, self._kept.places, self._kept.bands.hits

    def report(self) -> SkillReport:
        """Return what has been found so far."""
        return report(*self.found)

    def _begin_anew(self, bar: PriceBar) -> None:
        """Go on after a hole, or begin: what lies behind is not scored, since no map was asked for it in time."""
        self._step, self._kept.close_usd = None, bar.open_usd
        if self._kept.start_ms < 0:
            self._kept.start_ms = bar.ts_ms

    def _finish(self, step: _Step) -> None:
        due = [p for p in self._prints if p.ts_ms < self._kept.end_ms]
        self._prints = [p for p in self._prints if p.ts_ms >= self._kept.end_ms]
        due = [p for p in due if p.ts_ms >= step.start_ms]
        keep = 0.5 ** ((self._kept.end_ms - step.start_ms) / HALF_LIFE_MS)
        sweeps = [self._sweep(step, side, [p for p in due if p.side == side]) for side in SIDES]
        if self._map is not None:
            if self._scores(step.start_ms):
                self._kept.bands.begin(step.start_ms, self._draws)
                self._score(step.start_ms // DAY_MS, sweeps)
            self._fit(sweeps, keep)
        self._weigh(due)
        for bar, before_usd in step.bars:
            self._kept.recipe.add(bar, before_usd)
        self._kept.ages.touch(step.low_log, step.high_log, self._kept.end_ms)
        self._step = self._map = self._draws = None

    def _scores(self, start_ms: int) -> bool:
        """Return whether so much has been seen that a step that starts then is scored."""
        return 0 <= self._kept.start_ms <= start_ms - BURN_IN_MS and self._kept.seen >= BURN_IN_PRINTS

    def _weigh(self, prints: list[Liquidation]) -> None:
        self._kept.seen += len(prints)
        self._kept.usd += sum(p.usd for p in prints)

    def _sweep(self, step: _Step, side: Side, prints: list[Liquidation]) -> _Sweep:
        near = math.log(step.near_usd)
        far = min(step.low_log, near) if side == "long" else max(step.high_log, near)
        levels = levels_between(min(near, far), max(near, far))
        counts, outside = np.zeros(len(levels)), 0
        weights: list[float] = []
        mean_usd = self._kept.usd / self._kept.seen if self._kept.seen else None
        for print_ in prints:
            place = level_log(print_)
            if place is None:
                continue
            at_log = place + self._kept.shift.shift_log(side)
            self._kept.shift.add(side, place, far, near)
            if not len(levels) or not min(near, far) - NEAR_LOG <= at_log <= max(near, far) + NEAR_LOG:
                outside += 1
                continue
            at = min(max(math.floor(at_log / LEVEL_LOG) - int(levels[0]), 0), len(levels) - 1)
            weights.append(min(print_.usd / (mean_usd or print_.usd), LARGEST))
            counts[at] += weights[-1]
        values = self._values(side, levels, step.start_ms)
        return _Sweep(levels, values, counts, np.array(weights), len(prints), outside)

    def _values(self, side: Side, levels: Ints, now_ms: int) -> Floats:
        ages = self._kept.ages.ages_ms(levels, now_ms)
        refilled = -np.expm1(-ages / REFILL_MS[:, None])
        tempered = on_levels(self._map, side, levels) ** POWERS[:, None]
        of_map = (tempered[:, None] * refilled).reshape(AGE_ROW - 1, len(levels))
        return np.vstack([self._kept.recipe.at(side, levels), of_map, price_alone(ages)])

    def _rates(self, sweep: _Sweep) -> Floats:
        """Return the amount forecast for each level: (3, levels) map, price alone, recipe."""
        best = 1 + int(np.argmax(self._kept.likelihood[1:]))
        rates: Floats = self._scaled(sweep)[[best, AGE_ROW + int(np.argmax(self._kept.likelihood[AGE_ROW:])), 0]]
        return rates

    def _scaled(self, sweep: _Sweep) -> Floats:
        """Return all raw values, scaled to what prints the past has brought, over the common floor."""
        kept = self._kept
        scale = np.divide(kept.weight, kept.exposure, out=np.zeros_like(kept.exposure), where=kept.exposure > 0)
        even = kept.weight / kept.levels if kept.levels else 0.0
        rates: Floats = np.maximum((1 - FLOOR) * scale[:, None] * sweep.values + FLOOR * even, LEAST_RATE)
        return rates

    def _score(self, day: int, sweeps: list[_Sweep]) -> None:
        sums = self._kept.days.setdefault(day, DaySums())
        for side, sweep in zip(SIDES, sweeps, strict=True):
            sums.outside += sweep.outside
            sums.prints += sweep.prints
            if not len(sweep.levels):
                continue
            rates = self._rates(sweep)
            sums.add(rates, sweep.counts)
            self._kept.table.add(rates[0], sweep.counts)
            self._kept.places += place_moments(rates[0], sweep.counts)
            self._kept.bands.add(side, sweep.levels, float(rates[0].sum()), float(sweep.counts.sum()))
        for old in sorted(self._kept.days)[:-DAYS]:
            del self._kept.days[old]

    def _fit(self, sweeps: list[_Sweep], keep: float) -> None:
        """Let the scales and the memory of the age learn from a step that has been scored."""
        ready = self._kept.weight > 0
        gained = np.zeros_like(self._kept.likelihood)
        for sweep in sweeps:
            if ready and len(sweep.levels):
                rates = self._scaled(sweep)
                gained += np.log(rates) @ sweep.counts - rates.sum(1)
        self._kept.likelihood = self._kept.likelihood * keep + gained
        self._kept.exposure = self._kept.exposure * keep + sum(s.values.sum(1) for s in sweeps)
        self._kept.weight = self._kept.weight * keep + sum(float(s.counts.sum()) for s in sweeps)
        self._kept.levels = self._kept.levels * keep + sum(len(s.levels) for s in sweeps)
        self._kept.bands.sizes.add(np.concatenate([s.weights for s in sweeps]), keep)

    def state(self) -> dict[str, Any]:
        """Return all that has been learned and found as plain numbers and lists, between two steps."""
        return self._kept.to_dict()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Scorer":
        """Return the scorer that `state` was taken of, without the step and the prints that waited; ValueError else."""
        self = cls()
        self._kept = ScorerState.from_dict(state)
        return self


def on_levels(now: NowMap | None, side: Side, levels: Ints) -> Floats:
    """Return the map's notional at levels, evened out; 0 beyond its reach and where it is no number."""
    if now is None or not len(levels):
        return np.zeros(len(levels))
    at = levels // LEVELS_PER_BIN - now.first_bin
    # Cells as far beyond the levels as they are evened out over.
    first, wide = int(at[0]) - SMOOTH_BINS // 2, int(at[-1] - at[0]) + SMOOTH_BINS
    cells = np.zeros(wide)
    of_map = now.long_usd if side == "long" else now.short_usd
    low, high = max(first, 0), min(first + wide, len(of_map))
    if low < high:
        cells[low - first : high - first] = of_map[low:high]
    cells[~((cells > 0) & (cells < math.inf))] = 0.0
    evened = np.convolve(cells, np.full(SMOOTH_BINS, 1 / SMOOTH_BINS), "valid")
    out: Floats = np.where((at >= 0) & (at < len(of_map)), evened[at - at[0]], 0.0) / LEVELS_PER_BIN
    return out
