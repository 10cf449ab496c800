"""The bar that is not closed yet: what the quotes since the last close have seen."""

import math
from dataclasses import replace

from liqtui.model.history import Span
from liqtui.model.market import Quote


class Forming:
    """Prices since the last close, and what marks have swept."""

    def __init__(self) -> None:
        self._since_ms: int | None = None
        self.close_usd = 0.0
        """The last close."""
        self._span: Span | None = None
        self._swept: tuple[float, float] | None = None
        """Lowest and highest mark price of the quotes, the last price where they have no mark."""

    def begin(self, since_ms: int, close_usd: float) -> None:
        """Start afresh after a close."""
        self._since_ms, self.close_usd, self._span, self._swept = since_ms, close_usd, None, None

    def add(self, quote: Quote) -> None:
        """Take in a quote; one from before the last close is ignored."""
        if self._since_ms is None or quote.ts_ms < self._since_ms or not 0 < quote.last_usd < math.inf:
            return
        price = quote.last_usd
        if self._span is None:
            self._span = Span(self._since_ms, price, price, price, price)
        self._span.add(price, price, price)
        mark = quote.mark_usd if quote.mark_usd and math.isfinite(quote.mark_usd) else price
        low, high = self._swept or (mark, mark)
        self._swept = (min(low, mark), max(high, mark))

    def now(self) -> tuple[float, float, float]:
        """Return the live price and what has been swept since the last close; that close without a quote."""
        price = self._span.close_usd if self._span else self.close_usd
        low, high = self._swept or (price, price)
        return price, min(low, price), max(high, price)

    def column(self, ts_ms: int, closed: Span | None) -> Span:
        """Return the prices of a column that opened at `ts_ms`: its closed bars, if any, then the quotes."""
        price = self.close_usd
        span = replace(closed) if closed is not None else None
        if self._span is None:
            return span or Span(ts_ms, price, price, price, price)
        if span is None:
            return self._span
        span.add(self._span.high_usd, self._span.low_usd, self._span.close_usd)
        return span
