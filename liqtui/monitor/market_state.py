"""All that is known of one asset on one venue; its worker is the only one to change it, but for what is observed."""

from dataclasses import dataclass, field

from liqtui.model.intensity import Intensity
from liqtui.model.market import Funding, LongShortRatio, Market, OpenInterest, PriceBar, Quote
from liqtui.monitor.accounts import Observed

HistoryEvent = OpenInterest | LongShortRatio | PriceBar


def known_ms(event: HistoryEvent) -> tuple[int, int]:
    """Return the sort key of a history: when it was known, samples before the bar that ends at the same moment."""
    return (event.end_ms, 1) if isinstance(event, PriceBar) else (event.ts_ms, 0)


@dataclass(slots=True)
class MarketState:
    """The newest observations and the model they fed."""

    market: Market
    intensity: Intensity = field(default_factory=Intensity)
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
            self.intensity.add_bar(event)
            self.step_ms = event.step_ms
            self.bars_seen += 1
        elif isinstance(event, OpenInterest):
            self.add_open_interest(event)
        else:
            self.ratio_ms = event.ts_ms
            self.intensity.add_ratio(event)

    def end_history(self) -> None:
        """Put the newest price, which the bars of a history have covered, back into the forming bar."""
        self.loaded = True
        if self.quote is not None:
            self.intensity.add_quote(self.quote)
