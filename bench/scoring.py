"""What a market costs a bar that learns from its prints and scores itself, beside one that does neither.

    python -m bench.scoring [days]

Prints one JSON object: CPU milliseconds a bar (mean) of the model alone, with learning, and with learning and scoring;
what the scorer adds against its bound; and what skill, bands and a stored state cost each time they are made.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable

from liqtui.feeds.clock import ManualClock
from liqtui.feeds.demo import DEMO_START_MS, demo_feeds
from liqtui.model.clusters import find_clusters
from liqtui.model.intensity import Intensity
from liqtui.model.market import DAY_MS, Market, PriceBar
from liqtui.model.params import BookParams, params_for
from liqtui.model.scorer import Scorer
from liqtui.model.snapshot import VenueState
from liqtui.monitor.compose import Part
from liqtui.monitor.history import join_steps
from liqtui.monitor.market_state import HistoryEvent, MarketState, known_ms
from liqtui.monitor.skill_maker import BandMaker, SkillMaker

BOUND_MS = 1.0
FOREVER_MS = 2**53


async def told(days: int) -> tuple[Market, BookParams, list[HistoryEvent]]:
    """Return the demo's first market over some days, the last one in minutes."""
    feed = demo_feeds(7, ManualClock(DEMO_START_MS), days * DAY_MS)[0]
    fine = await feed.bars("BTC", 60_000, DEMO_START_MS - DAY_MS, FOREVER_MS)
    bars = join_steps(await feed.bars("BTC", 300_000, 0, FOREVER_MS), fine)
    samples = await feed.open_interest_history("BTC", 0, FOREVER_MS)
    events: list[HistoryEvent] = [*bars, *samples, *await feed.print_history("BTC", 0, FOREVER_MS)]
    return await feed.market("BTC"), params_for(await feed.brackets("BTC")), sorted(events, key=known_ms)


def bar_ms(market: MarketState, events: list[HistoryEvent]) -> float:
    """Return the mean CPU milliseconds of a bar with all that belongs to it."""
    began_s = time.process_time()
    for event in events:
        market.add_event(event)
    return (time.process_time() - began_s) * 1000 / sum(isinstance(event, PriceBar) for event in events)


def made_ms(make: Callable[[], object], times: int = 5) -> float:
    """Return the least CPU milliseconds of a call."""
    found = []
    for _ in range(times):
        began_s = time.process_time()
        make()
        found.append((time.process_time() - began_s) * 1000)
    return min(found)


def main() -> None:
    """Print the figures."""
    market, params, events = asyncio.run(told(int(sys.argv[1]) if len(sys.argv) > 1 else 2))
    runs: dict[str, list[float]] = {"model": [], "learning": [], "scoring": []}
    for _ in range(3):
        plain = MarketState(market, Intensity(params))
        learning = MarketState(market, Intensity(params), Silent(), lambda _: 0)
        whole = MarketState(market, Intensity(params), Scorer(), lambda _: 0)
        for name, one in (("model", plain), ("learning", learning), ("scoring", whole)):
            runs[name].append(bar_ms(one, events))
    best = {name: min(found) for name, found in runs.items()}
    part = [Part(VenueState(market.venue, "LIVE", 0, "full"), whole)]
    now = whole.intensity.now_map()
    assert now is not None and whole.scorer is not None
    price = next(event.close_usd for event in reversed(events) if isinstance(event, PriceBar))
    clusters = find_clusters(now.first_bin, now.width_log, now.long_usd, now.short_usd, price, None)
    maker = BandMaker()
    maker.with_bands(clusters, part)
    added = best["scoring"] - best["learning"]
    figures = {
        "bars": sum(isinstance(event, PriceBar) for event in events),
        "ms_a_bar": {name: round(value, 3) for name, value in best.items()},
        "scorer": {"ms_a_bar": round(added, 3), "bound_ms": BOUND_MS, "of_bound": round(added / BOUND_MS, 3)},
        "of_model_alone": round(best["scoring"] / best["model"], 2),
        "ms_each_step": {
            "skill": round(made_ms(lambda: SkillMaker().make(part)), 2),
            "bands drawn": round(made_ms(lambda: BandMaker().with_bands(clusters, part)), 2),
            "state": round(made_ms(whole.scorer.state), 2),
        },
        "ms_each_snapshot": {"bands": round(made_ms(lambda: maker.with_bands(clusters, part)), 2)},
    }
    print(json.dumps(figures, indent=1))


class Silent(Scorer):
    """Takes prints so that they teach, and scores nothing."""

    @property
    def wants_map(self) -> bool:
        """Never."""
        return False

    def add_bar(self, bar: PriceBar) -> None:
        """Do nothing."""


if __name__ == "__main__":
    main()
