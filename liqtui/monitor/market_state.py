"""All that is known of one asset on one venue; its worker is the only one to change it, but for what is observed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from liqtui.model.experts import ExpertsState
from liqtui.model.intensity import Intensity
from liqtui.model.market import Funding, Liquidation, LongShortRatio, Market, OpenInterest, PriceBar, Quote
from liqtui.model.scorer import SCORED_ROWS, Scorer
from liqtui.monitor.accounts import Observed
from liqtui.monitor.once import Once, Origin

HistoryEvent = OpenInterest | LongShortRatio | Liquidation | PriceBar


def never_heard(at_ms: int) -> int | None:
    """Return None: of this market no print is ever heard."""
    return None


def known_ms(event: HistoryEvent) -> tuple[int, int]:
    """Return the sort key of a history: when it was known, samples before the bar that ends at the same moment."""
    return (event.end_ms, 1) if isinstance(event, PriceBar) else (event.ts_ms, 0)


@dataclass(slots=True)
class MarketState:
    """The newest observations, the model they fed and the score that it earns."""

    market: Market
    intensity: Intensity = field(default_factory=Intensity)
    scorer: Scorer | None = None
    """None where the venue prints nothing."""
    heard_since_ms: Callable[[int], int | None] = never_heard
    """Since when on, up to a moment, every print is known; None where some may be missing."""
    learned_ms: int = 0
    """End of what the mix had learned when it was restored: the history before it teaches nothing again."""
    quote: Quote | None = None
    open_interest: OpenInterest | None = None
    funding: Funding | None = None
    observed: Observed | None = None
    """Positions of the watched accounts, filled by `KnownPositions`; None where nobody is watched."""
    loaded: bool = False
    """Whether the history has been modelled: there is something to show."""
    step_ms: int = 0
    """Length of the newest bars."""
    bars_seen: int = 0
    """Rises with every bar modelled: what depends on closed bars alone is unchanged while this is."""
    ratio_ms: int | None = None
    """Stamp of the newest account ratio."""
    once: Once = field(default_factory=Once)
    mix: ExpertsState | None = None
    """What had been learned when the newest batch of prints was: nothing of it is under way."""
    scores: Mapping[str, Any] | None = None
    """State of the scorer when its newest step ended, None before one ended after the history."""

    def add_quote(self, quote: Quote) -> None:
        """Take a new price; one older than the newest is ignored."""
        if self.quote is None or quote.ts_ms >= self.quote.ts_ms:
            self.quote = quote
            self.intensity.add_quote(quote)
            if self.observed is not None:
                self.observed.add_quote(quote)

    def add_open_interest(self, sample: OpenInterest) -> None:
        """Take a sample; the newest by its stamp is the one shown."""
        self.intensity.add_open_interest(sample)
        if self.open_interest is None or sample.ts_ms >= self.open_interest.ts_ms:
            self.open_interest = sample

    def add_funding(self, sample: Funding) -> None:
        """Take the current rate."""
        self.funding = sample
        self.intensity.add_funding(sample)

    def add_event(self, event: HistoryEvent) -> None:
        """Take the next event of a history, in the order in which the events were known."""
        if isinstance(event, PriceBar):
            self._add_bar(event)
        elif isinstance(event, Liquidation):
            self.add_print(event, "past")
        elif isinstance(event, OpenInterest):
            self.add_open_interest(event)
        else:
            self.ratio_ms = event.ts_ms
            self.intensity.add_ratio(event)

    def add_print(self, one: Liquidation, origin: Origin) -> None:
        """Take in a print that the other origin has not told: it teaches and is scored with the bar of its stamp."""
        if self.scorer is not None and self.once.first(one, origin):
            self.intensity.add_print(one)
            self.scorer.add_print(one)

    def _add_bar(self, bar: PriceBar) -> None:
        """Score the map that was known before the bar, then let the model have the bar; old bars are ignored."""
        last_ms = self.intensity.last_bar_end_ms
        if last_ms is not None and bar.ts_ms < last_ms:
            return
        self._score(bar)
        self.intensity.add_bar(bar)
        # Quotes that come before the next bar change the map of this moment; what is scored must not know them.
        if self.scorer is not None and self.scorer.wants_map and self.heard_since_ms(bar.end_ms) is not None:
            draws = self.intensity.map_draws(SCORED_ROWS) if self.scorer.wants_draws else None
            self.scorer.before(self.intensity.now_map(), draws)
        self.step_ms = bar.step_ms
        self.bars_seen += 1
        if self.loaded:  # before, it would have each bar modelled by itself
            self._keep()

    def _keep(self) -> None:
        """Note the states at the moments at which nothing is under way: only from there may they be taken up again."""
        learned_ms = self.intensity.experts.learned_ms
        if learned_ms is not None and (self.mix is None or self.mix.learned_ms != learned_ms):
            self.mix = self.intensity.experts.state
        if self.scorer is not None and self.scorer.wants_map:
            self.scores = self.scorer.state()

    def _score(self, bar: PriceBar) -> None:
        since_ms = self.heard_since_ms(bar.end_ms)
        self.intensity.hear_prints(None if since_ms is None else max(since_ms, self.learned_ms))
        if self.scorer is None:
            return
        if since_ms is None or since_ms > bar.ts_ms:
            # Prints are missing from this step: it is not scored.
            self.scorer.before(None)
        self.scorer.add_bar(bar)

    def end_history(self) -> None:
        """Put the newest price, which the bars of a history have covered, back into the forming bar."""
        self.loaded = True
        self._keep()
        if self.quote is not None:
            self.intensity.add_quote(self.quote)
