"""The help screen: keys, words, marks, and what the map is."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Static

from liqtui.model.selection import WINDOWS
from liqtui.model.snapshot import Snapshot
from liqtui.painting.pace import Pace
from liqtui.screens.page import Page
from liqtui.widgets.status import Condition

HELP = """\
[b]KEYS[/b]
  [b]1[/b]-[b]9[/b]  tab  shift+tab     asset by number, next, previous
  [b]v[/b]                       next venue, or all venues together
  [b]\\[[/b]  [b]][/b]                    shorter, longer window, WINDOWS
  [b]+[/b]  [b]-[/b]                    zoom prices in, out
  pageup  pagedown        higher, lower prices (also shift+up, shift+down)
  [b],[/b]  [b].[/b]                    earlier, later by a quarter of the window: the map as it was known then \
(also shift+left, shift+right)
  [b]0[/b]                       zoom by itself, follow price and time, no crosshair
  [b]c[/b]                       crosshair: arrows or a click move it; reads a cell and explains it
  [b]m[/b]                       the map of now as bars, with their sums from the price; back
  [b]t[/b]                       hide the weakest 25, 50, 75, 90 % of the classes, none
  [b]j[/b]  [b]k[/b]  down  up          zone below, above (arrows while there is no crosshair)
  [b]k[/b]  [b]K[/b]                    skill: how far to trust the map (k while no zone is picked)
  home  end               highest, lowest zone
  [b]x[/b]  escape               take the crosshair, then the zone's mark off the map
  [b]e[/b]                       the map alone, the ladder, the tape, all of them
  [b]z[/b]                       the map and nothing else; what must be seen (DEMO, REPLAY, faults) stays
  [b]g[/b]                       two assets side by side, four, one, as far as they fit
  [b]T[/b]                       all in sentences, for screen readers; `liqtui --plain` prints lines instead
  [b]s[/b]                       save what is on screen as SVG, ANSI and plain text
  [b]space[/b]                   freeze; data goes on, the newest comes on release
  [b]:[/b]  ctrl+p               all commands in words, themes too
  [b]ctrl+l[/b]                  paint the whole screen again
  [b]B[/b]                       low bandwidth: price and venues each second, \
all else every two minutes, 5 colours a side, no mouse
  [b]?[/b]  F1                   this page; q, ? or escape close it
  [b]q[/b]                       quit

[b]THE MAP[/b]
An estimate of where leveraged positions would be forced out, in USD: one column a moment, one row a \
range of price. It is built from open interest, volume and price; nobody publishes the positions \
themselves. A zone is a zone, not a price; price need not go there; this is not advice.

Below the price stand longs (L, warm), above it shorts (S, cool). Colour is a class by rank among the \
visible cells of the same side, 16 classes; the legend says from how many USD a row the strongest \
begins, at this zoom. A row adds up its range of prices; a cell of several minutes shows the highest of them.

Time moves a page at a time: now walks through the last cells, then the whole picture jumps to the left.

  ╱╱╱   no data: a gap, not "no liquidations"
  ░ ▀   swept: positions stood there of late and price came through (some were closed just before); fades
  ╌ ▀   the price now: a dash, or half a cell shaded where two amounts meet; dotted: the path of closes
  ▿▾▼   longs liquidated there, as the venues printed it, in three sizes by rank among the cells with prints
  ▵▴▲   shorts liquidated; the legend has the USD of the smallest and the largest size
  now   bars of USD at this moment, to one scale, beside the classes
  ┫ ┃   a zone of the ladder on the map's edge, its peak and how far it reaches: longs; ┤ │ shorts
  ◄ ▌   the picked zone, ◅ where it is of shorts; ▲ ▼ its peak is out of sight
  ◆ ◇   an observed position, long and short: its venue publishes where it is liquidated

[b]ZONES[/b]
Side, price of the peak, distance in per cent and in average true ranges of an hour (A), USD, share of \
its side within reach, bar. ↑ ↓ count the zones that do not fit.

  8..19M   80 % band of the zone's USD: four draws of five of what is not known lie inside
  ◆ 1.2M   observed, not modelled: positions in the zone whose liquidation price is public
  observed 3.2 % of OI   share of open interest that is watched

[b]SKILL[/b]
The map is scored, all the time, on the liquidations that then happen: did it tell more about where they \
fall than how long ago price last passed each level (price alone)?

  +0.31 bit (0.22..0.40), n 1,204   gain a print, its 90 % interval, prints it is counted on
  better, beats, has skill      the same where there is no room for figures
  no better than price alone    the interval does not lie above zero; also: = price alone, no skill
  not enough prints, skill ?    not known yet, or no venue here prints single liquidations
  no score before day 3         the interval needs three days of prints

[b]OI VS PRICE[/b]
  fresh longs      price up, open interest up
  fresh shorts     price down, open interest up
  short covering   price up, open interest down
  long flush       price down, open interest down
  absorption       open interest moves, price does not
  quiet, unclear   too small, or contradictory;  no data: not known
  !                strong

[b]LIQUIDATED[/b]
Realised liquidations as the venues print them: receipts, never mixed with the estimate.

  full prints      all of them
  sampled prints   at most one a second, the rest is never told
  totals only      sums only
  no prints        this venue tells nothing;  prints down: the stream is broken
  ≥                at least: prints of this span are missing;  –: none known

[b]VENUES[/b]
  LIVE      answers in time
  PARTIAL   some of its feeds fail
  STALE     last good answer so long ago
  BLOCKED   does not serve this place; tried again later
  OFF       not in use

[b]MARKS[/b]
  DEMO      an invented market
  REPLAY    recorded data
  FROZEN    the picture stands, the data goes on
  PAST      the map as it was known then; zones, prices and all else are of now
  engine lost   the process that gathers data died; the last picture stays
"""


_ENTRY = re.compile(r"  (?P<words>\S.*?) {3,}(?P<meaning>.*)")
"""A line of a list: words, and what they mean."""


def laid_out(text: str) -> RenderableType:
    """Return text with the lines of each list as a table, so that a meaning which is wrapped stays in its column."""
    return Group(*_parts(text))


def _parts(text: str) -> Iterator[RenderableType]:
    for is_list, lines in groupby(text.splitlines(), key=lambda line: _ENTRY.match(line) is not None):
        if is_list:
            yield _table(lines)
        else:
            yield from map(Text.from_markup, lines)


def _table(lines: Iterator[str]) -> RenderableType:
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for found in filter(None, map(_ENTRY.match, lines)):
        table.add_row(Text.from_markup(f"  {found['words']}"), Text.from_markup(found["meaning"]))
    return table


def traffic_text(pace: Pace, sent_bytes: int) -> str:
    """Return the section on what the terminal was sent; empty where that is not counted."""
    if not sent_bytes:
        return ""
    limit = "pictures as often as the engine sends" if pace.fps is None else f"pictures a second: {pace.fps:g} at most"
    return (
        f"\n[b]TRAFFIC[/b]\nTo this terminal {pace.bytes_per_s() / 1e3:.1f} KB/s over the last minute, "
        f"{sent_bytes / 1e6:.1f} MB since the start; {limit}.\n"
    )


class HelpScreen(Page):
    """A page of text under the status line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "app.pop_screen", "Close"),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    HINTS: ClassVar[tuple[tuple[str, str], ...]] = (("j k", "scroll"), ("g G", "top, end"), ("q", "close"))

    def __init__(self, snapshot: Snapshot | None, condition: Condition, traffic: str = "") -> None:
        text = HELP.replace("WINDOWS", " ".join(WINDOWS)) + traffic
        super().__init__(snapshot, condition, Static(laid_out(text), id="help-text"))
