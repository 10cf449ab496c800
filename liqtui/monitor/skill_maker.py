"""What the map of a selection has shown so far: its skill, what it learned, and how sure its clusters are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from liqtui.model.bands import MapDraws, quantile_bands
from liqtui.model.bootstrap import Estimate
from liqtui.model.market import SIDES, Side
from liqtui.model.mix import apart, mix_classes
from liqtui.model.params import Floats
from liqtui.model.scorer import STEP_MS
from liqtui.model.skill import merged_report
from liqtui.model.snapshot import Cluster, Interval, KnownPosition, Skill
from liqtui.monitor.compose import Part
from liqtui.monitor.latest import Latest

LEAST_DRAWN = 0.35
"""A zone has a band where the draws hold on average at least this share of its modelled part: far weights are known
to a factor only, so that the mean of some draws scatters about the map."""

_Key = list[tuple[str, int]]


def steps_key(parts: Sequence[Part]) -> _Key:
    """Return a value that changes when a step of the score has ended on one of the parts."""
    return [(part.venue.venue, (part.market.intensity.last_bar_end_ms or 0) // STEP_MS) for part in parts]


class SkillMaker:
    """Makes the skill of one selection, at most once a step of the score."""

    def __init__(self) -> None:
        self._latest: Latest[Skill] = Latest()

    def make(self, parts: Sequence[Part]) -> Skill | None:
        """Return the skill over the parts whose venue prints liquidations; None where none does."""
        printing = [part for part in parts if part.market.scorer is not None]
        if not printing:
            return None
        key = steps_key(printing)
        return self._latest.get(key) or self._latest.put(key, _skill(printing))


def _skill(parts: Sequence[Part]) -> Skill:
    found = merged_report([part.market.scorer.found for part in parts if part.market.scorer is not None])
    mixes = [mix for part in parts if (mix := part.market.intensity.mix()) is not None]
    return Skill(
        verdict=found.verdict,
        better=found.better,
        over_price=_interval(found.over_price),
        over_recipe=_interval(found.over_recipe),
        prints=found.prints,
        days=found.days,
        amount_ratio=_interval(found.forecast_ratio),
        place_quantile=found.place_quantile,
        lift=found.lift,
        reliability=found.reliability,
        coverage=found.coverage,
        coverage_n=found.coverage_n,
        learned_prints=sum(part.market.intensity.experts.prints for part in parts),
        mix=mix_classes(mixes) if mixes else (),
    )


def _interval(one: Estimate | None) -> Interval | None:
    return None if one is None else Interval(one.mean, one.low, one.high)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Draws of a side summed from the lowest row on."""

    first_bin: int
    width_log: float
    below_usd: dict[Side, Floats]
    """(draws, rows + 1)"""

    def zone_usd(self, cluster: Cluster) -> Floats:
        """Return the draws of what stands in the rows that a cluster touches, (draws,)."""
        rows = self.below_usd[cluster.side].shape[1] - 1
        first = int(np.floor(np.log(cluster.low_usd) / self.width_log + 1e-6)) - self.first_bin
        stop = int(np.ceil(np.log(cluster.high_usd) / self.width_log - 1e-6)) - self.first_bin
        first = min(max(first, 0), rows)
        ends = self.below_usd[cluster.side][:, [first, min(max(stop, first), rows)]]
        out: Floats = ends[:, 1] - ends[:, 0]
        return out


class BandMaker:
    """Gives the clusters of one selection their bands; the map is drawn at most once a step of the score.

    Between two draws a zone's band moves with its notional. What is observed of a zone is firm: it is in no doubt.
    """

    def __init__(self) -> None:
        self._latest: Latest[tuple[_Drawn | None]] = Latest()

    def with_bands(
        self, clusters: Sequence[Cluster], parts: Sequence[Part], known: Sequence[KnownPosition] = ()
    ) -> tuple[Cluster, ...]:
        """Return the clusters, in which the `known` positions stand, with the bands where enough is known of them."""
        key = steps_key(parts)
        drawn = (self._latest.get(key) or self._latest.put(key, (_drawn(parts),)))[0]
        if drawn is None or not clusters:
            return tuple(clusters)
        zones = np.stack([drawn.zone_usd(cluster) for cluster in clusters], axis=1)
        mean = zones.mean(0)
        usd = np.array([one.usd for one in clusters])
        firm = np.minimum([one.observed_usd(known) for one in clusters], usd)
        bands = firm + quantile_bands(zones) / np.where(mean > 0, mean, 1.0) * (usd - firm)
        return tuple(
            replace(cluster, bands_usd=tuple((low, high) for low, high in ends.tolist())) if enough else cluster
            for cluster, ends, enough in zip(
                clusters, bands.transpose(2, 0, 1), mean >= LEAST_DRAWN * (usd - firm), strict=True
            )
        )


def _drawn(parts: Sequence[Part]) -> _Drawn | None:
    """Return the draws over the venues that have learned, each venue's apart from the others'; None where none has."""
    found = [draws for part in parts if (draws := part.market.intensity.map_draws()) is not None]
    if not found:
        return None
    first = min(draws.first_bin for draws in found)
    stop = max(draws.first_bin + draws.long_usd.shape[1] for draws in found)
    return _Drawn(first, found[0].width_log, {side: _below(found, side, first, stop) for side in SIDES})


def _below(found: Sequence[MapDraws], side: Side, first: int, stop: int) -> Floats:
    total = np.zeros((len(found[0].long_usd), stop - first + 1))
    for at, draws in enumerate(found):
        usd = apart(draws.side_usd(side), at)
        start = draws.first_bin - first + 1
        total[:, start : start + usd.shape[1]] += usd
    return np.cumsum(total, axis=1)
