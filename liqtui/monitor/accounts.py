"""The positions of the watched accounts in one market, from one look at an account to the next."""

from collections.abc import Iterable

from liqtui.model.known import spared
from liqtui.model.market import Position, Quote


class Observed:
    """What was seen of each account at the newest look; an account not seen for `keep_ms` counts no longer.

    A position whose liquidation price the mark price has met since is gone until a look shows it again.
    """

    def __init__(self, keep_ms: float) -> None:
        self._keep_ms = keep_ms
        self._seen: dict[str, tuple[int, tuple[Position, ...]]] = {}

    def take(self, account: str, positions: Iterable[Position], ts_ms: int) -> None:
        """Take all that an account holds in this market at a moment, in place of what it held before."""
        self._seen[account] = (ts_ms, tuple(positions))

    def add_quote(self, quote: Quote) -> None:
        """Let the price liquidate what it meets; one from before a look says nothing against it."""
        price = quote.last_usd if quote.mark_usd is None else quote.mark_usd
        for account, (ts_ms, positions) in self._seen.items():
            if quote.ts_ms >= ts_ms:
                self._seen[account] = (ts_ms, spared(positions, price, price))

    def standing(self, now_ms: int) -> tuple[Position, ...] | None:
        """Return what stands now; None while no account counts."""
        young = [positions for ts_ms, positions in self._seen.values() if now_ms - ts_ms <= self._keep_ms]
        return tuple(one for positions in young for one in positions) if young else None
