"""Prints matched with the bars they fell into, and what the mix learns from them."""

from collections.abc import Sequence

from liqtui.model.book import Book
from liqtui.model.calibration import Calibration, CalibrationState, fitted
from liqtui.model.exposure import Sweep, rows_of
from liqtui.model.market import Liquidation, PriceBar, Side
from liqtui.model.params import BookParams, Floats

MOST_WAITING = 50_000
"""Prints kept until their bar is modelled."""


class Learner:
    """The prints of one market on their way into its calibration.

    A bar teaches when the next one has been modelled, if `heard_since_ms` then says that no print of it was missed: so
    prints that arrive late have a bar's time to come.
    """

    def __init__(self, params: BookParams, sampled: bool = False, state: CalibrationState | None = None) -> None:
        self.calibration = Calibration(params, state)
        self.sampled = sampled
        """Whether the venue prints at most one liquidation a second."""
        self.heard_since_ms: int | None = None
        """From when on every print has been heard; None while the stream is down or there is none."""
        self.weights: dict[Side, Floats] | None = None
        """(K,) by side, for the book as it is; None while nothing was learned: every weight is 1."""
        self._waiting: list[Liquidation] = []
        self._last: tuple[PriceBar, dict[Side, Sweep]] | None = None
        self._theta = self.calibration.weights() if state is not None else None

    def add_print(self, one: Liquidation) -> None:
        """Take in a realised liquidation."""
        self._waiting.append(one)
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[: MOST_WAITING // 2]

    def learn(self, bar: PriceBar, book: Book) -> None:
        """Learn from the bar before, and keep what this one did to the book, after it was modelled."""
        if self._last is not None:
            self._learn(*self._last)
        self._last = bar, book.sweeps()
        if self._theta is not None:
            held = {side: half.held()[:-1] for side, half in book.sides.items()}
            self.weights = fitted(self._theta, held, book.oi_base)

    def _learn(self, bar: PriceBar, sweeps: dict[Side, Sweep]) -> None:
        prints = self._taken(bar)
        if self.heard_since_ms is None or self.heard_since_ms > bar.ts_ms:
            return
        if self.calibration.add(bar.end_ms, rows_of(sweeps, prints, self.sampled), prints):
            self._theta = self.calibration.weights()

    def _taken(self, bar: PriceBar) -> Sequence[Liquidation]:
        """Return the prints stamped in the bar, and forget them and all before."""
        if not self._waiting:
            return ()
        taken = [one for one in self._waiting if bar.ts_ms <= one.ts_ms < bar.end_ms]
        self._waiting = [one for one in self._waiting if one.ts_ms >= bar.end_ms]
        return taken
