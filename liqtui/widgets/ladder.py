"""The cluster ladder: estimated liquidation zones in price order around the price."""

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from liqtui.messages import ClusterPicked
from liqtui.model.market import Side
from liqtui.model.snapshot import Cluster, Snapshot
from liqtui.render.bars import bar
from liqtui.render.numbers import compact, price
from liqtui.render.text import Field
from liqtui.widgets.panel import Panel, decimals_of
from liqtui.widgets.rung_columns import RungColumns, RungText, observed_forms, rung_text


class Ladder(Panel):
    """Clusters above the price (shorts), the price, clusters below (longs), with a cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor: Cluster | None = None

    def take(self, snapshot: Snapshot) -> None:
        """Show what the app shows; with a cursor as a reactive, since what `heed` posts must come from here."""
        if self._cursor is None:
            super().take(snapshot)
        else:
            self.snapshot = snapshot

    def heed(self, old: Snapshot | None, new: Snapshot | None) -> None:
        """Keep the cursor on its zone as the zones move."""
        if self._cursor is not None:
            self._place(self._same(self._cursor))
        self.redraw()

    @property
    def picked(self) -> bool:
        """Return whether the cursor stands on a zone."""
        return self._cursor is not None

    def _rungs(self) -> list[Cluster]:
        """Return the clusters from the highest price down."""
        clusters = self.snapshot.detail.clusters if self.snapshot else ()
        return sorted(clusters, key=lambda cluster: -cluster.price_usd)

    def _same(self, held: Cluster) -> Cluster | None:
        """Return the zone of the same side that overlaps the held one, the nearest of them, or None."""
        near = [
            rung
            for rung in self._rungs()
            if rung.side == held.side and rung.low_usd <= held.high_usd and rung.high_usd >= held.low_usd
        ]
        return min(near, key=lambda rung: abs(rung.price_usd - held.price_usd), default=None)

    def move(self, step: int) -> None:
        """Move the cursor down the prices by `step` rungs; without a cursor, start at the price."""
        rungs = self._rungs()
        if not rungs:
            return
        if self._cursor in rungs:
            index = rungs.index(self._cursor) + step
        else:
            above = sum(rung.side == "short" for rung in rungs)
            index = above if step > 0 else above - 1
        self._place(rungs[min(max(index, 0), len(rungs) - 1)])
        self.redraw()

    def jump(self, last: bool) -> None:
        """Move the cursor to the highest or the lowest zone."""
        rungs = self._rungs()
        if rungs:
            self._place(rungs[-1 if last else 0])
            self.redraw()

    def leave(self) -> None:
        """Take the cursor away."""
        self._place(None)
        self.redraw()

    def _place(self, cluster: Cluster | None) -> None:
        if cluster != self._cursor:
            self._cursor = cluster
            self.post_message(ClusterPicked(cluster))

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading and the rungs that fit around the price or the cursor."""
        snapshot = self.snapshot
        if snapshot is None or not snapshot.detail.clusters:
            text = "no zones yet" if snapshot else ""
            return [self._heading(None, width), self.line([self.field(text, "dim")], width)][:height]
        rungs = self._rungs()
        above = sum(rung.side == "short" for rung in rungs)
        texts = [rung_text(rung, snapshot.detail.known, decimals_of(snapshot)) for rung in rungs]
        columns = RungColumns(texts, width)
        largest_usd = max(rung.usd for rung in rungs) or 1.0
        said = dict(zip(map(id, rungs), texts, strict=True))
        lines: list[Cluster | None] = [*rungs[:above], None, *rungs[above:]]
        focus = lines.index(self._cursor) if self._cursor in rungs else None
        start = _window(len(lines), height - 1, above, focus)
        body = [
            self._price_line(snapshot, width)
            if rung is None
            else self._rung(rung, said[id(rung)], rung.usd / largest_usd, columns, width)
            for rung in lines[start : start + height - 1]
        ]
        hidden = (start, max(len(lines) - start - (height - 1), 0))
        return [self._heading(snapshot, width, hidden), *body]

    def _heading(self, snapshot: Snapshot | None, width: int, hidden: tuple[int, int] = (0, 0)) -> Strip:
        more = [self.field(f" {mark}{count}", "dim", 2) for mark, count in zip("↑↓", hidden, strict=True) if count]
        title = self.field(" Zones", "title")
        if snapshot is None:
            return self.spread([title], more, width)
        room = width - sum(len(field.text) for field in more) - bool(more)
        for form in observed_forms(snapshot.detail.observed_pct):
            for words in (("short", "long"), ("S", "L")):
                fields = [title, *self._sums(snapshot, words), self.field(form)]
                if sum(len(field.text) for field in fields) <= room:
                    return self.spread(fields, more, width) if more else self.line(fields, width)
        return self.spread(fields, more, width)

    def _sums(self, snapshot: Snapshot, words: tuple[str, str]) -> list[Field]:
        """Return the notional of both sides within reach."""
        detail = snapshot.detail
        return [
            self.field(f"  {words[0]} ", "dim", 1),
            self.field(compact(detail.short_usd), "short", 1),
            self.field(f"  {words[1]} ", "dim", 1),
            self.field(compact(detail.long_usd), "long", 1),
        ]

    def _price_line(self, snapshot: Snapshot, width: int) -> Strip:
        detail = snapshot.detail
        now = price(detail.price_usd, decimals_of(snapshot))
        atr = price(detail.atr_usd, decimals_of(snapshot))
        fields = [self.field(f"──{now} ", "price"), self.field(f"ATR {atr} ", "dim", 1)]
        used = sum(len(field.text) for field in fields)
        return self.line([*fields, self.field("─" * max(width - used, 0), "rule", 2)], width)

    def _rung(self, rung: Cluster, text: RungText, share: float, columns: RungColumns, width: int) -> Strip:
        """Return the line of a rung, made of the one from before where that has the same columns."""
        picked = rung == self._cursor
        texts, looks = zip(*_pieces(rung.side, text, bar(share, columns.bar), picked, columns), strict=True)

        def make() -> Strip:
            return self._made_rung(
                [self.field(*piece) for piece in zip(texts, looks, strict=True)], picked, columns, width
            )

        return self.refilled(f"{rung.side} {text.price}", (picked, columns.widths, width), texts, make)

    def _made_rung(self, fields: Sequence[Field], picked: bool, columns: RungColumns, width: int) -> Strip:
        if not picked:
            return self.fresh_line(fields, width)
        cursor = self.cursor
        back = cursor + Style(bold=True)
        marked = [Field(field.text, field.style + back) for field in fields]
        if columns.bar and cursor.reverse:
            marked[-1] = fields[-1]  # reversed it would show what is missing
        used = sum(len(field.text) for field in fields)
        return self.fresh_line([*marked, Field(" " * max(width - used, 0), back)], width)


def _pieces(side: Side, text: RungText, filled: str, picked: bool, columns: RungColumns) -> list[tuple[str, str]]:
    """Return the texts of a rung with their looks."""
    pieces: list[tuple[str, str]] = [
        ("▸" if picked else " ", "title"),
        (side[0].upper(), side),
        (f" {text.price:>{columns.price}}", "text"),
        (f" {text.distance:>{columns.distance}}", "text"),
    ]
    if columns.atr:
        pieces.append((f" {text.atr:>{columns.atr}}", "dim"))
    pieces.append((f" {text.usd:>5}", side))
    if columns.band:
        pieces.append((f" {text.band:>{columns.band}}", "dim"))
    if columns.share:
        pieces.append((f" {text.share:>3}", "dim"))
    if columns.known:
        pieces.append((f" {columns.known_text(text, side):<{columns.known}}", side))
    if columns.bar:
        pieces.append((f" {filled}", side))
    return pieces


def _window(count: int, height: int, middle: int, focus: int | None) -> int:
    """Return the first of `count` lines to show so that `middle` is centred and `focus` is in sight."""
    start = min(max(middle - height // 2, 0), max(count - height, 0))
    if focus is None:
        return start
    return max(min(start, focus), focus - height + 1)
