"""What a rung of the ladder has room for."""

from collections.abc import Sequence

from liqtui.model.snapshot import BANDS_PCT, Cluster, KnownPosition
from liqtui.render.numbers import compact, compact_range, price, signed_atr, signed_pct
from liqtui.widgets.known_marks import GLYPH

_MIN_BAR = 3
_BAND = BANDS_PCT.index(80.0)


class RungColumns:
    """Widths of the ladder's columns; those that do not fit are 0.

    As the ladder narrows the bar goes first, which says nothing new, then the band, the sums of observed positions
    (of which the diamond stays), the share, the distance in average true ranges.
    """

    def __init__(self, rungs: Sequence[Cluster], known: Sequence[KnownPosition], decimals: int, width: int) -> None:
        self.decimals = decimals
        self.price = max(len(price(rung.price_usd, decimals)) for rung in rungs)
        self.distance = max(len(signed_pct(rung.distance_pct)) for rung in rungs)
        self.largest_usd = max(rung.usd for rung in rungs) or 1.0
        self._known = {rung: usd for rung in rungs if (usd := rung.observed_usd(known)) > 0}
        self._room = width - (2 + 1 + self.price + 1 + self.distance + 1 + 5)
        self.atr = self._take(max(len(signed_atr(rung.distance_atr)) for rung in rungs))
        self.share = self._take(4 if any(rung.share_pct >= 99.5 for rung in rungs) else 3)
        self.known = 0
        if self._known:
            self.known = self._take(7) or self._take(1)
        self.band = self._take(max(len(band_text(rung)) for rung in rungs))
        self.bar = self._room - 1 if self._room - 1 >= _MIN_BAR else 0

    def _take(self, wanted: int) -> int:
        """Return a column's width, 0 where there is no room for it and the blank before it."""
        if not wanted or self._room < wanted + 1:
            return 0
        self._room -= wanted + 1
        return wanted

    def known_text(self, rung: Cluster) -> str:
        """Return the observed part of a zone: `◆ 1.2M`, the diamond alone where there is no room, or nothing."""
        usd = self._known.get(rung)
        if usd is None:
            return ""
        return GLYPH[rung.side] if self.known == 1 else f"{GLYPH[rung.side]} {compact(usd):>5}"


def band_text(rung: Cluster) -> str:
    """Return the 80 % band of a zone's notional: `8..19M`; empty where none is known."""
    return compact_range(*rung.bands_usd[_BAND]) if len(rung.bands_usd) > _BAND else ""


def observed_forms(observed_pct: float | None) -> tuple[str, ...]:
    """Return the share of open interest that is observed, longest form first; empty where nobody is watched."""
    if observed_pct is None:
        return ("",)
    figure = f"{observed_pct:.1f}" if observed_pct >= 0.1 or observed_pct == 0 else "<0.1"
    return f"  observed {figure} % of OI", f"  observed {figure} %", f"  ◆ {figure}%"
