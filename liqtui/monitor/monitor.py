"""The headless loop: asks the feeds, feeds the model, yields frozen snapshots."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence

from liqtui.feeds.base import Feed
from liqtui.feeds.clock import Clock
from liqtui.journal.journal import Journal
from liqtui.model.selection import Mode, Selection
from liqtui.model.snapshot import Snapshot, VenueState
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.compose import Part, asset_row, loading_note
from liqtui.monitor.detail import DetailMaker
from liqtui.monitor.gate import Gate
from liqtui.monitor.memory import Memory
from liqtui.monitor.prints import Tape
from liqtui.monitor.venue import VenueWorker

log = logging.getLogger(__name__)

SELECTIONS = 8
"""Selections whose intermediate results are kept."""
HEARD_S, STATES_EVERY = 5.0, 36
"""Real time between two notes of when prints were heard, and how many of them to one of the states: 3 minutes."""
CLOSE_S = 5.0
"""How long feeds may take to close."""


class Monitor:
    """All venues and assets of one engine.

    `run` does the work until it is cancelled and then closes the feeds; `snapshot` may be called at any time.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        assets: Sequence[str],
        clock: Clock,
        cadence: Cadence,
        mode: Mode,
        label: Callable[[], str],
        journal: Journal | None = None,
    ) -> None:
        """Set up the work; `journal` is open, and is closed by who opened it."""
        self._feeds, self._assets, self._clock, self._cadence = tuple(feeds), tuple(assets), clock, cadence
        self._mode, self._label = mode, label
        self._tape = Tape()
        gate = Gate(feed.venue for feed in feeds)
        self._memory = Memory(journal)
        self._workers = [
            VenueWorker(feed, assets, clock, cadence, self._tape, self._memory, gate, self._touch) for feed in feeds
        ]
        self._version = 1
        self._dirty, self._risen = asyncio.Event(), asyncio.Condition()
        self._makers: OrderedDict[Selection, DetailMaker] = OrderedDict()
        self._taken: dict[Selection, Snapshot] = {}

    @property
    def version(self) -> int:
        """Rises with every change, at most once in `Cadence.frame_s`."""
        return self._version

    async def changed(self, after_version: int) -> int:
        """Wait until the version is above `after_version` and return it."""
        async with self._risen:
            await self._risen.wait_for(lambda: self._version > after_version)
            return self._version

    def snapshot(self, selection: Selection) -> Snapshot:
        """Return the state of everything at this version, as one selection sees it."""
        taken = self._taken.get(selection)
        if taken is None:
            taken = self._taken[selection] = self._take(selection)
        return taken

    async def run(self) -> None:
        """Work until cancelled; then close the feeds."""
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self._workers:
                    group.create_task(self._kept_up(worker))
                group.create_task(self._pace())
                group.create_task(self._keep_up())
        finally:
            self._keep(states=True)
            await self._close()

    async def _kept_up(self, worker: VenueWorker) -> None:
        """Run a worker; a defect in it is logged and it starts again, so that the other venues never notice."""
        while True:
            try:
                await worker.run()
            except Exception:
                log.exception("%s: worker failed", worker.venue)
            await asyncio.sleep(self._cadence.idle_frame_s)

    async def _pace(self) -> None:
        """Raise the version when something has changed, and now and then when nothing has, since ages grow."""
        while True:
            self._observe()
            self._dirty.clear()
            self._taken.clear()
            async with self._risen:
                self._version += 1
                self._risen.notify_all()
            await asyncio.sleep(self._cadence.frame_s)
            try:
                async with asyncio.timeout(self._cadence.idle_frame_s):
                    await self._dirty.wait()
            except TimeoutError:
                continue

    async def _keep_up(self) -> None:
        """Keep what must outlive this engine, should it be killed: often when prints were heard, rarely the states."""
        while True:
            for _ in range(STATES_EVERY):
                await asyncio.sleep(HEARD_S)
                self._keep(states=False)
            self._keep(states=True)
            self._memory.prune(self._clock.now_ms())

    def _keep(self, states: bool) -> None:
        for worker in self._workers:
            try:
                worker.keep(states)
            except Exception:
                log.exception("%s: what was learned cannot be kept", worker.venue)

    def _observe(self) -> None:
        for worker in self._workers:
            try:
                worker.observe()
            except Exception:
                log.exception("%s: print stream cannot be looked at", worker.venue)

    def _touch(self) -> None:
        self._dirty.set()

    async def _close(self) -> None:
        closing = asyncio.gather(*(feed.close() for feed in self._feeds), return_exceptions=True)
        try:
            async with asyncio.timeout(CLOSE_S):
                await closing
        except TimeoutError:
            log.warning("the feeds did not close within %g s", CLOSE_S)

    def _take(self, selection: Selection) -> Snapshot:
        now_ms = self._clock.now_ms()
        states = [worker.state() for worker in self._workers]
        parts = {asset: self._parts(asset, states) for asset in self._assets}
        wanted = [p for p in parts.get(selection.asset, []) if selection.venue in (None, p.venue.venue)]
        return Snapshot(
            version=self._version,
            ts_ms=now_ms,
            mode=self._mode,
            label=self._label(),
            venues=tuple(states),
            assets=tuple(asset_row(asset, parts[asset], now_ms, self._cadence.stale_ms) for asset in self._assets),
            detail=self._maker(selection).make(wanted, now_ms),
            note=self._note(states),
        )

    def _parts(self, asset: str, states: Sequence[VenueState]) -> list[Part]:
        pairs = zip(self._workers, states, strict=True)
        return [Part(state, worker.markets[asset]) for worker, state in pairs if asset in worker.markets]

    def _maker(self, selection: Selection) -> DetailMaker:
        maker = self._makers.pop(selection, None) or DetailMaker(selection, self._tape, self._cadence)
        self._makers[selection] = maker
        while len(self._makers) > SELECTIONS:
            self._makers.popitem(last=False)
        return maker

    def _note(self, states: Sequence[VenueState]) -> str:
        markets = [worker.markets[asset].loaded for worker in self._workers for asset in worker.markets]
        unknown = sum(worker.listed(asset) is None for worker in self._workers for asset in self._assets)
        return loading_note(sum(markets), len(markets) + unknown, states)
