"""The link in one process, and the mailbox that all links share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from liqtui.link.base import Link, LinkState
from liqtui.link.local import LocalLink
from liqtui.link.mailbox import Mailbox
from liqtui.link.socket import SocketLink
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from tests.link.processes import BTC
from tests.link.scripted_engine import scripted_monitor
from tests.link.snapshots import make_snapshot, with_prints


@asynccontextmanager
async def linked(selection: Selection | None) -> AsyncIterator[LocalLink]:
    """A link to a running monitor."""
    monitor = await scripted_monitor(("BTC", "ETH"))
    running = asyncio.create_task(monitor.run())
    link = LocalLink(monitor, selection)
    try:
        yield link
    finally:
        await link.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_local_link_gives_what_the_monitor_has() -> None:
    """Connected, then rising versions of the selection; another selection is answered by the next snapshot."""
    async with linked(BTC) as link, asyncio.timeout(20):
        events = link.events()
        assert await anext(events) == LinkState("connected")
        heard = list[Snapshot]()
        async for event in events:
            assert isinstance(event, Snapshot)
            heard.append(event)
            if event.detail.heat is not None and not event.note:
                break
        assert all(shot.detail.selection == BTC for shot in heard)
        versions = [shot.version for shot in heard]
        assert versions == sorted(set(versions))
        await link.select(Selection("ETH", "beta", "24h"))
        after = await anext(events)
        assert isinstance(after, Snapshot) and after.detail.selection == Selection("ETH", "beta", "24h")


async def test_nothing_is_sent_before_something_is_selected() -> None:
    """The app selects when it is ready."""
    async with linked(None) as link:
        events = link.events()
        assert await anext(events) == LinkState("connected")
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.6)
        assert not waiting.done()
        await link.select(BTC)
        async with asyncio.timeout(5):
            assert isinstance(await waiting, Snapshot)


async def test_a_slow_consumer_misses_snapshots_never_the_newest() -> None:
    """States and snapshots keep their order; of snapshots in a row only the last is left; nothing piles up."""
    mailbox = Mailbox()
    first = make_snapshot(np.random.default_rng(0))
    shots = [with_prints(first, count) for count in range(1, 6)]
    for shot in shots[:3]:
        mailbox.put(shot)
    mailbox.put(LinkState("lost"))
    for shot in shots[3:]:
        mailbox.put(shot)
    stream = mailbox.items()
    items = [await anext(stream) for _ in range(3)]
    assert [item if isinstance(item, LinkState) else "shot" for item in items] == ["shot", LinkState("lost"), "shot"]
    assert items[0] is shots[2] and items[2] is shots[4]
    for k in range(1_000):
        mailbox.put(LinkState("lost", str(k)) if k % 2 else shots[0])
    assert len(mailbox._waiting) <= 3
    assert mailbox._waiting[-1] == LinkState("lost", "999")


def test_both_links_are_links() -> None:
    """They fulfil the protocol; mypy checks the types."""
    links: list[type[Link]] = [LocalLink, SocketLink]
    assert len(links) == 2
