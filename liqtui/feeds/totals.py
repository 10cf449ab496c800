"""Recorded totals of liquidations by period: `*liquidation-totals*.csv`, plain or gzipped, with a header row."""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from liqtui.feeds.base import FeedError
from liqtui.model.market import LiquidationTotal


def totals_files(folder: Path, asset: str) -> list[Path]:
    """Return the files of totals of an asset, or if none is named after it those of no known asset; sorted."""
    found = sorted(p for p in folder.glob("*liquidation-totals*") if p.name.endswith((".csv", ".csv.gz")))
    own = [p for p in found if p.name.upper().startswith(asset.upper())]
    return own or [p for p in found if p.name.startswith("liquidation-totals")]


def read_totals(folder: Path, asset: str) -> list[LiquidationTotal]:
    """Return the totals ascending in time, of equal times the first; FeedError where a file cannot be read.

    The files say when a period began; how long it was is the usual time between two of them, so one alone is none.
    """
    rows: dict[int, tuple[float, float]] = {}
    for path in totals_files(folder, asset):
        try:
            for start_ms, long_usd, short_usd in _rows(path):
                rows.setdefault(start_ms, (long_usd, short_usd))
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            raise FeedError(f"cannot read {path}: {error}") from error
    starts = sorted(rows)
    if len(starts) < 2:
        return []
    step_ms = round(median(b - a for a, b in pairwise(starts)))
    return [LiquidationTotal(start_ms, start_ms + step_ms, *rows[start_ms]) for start_ms in starts]


def _rows(path: Path) -> Iterator[tuple[int, float, float]]:
    """Yield start and USD of each row of a file; those without three usable numbers are skipped."""
    raw = path.read_bytes()
    with io.StringIO((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig", "replace")) as text:
        for fields in csv.DictReader(text):
            try:
                row = int(fields["open_time"]), float(fields["long_usd"]), float(fields["short_usd"])
            except (KeyError, TypeError, ValueError):
                continue
            if all(math.isfinite(usd) and usd >= 0 for usd in row[1:]):
                yield row
