"""What may be said of a map's skill: gains with their intervals, the tests beside them and the verdict in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import log, log2

import numpy as np
from numpy.typing import NDArray

from liqtui.model.bootstrap import Estimate, block_ratio
from liqtui.model.coverage import BandHits
from liqtui.model.score import NumberTest, PlaceMoments, RateTable, number_test
from liqtui.model.snapshot import LEAST_DAYS, LEAST_PRINTS

Floats = NDArray[np.float64]

MISS_BITS = log2(0.05)
"""What a print outside of all that was swept counts in the check of places: the floor of the forecasts."""

Verdict = str


@dataclass(slots=True)
class DaySums:
    """What one day adds to the scores; gains in bits."""

    prints: int = 0
    """Prints that came, placed or not."""
    outside: int = 0
    """Prints that lie too far from all levels swept on their side."""
    weight: float = 0.0
    """Weight of the placed prints (1 for one of mean notional)."""
    forecast: float = 0.0
    """The weight that the map had forecast."""
    over_price: float = 0.0
    """Log likelihood of the map less that of price alone, amount and place together."""
    over_recipe: float = 0.0
    place_over_price: float = 0.0
    """The same of the places alone, given how much fell in each step."""
    place_over_recipe: float = 0.0
    place_over_even: float = 0.0
    """Places alone, over prints spread evenly within each sweep."""
    price_over_even: float = 0.0
    """The same of price alone."""

    def add(self, rates: Floats, counts: Floats) -> None:
        """Take in one sweep: rates (3, levels) of map, price alone and recipe, and what came (levels,)."""
        total = float(counts.sum())
        amount = rates.sum(1)
        joint = (np.log(rates) @ counts - amount) / log(2)
        place = (np.log(rates / amount[:, None]) @ counts) / log(2)
        self.weight += total
        self.forecast += float(amount[0])
        self.over_price += float(joint[0] - joint[1])
        self.over_recipe += float(joint[0] - joint[2])
        self.place_over_price += float(place[0] - place[1])
        self.place_over_recipe += float(place[0] - place[2])
        even = -total * log2(rates.shape[1])
        self.place_over_even += float(place[0]) - even
        self.price_over_even += float(place[1]) - even

    def state(self) -> list[float]:
        """Return the sums in the order of the fields."""
        return [getattr(self, one.name) for one in fields(self)]

    def plus(self, other: "DaySums") -> "DaySums":
        """Return the sums of both."""
        return DaySums.from_state([a + b for a, b in zip(self.state(), other.state(), strict=True)])

    @classmethod
    def from_state(cls, values: list[float]) -> "DaySums":
        """Return the sums of `state`."""
        return cls(int(values[0]), int(values[1]), *values[2:])


@dataclass(frozen=True, slots=True)
class SkillReport:
    """The skill of one map on one market."""

    verdict: Verdict
    better: bool
    """Whether the map is better than price alone."""
    over_price: Estimate | None
    """Gain in bits per print over price alone: amount and place, or the places alone where they do not bear it out."""
    over_recipe: Estimate | None
    """The same over the fixed-leverage recipe."""
    place_over_price: Estimate | None
    place_over_recipe: Estimate | None
    place_over_even: Estimate | None
    """Places under the map over prints spread evenly, in bits per print."""
    place_check: Estimate | None
    """Places under price alone over prints spread evenly; a print outside of the sweep counts as a miss."""
    places_hold: bool
    """Whether that is above zero: prints lie where levels had stood, rather than anywhere."""
    prints: int
    outside: int
    days: int
    number: NumberTest | None
    forecast_ratio: Estimate | None
    """Forecast over observed amount, by days."""
    place_quantile: float | None
    """S-test: below 0.05 the places contradict the map."""
    reliability: tuple[tuple[float, float], ...]
    """(forecast, observed) weight in tenths of the forecast, lowest rates first."""
    lift: float | None
    """How much denser the hottest tenth of the swept levels was hit than all."""
    coverage: tuple[tuple[float, float], ...]
    """(nominal, found) per cent of the hourly forecasts whose band held what came; empty before the first."""
    coverage_n: int
    """Forecasts that the coverage is counted over."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return asdict(self)


Found = tuple[Mapping[int, DaySums], RateTable, PlaceMoments, BandHits]
"""Sums by day, forecast against observed by rate, places, and how often the bands held."""


def merged_report(found: Sequence[Found]) -> SkillReport:
    """Return what was found on several markets together: the sums over them, day by day."""
    days: dict[int, DaySums] = {}
    table, places, hits = RateTable(), PlaceMoments(), BandHits()
    for own_days, own_table, own_places, own_hits in found:
        for day, sums in own_days.items():
            days[day] = days[day].plus(sums) if day in days else sums
        table.sums = table.sums + own_table.sums
        places += own_places
        hits += own_hits
    return report(days, table, places, hits)


def report(days: Mapping[int, DaySums], table: RateTable, places: PlaceMoments, hits: BandHits) -> SkillReport:
    """Return what the sums of some days say."""
    rows = np.array([days[day].state() for day in sorted(days)], dtype=np.float64).reshape(-1, len(fields(DaySums)))
    prints, outside, weight, forecast, over_price, over_recipe, at_price, at_recipe, at_even, price_even = rows.T
    check = block_ratio(price_even + outside * MISS_BITS, weight + outside)
    holds = check is not None and check.mean > 0
    place_over = (block_ratio(at_price, weight), block_ratio(at_recipe, weight))
    whole = (block_ratio(over_price, weight), block_ratio(over_recipe, weight))
    gain = [joint if holds else _least(place, check) for joint, place in zip(whole, place_over, strict=True)]
    counted, with_prints = int(prints.sum() - outside.sum()), int((prints > 0).sum())
    enough = int(prints.sum()) >= LEAST_PRINTS and with_prints >= LEAST_DAYS
    better = enough and gain[0] is not None and gain[0].low > 0
    return SkillReport(
        verdict=verdict(gain[0], counted, enough),
        better=better,
        over_price=gain[0],
        over_recipe=gain[1],
        place_over_price=place_over[0],
        place_over_recipe=place_over[1],
        place_over_even=block_ratio(at_even, weight),
        place_check=check,
        places_hold=holds,
        prints=counted,
        outside=int(outside.sum()),
        days=with_prints,
        number=number_test(float(forecast.sum()), float(weight.sum())) if len(rows) else None,
        forecast_ratio=block_ratio(forecast, weight),
        place_quantile=places.quantile(),
        reliability=table.reliability(),
        lift=table.lift(),
        coverage=hits.found_pct(),
        coverage_n=hits.count,
    )


def _least(place: Estimate | None, check: Estimate | None) -> Estimate | None:
    """Return the worse of two gains.

    Prints that do not lie where levels were swept tell nothing about a map of levels, so how well their times were
    foreseen is not credited.
    """
    found = [one for one in (place, check) if one is not None]
    return min(found, key=lambda one: one.low) if found else None


def verdict(gain: Estimate | None, prints: int, enough: bool) -> Verdict:
    """Return the skill in words."""
    if not enough or gain is None:
        return "not enough prints"
    if gain.low <= 0:
        return "no better than price alone"
    return f"{gain.mean:+.2f} bit/print over price alone, 90 % {gain.low:.2f}..{gain.high:.2f}, n {prints:,}"
