"""Learning from totals: amounts follow them, only once their period is over, and only where all of it was modelled."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from liqtui.model.exposure import WEIGHTS
from liqtui.model.intensity import Intensity
from liqtui.model.market import HOUR_MS, MINUTE_MS, LiquidationTotal, PriceBar
from liqtui.model.params import ROWS
from liqtui.model.period_totals import PeriodTotals
from tests.model.markets import START_MS, wandering_bars, wandering_oi

BARS = 12 * 30
LAST_HOUR_MS = START_MS + 29 * HOUR_MS


def hourly(long_usd: float, short_usd: float, hours: int = 30) -> list[LiquidationTotal]:
    """Return equal totals of the first hours."""
    starts = [START_MS + hour * HOUR_MS for hour in range(hours)]
    return [LiquidationTotal(start, start + HOUR_MS, long_usd, short_usd) for start in starts]


def told(bars: Sequence[PriceBar], totals: Sequence[LiquidationTotal]) -> Intensity:
    """Return a model that was told of every total when its period was over."""
    model, waiting = Intensity(), list(totals)
    for sample in wandering_oi(BARS):
        model.add_open_interest(sample)
    for bar in bars:
        while waiting and waiting[0].end_ms <= bar.ts_ms:
            model.add_total(waiting.pop(0))
        model.add_bar(bar)
    return model


def usd(model: Intensity) -> tuple[float, float]:
    """Return the longs and the shorts of the map."""
    now = model.now_map()
    assert now is not None
    return float(now.long_usd.sum()), float(now.short_usd.sum())


def test_totals_above_what_was_foreseen_raise_the_map_and_those_below_lower_it() -> None:
    bars = wandering_bars(BARS)
    plain = usd(told(bars, []))
    many, few = usd(told(bars, hourly(3e9, 3e9))), usd(told(bars, hourly(1e4, 1e4)))
    assert min(many) > 1.1 * max(plain)
    assert max(few) < 0.8 * min(plain)
    long, short = usd(told(bars, hourly(1e6, 1e4)))
    assert long / plain[0] > 1.1 * short / plain[1]


def test_a_total_teaches_with_the_first_bar_after_its_period() -> None:
    bars = wandering_bars(BARS)
    totals = hourly(1e5, 1e5, 28)
    last = LiquidationTotal(START_MS + 28 * HOUR_MS, LAST_HOUR_MS, 5e6, 5e6)
    upto = [bar for bar in bars if bar.end_ms <= LAST_HOUR_MS]
    assert usd(told(upto, [*totals, last])) == usd(told(upto, totals))
    after = bars[: len(upto) + 1]
    assert after[-1].ts_ms == LAST_HOUR_MS
    assert usd(told(after, [*totals, last]))[0] > usd(told(after, totals))[0]


def test_a_total_is_matched_with_all_bars_of_its_period_or_with_none() -> None:
    bars = [bar for bar in wandering_bars(12) if bar.end_ms <= START_MS + HOUR_MS]
    taken = np.zeros((1, 2, ROWS))
    taken[0, 0, 3] = 2.0
    whole, holed = PeriodTotals(), PeriodTotals()
    for totals in (whole, holed):
        totals.add(LiquidationTotal(START_MS - HOUR_MS, START_MS, 1.0, 1.0))
    for at, bar in enumerate(replace(bar, close_usd=50_000.0) for bar in bars):
        whole.add_bar(bar, taken)
        if at != 5:
            holed.add_bar(bar, taken)
    total = LiquidationTotal(START_MS, START_MS + HOUR_MS, 1e6, 5e5)
    assert holed.matched(total) is None
    assert whole.matched(replace(total, start_ms=START_MS - HOUR_MS)) is None
    found = whole.matched(total)
    assert found is not None
    assert found.base == pytest.approx([20.0, 10.0])
    expected = np.zeros((1, 2, WEIGHTS))
    expected[0, 0, 3] = 12 * 2.0
    assert found.exposure == pytest.approx(expected)
    half = whole.matched(replace(total, end_ms=START_MS + 30 * MINUTE_MS))
    assert half is not None and half.exposure[0, 0, 3] == pytest.approx(6 * 2.0)
