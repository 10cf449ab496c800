"""A few books with other assumptions on how positions end before price arrives, weighted by how well they foresaw.

Prints tell what price met, not what stands further off; between the two lies what people do as price comes nearer.
That cannot be read off a single book, but each assumption predicts another pattern of prints over levels that price
approached fast, slowly or repeatedly. So the map is the mean of the experts' maps, each with the mix it has learned,
weighted by prior times likelihood of the prints (tempered, and forgotten with the calibration's half-life).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from liqtui.model.book import Books, Flow
from liqtui.model.calibration import BATCH_MS, Calibration, learn
from liqtui.model.calibration_state import CalibrationState
from liqtui.model.exposure import rows_of
from liqtui.model.listening import Listener
from liqtui.model.market import SIDES, Liquidation, LiquidationTotal, PriceBar
from liqtui.model.params import ROWS, BookParams, Floats
from liqtui.model.period_totals import PeriodTotals

VERSION = 1
"""Layout of the stored state."""

TEMPER = 0.02
"""Power of the likelihood: no assumption is right, and where a book is wrong it is so over many levels and hours."""

LEAST_SHARE = 1e-4
"""Experts below this share are left out of the map."""


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
    Assumption("stops", 0.9, 0.25, 0.1, 0.0),
    Assumption("nerves", 0.1, 1.0, 0.0, 12.0),
)
"""Stop orders at a share of the way, whenever price gets there; or nerves that fail the longer price stands near."""


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


class Experts:
    """All experts of one market and the prints that teach them."""

    def __init__(
        self, params: BookParams, sampled: bool = False, state: ExpertsState | None = None, alone: bool = False
    ) -> None:
        """Begin with nothing known, or with what was learned before; `alone` leaves only the first expert."""
        self.listener = Listener(sampled)
        if state is not None:
            self.listener.restore(state.levels)
        known = state.experts if state is not None else {}
        self.assumptions = ASSUMPTIONS[:1] if alone else ASSUMPTIONS
        own = [
            replace(params, stubborn=one.stubborn, stubborn_fall=one.stubborn_fall, eager=one.eager)
            for one in self.assumptions
        ]
        self.books = Books(own)
        self.calibrations = tuple(
            Calibration(params, known.get(one.name)) for params, one in zip(own, self.assumptions, strict=True)
        )
        self._totals = PeriodTotals()
        self._stepped = False
        self._ever_learned = bool(known)
        self._theta: Floats | None = None
        self._shares: Floats | None = None
        self._weights: Floats | None = None
        """What was worked out since the newest step, or lesson."""

    @property
    def started(self) -> bool:
        """Whether the books have begun."""
        return self.books.started

    @property
    def taught(self) -> bool:
        """Whether anything was learned."""
        return self._ever_learned and self._stepped

    @property
    def prints(self) -> int:
        """Prints that were learned from."""
        return self.calibrations[0].prints

    @property
    def size_base(self) -> float | None:
        """Mean base coin of a liquidation, None before enough were seen."""
        return self.calibrations[0].size_base

    @property
    def learned_ms(self) -> int | None:
        """End of the newest bar that all have learned from; None before the first."""
        return self.calibrations[0].learned_ms

    @property
    def state(self) -> ExpertsState:
        """All that was learned; rows of the batch under way are not in it."""
        pairs = zip(self.assumptions, self.calibrations, strict=True)
        return ExpertsState({one.name: made.state for one, made in pairs}, tuple(self.listener.state()))

    def add_print(self, one: Liquidation) -> None:
        """Take in a realised liquidation."""
        self.listener.add_print(one)

    def add_total(self, one: LiquidationTotal) -> None:
        """Take in a total; it teaches with the first bar that begins at or after its end."""
        self._totals.add(one)

    def start(self, close_log: float, oi_base: float) -> None:
        """Begin every book with the assumed standing one."""
        self.books.start(close_log, oi_base)

    def take(self, bar: PriceBar, flow: Flow) -> None:
        """Learn from the totals of periods that are over, then carry every book over a bar."""
        for total in self._totals.over(bar.ts_ms):
            self._hear_total(total)
        taken = self.books.step(flow)
        self._totals.add_bar(bar, taken)
        self._stepped, self._weights = True, None

    def hear(self, end_ms: int, prints: Sequence[Liquidation], batch_ms: int = BATCH_MS) -> None:
        """Learn from the prints of the newest bar, which ended then; none of them is missing.

        Bars are gathered for `batch_ms` before they are learned from.
        """
        if not self._stepped:
            return
        heard = self.listener.heard(end_ms, prints)
        rows = rows_of(self.books.lanes.swept, heard)
        pairs = zip(self.calibrations, rows.exposure, strict=True)
        full = [one for one, own in pairs if one.add(heard.end_ms, own, rows.count, heard.prints, batch_ms)]
        self._learn(full, heard.end_ms)

    def _hear_total(self, total: LiquidationTotal) -> None:
        matched = self._totals.matched(total)
        if matched is not None:
            pairs = zip(self.calibrations, matched.exposure, strict=True)
            full = [one for one, own in pairs if one.add_total(total.end_ms, own, matched.base)]
            self._learn(full, total.end_ms)

    def _learn(self, full: list[Calibration], end_ms: int) -> None:
        if full:
            learn(full, end_ms)
            self._ever_learned, self._theta, self._shares = True, None, None

    def held(self) -> Floats:
        """Return the base coin that price can liquidate, (experts, 2, ROWS)."""
        return self.books.lanes.held()[:, :, :-1]

    def weights(self) -> Floats:
        """Return the weights of the mix, (experts, 2, ROWS), for the books as they are; 1 while nothing was learned."""
        if self._weights is None:
            held = self.held()
            self._weights = (
                fitted(self._learned_theta(), held, self.books.oi_base) if self._ever_learned else np.ones_like(held)
            )
        return self._weights

    def _learned_theta(self) -> Floats:
        if self._theta is None:
            self._theta = np.array([made.theta() for made in self.calibrations]).reshape(-1, len(SIDES), ROWS)
        return self._theta

    def shares(self) -> Floats:
        """Return the weights of the experts, sum 1."""
        if self._shares is None:
            pairs = zip(self.assumptions, self.calibrations, strict=True)
            log = [math.log(one.share) + TEMPER * made.log_score for one, made in pairs]
            weight = np.exp(np.array(log) - max(log))
            self._shares = weight / weight.sum()
        return self._shares

    def levels(self, first: int, stop: int, met: tuple[int, int]) -> tuple[Floats, Floats]:
        """Return long and short base coin by bin of the liquidation price, for the absolute bins [first, stop).

        There are no longs at or above the bin `met[0]`, and no shorts below the bin `met[1]`.
        """
        long, short = np.zeros(stop - first), np.zeros(stop - first)
        below, above = min(max(met[0], first), stop), min(max(met[1], first), stop)
        weights = self.weights()
        for at, share in enumerate(self.shares().tolist()):
            if share > LEAST_SHARE:
                weight = share * weights[at]
                long[: below - first] += self.books.levels(at, "long", first, below, weight[0])
                short[above - first :] += self.books.levels(at, "short", above, stop, weight[1])
        return long, short

    def draws(self, count: int, seed: int) -> list[tuple[int, Floats]]:
        """Return `count` draws of the weights over the experts: by expert that has some, (n, 2, ROWS) of them."""
        ends = np.floor(np.cumsum(self.shares()) * count + 0.5).astype(np.int64)
        counts = np.diff(ends, prepend=0).tolist()
        held = self.held()
        return [
            (at, fitted(self.calibrations[at].draws(n, seed + at).reshape(n, 2, ROWS), held[at], self.books.oi_base))
            for at, n in enumerate(counts)
            if n
        ]


def fitted(theta: Floats, held: Floats, oi_base: float) -> Floats:
    """Return the weights, (..., ROWS), lowered where the weighted book exceeds open interest.

    `held` is the (..., ROWS) base coin of the book.
    """
    total = np.maximum((theta * held).sum(-1), 1e-300)
    out: Floats = theta * np.minimum(1.0, oi_base / total)[..., None]
    return out
