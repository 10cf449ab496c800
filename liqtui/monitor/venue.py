"""The worker of one venue: lists its markets, follows each, and listens to its prints."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from liqtui.feeds.base import Feed, FeedError, PublicAccounts, Unavailable, Unsupported
from liqtui.feeds.clock import Clock
from liqtui.journal.store import Recalled
from liqtui.model.market import Bracket, Liquidation, Market, PrintGap
from liqtui.model.params import params_for
from liqtui.model.snapshot import VenueState
from liqtui.monitor.accounts import Observed
from liqtui.monitor.attempts import Attempts
from liqtui.monitor.budget import Budget
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.gate import Gate
from liqtui.monitor.health import Health, venue_state
from liqtui.monitor.known_positions import KnownPositions, keep_ms
from liqtui.monitor.market_state import MarketState
from liqtui.monitor.market_worker import SLICE_S, MarketWorker, Past
from liqtui.monitor.memory import Memory, market_state
from liqtui.monitor.prints import Tape

log = logging.getLogger(__name__)


class VenueWorker:
    """Owns all state of one venue. `touched` is called after every change."""

    def __init__(
        self,
        feed: Feed,
        assets: Sequence[str],
        clock: Clock,
        cadence: Cadence,
        tape: Tape,
        memory: Memory,
        gate: Gate,
        touched: Callable[[], None],
    ) -> None:
        self.venue = feed.venue
        self.markets: dict[str, MarketState] = {}
        self._feed, self._assets, self._clock, self._cadence = feed, tuple(assets), clock, cadence
        self._tape, self._memory, self._gate, self._touched = tape, memory, gate, touched
        self._health = Health(feed.venue, feed.abilities.prints)
        calls_per_s = feed.abilities.calls_per_s if cadence.calls_per_s is None else cadence.calls_per_s
        self._budget = Budget(clock, calls_per_s, cadence.call_timeout_s)
        self._attempts = Attempts(self._health, self._budget, clock, cadence, touched)
        self._unlisted: set[str] = set()
        self._all_looked_up = asyncio.Event()

    def listed(self, asset: str) -> bool | None:
        """Whether this venue lists the asset; None until it is known."""
        return True if asset in self.markets else False if asset in self._unlisted else None

    def state(self) -> VenueState:
        """Return what is shown of this venue now."""
        return venue_state(self._health, self._clock.now_ms(), self._cadence.stale_ms, self._budget.held_until_ms)

    def observe(self) -> None:
        """Look whether the print stream is up."""
        live = self._feed.abilities.prints != "none" and self._feed.prints_live()
        if live:
            self._health.prints_error, self._health.prints_retry_ms = "", None
        self._health.prints_live = live
        self._tape.note_live(self.venue, self._clock.now_ms(), live)

    def keep(self, states: bool) -> None:
        """Keep when prints were heard, and if asked what was learned and scored."""
        now_ms = self._clock.now_ms()
        for asset, state in self.markets.items():
            if state.scorer is not None:
                self._memory.keep_heard(self.venue, asset, self._tape, now_ms)
            if states:
                self._memory.keep_states(state, now_ms)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._attempts.until_answered("markets", self._open, 0)
        async with asyncio.TaskGroup() as group:
            for index, asset in enumerate(self._assets):
                group.create_task(self._follow(asset, 2 * index))
            group.create_task(self._listen())
            group.create_task(self._look_at_accounts())
            group.create_task(self._refresh_markets())

    async def _open(self) -> None:
        async with self._gate.holding(self.venue):
            await self._feed.open()

    async def _follow(self, asset: str, rank: int) -> None:
        """Look an asset up and follow it if the venue lists it."""
        strand = f"listing {asset}"
        market = await self._attempts.until_answered(strand, lambda: self._feed.market(asset), rank)
        self._health.drop(strand)
        if market is None:
            self._unlisted.add(asset)
        else:
            recalled = await self._recall(market)
            self.markets[asset] = await self._state(market, recalled, rank)
            self.markets[asset].observed = self._observed()
        if len(self.markets) + len(self._unlisted) == len(self._assets):
            self._health.lists_any = bool(self.markets)
            self._all_looked_up.set()
        self._touched()
        if asset == self._assets[0] and market is None:
            self._gate.done(self.venue)
        if market is not None:
            if asset != self._assets[0]:
                await self._gate.opened()
            past = Past(self._tape, self._memory, recalled)
            worker = MarketWorker(self._feed, asset, self.markets[asset], past, self._attempts, self._gate, rank)
            await worker.run()

    async def _recall(self, market: Market) -> Recalled:
        now_ms = self._clock.now_ms()
        return await self._memory.recall(market, now_ms - self._cadence.history_ms, now_ms)

    async def _state(self, market: Market, recalled: Recalled, rank: int) -> MarketState:
        """Return a market before its history."""
        params = params_for(await self._brackets(market.asset, rank))
        heard = partial(self._tape.heard_since_ms, self.venue, market.asset)
        return market_state(market, params, self._feed.abilities.prints, heard, recalled)

    async def _brackets(self, asset: str, rank: int) -> tuple[Bracket, ...]:
        """Ask once for the maintenance brackets; without them the model takes those of the most traded markets."""
        if not self._feed.abilities.brackets:
            return ()
        try:
            return await self._budget.spend(lambda: self._feed.brackets(asset), rank)
        except FeedError as error:
            log.warning("%s: no brackets of %s: %s", self.venue, asset, error)
            return ()

    def _observed(self) -> Observed | None:
        """Return a place for what is observed in a market; None where nobody is watched."""
        accounts = self._feed.accounts if isinstance(self._feed, PublicAccounts) else ()
        return Observed(keep_ms(len(accounts), self._cadence)) if accounts else None

    async def _look_at_accounts(self) -> None:
        """Keep the positions of the watched accounts up to date."""
        await self._all_looked_up.wait()
        if isinstance(self._feed, PublicAccounts) and self.markets:
            await self._gate.opened()
            await KnownPositions(self._feed, self.markets, self._attempts).run()

    async def _refresh_markets(self) -> None:
        """Look the markets up again from time to time: tick sizes change."""

        async def step() -> None:
            await self._budget.spend(self._feed.open, 1)
            for asset, state in self.markets.items():
                with contextlib.suppress(Unsupported):
                    state.market = await self._feed.market(asset)

        while True:
            await self._clock.sleep_ms(self._cadence.markets_ms)
            await self._attempts.until_done("markets", step)

    async def _listen(self) -> None:
        """Put the prints on the tape; the stream is taken up again whenever it ends."""
        await self._all_looked_up.wait()
        if self._feed.abilities.prints == "none" or not self.markets:
            return
        await self._gate.opened()
        failures = 0
        while True:
            heard_before = self._tape.count(self.venue)
            try:
                await self._hear()
                raise Unavailable("print stream ended")
            except Unsupported:
                return
            except Exception as error:
                failures = 1 if self._tape.count(self.venue) > heard_before else failures + 1
                wait_ms = self._attempts.note_prints(error, failures)
            await self._clock.sleep_ms(wait_ms)

    async def _hear(self) -> None:
        stream = self._feed.prints(tuple(self.markets))
        try:
            yielded_s = time.perf_counter()
            async for item in stream:
                self._put(item)
                if time.perf_counter() - yielded_s > SLICE_S:
                    await asyncio.sleep(0)
                    yielded_s = time.perf_counter()
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def _put(self, item: Liquidation | PrintGap) -> None:
        if isinstance(item, PrintGap):
            self._tape.lose(item)
        elif item.asset in self.markets:
            self._tape.add(item)
            self.markets[item.asset].add_print(item, "stream")
            self._memory.add_print(item)
        self._touched()
