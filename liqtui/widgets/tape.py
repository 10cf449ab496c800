"""Realised liquidations: the prints, and their totals by venue."""

from collections.abc import Mapping, Sequence

from textual.strip import Strip

from liqtui.model.snapshot import PrintTotal, Snapshot, TapePrint
from liqtui.render.numbers import NOTHING, clock, compact, price
from liqtui.render.text import Field
from liqtui.widgets.panel import Panel, decimals_of

_WINDOWS = ("1h", "4h", "24h")
_ALL = "all"


_PAGE_PARTS = 4
"""The rows move down by this part of the height at a time."""


class Tape(Panel):
    """The newest prints by their own stamps, newest first: venues tell theirs with different delays.

    Rows stand still while new prints fill the empty ones above them, then all move down by a page: a line can be read,
    and is not sent again with every print.
    """

    def subject(self) -> object:
        """Return the prints, how many there were, the decimals of their prices, and the venues where there are none."""
        snapshot = self.snapshot
        if snapshot is None:
            return None
        detail = snapshot.detail
        return detail.tape, detail.prints_seen, decimals_of(snapshot), "" if detail.tape else _silence(snapshot)

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return a heading and the prints that fit."""
        snapshot = self.snapshot
        if snapshot is None:
            return [self.line([self.field(" Liquidated", "title")], width)]
        rows = height - 1
        room = -snapshot.detail.prints_seen % max(rows // _PAGE_PARTS, 1) if len(snapshot.detail.tape) >= rows else 0
        newest = sorted(snapshot.detail.tape, key=lambda item: (item.ts_ms, item.seq), reverse=True)[: rows - room]
        seen = [self.field(f"{snapshot.detail.prints_seen:,} prints ", "dim", 1)]
        heading = self.spread([self.field(" Liquidated", "title")], seen, width)
        if not newest:
            return [heading, self.line([self.field(f" {_silence(snapshot)}", "dim")], width)]
        venue = max(len(item.venue) for item in newest)
        usd = max(len(price(item.price_usd, decimals_of(snapshot))) for item in newest)
        empty = [self.line([], width)] * room
        return [heading, *empty, *(self._print(item, venue, usd, decimals_of(snapshot), width) for item in newest)]

    def _print(self, item: TapePrint, venue: int, usd: int, decimals: int, width: int) -> Strip:
        fields: list[Field] = [
            self.field(f" {clock(item.ts_ms)}", "dim", 3),
            self.field(f" {item.venue:<{venue}}", "text", 2),
            self.field(f" {item.side[0].upper()}", item.side),
            self.field(f" {compact(item.usd):>5}", item.side),
            self.field(f" {price(item.price_usd, decimals):>{usd}}", "text", 1),
        ]
        return self.line(fields, width)


def _silence(snapshot: Snapshot) -> str:
    """Return why there are no prints."""
    states = [state for state in snapshot.venues if state.prints != "none"]
    if not states:
        return "no venue here prints liquidations"
    return "none so far" if any(state.prints_live for state in states) else "no print stream is up"


class Totals(Panel):
    """Realised long and short liquidations of the last hours, the sum first, then by venue."""

    def subject(self) -> object:
        """Return the totals, and which venues print none."""
        snapshot = self.snapshot
        if snapshot is None:
            return None
        return snapshot.detail.totals, [state.venue for state in snapshot.venues if state.prints == "none"]

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return a heading and one line a venue; `≥` marks a sum that may lack prints, `–` that none is known."""
        snapshot = self.snapshot
        totals = snapshot.detail.totals if snapshot else ()
        silent = [state.venue for state in snapshot.venues if state.prints == "none"] if snapshot else []
        venues = list(dict.fromkeys(total.venue for total in totals if total.venue not in silent))
        rows = [*([_ALL] if len(venues) > 1 else []), *venues][: height - 1]
        if not rows:
            return [self.line([self.field(" no totals", "dim")], width)]
        name = max(len(text) for text in (*rows, "L/S"))
        sums = {(row, window): _sum(totals, row, window) for row in rows for window in _WINDOWS}
        columns = {w: max(len(w), *(len("".join(sums[row, w])) for row in rows)) for w in _WINDOWS}
        windows = _that_fit(columns, width - name - 2)
        heading = [self.field(f" {'L/S':<{name}}", "title")]
        heading += [self.field(f" {window:>{columns[window]}}", "dim") for window in windows]
        return [
            self.line(heading, width),
            *(self._row(row, name, [(sums[row, w], columns[w]) for w in windows], width) for row in rows),
        ]

    def _row(self, venue: str, name: int, cells: Sequence[tuple["_Sum", int]], width: int) -> Strip:
        fields = [self.field(f" {venue:<{name}}", "title" if venue == _ALL else "text")]
        for (mark, longs, slash, shorts), room in cells:
            pad = room - len(mark + longs + slash + shorts)
            fields.append(self.field(f" {'':{pad}}{mark}{longs}", "long" if shorts else "dim"))
            fields += [self.field(slash, "dim"), self.field(shorts, "short")]
        return self.line(fields, width)


_Sum = tuple[str, str, str, str]
"""Mark of an incomplete sum, longs, slash, shorts; only a dash where nothing is known."""


def _sum(totals: Sequence[PrintTotal], venue: str, window: str) -> _Sum:
    found = [total for total in totals if total.window == window and venue in (_ALL, total.venue)]
    complete = bool(found) and all(total.complete for total in found)
    longs, shorts = sum(total.long_usd for total in found), sum(total.short_usd for total in found)
    if not complete and not longs and not shorts:
        return "", NOTHING, "", ""
    mark = "" if complete else "≥"
    return mark, compact(longs), "/", compact(shorts)


def _that_fit(columns: Mapping[str, int], room: int) -> list[str]:
    """Return the windows for which there is room; the middle ones go first."""
    kept = list(columns)
    while kept and sum(columns[window] + 1 for window in kept) > room:
        kept.pop(len(kept) // 2)
    return kept
