"""What the model costs: the book against the public fixed-leverage recipe on the same bars, and the rest of a market.

    python -m bench.model [bars]

Prints one JSON object. Times are processor time; the two contenders take turns, chunk by chunk, and the medians over
chunks are shown; `ratio` is the book's time over the recipe's (below 1: faster), `recipe_levels` how many prices the
recipe holds at the end. `market_mb` is what one `Intensity` holds after the bars.
"""

import json
import math
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np

from liqtui.model.book import Book, Flow
from liqtui.model.clusters import find_clusters
from liqtui.model.divergence import divergence
from liqtui.model.grid import BOOK_BIN_LOG
from liqtui.model.intensity import Intensity
from liqtui.model.market import MINUTE_MS, OpenInterest, PriceBar
from liqtui.model.selection import WINDOWS, Selection

START_MS = 1_700_000_100_000
START_USD, OI_BASE, VOLUME_BASE = 60_000.0, 80_000.0, 150.0
MINUTE_MOVE_LOG = 7e-4
LEVERAGES = (10.0, 25.0, 50.0, 100.0)
CHUNK = 500
REPEATS = 15

Item = TypeVar("Item")


def market(count: int, seed: int = 7) -> tuple[list[PriceBar], list[OpenInterest]]:
    """Return one-minute bars of a random walk, and open interest at every fifth minute."""
    rng = np.random.default_rng(seed)
    path = np.log(START_USD) + np.concatenate([[0.0], rng.normal(0, MINUTE_MOVE_LOG, count).cumsum()])
    reach = np.abs(rng.normal(0, MINUTE_MOVE_LOG / 2, (2, count)))
    volume = VOLUME_BASE * rng.lognormal(0, 0.8, count)
    bought = volume * rng.beta(8, 8, count)
    interest = OI_BASE * np.exp(rng.normal(0, 5e-4, count // 5 + 1).cumsum())
    bars = [
        PriceBar(
            ts_ms=START_MS + i * MINUTE_MS,
            step_ms=MINUTE_MS,
            open_usd=math.exp(path[i]),
            high_usd=math.exp(max(path[i], path[i + 1]) + reach[0, i]),
            low_usd=math.exp(min(path[i], path[i + 1]) - reach[1, i]),
            close_usd=math.exp(path[i + 1]),
            volume_base=float(volume[i]),
            taker_buy_base=float(bought[i]),
        )
        for i in range(count)
    ]
    samples = [OpenInterest(START_MS + i * 5 * MINUTE_MS, float(oi)) for i, oi in enumerate(interest)]
    return bars, samples


class Recipe:
    """The fixed-leverage map as public scripts keep it: a dict of price to notional, in plain loops."""

    def __init__(self) -> None:
        self.long_usd: dict[float, float] = {}
        self.short_usd: dict[float, float] = {}

    def add(self, bar: PriceBar) -> None:
        """Lay the bar's volume at every leverage on both sides, and wipe what the bar's range has crossed."""
        for levels in (self.long_usd, self.short_usd):
            for price in list(levels):
                if bar.low_usd <= price <= bar.high_usd:
                    del levels[price]
        usd = bar.volume_base * bar.close_usd / len(LEVERAGES)
        for leverage in LEVERAGES:
            self._lay(self.long_usd, bar.close_usd * (1 - 1 / leverage), usd)
            self._lay(self.short_usd, bar.close_usd * (1 + 1 / leverage), usd)

    @staticmethod
    def _lay(levels: dict[float, float], price_usd: float, usd: float) -> None:
        key = math.exp(round(math.log(price_usd) / BOOK_BIN_LOG) * BOOK_BIN_LOG)
        levels[key] = levels.get(key, 0.0) + usd


def flow_of(bar: PriceBar, oi_base: float) -> Flow:
    """Return a bar as the book takes it."""
    return Flow(
        low_log=math.log(bar.low_usd),
        high_log=math.log(bar.high_usd),
        close_log=math.log(bar.close_usd),
        volume_base=bar.volume_base,
        oi_base=oi_base,
        taker=2 * (bar.taker_buy_base or 0.0) / bar.volume_base - 1,
    )


def chunks(bars: Sequence[PriceBar]) -> Iterator[list[PriceBar]]:
    """Cut the bars into lists of CHUNK."""
    source = iter(bars)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def versus(bars: Sequence[PriceBar], samples: Sequence[OpenInterest]) -> dict[str, float]:
    """Time the book and the recipe on the same bars, turn by turn."""
    book, recipe = Book(), Recipe()
    book.start(math.log(bars[0].open_usd), samples[0].oi_base)
    book_ms: list[float] = []
    recipe_ms: list[float] = []
    done = 0
    for chunk in chunks(bars):
        flows = [flow_of(bar, samples[(done + i) // 5].oi_base) for i, bar in enumerate(chunk)]
        book_ms.append(_spent_ms(partial(_each, book.step, flows)) / len(chunk))
        recipe_ms.append(_spent_ms(partial(_each, recipe.add, chunk)) / len(chunk))
        done += len(chunk)
    ours, theirs = statistics.median(book_ms), statistics.median(recipe_ms)
    levels = len(recipe.long_usd) + len(recipe.short_usd)
    return {"book_ms_per_bar": ours, "recipe_ms_per_bar": theirs, "ratio": ours / theirs, "recipe_levels": levels}


def filled(bars: Sequence[PriceBar], samples: Sequence[OpenInterest]) -> Intensity:
    """Return a market that has taken in everything, samples as they become known."""
    intensity = Intensity()
    waiting = iter(samples)
    sample = next(waiting, None)
    for bar in bars:
        while sample is not None and sample.ts_ms <= bar.end_ms:
            intensity.add_open_interest(sample)
            sample = next(waiting, None)
        intensity.add_bar(bar)
    return intensity


def parts(intensity: Intensity, last: PriceBar) -> dict[str, float]:
    """Time what a snapshot asks of a market."""
    selections = [Selection("BTC", None, window) for window in WINDOWS]
    now_map, series = intensity.now_map(), intensity.series()
    assert now_map is not None and series is not None
    figures = {f"heat_{one.window}_ms": _median_ms(partial(intensity.heat, one, last.end_ms)) for one in selections}
    figures["now_map_ms"] = _median_ms(intensity.now_map)
    figures["clusters_ms"] = _median_ms(
        lambda: find_clusters(
            now_map.first_bin, now_map.width_log, now_map.long_usd, now_map.short_usd, last.close_usd, None
        )
    )
    figures["divergence_ms"] = _median_ms(lambda: divergence(series, last.end_ms))
    return figures


def market_mb(bars: Sequence[PriceBar], samples: Sequence[OpenInterest]) -> float:
    """Return what one market holds, numpy's memory included."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    intensity = filled(bars, samples)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert intensity.ready
    return (after - before) / 1e6


def _each(work: Callable[[Item], object], items: Iterable[Item]) -> None:
    for item in items:
        work(item)


def _spent_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def _median_ms(work: Callable[[], object]) -> float:
    work()
    return statistics.median(_spent_ms(work) for _ in range(REPEATS))


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3 * 1440
    bars, samples = market(count)
    figures = {"bars": float(count), **versus(bars, samples)}
    start = time.process_time()
    intensity = filled(bars, samples)
    figures["intensity_ms_per_bar"] = (time.process_time() - start) * 1e3 / count
    figures |= parts(intensity, bars[-1])
    figures["market_mb"] = market_mb(bars, samples)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
