"""Small plots in one line of text: an interval, a figure off a base line, a share; glyphs alone say it all."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The values from `low` to `high`, `high` above `low`, on `width` cells."""

    low: float
    high: float
    width: int

    def cell(self, value: float) -> int:
        """Return the cell nearest to a value; the first or last one when it lies outside or is no number."""
        part = (value - self.low) / (self.high - self.low)
        if not math.isfinite(part):
            return self.width - 1 if part > 0 else 0
        return min(max(round(part * (self.width - 1)), 0), self.width - 1)

    def labels(self, marks: dict[float, str]) -> str:
        """Return an axis line with each text under its value; a text that would touch the one before is left out."""
        out, free = [" "] * self.width, 0
        for value, text in sorted(marks.items()):
            start = min(max(self.cell(value) - len(text) // 2, 0), self.width - len(text))
            if start >= free:
                out[start : start + len(text)] = text
                free = start + len(text) + 1
        return "".join(out)


def whisker(scale: Scale, low: float, middle: float, high: float, base: float | None = None, ground: str = "") -> str:
    """Return `├──●─┤` on exactly `scale.width` cells over a ground; `│` or `┼` marks the base, `◂` `▸` what is cut."""
    cells = list(ground.ljust(scale.width)[: scale.width])
    first, last = scale.cell(low), scale.cell(high)
    cells[first : last + 1] = "─" * (last + 1 - first)
    cells[first], cells[last] = "├", "┤"
    if base is not None:
        at = scale.cell(base)
        cells[at] = "┼" if first <= at <= last else "│"
    if low < scale.low:
        cells[0] = "◂"
    if high > scale.high:
        cells[-1] = "▸"
    cells[scale.cell(middle)] = "●"
    return "".join(cells)


def stem(scale: Scale, value: float, base: float) -> str:
    """Return a point and the way to it from the base line `│`, on exactly `scale.width` cells; `◂` `▸` when outside."""
    cells = [" "] * scale.width
    at, start = scale.cell(value), scale.cell(base)
    for cell in range(min(at, start), max(at, start) + 1):
        cells[cell] = "─"
    cells[start] = "│"
    cells[at] = "◂" if value < scale.low else "▸" if value > scale.high else "●"
    return "".join(cells)


def shaded(scale: Scale, value: float) -> str:
    """Return a shaded bar from the scale's low end to a value; one at the low end has no bar."""
    return "▒" * (scale.cell(value) + 1) if value > scale.low else ""
