"""The worker that looks at the watched accounts of one venue, one after another."""

import logging
from collections.abc import Mapping, Sequence

from liqtui.feeds.base import PublicAccounts, Unavailable, Unsupported
from liqtui.model.market import MINUTE_MS, Position
from liqtui.monitor.attempts import Attempts
from liqtui.monitor.backoff import retry_ms
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.health import as_feed_error
from liqtui.monitor.market_state import MarketState

log = logging.getLogger(__name__)

KEEP_MS = 10 * MINUTE_MS
"""The positions of an account that gives no answer count for so long."""
RANK = 1_000
"""Whatever else is asked of the venue goes first."""


def round_ms(accounts: int, cadence: Cadence) -> float:
    """Return how often each of so many accounts is looked at."""
    return max(cadence.accounts_ms, accounts * cadence.account_gap_ms)


def keep_ms(accounts: int, cadence: Cadence) -> float:
    """Return how long a look at an account counts: `KEEP_MS`, and at least two rounds."""
    return max(KEEP_MS, 2 * round_ms(accounts, cadence))


class KnownPositions:
    """Fills `MarketState.observed` of one venue's markets: whoever has waited longest beyond its time goes next."""

    def __init__(self, feed: PublicAccounts, markets: Mapping[str, MarketState], attempts: Attempts) -> None:
        self._feed, self._markets, self._attempts = feed, markets, attempts
        now_ms = float(attempts.clock.now_ms())
        self._due_ms = dict.fromkeys(feed.accounts, now_ms)
        self._since_ms = dict.fromkeys(feed.accounts, now_ms)
        """When each account last answered; before that, when it was first to be asked for."""
        self._left_out: set[str] = set()

    async def run(self) -> None:
        """Work until cancelled; ends where the venue does not publish positions."""
        clock, cadence = self._attempts.clock, self._attempts.cadence
        free_ms = 0.0
        while self._due_ms:
            account = min(self._due_ms, key=self._due_ms.__getitem__)
            await clock.sleep_ms(max(self._due_ms[account], free_ms) - clock.now_ms())
            try:
                wait_ms = await self._look(account)
            except Unsupported:
                return
            self._due_ms[account] = clock.now_ms() + wait_ms
            free_ms = clock.now_ms() + cadence.account_gap_ms

    async def _look(self, account: str) -> float:
        """Ask for one account's positions, note how it went, and return how long the account is left alone."""
        attempts, strand = self._attempts, f"account {_short(account)}"
        try:
            positions = await attempts.budget.spend(lambda: self._feed.positions(account), RANK)
        except Unsupported:
            raise
        except Exception as error:
            return self._note_failure(account, strand, error)
        else:
            self._take(account, positions)
            if attempts.health.good(strand, attempts.clock.now_ms()):
                log.warning("%s: %s: answers again", attempts.health.venue, strand)
            return attempts.cadence.accounts_ms
        finally:
            attempts.touched()

    def _take(self, account: str, positions: Sequence[Position]) -> None:
        now_ms = self._attempts.clock.now_ms()
        for asset, market in self._markets.items():
            if market.observed is not None:
                market.observed.take(account, [one for one in positions if one.asset == asset], now_ms)
        self._since_ms[account] = now_ms
        self._left_out.discard(account)

    def _note_failure(self, account: str, strand: str, error: Exception) -> float:
        attempts, known = self._attempts, as_feed_error(error)
        health, now_ms = attempts.health, attempts.clock.now_ms()
        if known is not error:
            log.error("%s: %s: defect", health.venue, strand, exc_info=error)
        wait_ms = retry_ms(known, health.failures(strand) + 1, attempts.cadence)
        silent_ms = now_ms - self._since_ms[account]
        if silent_ms > keep_ms(len(self._due_ms), attempts.cadence):
            said = str(known).removeprefix(f"{health.venue}: ")
            known = Unavailable(f"left out, no answer for {silent_ms // MINUTE_MS:.0f} min: {said}")
            if account not in self._left_out:
                log.warning("%s: account %s: %s", health.venue, account, known)
            self._left_out.add(account)
        elif health.failures(strand) == 0:
            log.warning("%s: %s: %s: %s", health.venue, strand, type(known).__name__, known)
        health.bad(strand, known, now_ms + int(wait_ms))
        return wait_ms


def _short(account: str) -> str:
    """Return an account's name as people shorten it."""
    return account if len(account) <= 13 else f"{account[:6]}..{account[-4:]}"
