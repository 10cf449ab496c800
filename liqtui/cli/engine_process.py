"""The engine's process, `liqtui engine --spec JSON`, started by a viewer: feeds, the monitor on them, its socket."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from liqtui.allocator import give_large_memory_back
from liqtui.cli.exit_codes import EXPECTED, code_of
from liqtui.cli.spec import EngineSpec
from liqtui.config import ConfigError, cache_dir
from liqtui.engine import serve
from liqtui.feeds.base import Feed
from liqtui.feeds.clock import Clock, MarketClock, WallClock
from liqtui.journal.journal import Journal
from liqtui.journal.store import JournalError
from liqtui.model.market import DAY_MS
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.monitor import Monitor

log = logging.getLogger(__name__)

REPLAY_HISTORY_MS = 3 * DAY_MS


def engine_main(arguments: list[str]) -> int:
    """Serve one spec until its last viewer has left; return the exit code, what went wrong is said on stderr."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        return asyncio.run(_run(_spec(arguments)))
    except EXPECTED as error:
        print(f"liqtui: {error}", file=sys.stderr)
        return code_of(error)
    except KeyboardInterrupt as error:
        return code_of(error)


def _spec(arguments: list[str]) -> EngineSpec:
    if len(arguments) != 2 or arguments[0] != "--spec":
        raise ConfigError("an engine is started by its viewer, with --spec and its task")
    try:
        return msgspec.json.decode(arguments[1], type=EngineSpec)
    except msgspec.DecodeError as error:
        raise ConfigError(f"--spec: {error}") from error


async def _run(spec: EngineSpec) -> int:
    if spec.mode == "live":
        return await _live(spec)
    return await (_demo(spec) if spec.mode == "demo" else _replay(spec))


async def _live(spec: EngineSpec) -> int:
    from liqtui.feeds.exchange import ExchangeFeed
    from liqtui.feeds.limits import Limits
    from liqtui.feeds.network import make_session

    give_large_memory_back()  # a dozen markets; a demo has few, and its first map would come 100 ms later
    network, clock = spec.network, WallClock()
    limits = Limits(request_s=network.timeout_s)
    async with (
        make_session(network.address, network.ca_path, network.proxy, network.trust_env) as session,
        _journal(spec) as journal,
    ):
        feeds = [ExchangeFeed(venue, session, clock, cache_dir(), limits, spec.accounts) for venue in spec.venues]
        cadence = Cadence(history_ms=round(spec.history_days * DAY_MS))
        monitor = Monitor(feeds, spec.assets, clock, cadence, "live", str, journal)
        return await serve(monitor, spec.socket_path, spec.linger_s)


async def _demo(spec: EngineSpec) -> int:
    from liqtui.feeds.demo import DEMO_START_MS, demo_feeds

    clock = MarketClock(DEMO_START_MS, spec.speed)
    label = f"DEMO seed {spec.seed} {spec.speed:g}x"
    return await _accelerated(spec, demo_feeds(spec.seed, clock), clock, lambda: label)


async def _replay(spec: EngineSpec) -> int:
    from liqtui.feeds.dumps import DumpFeed, span_ms

    folder = Path(spec.folder)
    first_ms, last_ms = span_ms(folder)
    clock = MarketClock(first_ms + min(REPLAY_HISTORY_MS, (last_ms - first_ms) // 2), spec.speed, last_ms)

    def label() -> str:
        now_ms = clock.now_ms()
        pace = "END" if now_ms >= last_ms else f"{spec.speed:g}x"
        return f"REPLAY {datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d %H:%M} {pace}"

    return await _accelerated(spec, [DumpFeed(folder, clock)], clock, label)


async def _accelerated(spec: EngineSpec, feeds: Sequence[Feed], clock: Clock, label: Callable[[], str]) -> int:
    async with _journal(spec) as journal:
        monitor = Monitor(feeds, spec.assets, clock, Cadence.accelerated(spec.speed), spec.mode, label, journal)
        return await serve(monitor, spec.socket_path, spec.linger_s)


@asynccontextmanager
async def _journal(spec: EngineSpec) -> AsyncIterator[Journal | None]:
    """Hold the journal that the spec names; None, with a warning, where it cannot be had: the engine runs without."""
    journal = Journal(spec.journal.file, spec.journal.keep_days) if spec.journal.enabled else None
    if journal is not None:
        try:
            await journal.open()
        except JournalError as error:
            log.warning("nothing is kept in this run: %s", error)
            journal = None
    try:
        yield journal
    finally:
        if journal is not None:
            await journal.close()
