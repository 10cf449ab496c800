"""Files of a folder of public daily dumps: which there are, and their rows as text fields.

Layout: https://github.com/binance/binance-public-data (USD-M futures). A file is named `SYMBOL-KIND-SPAN.csv`, plain,
gzipped or zipped; its first row may or may not be a header; times are milliseconds, microseconds or UTC text.
"""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

from liqtui.feeds.base import FeedError
from liqtui.model.market import HOUR_MS, MINUTE_MS

Kind = Literal["klines", "metrics", "fundingRate", "liquidationSnapshot"]

STEPS_MS: dict[str, int] = {"1m": MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "1h": HOUR_MS}

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "klines": (
        "open_time",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "close_time",
        "quote_volume",
        "count",
        "taker_buy_volume",
    ),
    "metrics": (
        "create_time",
        "symbol",
        "sum_open_interest",
        "sum_open_interest_value",
        "count_toptrader_long_short_ratio",
        "sum_toptrader_long_short_ratio",
        "count_long_short_ratio",
        "sum_taker_long_short_vol_ratio",
    ),
    "fundingRate": ("calc_time", "funding_interval_hours", "last_funding_rate"),
    "liquidationSnapshot": (
        "time",
        "side",
        "order_type",
        "time_in_force",
        "original_quantity",
        "price",
        "average_price",
        "order_status",
        "last_fill_quantity",
        "accumulated_fill_quantity",
    ),
}
"""Order of the columns in files without a header row."""

_NAME = re.compile(
    r"(?P<symbol>[^-]+)-(?P<kind>1m|5m|15m|1h|metrics|fundingRate|liquidationSnapshot)-(?P<span>.+)"
    r"\.(?:csv|csv\.gz|csv\.zip|zip)"
)


QUOTE_COINS = ("USDT", "USDC", "USD")
"""Suffixes of a symbol, the preferred first."""


@dataclass(frozen=True, slots=True)
class DumpFile:
    """One file of a dump folder."""

    path: Path
    symbol: str
    kind: Kind
    step_ms: int
    """Bar length of klines, else 0."""


@dataclass(slots=True)
class Faults:
    """What could not be read of a folder."""

    rows: int = 0
    """Rows skipped."""
    files: list[str] = field(default_factory=list)
    """Names of files that broke off, with the reason."""


def list_files(folder: Path) -> list[DumpFile]:
    """Return the dump files of a folder in the order of their names; FeedError if the folder cannot be read."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise FeedError(f"cannot read the folder {folder}: {error.strerror}") from error
    return [file for path in paths if (file := _dump_file(path)) is not None]


def _dump_file(path: Path) -> DumpFile | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    step_ms = STEPS_MS.get(match["kind"], 0)
    kind: Kind = "klines" if step_ms else match["kind"]  # type: ignore[assignment]
    return DumpFile(path, match["symbol"], kind, step_ms)


def asset_of(symbol: str) -> str:
    """Return the base coin of a symbol: `BTC` of `BTCUSDT`."""
    for coin in QUOTE_COINS:
        if symbol.endswith(coin) and symbol != coin:
            return symbol.removesuffix(coin)
    return symbol


def symbols_by_asset(symbols: Sequence[str]) -> dict[str, str]:
    """Return one symbol for each asset: of several quote coins the preferred."""

    def rank(symbol: str) -> int:
        return next((place for place, coin in enumerate(QUOTE_COINS) if symbol.endswith(coin)), len(QUOTE_COINS))

    return {asset_of(symbol): symbol for symbol in sorted(symbols, key=rank, reverse=True)}


def read_rows(file: DumpFile, wanted: Sequence[str], faults: Faults) -> Iterator[tuple[str, ...]]:
    """Yield the wanted fields of each row; a missing column or a short row gives empty text.

    A file that is damaged or is no such file ends early and is noted in `faults`.
    """
    try:
        with _opened(file.path) as text:
            yield from _fields(csv.reader(text), COLUMNS[file.kind], wanted)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, csv.Error) as error:
        faults.files.append(f"{file.path.name}: {error}")


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(_csv_member(archive)) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text


def _csv_member(archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if name.endswith(".csv")]
    if not names:
        raise zipfile.BadZipFile("no .csv inside")
    return names[0]


def _fields(rows: Iterator[list[str]], columns: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[str, ...]]:
    first = next(rows, None)
    if first is None:
        return
    names = [name.strip().lower() for name in first]
    headed = bool(set(names) & set(columns))
    order = names if headed else list(columns)
    picks = [order.index(name) if name in order else None for name in wanted]
    if not headed:
        yield _pick(first, picks)
    for row in rows:
        if row:
            yield _pick(row, picks)


def _pick(row: list[str], picks: Sequence[int | None]) -> tuple[str, ...]:
    size = len(row)
    return tuple([row[at] if at is not None and at < size else "" for at in picks])
