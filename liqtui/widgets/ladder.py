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

_TITLE = " Zones"


class Ladder(Panel):
    """Clusters above the price (shorts), the price, clusters below (longs), with a cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor: Cluster | None = None

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
            self.post_message(ClusterPicked(cluster).set_sender(self))  # whoever has made it move

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading and the rungs that fit around the price or the cursor."""
        snapshot = self.snapshot
        if snapshot is None or not snapshot.detail.clusters:
            text = "no zones yet" if snapshot else ""
            return [self._heading(None, width), self.line([self.field(text, "dim")], width)][:height]
        rungs, decimals = self._rungs(), decimals_of(snapshot)
        above = [rung.side for rung in rungs].count("short")
        texts = [rung_text(rung, snapshot.detail.known, decimals) for rung in rungs]
        columns = RungColumns(texts, width)
        largest_usd = max([rung.usd for rung in rungs]) or 1.0
        focus = rungs.index(self._cursor) if self._cursor in rungs else None
        lines: list[tuple[Cluster, RungText] | None] = list(zip(rungs, texts, strict=True))
        lines.insert(above, None)
        start = _window(len(lines), height - 1, above, focus if focus is None or focus < above else focus + 1)
        body = [
            self._price_line(snapshot, decimals, width)
            if one is None
            else self._rung(*one, one[0].usd / largest_usd, columns, width)
            for one in lines[start : start + height - 1]
        ]
        hidden = (start, max(len(lines) - start - (height - 1), 0))
        return [self._heading(snapshot, width, hidden), *body]

    def _heading(self, snapshot: Snapshot | None, width: int, hidden: tuple[int, int] = (0, 0)) -> Strip:
        more = [self.field(f" {mark}{count}", "dim", 2) for mark, count in zip("↑↓", hidden, strict=True) if count]
        if snapshot is None:
            return self.spread([self.field(_TITLE, "title")], more, width)
        room = width - sum([len(field.text) for field in more]) - bool(more)
        for form in observed_forms(snapshot.detail.observed_pct):
            for words in (("short", "long"), ("S", "L")):
                texts = _sums(snapshot, words, form)
                if sum(map(len, texts)) <= room:
                    return self.refilled("sums", (hidden, width), texts, lambda: self._summed(texts, more, width))  # noqa: B023
        return self._summed(texts, more, width)

    def _summed(self, texts: Sequence[str], more: Sequence[Field], width: int) -> Strip:
        """Return the heading of a ladder with zones."""
        looks = (("title", 0), ("dim", 1), ("short", 1), ("dim", 1), ("long", 1), ("text", 0))
        fields = [self.field(text, *look) for text, look in zip(texts, looks, strict=False)]
        return self.fresh_spread(fields, more, width) if more else self.fresh_line(fields, width)

    def _price_line(self, snapshot: Snapshot, decimals: int, width: int) -> Strip:
        detail = snapshot.detail
        texts = [f"──{price(detail.price_usd, decimals)} ", f"ATR {price(detail.atr_usd, decimals)} "]
        texts.append("─" * max(width - len(texts[0]) - len(texts[1]), 0))

        def make() -> Strip:
            looks = (("price", 0), ("dim", 1), ("rule", 2))
            return self.fresh_line([self.field(text, *look) for text, look in zip(texts, looks, strict=True)], width)

        return self.refilled("price", width, texts, make)

    def _rung(self, rung: Cluster, text: RungText, share: float, columns: RungColumns, width: int) -> Strip:
        """Return the line of a rung, made of the one from before where that has the same columns."""
        picked = rung == self._cursor
        texts = _texts(rung.side, text, bar(share, columns.bar), picked, columns)

        def make() -> Strip:
            looks = _looks(rung.side, columns)
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


def _sums(snapshot: Snapshot, words: tuple[str, str], observed: str) -> list[str]:
    """Return the texts of the heading: the notional of both sides within reach, and what is observed."""
    short, long = snapshot.detail.short_usd, snapshot.detail.long_usd
    texts = [_TITLE, f"  {words[0]} ", compact(short), f"  {words[1]} ", compact(long)]
    return [*texts, observed] if observed else texts


def _texts(side: Side, text: RungText, filled: str, picked: bool, columns: RungColumns) -> list[str]:
    """Return the texts of a rung."""
    texts = [
        "▸" if picked else " ",
        side[0].upper(),
        " " + text.price.rjust(columns.price),
        " " + text.distance.rjust(columns.distance),
    ]
    if columns.atr:
        texts.append(" " + text.atr.rjust(columns.atr))
    texts.append(" " + text.usd.rjust(5))
    if columns.band:
        texts.append(" " + text.band.rjust(columns.band))
    if columns.share:
        texts.append(" " + text.share.rjust(3))
    if columns.known:
        texts.append(" " + columns.known_text(text, side).ljust(columns.known))
    if columns.bar:
        texts.append(" " + filled)
    return texts


def _looks(side: Side, columns: RungColumns) -> list[str]:
    """Return the looks of these texts."""
    more = ((columns.atr, "dim"), (1, side), (columns.band, "dim"), (columns.share, "dim"))
    last = ((columns.known, side), (columns.bar, side))
    return ["title", side, "text", "text", *(look for width, look in (*more, *last) if width)]


def _window(count: int, height: int, middle: int, focus: int | None) -> int:
    """Return the first of `count` lines to show so that `middle` is centred and `focus` is in sight."""
    start = min(max(middle - height // 2, 0), max(count - height, 0))
    if focus is None:
        return start
    return max(min(start, focus), focus - height + 1)
