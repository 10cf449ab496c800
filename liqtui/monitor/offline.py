"""Recorded observations run through the model: the map as it was known at each time, and the file that holds it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liqtui.model.grid import BINS_PER_HEAT_ROW
from liqtui.model.intensity import Intensity
from liqtui.model.market import HOUR_MS, Funding, Liquidation, LiquidationTotal, LongShortRatio, OpenInterest, PriceBar
from liqtui.model.now_map import NowMap
from liqtui.model.params import BookParams
from liqtui.model.snapshot import HEAT_BIN_LOG

REACH_ROWS = 300
"""Heat rows written on each side of the price of a row: 30 % in log price."""

ASSUMED_OI_DAYS = 0.5
"""Open interest in days of volume, assumed where no open interest was recorded: the map is then a shape only."""

QUIET_MS = 12 * HOUR_MS
"""Without any print for so long, prints were not recorded."""

Sample = OpenInterest | Funding | LongShortRatio | Liquidation | LiquidationTotal


@dataclass(frozen=True, slots=True)
class MapRows:
    """The map as known at each time: row i uses only what was stamped before t[i] (bars: closed by then)."""

    t: NDArray[np.int64]
    """(n,) UTC epoch ms."""
    edges: NDArray[np.float64]
    """(k + 1,) prices in USD, ascending."""
    long: NDArray[np.float32]
    """(n, k) estimated long notional in USD by liquidation price."""
    short: NDArray[np.float32]
    """(n, k)"""


def map_rows(
    bars: Sequence[PriceBar],
    open_interest: Sequence[OpenInterest],
    funding: Sequence[Funding] = (),
    ratios: Sequence[LongShortRatio] = (),
    prints: Sequence[Liquidation] = (),
    totals: Sequence[LiquidationTotal] = (),
    *,
    every_ms: int,
    params: BookParams | None = None,
    sampled: bool = True,
) -> MapRows:
    """Run recorded observations through the model, a row at each multiple of `every_ms` from the first map on.

    Prints teach the mix from the first on, and not where there was none for QUIET_MS: there they were not recorded.
    Totals teach when their period has ended.
    `sampled`: the venue prints at most one a second.
    Raises ValueError where `every_ms` is not positive or the bars are too few for a single row.
    """
    if every_ms <= 0:
        raise ValueError(f"the time between rows must be positive, got {every_ms} ms")
    samples: list[Sample] = [*(open_interest or assumed_open_interest(bars)), *funding, *ratios, *prints, *totals]
    recorded = PrintRuns([one.ts_ms for one in prints])
    model = Intensity(params, sampled=sampled, printed=bool(prints or totals))
    rows = list(_rows(model, bars, sorted(samples, key=lambda s: s.ts_ms), every_ms, recorded))
    if not rows:
        raise ValueError(f"too little data for a map: {len(bars)} bars, {len(open_interest)} open-interest samples")
    return _on_one_grid(rows)


def write_map(path: Path, rows: MapRows) -> None:
    """Write the rows as a compressed npz with the arrays t, edges, long and short."""
    with path.open("wb") as file:
        np.savez_compressed(file, t=rows.t, edges=rows.edges, long=rows.long, short=rows.short)


def assumed_open_interest(bars: Sequence[PriceBar]) -> list[OpenInterest]:
    """Return one sample, stamped when the first hour of bars is over: half a day of that hour's volume."""
    if not bars:
        return []
    end_ms = bars[0].ts_ms + HOUR_MS
    volume = sum(b.volume_base for b in bars if b.end_ms <= end_ms)
    return [OpenInterest(end_ms, max(24 * ASSUMED_OI_DAYS * volume, 1e-9))]


class PrintRuns:
    """Stretches of time in which prints were recorded, as known at each moment."""

    def __init__(self, stamps_ms: Sequence[int]) -> None:
        self._stamps = sorted(stamps_ms)
        self._starts: list[int] = []
        for at, stamp_ms in enumerate(self._stamps):
            follows = at > 0 and stamp_ms - self._stamps[at - 1] <= QUIET_MS
            self._starts.append(self._starts[-1] if follows else stamp_ms)

    def since_ms(self, now_ms: int) -> int | None:
        """Return when the stretch under way began, None where none is."""
        at = bisect_left(self._stamps, now_ms) - 1
        return self._starts[at] if at >= 0 and now_ms - self._stamps[at] <= QUIET_MS else None


def _rows(
    model: Intensity, bars: Sequence[PriceBar], samples: Sequence[Sample], every_ms: int, recorded: PrintRuns
) -> Iterator[tuple[int, NowMap]]:
    """Yield the maps in order of time: at a row's time closed bars count, samples with that very stamp do not yet."""
    waiting = 0
    due: int | None = None
    model.expect_look(None)
    for bar in bars:
        if due is None:
            due = -(-bar.end_ms // every_ms) * every_ms
        while due < bar.end_ms:
            waiting = tell(model, samples, waiting, due)
            yield from _row(model, due)
            due += every_ms
        waiting = tell(model, samples, waiting, bar.end_ms)
        model.hear_prints(recorded.since_ms(bar.end_ms))
        model.add_bar(bar)
    if due is not None and bars[-1].end_ms >= due:
        yield from _row(model, due)


def tell(model: Intensity, samples: Sequence[Sample], waiting: int, before_ms: int) -> int:
    """Feed the samples stamped before a moment; return the index of the first that waits."""
    while waiting < len(samples) and samples[waiting].ts_ms < before_ms:
        sample = samples[waiting]
        if isinstance(sample, OpenInterest):
            model.add_open_interest(sample)
        elif isinstance(sample, Funding):
            model.add_funding(sample)
        elif isinstance(sample, Liquidation):
            model.add_print(sample)
        elif isinstance(sample, LiquidationTotal):
            model.add_total(sample)
        else:
            model.add_ratio(sample)
        waiting += 1
    return waiting


def _row(model: Intensity, t_ms: int) -> Iterator[tuple[int, NowMap]]:
    now = model.now_map()
    if now is not None:
        yield t_ms, _near(now)


def _near(now: NowMap) -> NowMap:
    """Return the map in heat rows within REACH_ROWS of its middle, where the price is."""
    middle = (now.first_bin + len(now.long_usd) // 2) // BINS_PER_HEAT_ROW
    at = (middle - REACH_ROWS) * BINS_PER_HEAT_ROW - now.first_bin
    cut = slice(at, at + 2 * REACH_ROWS * BINS_PER_HEAT_ROW)
    long = now.long_usd[cut].reshape(-1, BINS_PER_HEAT_ROW).sum(1)
    short = now.short_usd[cut].reshape(-1, BINS_PER_HEAT_ROW).sum(1)
    return NowMap(middle - REACH_ROWS, HEAT_BIN_LOG, long, short)


def _on_one_grid(rows: Sequence[tuple[int, NowMap]]) -> MapRows:
    first = min(m.first_bin for _, m in rows)
    stop = max(m.first_bin for _, m in rows) + 2 * REACH_ROWS
    long = np.zeros((len(rows), stop - first), dtype=np.float32)
    short = np.zeros_like(long)
    for i, (_, now) in enumerate(rows):
        at = slice(now.first_bin - first, now.first_bin - first + 2 * REACH_ROWS)
        long[i, at], short[i, at] = now.long_usd, now.short_usd
    edges = np.exp(np.arange(first, stop + 1) * HEAT_BIN_LOG)
    return MapRows(np.array([t for t, _ in rows], dtype=np.int64), edges, long, short)
