"""What the monitor keeps beyond its own life: into the journal while it runs, out of it at the start."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from liqtui.journal.journal import Journal
from liqtui.journal.store import Recalled
from liqtui.model.experts import ExpertsState
from liqtui.model.intensity import Intensity
from liqtui.model.market import MINUTE_MS, Liquidation, Market, OpenInterest
from liqtui.model.params import BookParams
from liqtui.model.scorer import Scorer
from liqtui.model.selection import PrintWorth
from liqtui.monitor.market_state import MarketState
from liqtui.monitor.prints import Tape

log = logging.getLogger(__name__)

SAMPLE_MS = MINUTE_MS
"""Open interest is kept at most this often."""


class Memory:
    """The journal of one monitor; without one nothing is kept and nothing known."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._sampled_ms: dict[tuple[str, str], int] = {}
        self._heard: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._kept: dict[tuple[str, str], tuple[object, object]] = {}

    async def recall(self, market: Market, since_ms: int, now_ms: int) -> Recalled:
        """Return what is known of a market's past."""
        if self._journal is None:
            return Recalled()
        return await self._journal.recall(market.venue, market.asset, since_ms, now_ms)

    def add_print(self, one: Liquidation) -> None:
        """Keep a print of the stream."""
        if self._journal is not None:
            self._journal.add_print(one)

    def add_sample(self, venue: str, asset: str, sample: OpenInterest) -> None:
        """Keep a sample of open interest, if the last one kept is not too young."""
        key = (venue, asset)
        if self._journal is not None and sample.ts_ms >= self._sampled_ms.get(key, 0) + SAMPLE_MS:
            self._sampled_ms[key] = sample.ts_ms
            self._journal.add_sample(venue, asset, sample)

    def keep_heard(self, venue: str, asset: str, tape: Tape, now_ms: int) -> None:
        """Keep when the stream was up in this run: what has changed of it since the last time."""
        if self._journal is None:
            return
        key = (venue, asset)
        spans = tape.heard_spans(venue, now_ms)
        for start_ms, end_ms in set(spans).difference(self._heard.get(key, ())):
            self._journal.add_heard(venue, asset, start_ms, end_ms)
        self._heard[key] = spans

    def keep_states(self, state: MarketState, now_ms: int) -> None:
        """Keep what a market has learned and scored, if that has changed."""
        if self._journal is None:
            return
        key = (state.market.venue, state.market.asset)
        mix, scores = self._kept.get(key, (None, None))
        if state.mix is not None and state.mix is not mix:
            self._journal.put_state(*key, "mix", now_ms, state.mix.to_dict())
        if state.scores is not None and state.scores is not scores:
            self._journal.put_state(*key, "scores", now_ms, state.scores)
        self._kept[key] = (state.mix, state.scores)

    def prune(self, now_ms: int) -> None:
        """Let the journal forget what is too old."""
        if self._journal is not None:
            self._journal.prune(now_ms)


def market_state(
    market: Market,
    params: BookParams,
    worth: PrintWorth,
    heard_since_ms: Callable[[int], int | None],
    recalled: Recalled,
) -> MarketState:
    """Return a market as it was when its states were kept, with its book still to be built from the history."""
    if worth == "none":
        return MarketState(market, Intensity(params, printed=False))
    mix = _mix(market, recalled.mix)
    intensity = Intensity(params, sampled=worth == "sampled", state=mix)
    learned_ms = mix.learned_ms if mix is not None and mix.learned_ms is not None else 0
    return MarketState(market, intensity, _scorer(market, recalled.scores), heard_since_ms, learned_ms, mix=mix)


def _mix(market: Market, stored: Mapping[str, Any] | None) -> ExpertsState | None:
    try:
        return None if stored is None else ExpertsState.from_dict(stored)
    except ValueError as error:
        log.warning("%s %s: what was learned before is not taken up: %s", market.venue, market.asset, error)
        return None


def _scorer(market: Market, stored: Mapping[str, Any] | None) -> Scorer:
    try:
        return Scorer() if stored is None else Scorer.from_state(stored)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        log.warning("%s %s: the score so far is not taken up: %s", market.venue, market.asset, error)
        return Scorer()
