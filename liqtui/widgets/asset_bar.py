"""All assets and all venues at a glance."""

from collections.abc import Sequence
from dataclasses import replace

from textual.strip import Strip

from liqtui.model.selection import PrintWorth
from liqtui.model.snapshot import AssetRow, Snapshot, VenueState, VenueStatus
from liqtui.render.numbers import NOTHING, compact, countdown, price, price_decimals, signed_pct, span
from liqtui.render.text import Field
from liqtui.widgets.panel import Panel, asset_row

_STATUS_LOOK: dict[VenueStatus, str] = {
    "LIVE": "good", "PARTIAL": "warn", "STALE": "warn", "BLOCKED": "bad", "OFF": "dim",
}  # fmt: skip
_WORTH: dict[PrintWorth, str] = {
    "full": "full prints", "sampled": "sampled prints", "totals": "totals only", "none": "no prints",
}  # fmt: skip
_WIDE = 110
"""Width from which the worth of a print stream is spelled out even where other words have to go for it."""
_HEAD = (" #", "asset", "price USD", "24h", "mark USD", "OI", "OI USD", "funding", "next")
_MORE = 3
"""Cells of the count of assets out of sight at either end."""


class AssetBar(Panel):
    """A table of assets where there is room for it, else one line of assets and one of the selected one's figures."""

    def take_urgent(self, snapshot: Snapshot) -> None:
        """Show of a snapshot only the price of the selected asset and the states of the venues."""
        held = self.snapshot
        if held is None or [row.asset for row in held.assets] != [row.asset for row in snapshot.assets]:
            self.take(snapshot)
            return
        wanted = held.detail.selection.asset
        rows = (
            replace(old, price_usd=new.price_usd) if new.asset == wanted else old
            for old, new in zip(held.assets, snapshot.assets, strict=True)
        )
        self.take(replace(held, assets=tuple(rows), venues=snapshot.venues))

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the lines of the bar; the venues come last."""
        snapshot = self.snapshot
        if snapshot is None:
            return [self.line([self.field(" no data yet", "dim")], width)]
        venues = self._venues(snapshot, width)
        if height >= len(snapshot.assets) + 2:
            return [*self._table(snapshot, width), venues]
        chips, selected = self._chips(snapshot, width), asset_row(snapshot)
        facts = self._facts(selected, snapshot, width)
        return {1: [chips], 2: [chips, venues]}.get(height, [chips, facts, venues])

    def _chips(self, snapshot: Snapshot, width: int) -> Strip:
        """Return one chip an asset, beginning so that the selected one is in sight."""
        wanted = snapshot.detail.selection.asset
        chips = [self._chip(slot, row, row.asset == wanted) for slot, row in enumerate(snapshot.assets, 1)]
        chosen = next((i for i, row in enumerate(snapshot.assets) if row.asset == wanted), 0)
        widths = [sum(len(field.text) for field in chip) for chip in chips]
        room = width if sum(widths) <= width else width - 2 * _MORE
        start = 0
        while start < chosen and sum(widths[start : chosen + 1]) > room:
            start += 1
        stop = start
        while stop < len(chips) and sum(widths[start : stop + 1]) <= room:
            stop += 1
        before = [self.field(f" ‹{start}", "dim")] if start else []
        after = [self.field(f" {len(chips) - stop}›", "dim")] if stop < len(chips) else []
        return self.line([*before, *(field for chip in chips[start:stop] for field in chip), *after], width)

    def _chip(self, slot: int, row: AssetRow, selected: bool) -> list[Field]:
        fields = [
            self.field(f" {slot} ", "dim"),
            self.field(row.asset, "title"),
            self.field(f" {price(row.price_usd, price_decimals(row.tick_usd))} "),
            self.field(f"{signed_pct(row.change_24h_pct)} ", _change_look(row)),
        ]
        return self._highlight(fields) if selected else fields

    def _highlight(self, fields: Sequence[Field]) -> list[Field]:
        cursor = self.cursor
        return [Field(field.text, field.style + cursor, field.rank) for field in fields]

    def _facts(self, row: AssetRow | None, snapshot: Snapshot, width: int) -> Strip:
        if row is None:
            return self.line(
                [self.field(f" {snapshot.detail.selection.asset} is not on the watch list", "warn")], width
            )
        decimals = price_decimals(row.tick_usd)
        oi_base = f"{compact(row.oi_base)} {row.asset}"
        fields = [
            self.field(" OI ", "dim"),
            self.field(f"{oi_base} · {compact(row.oi_usd)} USD"),
            self.field("  funding ", "dim", 1),
            self.field(_funding(row), "text", 1),
            self.field(f" next in {_next(row, snapshot)}", "dim", 2),
            self.field("  mark ", "dim", 3),
            self.field(price(row.mark_usd, decimals), "text", 3),
        ]
        return self.line(fields, width)

    def _table(self, snapshot: Snapshot, width: int) -> list[Strip]:
        grid = [_cells(slot, row, snapshot) for slot, row in enumerate(snapshot.assets, 1)]
        widths = [max(map(len, column)) for column in zip(_HEAD, *grid, strict=True)]
        heading = self.held(
            "head", (widths, width), lambda: self.line(self._row(_padded(_HEAD, widths), ["dim"] * len(_HEAD)), width)
        )
        rows = zip(snapshot.assets, grid, strict=True)
        return [heading, *(self._asset(row, cells, widths, snapshot, width) for row, cells in rows)]

    def _asset(
        self, row: AssetRow, cells: Sequence[str], widths: Sequence[int], snapshot: Snapshot, width: int
    ) -> Strip:
        """Return an asset's row of the table, the one from before where that says the same."""
        change, selected = _change_look(row), row.asset == snapshot.detail.selection.asset
        texts = _padded(cells, widths)

        def make() -> Strip:
            looks = ["dim", "title", "price", change, "text", "text", "text", "text", "dim"]
            fields = self._row(texts, looks)
            return self.fresh_line(self._highlight(fields) if selected else fields, width)

        return self.refilled(row.asset, (change, selected, width), texts, make)

    def _row(self, texts: Sequence[str], looks: Sequence[str]) -> list[Field]:
        ranks = (0, 0, 0, 0, 5, 2, 1, 3, 4)
        return [self.field(text, look, rank) for text, look, rank in zip(texts, looks, ranks, strict=True)]

    def _venues(self, snapshot: Snapshot, width: int) -> Strip:
        """Return the states of the venues, the line from before where that says the same."""
        said = [_said(state, snapshot) for state in snapshot.venues]
        return self.held("venues", (said, width), lambda: self._venue_line(snapshot, width))

    def _venue_line(self, snapshot: Snapshot, width: int) -> Strip:
        for wide in (True, width >= _WIDE):
            fields = [field for state in snapshot.venues for field in self._venue(state, snapshot, wide)]
            if sum([len(field.text) for field in fields]) <= width:
                break
        return self.fresh_line(fields, width)

    def _venue(self, state: VenueState, snapshot: Snapshot, wide: bool) -> list[Field]:
        look = _STATUS_LOOK[state.status]
        age = f" {span(state.age_ms)}" if state.status == "STALE" else ""
        down = state.prints != "none" and not state.prints_live and state.status in ("LIVE", "PARTIAL")
        fields = [
            self.field(f" {state.venue} ", "text"),
            self.field(f"{state.status}{age}", look),
            self.field(
                " prints down" if down else f" {_WORTH[state.prints] if wide else state.prints}",
                "warn" if down else "dim",
                1,
            ),
        ]
        if state.detail and state.status != "LIVE":
            fields.append(self.field(f" ({state.detail})", "dim", 3))
        if state.retry_ms is not None and state.status != "LIVE":
            fields.append(self.field(f" retry in {span(state.retry_ms - snapshot.ts_ms)}", "dim", 2))
        return [*fields, self.field(" ", "dim", 4)]


def _said(state: VenueState, snapshot: Snapshot) -> tuple[object, ...]:
    """Return what the words on a venue depend on."""
    age = span(state.age_ms) if state.status == "STALE" else ""
    retry = "" if state.retry_ms is None else span(state.retry_ms - snapshot.ts_ms)
    return state.venue, state.status, state.prints, state.prints_live, state.detail, age, retry


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the cells of a row of the table, filled to their widths and with the gaps before them."""
    gaps = (1, 1, 2, 2, 3, 3, 3, 3, 2)
    padded = [text.rjust(width + gap) for text, width, gap in zip(cells, widths, gaps, strict=True)]
    padded[1] = " " * gaps[1] + cells[1].ljust(widths[1])
    return padded


def _cells(slot: int, row: AssetRow, snapshot: Snapshot) -> tuple[str, ...]:
    decimals = price_decimals(row.tick_usd)
    return (
        str(slot), row.asset, price(row.price_usd, decimals), signed_pct(row.change_24h_pct),
        price(row.mark_usd, decimals), f"{compact(row.oi_base)} {row.asset}", compact(row.oi_usd),
        _funding(row), _next(row, snapshot),
    )  # fmt: skip


def _funding(row: AssetRow) -> str:
    if row.funding_rate is None or row.funding_interval_h is None:
        return NOTHING
    return f"{row.funding_rate * 100:+.4f}%/{row.funding_interval_h:g}h"


def _next(row: AssetRow, snapshot: Snapshot) -> str:
    return NOTHING if row.funding_next_ms is None else countdown(row.funding_next_ms - snapshot.ts_ms)


def _change_look(row: AssetRow) -> str:
    return "dim" if row.change_24h_pct is None else "up" if row.change_24h_pct >= 0 else "down"
