"""The map of one moment as bars of USD, with the curve of their sums from the price outwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from liqtui.render.bars import bar
from liqtui.render.levels import Floats


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One cell row."""

    is_long: bool
    usd: float
    """Of the larger side."""
    sum_usd: float
    """From the price to the far end of this row."""


def profile_rows(long_usd: Floats, short_usd: Floats) -> list[ProfileRow]:
    """Return the rows of (rows,) longs and shorts, top row first; longs add up downwards, shorts upwards."""
    long_sums, short_sums = np.cumsum(long_usd), np.cumsum(short_usd[::-1])[::-1]
    is_long = long_usd > short_usd
    below = np.cumsum(long_usd > 0) > 0
    lower = is_long | (below & (short_usd == 0))
    usd, sums = np.where(lower, long_usd, short_usd), np.where(lower, long_sums, short_sums)
    return [ProfileRow(*row) for row in zip(lower.tolist(), usd.tolist(), sums.tolist(), strict=True)]


@dataclass(frozen=True, slots=True)
class ProfileStyles:
    """How the bars of each side and the curve look."""

    long: Style
    short: Style
    curve: Style
    base: Style


def profile_strips(rows: Sequence[ProfileRow], width: int, styles: ProfileStyles) -> list[Strip]:
    """Return one strip a row: bars to one scale for both sides, the curve over them to another."""
    most = max((row.usd for row in rows), default=0.0) or 1.0
    total = max((row.sum_usd for row in rows), default=0.0) or 1.0
    ends = [round(row.sum_usd / total * (width - 1)) for row in rows]
    strips = []
    for y, row in enumerate(rows):
        nearer = y - 1 if row.is_long else y + 1
        joined = 0 <= nearer < len(rows) and rows[nearer].is_long == row.is_long
        line = _curve(ends[nearer] if joined else 0, ends[y], row.is_long) if row.sum_usd else {}
        strips.append(_strip(bar(row.usd / most, width), line, styles.long if row.is_long else styles.short, styles))
    return strips


def _curve(start: int, end: int, is_long: bool) -> dict[int, str]:
    """Return the characters of the curve by cell: from the cell of the row nearer to the price to that of this one."""
    if start == end:
        return {end: "│"}
    first, last = "└┐" if is_long else "┌┘"
    return {start: first} | dict.fromkeys(range(start + 1, end), "─") | {end: last}


def _strip(text: str, line: dict[int, str], side: Style, styles: ProfileStyles) -> Strip:
    inside = styles.curve + Style(color=styles.base.bgcolor, bgcolor=side.color)
    segments: list[Segment] = []
    for x, under in enumerate(text):
        over = line.get(x)
        style = (inside if under == "█" else styles.curve) if over else side
        if segments and segments[-1].style == style:
            segments[-1] = Segment(segments[-1].text + (over or under), style)
        else:
            segments.append(Segment(over or under, style))
    return Strip(segments, len(text))
