"""The crosshair drawn over the map: its cell, its price and time on the axes, and a box of what it reads."""

import re
import textwrap
from collections.abc import Sequence

from textual.strip import Strip

from liqtui.model.snapshot import Snapshot
from liqtui.render.levels import CLASSES
from liqtui.render.numbers import clock, price
from liqtui.render.text import over
from liqtui.widgets.crosshair import Crosshair, cell_of, figures, read, words
from liqtui.widgets.map_frame import Framed
from liqtui.widgets.panel import Panel, decimals_of

_CENTRE = "┼"


def cross_map(
    pane: Panel, snapshot: Snapshot, shown: Framed, cross: Crosshair, body: Sequence[Strip], axis: int
) -> list[Strip]:
    """Return the rows of the map, price axis included, with the crosshair and its box over them."""
    x, y = cell_of(cross, shown, len(body))
    reading = read(shown, x, y, len(body))
    badge, lines = pane.look("badge"), list(body)
    middle = price((reading.low_usd + reading.high_usd) / 2, decimals_of(snapshot))
    lines[y] = over(over(lines[y], x, _CENTRE, badge), lines[y].cell_length - axis, f"{middle:>{axis}}", badge)
    is_below = y >= len(body) / 2
    room = (y if is_below else len(body) - 1 - y) - 1
    box = _box(figures(reading, snapshot, CLASSES), words(reading, snapshot), shown.times.cells, room)
    top = 0 if is_below else len(body) - len(box)
    for offset, text in enumerate(box):
        lines[top + offset] = over(lines[top + offset], 0, text, pane.base + pane.look("text"))
    return lines


def _box(parts: Sequence[str], sentence: str, width: int, most: int) -> list[str]:
    """Return lines of `width` cells, at most so many: the figures, then the sentence, with … where it is cut."""
    rows = [""]
    for part in parts:
        joined = f"{rows[-1]}  {part}" if rows[-1] else part
        if len(joined) <= width - 2:
            rows[-1] = joined
        else:
            rows.append(part)
    told = most - len(rows)
    if told > 0:
        rows += textwrap.wrap(sentence, max(width - 2, 2), max_lines=told, placeholder="…")
    return [f" {row[: width - 2]:<{width - 1}}" for row in rows[: max(most, 1)]]


def cross_time(pane: Panel, shown: Framed, cross: Crosshair, line: Strip) -> Strip:
    """Return the time axis with the crosshair's time on it, in the place of any that it touches."""
    x, _ = cell_of(cross, shown, 1)
    text = clock((shown.times.first_cell + x) * shown.times.cell_ms)[:5]
    start = min(max(x - 2, 0), max(shown.times.cells - len(text), 0))
    for found in re.finditer(r"╵\w+(?: \w+|:\d+)?", line.text):
        if found.start() <= start + len(text) and found.end() >= start:
            line = over(line, found.start(), " " * len(found[0]), pane.base)
    return over(line, start, text, pane.look("badge"))
