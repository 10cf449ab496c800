"""What the model costs: a month of one market beside the slow loops and the public recipe, and the rest of a market.

    python -m bench.model [days]

Prints one JSON object. Times are processor time; give OPENBLAS_NUM_THREADS=1 to keep the algebra on one core. The model
is whole: all experts, both sides, learning from prints, the columns of the history that can be seen at its end. As at a
start, bars that end long before that are taken several at a time, and those that no column shows teach nothing, so that
`prints_learned` are those of the last week; `bar_by_bar` is the same month with every bar by itself and no column, and
`differs` the share of the map within 10 % of price by which the two differ. The rivals run on a short stretch from the
start, and their time for all bars is that of a bar there times the bars: too little for the recipe, whose frame would
grow. `times` is how many times longer a rival takes than the model bar by bar.
"""

import json
import math
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from bench.market import Moment, market, tell, told
from bench.recipe import DictRecipe, FrameRecipe
from liqtui.model.book import Flow
from liqtui.model.clusters import find_clusters
from liqtui.model.divergence import divergence
from liqtui.model.experts import ASSUMPTIONS
from liqtui.model.grid import BINS
from liqtui.model.intensity import Intensity
from liqtui.model.market import DAY_MS, MINUTE_MS, SIDES
from liqtui.model.params import ROWS, BookParams, Floats
from liqtui.model.selection import WINDOWS, Selection
from tests.model.naive import NaiveBook

STEP_MS = 5 * MINUTE_MS
BOUND_S, BOUND_MB, BOUND_LIVE_MS = 1.5, 60.0, 1.0
LIVE_BARS = 288
NAIVE_BARS, FRAME_BARS = 6, 150
REPEATS = 15
NEAR_LOG = 0.1

Item = TypeVar("Item")


def flow_of(moment: Moment) -> Flow:
    """Return a bar as a book takes it."""
    bar = moment.bar
    return Flow(
        low_log=math.log(bar.low_usd),
        high_log=math.log(bar.high_usd),
        close_log=math.log(bar.close_usd),
        volume_base=bar.volume_base,
        oi_base=moment.interest.oi_base,
        taker=2 * (bar.taker_buy_base or 0.0) / bar.volume_base - 1,
    )


def model(moments: Sequence[Moment]) -> tuple[Intensity, dict[str, Any]]:
    """Time the whole model over all bars, the newest ones one by one."""
    intensity = Intensity()
    intensity.hear_prints(0)
    intensity.expect_look(moments[-1].bar.end_ms)
    before = _spent_ms(partial(_each, partial(tell, intensity), moments[:-LIVE_BARS]))
    live = [_spent_ms(partial(tell, intensity, moment)) for moment in moments[-LIVE_BARS:]]
    total_s, median = (before + sum(live)) / 1e3, statistics.median(live)
    return intensity, {
        "seconds": _bounded(total_s, BOUND_S),
        "ms_per_bar": total_s * 1e3 / len(moments),
        "live_bar_median_ms": _bounded(median, BOUND_LIVE_MS),
        "live_bar_worst_ms": max(live),
        "prints_learned": intensity.experts.prints,
        "experts": len(intensity.experts.assumptions),
    }


def bar_by_bar(moments: Sequence[Moment], joined: Intensity) -> dict[str, float]:
    """Time the same with every bar by itself, and compare the map with the one of `joined`."""
    intensity = Intensity()
    intensity.hear_prints(0)
    intensity.expect_look(None)
    total_s = _spent_ms(partial(_each, partial(tell, intensity), moments)) / 1e3
    own, other = near(intensity), near(joined)
    return {
        "seconds": total_s,
        "ms_per_bar": total_s * 1e3 / len(moments),
        "differs": float(np.abs(other - own).sum() / own.sum()),
        "correlation": float(np.corrcoef(own, other)[0, 1]),
    }


def near(intensity: Intensity) -> Floats:
    """Return the map within NEAR_LOG of price, longs below and shorts above."""
    now = intensity.now_map()
    assert now is not None
    middle, reach = len(now.long_usd) // 2, round(NEAR_LOG / now.width_log)
    return np.concatenate([now.long_usd[middle - reach : middle], now.short_usd[middle : middle + reach]])


def naive(moments: Sequence[Moment]) -> float:
    """Return the mean milliseconds of a bar of the books in slow loops, one for each expert; they do not learn."""
    taken = [(one.stubborn, one.stubborn_fall, one.eager) for one in ASSUMPTIONS]
    books = [NaiveBook(replace(BookParams(), stubborn=a, stubborn_fall=b, eager=c)) for a, b, c in taken]
    flows = [flow_of(moment) for moment in moments[:NAIVE_BARS]]
    for book in books:
        book.start(math.log(moments[0].bar.open_usd), moments[0].interest.oi_base)
    return sum(_spent_ms(partial(_each, book.step, flows)) for book in books) / len(flows)


def frame(moments: Sequence[Moment]) -> float | None:
    """Return the mean milliseconds of a bar of the recipe in pandas, None without pandas."""
    try:
        recipe = FrameRecipe()
    except ImportError:
        return None
    bars = [moment.bar for moment in moments[:FRAME_BARS]]
    return _spent_ms(partial(_each, recipe.add, bars)) / len(bars)


def rivals(moments: Sequence[Moment], model_ms: float) -> dict[str, Any]:
    """Time the others on the same bars."""
    bars = [moment.bar for moment in moments]
    plain = _spent_ms(partial(_each, DictRecipe().add, bars)) / len(bars)
    found: dict[str, Any] = {
        f"slow loops ({NAIVE_BARS} bars, extrapolated)": naive(moments),
        f"recipe in pandas rows ({FRAME_BARS} bars, extrapolated)": frame(moments),
        "recipe in a dict (all bars)": plain,
    }
    return {
        name: "pandas is not installed: pip install 'liqtui[bench]'"
        if ms is None
        else {"ms_per_bar": ms, "seconds": ms * len(bars) / 1e3, "times": ms / model_ms}
        for name, ms in found.items()
    }


def parts(intensity: Intensity, last_usd: float, now_ms: int) -> dict[str, float]:
    """Time what a snapshot asks of a market."""
    selections = [Selection("BTC", None, window) for window in WINDOWS]
    now_map, series = intensity.now_map(), intensity.series()
    assert now_map is not None and series is not None
    figures = {f"heat_{one.window}_ms": _median_ms(partial(intensity.heat, one, now_ms)) for one in selections}
    figures["now_map_ms"] = _median_ms(intensity.now_map)
    figures["clusters_ms"] = _median_ms(
        lambda: find_clusters(now_map.first_bin, now_map.width_log, now_map.long_usd, now_map.short_usd, last_usd, None)
    )
    figures["divergence_ms"] = _median_ms(lambda: divergence(series, now_ms))
    return figures


def memory(moments: list[Moment]) -> dict[str, Any]:
    """Return what one market holds after the bars, and the most on the way, numpy's memory included."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    intensity = told(moments)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert intensity.ready
    return {"held_mb": (after - before) / 1e6, "peak_mb": _bounded((peak - before) / 1e6, BOUND_MB)}


def _bounded(value: float, bound: float) -> dict[str, float]:
    return {"value": value, "bound": bound, "of_bound": value / bound}


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


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main() -> None:
    """Measure and print."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    moments = market(days * DAY_MS // STEP_MS, STEP_MS)
    intensity, figures = model(moments)
    single = bar_by_bar(moments, intensity)
    minutes = market(1440, MINUTE_MS)
    minute_ms = _spent_ms(partial(told, minutes)) / len(minutes)
    last = moments[-1].bar
    found = {
        "bars": len(moments),
        "price_bins": len(SIDES) * BINS,
        "rows_of_distance": ROWS,
        "model": figures,
        "bar_by_bar": single,
        "minute_bars_ms_per_bar": minute_ms,
        "rivals": rivals(moments, single["ms_per_bar"]),
        "memory": memory(moments),
        "snapshot": parts(intensity, last.close_usd, last.end_ms),
    }
    print(json.dumps(_rounded(found), indent=1))


if __name__ == "__main__":
    main()
