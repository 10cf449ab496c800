"""Recorded observations run through a model and scored as they come: forecast first, then what happened."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from liqtui.model.baselines import levels_between
from liqtui.model.intensity import Intensity
from liqtui.model.market import (
    DAY_MS,
    SIDES,
    Funding,
    Liquidation,
    LiquidationTotal,
    LongShortRatio,
    OpenInterest,
    PriceBar,
    Side,
)
from liqtui.model.now_map import NowMap
from liqtui.model.scorer import SCORED_ROWS, Scorer, on_levels
from liqtui.model.skill import SkillReport
from liqtui.model.totals_score import TotalsSkill, totals_skill
from liqtui.monitor.offline import PrintRuns, Sample, assumed_open_interest, tell

SKIP_BARS_MS = 5 * DAY_MS
"""The map is given so long to fill before it is compared with totals."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The observations of one market, each kind ascending in time."""

    bars: Sequence[PriceBar]
    open_interest: Sequence[OpenInterest]
    prints: Sequence[Liquidation] = ()
    funding: Sequence[Funding] = ()
    ratios: Sequence[LongShortRatio] = ()


def score_prints(model: Intensity, recording: Recording, *, learn: bool = False) -> SkillReport:
    """Return the skill of a model that starts empty; at a bar it knows only what was stamped before that bar.

    With `learn` it learns from each print after having been scored on it.
    """
    prints = sorted(recording.prints, key=lambda p: p.ts_ms)
    scorer, printed = Scorer(), 0
    recorded = PrintRuns([one.ts_ms for one in prints])
    for bar in told_bars(model, recording):
        if scorer.wants_map:
            scorer.before(model.now_map(), model.map_draws(SCORED_ROWS) if scorer.wants_draws else None)
        while printed < len(prints) and prints[printed].ts_ms < bar.end_ms:
            scorer.add_print(prints[printed])
            if learn:
                model.add_print(prints[printed])
            printed += 1
        scorer.add_bar(bar)
        if learn:
            model.hear_prints(recorded.since_ms(bar.end_ms))
    return scorer.report()


def told_bars(model: Intensity, recording: Recording, totals: Sequence[LiquidationTotal] = ()) -> Iterator[PriceBar]:
    """Yield each bar while the model knows what was stamped before it; then the model takes the bar in.

    Of totals it is told when their period has ended.
    """
    samples: list[Sample] = [*(recording.open_interest or assumed_open_interest(recording.bars))]
    samples += [*recording.funding, *recording.ratios, *totals]
    samples.sort(key=lambda s: s.ts_ms)
    told = 0
    model.expect_look(None)
    for bar in recording.bars:
        told = tell(model, samples, told, bar.ts_ms)
        yield bar
        told = tell(model, samples, told, bar.end_ms)
        model.add_bar(bar)


@dataclass(slots=True)
class _Period:
    """What was forecast in one period, and how far price went."""

    open_usd: float
    forecast_usd: dict[Side, float] = field(default_factory=lambda: dict.fromkeys(SIDES, 0.0))
    move: dict[Side, float] = field(default_factory=lambda: dict.fromkeys(SIDES, 0.0))

    def add(self, bar: PriceBar, now: NowMap) -> None:
        """Add what a map holds in the range that a bar swept."""
        opened = math.log(bar.open_usd)
        for side in SIDES:
            far_usd = bar.low_usd if side == "long" else bar.high_usd
            far = math.log(far_usd)
            levels = levels_between(min(opened, far), max(opened, far))
            self.forecast_usd[side] += float(on_levels(now, side, levels).sum())
            self.move[side] = max(self.move[side], abs(math.log(far_usd / self.open_usd)))


def score_totals(
    model: Intensity, recording: Recording, totals: Sequence[LiquidationTotal], *, learn: bool = False
) -> dict[Side, TotalsSkill]:
    """Return the skill by side against totals of equal periods, each bar forecast with the map before it.

    With `learn` the model learns from each total when its period has ended.
    Raises ValueError where there are fewer than two periods.
    """
    if len(totals) < 2:
        raise ValueError(f"{len(totals)} liquidation totals are too few to score")
    step_ms = totals[0].end_ms - totals[0].start_ms
    wanted = {t.start_ms for t in totals}
    periods: dict[int, _Period] = {}
    for bar in told_bars(model, recording, totals if learn else ()):
        start_ms = bar.ts_ms // step_ms * step_ms
        now = model.now_map() if start_ms in wanted else None
        if now is not None and bar.ts_ms >= recording.bars[0].ts_ms + SKIP_BARS_MS:
            periods.setdefault(start_ms, _Period(bar.open_usd)).add(bar, now)
    found = [(t, periods[t.start_ms]) for t in totals if t.start_ms in periods]
    return {
        side: totals_skill(
            [t.start_ms for t, _ in found],
            [p.forecast_usd[side] for _, p in found],
            [p.move[side] for _, p in found],
            [t.usd(side) for t, _ in found],
        )
        for side in SIDES
    }
