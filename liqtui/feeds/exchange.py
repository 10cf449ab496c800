"""A live venue as a feed, through ccxt. Everything that differs between venues stands in `venues`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import aiohttp

from liqtui.feeds import parse
from liqtui.feeds.asker import Asker
from liqtui.feeds.base import FeedError, Garbled, Unsupported
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.calls import Listing, Question, Row, Series, Span
from liqtui.feeds.clock import Clock
from liqtui.feeds.errors import feed_errors
from liqtui.feeds.library import build_client
from liqtui.feeds.limits import Limits
from liqtui.feeds.listings import Listings
from liqtui.feeds.prints import PrintStream
from liqtui.feeds.venues import VENUES
from liqtui.model.margin import liquidation_from_bankruptcy
from liqtui.model.market import (
    HOUR_MS,
    Bracket,
    Funding,
    Liquidation,
    LongShortRatio,
    Market,
    OpenInterest,
    OrderBook,
    Position,
    PriceBar,
    PrintGap,
    Quote,
)

T = TypeVar("T")
Observed = TypeVar("Observed", Quote, OpenInterest, Funding, OrderBook)

SAMPLE_MS = 300_000
"""Step of open-interest and ratio history."""

_AHEAD_MS = HOUR_MS
"""A stamp further ahead of our clock is wrong, or our clock is."""


class ExchangeFeed:
    """One live venue. See `feeds.base.Feed` for the promises."""

    def __init__(
        self,
        venue: str,
        session: aiohttp.ClientSession,
        clock: Clock,
        cache_dir: Path | None = None,
        limits: Limits | None = None,
        accounts: Sequence[str] = (),
    ) -> None:
        """Make a feed; `accounts` are those whose positions it will be asked for, where the venue publishes them."""
        self._row = VENUES[venue]
        self.venue = venue
        self.abilities = self._row.abilities
        self.accounts = tuple(accounts) if self._row.positions is not None else ()
        self._clock, self._limits = clock, limits or Limits()
        self._asker = Asker(self._row, build_client(self._row, session, self._limits), clock, self._limits.paced)
        self._listings = Listings(self._row, self._asker, clock, cache_dir, self._limits)
        self._brackets: dict[str, tuple[Bracket, ...]] = {}
        self._stream = PrintStream(self._row, session, clock, self._limits) if self._row.stream else None

    async def open(self) -> None:
        """Load the instrument list, from disk if it is of today."""
        await self._listings.load()

    async def close(self) -> None:
        """Release sockets and files; never raises."""
        if self._stream is not None:
            with contextlib.suppress(Exception):
                await self._stream.close()
        with contextlib.suppress(Exception):
            await self._asker.close()

    async def market(self, asset: str) -> Market:
        """Return the perpetual for an asset; Unsupported if the venue does not list it."""
        await self._listings.load()
        return (await self._listings.get(asset)).market

    async def bars(self, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[PriceBar]:
        """Return the closed bars of a span, with the range of the mark price where the venue tells it."""
        if step_ms not in self.abilities.bar_steps_ms:
            raise Unsupported(f"{self.venue}: no bars of {step_ms} ms")
        now_ms = self._clock.now_ms()
        listing = await self._listings.get(asset)
        bars = await self._series(self._row.bars, listing, step_ms, start_ms, min(end_ms, now_ms - step_ms + 1))
        if self._row.marks is None or not bars:
            return bars
        marks = await self._series(self._row.marks, listing, step_ms, bars[0].ts_ms, bars[-1].end_ms)
        ranges = {mark.ts_ms: mark for mark in marks}
        return [
            replace(bar, mark_high_usd=mark.high_usd, mark_low_usd=mark.low_usd)
            if (mark := ranges.get(bar.ts_ms))
            else bar
            for bar in bars
        ]

    async def open_interest_history(self, asset: str, start_ms: int, end_ms: int) -> list[OpenInterest]:
        """Return samples at 5 minutes; Unsupported where the venue keeps none."""
        return await self._samples(self._row.open_interest_history, asset, start_ms, end_ms)

    async def long_short_ratio(self, asset: str, start_ms: int, end_ms: int) -> list[LongShortRatio]:
        """Return account ratios at 5 minutes; Unsupported where the venue keeps none."""
        return await self._samples(self._row.ratio, asset, start_ms, end_ms)

    async def open_interest(self, asset: str) -> OpenInterest:
        """Return the open interest now."""
        return self._in_time(await self._answer(self._row.open_interest, asset))

    async def quote(self, asset: str) -> Quote:
        """Return last and mark price now."""
        quote = self._in_time(await self._answer(self._row.quote, asset))
        self._listings.check_tick(await self._listings.get(asset), quote.last_usd)
        return quote

    async def funding(self, asset: str) -> Funding:
        """Return the current funding rate."""
        return self._in_time(await self._answer(self._row.funding, asset))

    async def brackets(self, asset: str) -> tuple[Bracket, ...]:
        """Return the maintenance brackets, lowest first; Binance's from the packaged table, for it wants a key."""
        if self._row.brackets is not None:
            found = await self._answer(self._row.brackets, asset)
        else:
            found = binance_brackets((await self._listings.get(asset)).id)
        self._brackets[asset] = found
        return found

    async def order_book(self, asset: str) -> OrderBook:
        """Return one order-book snapshot."""
        return self._in_time(await self._answer(self._row.order_book, asset))

    async def print_history(self, asset: str, start_ms: int, end_ms: int) -> Sequence[Liquidation]:
        """Raise Unsupported: no venue tells the liquidations of others after the fact."""
        raise Unsupported(f"{self.venue}: no past liquidations")

    async def positions(self, account: str) -> list[Position]:
        """Return the open positions of one account; Unsupported where the venue does not publish them."""
        question = self._row.positions
        if question is None:
            raise Unsupported(f"{self.venue}: positions are not public there")
        assets = await self._listings.assets_by_id()
        reply = await self._asker.ask(question.method, question.params(account))
        with feed_errors(self.venue):
            return list(question.read(assets, reply.body))

    async def server_time_ms(self) -> int:
        """Return the venue's own time, UTC epoch ms: whether it is reached, and how far the clocks are apart."""
        return parse.stamp_ms(await self._asker.call("fetch_time"), f"{self.venue} time")

    async def prints(self, assets: Sequence[str]) -> AsyncIterator[Liquidation | PrintGap]:
        """Yield realised liquidations for ever, and a PrintGap after each outage; nothing where there is no stream."""
        if self._stream is None:
            return
        listings = await self._listed(assets)
        if not listings:
            return
        learning = asyncio.ensure_future(self._learn_brackets(assets))
        try:
            async for event in self._stream.follow(listings):
                yield self._with_liquidation_price(event) if isinstance(event, Liquidation) else event
        finally:
            learning.cancel()

    def prints_live(self) -> bool:
        """Whether the print stream is connected and has shown a sign of life lately."""
        return self._stream is not None and self._stream.live()

    async def _answer(self, question: Question[T], asset: str) -> T:
        listing = await self._listings.get(asset)
        replies = [await self._asker.ask(method, params(listing)) for method, params in question.asks]
        with feed_errors(self.venue):
            return question.read(listing, replies)

    async def _samples(self, series: Series[Row] | None, asset: str, start_ms: int, end_ms: int) -> list[Row]:
        if series is None:
            raise Unsupported(f"{self.venue}: not kept there")
        end_ms = min(end_ms, self._clock.now_ms() + 1)
        return await self._series(series, await self._listings.get(asset), SAMPLE_MS, start_ms, end_ms)

    async def _series(
        self, series: Series[Row], listing: Listing, step_ms: int, start_ms: int, end_ms: int
    ) -> list[Row]:
        now_ms = self._clock.now_ms()
        if series.depth_ms is not None:
            start_ms = max(start_ms, now_ms - series.depth_ms)
        found: list[Row] = []
        for span in _pages(start_ms, end_ms, step_ms, series.page, now_ms):
            method = series.method if isinstance(series.method, str) else series.method(span)
            reply = await self._asker.ask(method, series.params(listing, span))
            with feed_errors(self.venue):
                found.extend(series.read(listing, reply.body, step_ms))
        return parse.ascending((row for row in found if start_ms <= row.ts_ms < end_ms), lambda row: row.ts_ms)

    def _in_time(self, observed: Observed) -> Observed:
        """A venue's clock may run ahead of ours; nothing is stamped after our own now."""
        now_ms = self._clock.now_ms()
        if observed.ts_ms > now_ms + _AHEAD_MS:
            raise Garbled(f"{self.venue}: stamped {(observed.ts_ms - now_ms) // 1000} s ahead of this machine's clock")
        return replace(observed, ts_ms=now_ms) if observed.ts_ms > now_ms else observed

    async def _listed(self, assets: Sequence[str]) -> list[Listing]:
        found = []
        for asset in assets:
            with contextlib.suppress(Unsupported):
                found.append(await self._listings.get(asset))
        return found

    async def _learn_brackets(self, assets: Sequence[str]) -> None:
        """Brackets serve the prints; a venue that refuses them still streams."""
        for asset in assets:
            if asset not in self._brackets:
                with contextlib.suppress(FeedError):
                    await self.brackets(asset)

    def _with_liquidation_price(self, told: Liquidation) -> Liquidation:
        brackets = self._brackets.get(told.asset)
        if told.bankruptcy_usd is None or brackets is None:
            return told
        price_usd = liquidation_from_bankruptcy(told.side, told.bankruptcy_usd, told.qty_base, brackets)
        return replace(told, liquidation_usd=price_usd)


def _pages(start_ms: int, end_ms: int, step_ms: int, page: int, now_ms: int) -> Iterator[Span]:
    """Cut a span into pages that begin on a multiple of the step."""
    at_ms = -(-start_ms // step_ms) * step_ms
    while at_ms < end_ms:
        until_ms = min(at_ms + page * step_ms, end_ms)
        yield Span(at_ms, until_ms, step_ms, -(-(until_ms - at_ms) // step_ms), now_ms)
        at_ms = until_ms
