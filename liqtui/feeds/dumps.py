"""A folder of public daily dumps: read as lists of observations, or played back as a feed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from pathlib import Path

from liqtui.feeds import dump_rows
from liqtui.feeds.base import Abilities, FeedError, Unavailable, Unsupported
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.clock import Clock
from liqtui.feeds.dump_files import DumpFile, Faults, Kind, asset_of, list_files, read_rows, symbols_by_asset
from liqtui.feeds.pacing import RecordedPrints, let_out
from liqtui.feeds.timeline import T, Timeline, coarser
from liqtui.model.market import (
    MINUTE_MS,
    Bracket,
    Funding,
    Liquidation,
    LongShortRatio,
    Market,
    OpenInterest,
    OrderBook,
    PriceBar,
    PrintGap,
    Quote,
)

COARSE_MS = 5 * MINUTE_MS
"""Bars of this length are made of shorter ones where a folder has only those."""


def find_symbols(folder: Path) -> list[str]:
    """Return the symbols that have klines, sorted; FeedError says what was looked for when there are none."""
    symbols = sorted({file.symbol for file in list_files(Path(folder)) if file.kind == "klines"})
    if not symbols:
        raise FeedError(
            f"no klines in {folder}: looked for SYMBOL-1m-*, SYMBOL-5m-*, SYMBOL-15m-* or SYMBOL-1h-* "
            "ending in .csv, .csv.gz or .zip"
        )
    return symbols


def read_bars(folder: Path, symbol: str, step_ms: int | None = None, faults: Faults | None = None) -> list[PriceBar]:
    """Return the bars of one length, the shortest in the folder if none is named; unreadable rows are skipped."""
    files = _files(folder, symbol, "klines")
    step = step_ms or min((file.step_ms for file in files), default=0)
    chosen = [file for file in files if file.step_ms == step]
    return _read(chosen, dump_rows.BAR_FIELDS, _bar_reader(step), faults)


def read_open_interest(folder: Path, symbol: str, faults: Faults | None = None) -> list[OpenInterest]:
    """Return the open-interest samples of the metrics files, one-sided, in base coin."""
    files = _files(folder, symbol, "metrics")
    return _read(files, dump_rows.OPEN_INTEREST_FIELDS, dump_rows.open_interest, faults)


def read_ratios(folder: Path, symbol: str, faults: Faults | None = None) -> list[LongShortRatio]:
    """Return the account ratios of the metrics files; rows without one are no fault."""
    return _read(_files(folder, symbol, "metrics"), dump_rows.RATIO_FIELDS, dump_rows.ratio, faults)


def read_funding(folder: Path, symbol: str, faults: Faults | None = None) -> list[Funding]:
    """Return the funding rates as they were set."""
    return _read(_files(folder, symbol, "fundingRate"), dump_rows.FUNDING_FIELDS, dump_rows.funding, faults)


def read_liquidations(
    folder: Path,
    symbol: str,
    brackets: Sequence[Bracket] | None = None,
    venue: str = "replay",
    faults: Faults | None = None,
) -> list[Liquidation]:
    """Return the realised liquidations; the liquidation price is recovered through the brackets (Binance's if None)."""
    tiers = binance_brackets(symbol) if brackets is None else brackets
    asset = asset_of(symbol)
    files = _files(folder, symbol, "liquidationSnapshot")
    return _read(
        files,
        dump_rows.PRINT_FIELDS,
        lambda row: dump_rows.liquidation(row, venue, asset, tiers),
        faults,
        lambda print_: print_,
    )


def _files(folder: Path, symbol: str, kind: Kind) -> list[DumpFile]:
    return [file for file in list_files(Path(folder)) if file.symbol == symbol and file.kind == kind]


def _read(
    files: Iterable[DumpFile],
    wanted: Sequence[str],
    parse: Callable[[dump_rows.Fields], T | None],
    faults: Faults | None,
    key: Callable[[T], Hashable] = lambda value: value.ts_ms,
) -> list[T]:
    """Return what `parse` makes of the rows, ascending in time, of those with equal keys the first."""
    faults = Faults() if faults is None else faults
    found: dict[Hashable, T] = {}
    for file in files:
        for row in read_rows(file, wanted, faults):
            try:
                value = parse(row)
            except (ValueError, OverflowError):
                faults.rows += 1
                continue
            if value is not None:
                found.setdefault(key(value), value)
    return sorted(found.values(), key=lambda value: value.ts_ms)


CALLS_PER_S = 1000.0
"""No budget to keep: the files are here."""
TICK_SAMPLE = 300
"""Prices looked at to infer the tick."""


class _Recording:
    """All that a folder has of one symbol."""

    def __init__(self, folder: Path, symbol: str, venue: str, faults: Faults) -> None:
        self.symbol = symbol
        self.brackets = binance_brackets(symbol)
        steps = sorted({file.step_ms for file in _files(folder, symbol, "klines")})
        bars = {step: read_bars(folder, symbol, step, faults) for step in steps}
        if COARSE_MS not in bars and MINUTE_MS in bars:
            bars[COARSE_MS] = coarser(bars[MINUTE_MS], COARSE_MS)
        self.bars = {step: Timeline(found) for step, found in bars.items() if found}
        self.open_interest = Timeline(read_open_interest(folder, symbol, faults))
        self.ratios = Timeline(read_ratios(folder, symbol, faults))
        self.funding = Timeline(read_funding(folder, symbol, faults))
        self.prints = Timeline(read_liquidations(folder, symbol, self.brackets, venue, faults))

    def finest(self) -> Timeline[PriceBar]:
        """Return the shortest bars; Unavailable if no row could be read."""
        if not self.bars:
            raise Unavailable(f"no readable klines of {self.symbol}")
        return self.bars[min(self.bars)]


class DumpFeed:
    """A dump folder as a feed: at any time of the clock it knows what had happened by then."""

    def __init__(self, folder: Path, clock: Clock, venue: str = "replay") -> None:
        """Look at the names of the files; FeedError when there are no klines."""
        self.venue = venue
        self.faults = Faults()
        """What could not be read so far."""
        self._folder, self._clock = Path(folder), clock
        self._symbols = symbols_by_asset(find_symbols(self._folder))
        self._recordings: dict[str, _Recording] = {}
        self._loading = asyncio.Lock()
        self._printed_ms: int | None = None
        self.abilities = _abilities(list_files(self._folder))

    @property
    def assets(self) -> tuple[str, ...]:
        """Assets that have klines, sorted."""
        return tuple(sorted(self._symbols))

    def span_ms(self) -> tuple[int, int]:
        """Return the open of the first bar and the end of the last."""
        return span_ms(self._folder)

    async def open(self) -> None:
        """Mark where the prints begin; the files of a symbol are read when it is first asked for."""
        if self._printed_ms is None:
            self._printed_ms = self._clock.now_ms()

    async def close(self) -> None:
        """Let the recordings go."""
        self._recordings.clear()

    async def market(self, asset: str) -> Market:
        """Return the perpetual, its tick inferred from the prices."""
        recording = await self._recording(asset)
        now_ms = self._clock.now_ms()
        opens = [bar.open_usd for bar in recording.finest().between(0, now_ms + 1)[-TICK_SAMPLE:]]
        most = recording.brackets[0].max_leverage
        return Market(self.venue, asset, recording.symbol, dump_rows.tick_usd(opens), 1.0, most)

    async def bars(self, asset: str, step_ms: int, start_ms: int, end_ms: int) -> list[PriceBar]:
        """Return the closed bars; Unsupported for a length that the folder cannot give."""
        line = (await self._recording(asset)).bars.get(step_ms)
        if line is None:
            raise Unsupported(f"no bars of {step_ms // MINUTE_MS} min for {asset} in {self._folder}")
        return line.between(start_ms, min(end_ms, self._clock.now_ms() - step_ms + 1))

    async def open_interest_history(self, asset: str, start_ms: int, end_ms: int) -> list[OpenInterest]:
        """Return the samples stamped up to now."""
        line = (await self._recording(asset)).open_interest
        return self._between(line, "open interest", asset, start_ms, end_ms)

    async def open_interest(self, asset: str) -> OpenInterest:
        """Return the newest sample stamped up to now."""
        return self._newest((await self._recording(asset)).open_interest, "open interest", asset)

    async def quote(self, asset: str) -> Quote:
        """Return the open of the bar that is forming (nothing else of it is known yet), else the last close."""
        now_ms = self._clock.now_ms()
        bar = self._newest((await self._recording(asset)).finest(), "price", asset)
        return Quote(bar.ts_ms, bar.open_usd) if now_ms < bar.end_ms else Quote(bar.end_ms, bar.close_usd)

    async def funding(self, asset: str) -> Funding:
        """Return the newest rate set up to now."""
        return self._newest((await self._recording(asset)).funding, "funding", asset)

    async def long_short_ratio(self, asset: str, start_ms: int, end_ms: int) -> list[LongShortRatio]:
        """Return the account ratios stamped up to now."""
        line = (await self._recording(asset)).ratios
        return self._between(line, "account ratios", asset, start_ms, end_ms)

    async def brackets(self, asset: str) -> tuple[Bracket, ...]:
        """Return Binance's maintenance brackets for the symbol."""
        return (await self._recording(asset)).brackets

    async def order_book(self, asset: str) -> OrderBook:
        """Raise Unsupported: the dumps hold no book."""
        raise Unsupported(f"no order book for {asset} in {self._folder}")

    async def prints(self, assets: Sequence[str]) -> AsyncIterator[Liquidation | PrintGap]:
        """Yield each liquidation stamped after the feed was opened when the clock passes it; later calls go on."""
        lines = [(await self._recording(asset)).prints.values for asset in assets if asset in self._symbols]
        await self.open()
        async for liquidation in let_out(self._clock, RecordedPrints(lines), self._printed_ms or 0):
            self._printed_ms = liquidation.ts_ms
            yield liquidation

    async def print_history(self, asset: str, start_ms: int, end_ms: int) -> list[Liquidation]:
        """Return the liquidations stamped up to now."""
        line = (await self._recording(asset)).prints
        return self._between(line, "liquidations", asset, start_ms, end_ms)

    def prints_live(self) -> bool:
        """Tell whether the folder has prints at all: a recording does not break off."""
        return self.abilities.prints != "none"

    async def _recording(self, asset: str) -> _Recording:
        symbol = self._symbols.get(asset)
        if symbol is None:
            raise Unsupported(f"no {asset} in {self._folder}")
        async with self._loading:
            if symbol not in self._recordings:
                self._recordings[symbol] = await asyncio.to_thread(
                    _Recording, self._folder, symbol, self.venue, self.faults
                )
        return self._recordings[symbol]

    def _between(self, line: Timeline[T], what: str, asset: str, start_ms: int, end_ms: int) -> list[T]:
        if not line.values:
            raise Unsupported(f"no {what} for {asset} in {self._folder}")
        return line.between(start_ms, min(end_ms, self._clock.now_ms() + 1))

    def _newest(self, line: Timeline[T], what: str, asset: str) -> T:
        if not line.values:
            raise Unsupported(f"no {what} for {asset} in {self._folder}")
        value = line.at(self._clock.now_ms())
        if value is None:
            raise Unavailable(f"no {what} for {asset} yet")
        return value


def span_ms(folder: Path) -> tuple[int, int]:
    """Return the open of the first bar of a folder and the end of its last; FeedError when there is none."""
    find_symbols(folder)
    ends: list[int] = []
    starts: list[int] = []
    for file in list_files(Path(folder)):
        if file.kind == "klines":
            bars = _read([file], dump_rows.BAR_FIELDS, _bar_reader(file.step_ms), None)
            starts += [bar.ts_ms for bar in bars[:1]]
            ends += [bar.end_ms for bar in bars[-1:]]
    if not starts:
        raise FeedError(f"no readable klines in {folder}")
    return min(starts), max(ends)


def _bar_reader(step_ms: int) -> Callable[[dump_rows.Fields], PriceBar]:
    return lambda row: dump_rows.bar(row, step_ms)


def _abilities(files: Sequence[DumpFile]) -> Abilities:
    steps = {file.step_ms for file in files if file.kind == "klines"}
    if MINUTE_MS in steps:
        steps.add(COARSE_MS)
    kinds = {file.kind for file in files}
    return Abilities(
        # The venue that writes these dumps tells one liquidation a second of each symbol.
        prints="sampled" if "liquidationSnapshot" in kinds else "none",
        bar_steps_ms=tuple(sorted(steps)),
        open_interest_history="metrics" in kinds,
        long_short_ratio="metrics" in kinds,
        brackets=True,
        print_history="liquidationSnapshot" in kinds,
        funding="fundingRate" in kinds,
        calls_per_s=CALLS_PER_S,
    )
