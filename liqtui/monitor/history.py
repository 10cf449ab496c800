"""Fetches what happened before now, or during an outage, as one chronological list of events."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from liqtui.feeds.base import Feed, FeedError, Unsupported
from liqtui.journal.store import Recalled
from liqtui.model.market import HOUR_MS, MINUTE_MS, Liquidation, OpenInterest, PriceBar
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.market_state import HistoryEvent, known_ms

T = TypeVar("T")

COARSE_MS = 5 * MINUTE_MS
FINE_MS = MINUTE_MS
NOTHING = Recalled()
KEPT_SLACK_MS = HOUR_MS
"""Samples that were kept make a history if the first is at most this much younger than the first bar."""
SAMPLE_TRIES = 3
"""A history of open interest that fails this often is given up and carried backwards as a constant."""


class Ask(Protocol):
    """Sends one call through the venue's budget."""

    async def __call__(self, call: Callable[[], Awaitable[T]], /) -> T:
        """Return the answer; raises FeedError."""
        ...


def coarse_step_ms(steps_ms: tuple[int, ...]) -> int:
    """Return the bar length for the long history: 5 minutes, or what comes nearest from below, or the shortest."""
    return max((step for step in steps_ms if step <= COARSE_MS), default=min(steps_ms))


def join_steps(coarse: list[PriceBar], fine: list[PriceBar]) -> list[PriceBar]:
    """Return coarse bars up to the first whole coarse bar that the fine ones cover, and the fine ones from there."""
    if not fine or not coarse:
        return coarse or fine
    step_ms = coarse[0].step_ms
    cut_ms = -(-fine[0].ts_ms // step_ms) * step_ms
    return [bar for bar in coarse if bar.end_ms <= cut_ms] + [bar for bar in fine if bar.ts_ms >= cut_ms]


async def fetch_bars(feed: Feed, ask: Ask, asset: str, now_ms: int, cadence: Cadence) -> list[PriceBar]:
    """Return the bars of the history, the newest part in 1-minute bars where the venue gives them."""
    steps_ms = feed.abilities.bar_steps_ms
    step_ms = coarse_step_ms(steps_ms)
    coarse = await ask(lambda: feed.bars(asset, step_ms, now_ms - cadence.history_ms, now_ms))
    if FINE_MS not in steps_ms or step_ms <= FINE_MS:
        return coarse
    fine_start_ms = (now_ms - cadence.fine_history_ms) // step_ms * step_ms
    try:
        fine = await ask(lambda: feed.bars(asset, FINE_MS, fine_start_ms, now_ms))
    except FeedError:
        return coarse
    return join_steps(coarse, fine)


async def fetch_open_interest(
    feed: Feed, ask: Ask, asset: str, start_ms: int, now_ms: int, give_up: bool, kept: Sequence[OpenInterest] = ()
) -> tuple[list[OpenInterest], bool]:
    """Return the samples of a span, and whether they are a constant carried backwards for want of a history.

    `kept` are samples of the journal, ascending, which stand in for a history that the venue does not have.
    With `give_up` a history that fails is replaced by the constant; without, the error is raised.
    """
    if feed.abilities.open_interest_history:
        try:
            return await ask(lambda: feed.open_interest_history(asset, start_ms, now_ms + 1)), False
        except Unsupported:
            pass
        except FeedError:
            if not give_up:
                raise
    sample = await ask(lambda: feed.open_interest(asset))
    first = kept[0] if kept else sample
    flat = first.ts_ms > start_ms + KEPT_SLACK_MS
    return [replace(first, ts_ms=min(start_ms, first.ts_ms)), *kept, sample], flat


async def fetch_ratios(feed: Feed, ask: Ask, asset: str, start_ms: int, now_ms: int) -> list[HistoryEvent]:
    """Return the account ratios of a span; none where the venue has none or fails, since the map stands without."""
    if not feed.abilities.long_short_ratio:
        return []
    try:
        return list(await ask(lambda: feed.long_short_ratio(asset, start_ms, now_ms + 1)))
    except FeedError:
        return []


async def fetch_prints(feed: Feed, ask: Ask, asset: str, start_ms: int, end_ms: int) -> list[Liquidation]:
    """Return the prints with start_ms <= ts_ms < end_ms; none where the venue tells none of the past or fails."""
    if not feed.abilities.print_history:
        return []
    try:
        return list(await ask(lambda: feed.print_history(asset, start_ms, end_ms)))
    except FeedError:
        return []


async def fetch_history(
    feed: Feed, ask: Ask, asset: str, now_ms: int, cadence: Cadence, give_up: bool, recalled: Recalled = NOTHING
) -> tuple[list[HistoryEvent], bool]:
    """Return all events of the history in the order in which they were known.

    What the venue does not tell of its past is taken from what was recalled. The flag says whether open interest is a
    constant carried backwards. Raises FeedError.
    """
    start_ms = now_ms - cadence.history_ms
    bars = await fetch_bars(feed, ask, asset, now_ms, cadence)
    samples, flat = await fetch_open_interest(feed, ask, asset, start_ms, now_ms, give_up, recalled.samples)
    ratios = await fetch_ratios(feed, ask, asset, start_ms, now_ms)
    told = feed.abilities.print_history
    prints = await fetch_prints(feed, ask, asset, start_ms, now_ms + 1) if told else recalled.prints
    return sorted([*bars, *samples, *ratios, *prints], key=known_ms), flat


async def fetch_since(
    feed: Feed, ask: Ask, asset: str, step_ms: int, start_ms: int, samples_since_ms: int | None, now_ms: int
) -> list[HistoryEvent]:
    """Return the bars since `start_ms`, with the open-interest samples after `samples_since_ms` unless that is None."""
    events: list[HistoryEvent] = list(await ask(lambda: feed.bars(asset, step_ms, start_ms, now_ms)))
    if samples_since_ms is not None:
        since_ms = samples_since_ms + 1
        events.extend(await ask(lambda: feed.open_interest_history(asset, since_ms, now_ms + 1)))
    return sorted(events, key=known_ms)
