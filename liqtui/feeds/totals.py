"""Recorded totals of liquidations by period: `*liquidation-totals*.csv`, plain or gzipped, with a header row."""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from liqtui.feeds.base import FeedError


@dataclass(frozen=True, slots=True)
class TotalRow:
    """What was liquidated in one period."""

    ts_ms: int
    """Its start."""
    long_usd: float
    short_usd: float


def totals_files(folder: Path, asset: str) -> list[Path]:
    """Return the files of totals of an asset, or if none is named after it those of no known asset; sorted."""
    found = sorted(p for p in folder.glob("*liquidation-totals*") if p.name.endswith((".csv", ".csv.gz")))
    own = [p for p in found if p.name.upper().startswith(asset.upper())]
    return own or [p for p in found if p.name.startswith("liquidation-totals")]


def read_totals(folder: Path, asset: str) -> list[TotalRow]:
    """Return the totals ascending in time, of equal times the first; FeedError where a file cannot be read."""
    rows: dict[int, TotalRow] = {}
    for path in totals_files(folder, asset):
        try:
            for row in _rows(path):
                rows.setdefault(row.ts_ms, row)
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            raise FeedError(f"cannot read {path}: {error}") from error
    return [rows[ts_ms] for ts_ms in sorted(rows)]


def _rows(path: Path) -> Iterator[TotalRow]:
    """Yield the rows of a file; those without three usable numbers are skipped."""
    raw = path.read_bytes()
    with io.StringIO((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig", "replace")) as text:
        for fields in csv.DictReader(text):
            try:
                row = TotalRow(int(fields["open_time"]), float(fields["long_usd"]), float(fields["short_usd"]))
            except (KeyError, TypeError, ValueError):
                continue
            if all(math.isfinite(usd) and usd >= 0 for usd in (row.long_usd, row.short_usd)):
                yield row
