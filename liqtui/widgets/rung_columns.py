"""What a rung of the ladder has room for."""

from collections.abc import Sequence
from typing import NamedTuple

from liqtui.model.market import Side
from liqtui.model.snapshot import BANDS_PCT, Cluster, KnownPosition
from liqtui.render.numbers import compact, compact_range, price, signed_atr, signed_pct
from liqtui.widgets.known_marks import GLYPH

_MIN_BAR = 3
_BAND = BANDS_PCT.index(80.0)


class RungText(NamedTuple):
    """What a rung says, before it is fitted into columns."""

    price: str
    distance: str
    atr: str
    usd: str
    share: str
    known: str
    """Sum of observed positions in it; empty where there are none."""
    band: str


def rung_text(rung: Cluster, known: Sequence[KnownPosition], decimals: int) -> RungText:
    """Return what a rung says."""
    observed_usd = rung.observed_usd(known) if known else 0.0
    return RungText(
        price(rung.price_usd, decimals),
        signed_pct(rung.distance_pct),
        signed_atr(rung.distance_atr),
        compact(rung.usd),
        f"{rung.share_pct:.0f}%",
        compact(observed_usd) if observed_usd > 0 else "",
        band_text(rung),
    )


class RungColumns:
    """Widths of the ladder's columns; those that do not fit are 0.

    As the ladder narrows the bar goes first, which says nothing new, then the band, the sums of observed positions
    (of which the diamond stays), the share, the distance in average true ranges.
    """

    def __init__(self, texts: Sequence[RungText], width: int) -> None:
        longest = [max(map(len, column)) for column in zip(*texts, strict=True)]
        self.price, self.distance, atr, _, share, known, band = longest
        self._room = width - (2 + 1 + self.price + 1 + self.distance + 1 + 5)
        self.atr = self._take(atr)
        self.share = self._take(max(3, share))
        self.known = (self._take(7) or self._take(1)) if known else 0
        self.band = self._take(band)
        self.bar = self._room - 1 if self._room - 1 >= _MIN_BAR else 0

    @property
    def widths(self) -> tuple[int, ...]:
        """Return all widths."""
        return self.price, self.distance, self.atr, self.share, self.known, self.band, self.bar

    def _take(self, wanted: int) -> int:
        """Return a column's width, 0 where there is no room for it and the blank before it."""
        if not wanted or self._room < wanted + 1:
            return 0
        self._room -= wanted + 1
        return wanted

    def known_text(self, text: RungText, side: Side) -> str:
        """Return the observed part of a zone: `◆ 1.2M`, the diamond alone where there is no room, or nothing."""
        if not text.known:
            return ""
        return GLYPH[side] if self.known == 1 else f"{GLYPH[side]} {text.known:>5}"


def band_text(rung: Cluster) -> str:
    """Return the 80 % band of a zone's notional: `8..19M`; empty where none is known."""
    return compact_range(*rung.bands_usd[_BAND]) if len(rung.bands_usd) > _BAND else ""


def observed_forms(observed_pct: float | None) -> tuple[str, ...]:
    """Return the share of open interest that is observed, longest form first; empty where nobody is watched."""
    if observed_pct is None:
        return ("",)
    figure = f"{observed_pct:.1f}" if observed_pct >= 0.1 or observed_pct == 0 else "<0.1"
    return f"  observed {figure} % of OI", f"  observed {figure} %", f"  ◆ {figure}%"
