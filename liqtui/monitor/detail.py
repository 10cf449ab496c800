"""What is drawn of one selection, made anew only where something under it has changed."""

from collections.abc import Sequence
from dataclasses import replace

from liqtui.model.clusters import find_clusters, side_totals
from liqtui.model.divergence import combine_series, divergence
from liqtui.model.market import MINUTE_MS
from liqtui.model.now_map import combine_now
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Cluster, Detail, DivergenceRow, Heat
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.compose import Part, fresh, price_usd
from liqtui.monitor.heat_maker import HeatMaker
from liqtui.monitor.known_map import known_positions, now_map, observed_pct
from liqtui.monitor.latest import Latest
from liqtui.monitor.prints import Tape
from liqtui.monitor.skill_maker import BandMaker, SkillMaker

LAG_CYCLES = 2
"""Bars that have not come after so many rounds of asking are missing."""


class DetailMaker:
    """Makes the details of one selection."""

    def __init__(self, selection: Selection, tape: Tape, cadence: Cadence) -> None:
        self.selection = selection
        self._tape, self._stale_ms = tape, cadence.stale_ms
        self._heat = HeatMaker(selection, LAG_CYCLES * cadence.bar_ms + cadence.bar_delay_ms + MINUTE_MS)
        self._divergence: Latest[tuple[DivergenceRow, ...]] = Latest()
        self._skill, self._bands = SkillMaker(), BandMaker()

    def make(self, parts: Sequence[Part], now_ms: int) -> Detail:
        """Return the details from the parts of the asset that the selection names."""
        loaded = [part for part in parts if part.market.loaded]
        venues = [part.venue.venue for part in parts]
        price = price_usd(fresh(parts, now_ms, self._stale_ms))
        atr, known = self._atr_usd(loaded), known_positions(loaded, now_ms)
        clusters, long_usd, short_usd = _zones(loaded, price, atr, now_ms)
        return Detail(
            selection=self.selection,
            heat=self._with_prints(self._heat.make(loaded, now_ms), parts),
            price_usd=price,
            atr_usd=atr,
            clusters=self._bands.with_bands(clusters, loaded, known),
            long_usd=long_usd,
            short_usd=short_usd,
            divergence=self._divergence_rows(loaded, now_ms),
            tape=self._tape.rows(self.selection.asset, venues),
            totals=self._tape.totals(self.selection.asset, venues, now_ms),
            prints_seen=self._tape.seen(self.selection.asset, venues),
            skill=self._skill.make(loaded),
            known=known,
            observed_pct=observed_pct(parts, now_ms),
            since_ms=min((ms for part in loaded if (ms := part.market.intensity.since_ms) is not None), default=None),
        )

    def _with_prints(self, heat: Heat | None, parts: Sequence[Part]) -> Heat | None:
        """Return the heat with what was printed in its columns, where a venue prints at all."""
        venues = [part.venue.venue for part in parts if part.venue.prints in ("full", "sampled")]
        if heat is None or not venues:
            return heat
        sums = self._tape.columns(self.selection.asset, venues, heat.ts_ms, heat.step_ms)
        return replace(heat, prints_usd=sums)

    def _atr_usd(self, parts: Sequence[Part]) -> float | None:
        known = sorted(atr for part in parts if (atr := part.market.intensity.atr_usd()) is not None)
        return known[len(known) // 2] if known else None

    def _divergence_rows(self, parts: Sequence[Part], now_ms: int) -> tuple[DivergenceRow, ...]:
        key = [(part.venue.venue, part.market.bars_seen) for part in parts]
        known = self._divergence.get(key)
        if known is not None:
            return known
        made = [part.market.intensity.series() for part in parts]
        series = combine_series([one for one in made if one is not None])
        return self._divergence.put(key, () if series is None else divergence(series, now_ms))


def _zones(
    parts: Sequence[Part], price: float | None, atr_usd: float | None, now_ms: int
) -> tuple[tuple[Cluster, ...], float, float]:
    maps = [one for part in parts if (one := now_map(part.market, now_ms)) is not None]
    whole = maps[0] if len(maps) == 1 else combine_now(maps)
    if whole is None or price is None:
        return (), 0.0, 0.0
    sides = (whole.first_bin, whole.width_log, whole.long_usd, whole.short_usd)
    return (find_clusters(*sides, price, atr_usd), *side_totals(*sides, price))
