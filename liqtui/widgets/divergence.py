"""Open interest against price: is leverage being built or flushed."""

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from liqtui.model.snapshot import DivergenceRow, Verdict
from liqtui.render.numbers import signed_compact, signed_pct
from liqtui.render.text import Field
from liqtui.widgets.panel import Panel

_LOOK: dict[Verdict, str] = {
    "fresh longs": "long",
    "fresh shorts": "short",
    "short covering": "short",
    "long flush": "long",
    "absorption": "warn",
}


_USD_FROM = 43
"""Width from which the change in USD fits beside the longest verdict."""


_RANKS = (0, 1, 1, 2)


class Divergence(Panel):
    """One row a window: change of price, of open interest, and what that means."""

    def subject(self) -> object:
        """Return the rows."""
        return (self.snapshot.detail.divergence if self.snapshot else (),)

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return a heading, where there is room for it, and one line a window."""
        rows = self.snapshot.detail.divergence if self.snapshot else ()
        lines = [self._row(row, width) for row in rows]
        return [self._heading(width), *lines] if height > len(rows) else lines

    def _heading(self, width: int) -> Strip:
        fields = [
            self.field(" OI vs price", "title"),
            self.field("     OI", "dim", 1),
            self.field("     USD", "dim", 2),
        ]
        return self.line(fields if width >= _USD_FROM else fields[:2], width)

    def _row(self, row: DivergenceRow, width: int) -> Strip:
        looks = ("title", _sign_look(row.price_pct), "text", "text", _LOOK.get(row.verdict, "dim"))
        texts = [
            f" {row.window:<4}",
            f" {signed_pct(row.price_pct):>6}",
            f" {signed_pct(row.oi_pct):>6}",
            *([f" {signed_compact(row.oi_usd):>7}"] if width >= _USD_FROM else []),
            f" {row.verdict}!" if row.strong else f" {row.verdict}",
        ]

        def make() -> Strip:
            fields = [self.field(text, look, rank) for text, look, rank in zip(texts, looks, _RANKS, strict=False)]
            style = self.look(looks[-1]) + Style(bold=row.strong or None)
            return self.fresh_line([*fields[: len(texts) - 1], Field(texts[-1], style)], width)

        return self.refilled(row.window, (looks, row.strong, width), texts, make)


def _sign_look(value: float | None) -> str:
    return "dim" if value is None else "up" if value >= 0 else "down"
