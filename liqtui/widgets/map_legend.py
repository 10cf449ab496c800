"""The line under the map that says what its colours stand for."""

from collections.abc import Mapping, Sequence
from functools import partial

from textual.strip import Strip

from liqtui.render.levels import CLASSES, Floats
from liqtui.render.numbers import compact
from liqtui.render.prints import mark_text
from liqtui.render.ramp import EMPTY, LONG, MARK_SIZES, SHORT, SWEPT, Inks
from liqtui.render.text import Field
from liqtui.widgets.known_marks import known_legend
from liqtui.widgets.panel import Panel

HIDDEN_PCT = (0, 25, 50, 75, 90)
"""Shares of the classes that can be hidden, weakest first."""


def least_class(hidden_pct: int) -> int:
    """Return the weakest class that is shown."""
    return CLASSES * hidden_pct // 100 + 1


def legend(pane: Panel, inks: Inks, limits: Mapping[str, Floats], hidden_pct: int, moved: bool, width: int) -> Strip:
    """Return the legend: both ramps, where the strongest class begins, what is unusual, what a gap looks like."""
    least = least_class(hidden_pct)
    said = [pane.field(f"  {text}", "warn") for text in _remarks(hidden_pct, moved)]
    said += known_legend(pane)
    prints = _prints(pane, inks, limits.get("prints"))
    fitting = (
        ramps
        for step in (1, 2)
        if _cells((ramps := _ramps(pane, inks, limits, step, least)) + said + prints[:1]) <= width
    )
    fields = next(fitting, None) or _ramps(pane, inks, limits, 4, least)
    fields += said + prints
    fields.append(pane.field(f"  {inks.cell(SWEPT, SWEPT)[0]} swept", "dim", 3))
    fields += [pane.field("  ╱ no data", "dim", 3), pane.field("  classes by rank within a side", "dim", 4)]
    return pane.fresh_line(fields, width)


def _ramps(pane: Panel, inks: Inks, limits: Mapping[str, Floats], step: int, least: int) -> list[Field]:
    """Return both ramps, every `step`-th class, with the amount in a row at which the strongest begins."""
    alike = inks.cell(LONG + 1, LONG + 1) == inks.cell(SHORT + 1, SHORT + 1)
    words = (" long, below ", "  short, above ") if alike else (" long ", "  short ")
    fields: list[Field] = []
    for side, base, word in zip(("long", "short"), (LONG, SHORT), words, strict=True):
        fields.append(pane.field(word, side))
        fields += pane.held(f"{side} ramp {step}", least, partial(_swatches, inks, base, step, least))
        own = limits.get(side)
        if own is not None and own.size:
            fields += [pane.field(f" ≥{compact(float(own[-1]))}", "dim", 1), pane.field("/row", "dim", 2)]
    return fields


def _swatches(inks: Inks, base: int, step: int, least: int) -> list[Field]:
    """Return every `step`-th class of a side whose first is `base` + 1."""
    looks = (inks.cell(*[base + k if k >= least else EMPTY] * 2) for k in range(step, CLASSES + 1, step))
    return [Field(text, style) for text, style in looks]


def _remarks(hidden_pct: int, moved: bool) -> list[str]:
    """Return what is not as usual about the view: it outlasts the amounts where the line is narrow."""
    return ["moved"] * moved + [f"weakest {hidden_pct}% hidden"] * bool(hidden_pct)


def _prints(pane: Panel, inks: Inks, limits: Floats | None) -> list[Field]:
    """Return the marks of realised liquidations, and from how many USD a cell they are drawn and large."""
    if limits is None or not limits.size:
        return []
    pairs = ["".join(mark_text(inks, is_long, size) for is_long in (True, False)) for size in (1, MARK_SIZES)]
    sizes = [compact(float(usd)) for usd in (limits[0], limits[-1])]
    text = "  " + " ".join(f"{pair}≥{usd}" for pair, usd in zip(pairs, sizes, strict=True))
    return [pane.field(text, "text", 2), pane.field(" liquidated", "dim", 4)]


def _cells(fields: Sequence[Field]) -> int:
    return sum(len(field.text) for field in fields)
