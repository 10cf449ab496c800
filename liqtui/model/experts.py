"""A few books with other assumptions on how positions end before price arrives, weighted by how well they foresaw.

Prints tell what price met, not what stands further off; between the two lies what people do as price comes nearer.
That cannot be read off a single book, but each assumption predicts another pattern of prints over levels that price
approached fast, slowly or repeatedly. So the map is the mean of the experts' maps, each with the mix it has learned,
weighted by prior times likelihood of the prints (tempered, and forgotten with the calibration's half-life).
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from liqtui.model.book import Book, Flow
from liqtui.model.calibration import Calibration, CalibrationState, by_side, fitted
from liqtui.model.exposure import Sweep, rows_of
from liqtui.model.listening import Heard, Listener
from liqtui.model.market import SIDES, Liquidation, LiquidationTotal, PriceBar, Side
from liqtui.model.opening import Opening
from liqtui.model.params import BookParams, Floats
from liqtui.model.period_totals import PeriodTotals

VERSION = 1
"""Layout of the stored state."""

TEMPER = 0.02
"""Power of the likelihood: no assumption is right, and where a book is wrong it is so over many levels and hours."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """What one expert takes for granted where it differs from the others."""

    name: str
    share: float
    """Prior weight."""
    stubborn: float
    stubborn_fall: float
    eager: float


ASSUMPTIONS = (
    Assumption("stops", 0.75, 0.25, 0.1, 0.0),
    Assumption("nerves", 0.2, 1.0, 0.0, 12.0),
    Assumption("flight", 0.05, 1.0, 0.0, 60.0),
)
"""Stop orders at a share of the way, whenever price gets there; or nerves that fail the longer price stands near."""


@dataclass(frozen=True, slots=True)
class Step:
    """One bar for every expert."""

    flow: Flow
    heard: Heard | None
    """What was heard of the bar before."""
    bar: PriceBar
    totals: tuple[LiquidationTotal, ...] | None
    """Totals of periods over by the bar's start; None while none was ever told."""


@dataclass(frozen=True, slots=True)
class ExpertsState:
    """All that was learned of one market, as plain values."""

    experts: Mapping[str, CalibrationState]
    levels: tuple[float, ...]

    @property
    def learned_ms(self) -> int | None:
        """End of the newest bar learned from."""
        return max((one.learned_ms for one in self.experts.values() if one.learned_ms is not None), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, with the version of their layout."""
        return {
            "version": VERSION,
            "experts": {name: one.to_dict() for name, one in self.experts.items()},
            "levels": list(self.levels),
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "ExpertsState":
        """Read what `to_dict` made; ValueError if it is of another version or shape, or not finite."""
        try:
            if found["version"] != VERSION:
                raise ValueError(f"learned state of version {found['version']}, not {VERSION}")
            experts = {str(name): CalibrationState.from_dict(one) for name, one in found["experts"].items()}
            levels = tuple(float(x) for x in found["levels"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no learned state: {error}") from error
        Listener().restore(levels)
        return cls(experts, levels)


class Expert:
    """One book and the mix it has learned; it takes the steps in order, at its own time."""

    def __init__(
        self,
        params: BookParams,
        assumption: Assumption,
        state: CalibrationState | None,
        openings: Mapping[Side, Opening],
    ) -> None:
        """Begin with nothing known, or with what was learned before; `openings` are shared by all experts."""
        self.assumption = assumption
        own = replace(
            params, stubborn=assumption.stubborn, stubborn_fall=assumption.stubborn_fall, eager=assumption.eager
        )
        self.book = Book(own, openings)
        self.calibration = Calibration(self.book.params, state)
        self.weights: dict[Side, Floats] | None = None
        """(ROWS,) by side, for the book as it is; None while nothing was learned: every weight is 1."""
        self.waiting: deque[Step] = deque()
        self._sweeps: dict[Side, Sweep] | None = None
        self._totals = PeriodTotals()
        self._theta = self.calibration.weights() if state is not None else None

    def take(self, step: Step) -> None:
        """Learn from what was heard of the bar before, then carry the book over this one."""
        if step.heard is not None and self._sweeps is not None:
            rows = rows_of(self._sweeps, step.heard)
            if self.calibration.add(step.heard.end_ms, rows, step.heard.prints):
                self._theta = self.calibration.weights()
        for total in step.totals or ():
            matched = self._totals.matched(total)
            if matched is not None and self.calibration.add_total(total.end_ms, matched):
                self._theta = self.calibration.weights()
        self.book.step(step.flow)
        self._sweeps = self.book.sweeps()
        if step.totals is not None:
            self._totals.add_bar(step.bar, self._sweeps)
        if self._theta is not None:
            self.weights = fitted(self._theta, self.held(), self.book.oi_base)

    def held(self) -> dict[Side, Floats]:
        """Return the base coin that price can liquidate, (ROWS,) by side."""
        return {side: half.held()[:-1] for side, half in self.book.sides.items()}

    def drawn(self, seed: int, count: int) -> dict[Side, Floats]:
        """Return draws of the weights, (count, ROWS) by side."""
        theta = by_side(self.calibration.draws(count, seed))
        return fitted(theta, self.held(), self.book.oi_base)

    def side_levels(self, side: Side, first: int, stop: int) -> Floats:
        """Return the base coin of a side by bin of the liquidation price, for the absolute bins [first, stop)."""
        return self.book.side_levels(side, first, stop, None if self.weights is None else self.weights[side])


class Experts:
    """All experts of one market and the prints that teach them.

    The first is always up to date. While `lag` is set the others put off their steps until `catch_up`, and until then
    they have no say.
    """

    def __init__(
        self, params: BookParams, sampled: bool = False, state: ExpertsState | None = None, alone: bool = False
    ) -> None:
        self.listener = Listener(sampled)
        if state is not None:
            self.listener.restore(state.levels)
        known = state.experts if state is not None else {}
        chosen = ASSUMPTIONS[:1] if alone else ASSUMPTIONS
        openings = {side: Opening(params, side) for side in SIDES}
        self._experts = tuple(Expert(params, one, known.get(one.name), openings) for one in chosen)
        self.lag = False
        self._totals: list[LiquidationTotal] | None = None
        """Totals that wait for the bars of their period; None while none was ever told."""

    @property
    def lead(self) -> Expert:
        """The expert that is always up to date."""
        return self._experts[0]

    @property
    def current(self) -> tuple[Expert, ...]:
        """The experts that are up to date."""
        return tuple(one for one in self._experts if not one.waiting)

    @property
    def started(self) -> bool:
        """Whether the books have begun."""
        return self.lead.book.started

    @property
    def taught(self) -> bool:
        """Whether anything was learned."""
        return self.lead.weights is not None

    @property
    def prints(self) -> int:
        """Prints that were learned from."""
        return self.lead.calibration.prints

    @property
    def learned_ms(self) -> int | None:
        """End of the newest bar that all have learned from; None before the first, and while some lag behind."""
        return self.lead.calibration.learned_ms if len(self.current) == len(self._experts) else None

    @property
    def state(self) -> ExpertsState:
        """All that was learned; rows of the batch under way are not in it."""
        experts = {one.assumption.name: one.calibration.state for one in self._experts}
        return ExpertsState(experts, tuple(self.listener.state()))

    def add_print(self, one: Liquidation) -> None:
        """Take in a realised liquidation."""
        self.listener.add_print(one)

    def add_total(self, one: LiquidationTotal) -> None:
        """Take in a total; it teaches with the first bar that begins at or after its end."""
        self._totals = [*(self._totals or ()), one]

    def start(self, close_log: float, oi_base: float) -> None:
        """Begin every book with the assumed standing one."""
        for one in self._experts:
            one.book.start(close_log, oi_base)

    def take(self, bar: PriceBar, flow: Flow) -> None:
        """Carry every book over a bar."""
        step = Step(flow, self.listener.before(bar), bar, self._due(bar))
        self.lead.take(step)
        for one in self._experts[1:]:
            one.waiting.append(step)
        if not self.lag:
            while self.catch_up():
                continue

    def _due(self, bar: PriceBar) -> tuple[LiquidationTotal, ...] | None:
        if self._totals is None:
            return None
        due = tuple(one for one in self._totals if one.end_ms <= bar.ts_ms)
        self._totals = [one for one in self._totals if one.end_ms > bar.ts_ms]
        return due

    def catch_up(self) -> bool:
        """Let one expert take one step that it has put off; return whether there was any."""
        late = max(self._experts, key=lambda one: len(one.waiting))
        if not late.waiting:
            return False
        late.take(late.waiting.popleft())
        return True

    def shares(self) -> Floats:
        """Return the weights of the experts that are up to date, sum 1."""
        current = self.current
        log = [math.log(one.assumption.share) + TEMPER * one.calibration.log_score for one in current]
        weight = np.exp(np.array(log) - max(log))
        out: Floats = weight / weight.sum()
        return out

    def levels(self, first: int, stop: int, met: tuple[int, int]) -> tuple[Floats, Floats]:
        """Return long and short base coin by bin of the liquidation price, for the absolute bins [first, stop).

        There are no longs at or above the bin `met[0]`, and no shorts below the bin `met[1]`.
        """
        long, short = np.zeros(stop - first), np.zeros(stop - first)
        below, above = min(max(met[0], first), stop), min(max(met[1], first), stop)
        for one, share in zip(self.current, self.shares().tolist(), strict=True):
            if share > 1e-4:
                long[: below - first] += share * one.side_levels("long", first, below)
                short[above - first :] += share * one.side_levels("short", above, stop)
        return long, short

    def draws(self, count: int, seed: int) -> list[tuple[Expert, dict[Side, Floats]]]:
        """Return `count` draws of the weights over the experts, each expert's share of them (n, ROWS) by side."""
        ends = np.floor(np.cumsum(self.shares()) * count + 0.5).astype(np.int64)
        counts = np.diff(ends, prepend=0).tolist()
        return [
            (one, one.drawn(seed + at, n)) for at, (one, n) in enumerate(zip(self.current, counts, strict=True)) if n
        ]
