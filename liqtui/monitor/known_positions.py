"""The worker that looks at the watched accounts of one venue, one after another."""

import logging
from collections.abc import Mapping, Sequence

from liqtui.feeds.base import PublicAccounts, Unavailable, Unsupported
from liqtui.model.market import MINUTE_MS, Position
from liqtui.monitor.attempts import Attempts
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.health import as_feed_error
from liqtui.monitor.market_state import MarketState

log = logging.getLogger(__name__)

KEEP_MS = 10 * MINUTE_MS
"""The positions of an account that gives no answer count for so long."""
RANK = 1_000
"""Whatever else is asked of the venue goes first."""


def turn_ms(accounts: int, cadence: Cadence) -> float:
    """Return the time between two looks: every account once in `accounts_ms`, but no closer than `account_gap_ms`."""
    return max(cadence.accounts_ms / max(accounts, 1), cadence.account_gap_ms)


def keep_ms(accounts: int, cadence: Cadence) -> float:
    """Return how long a look at an account counts: `KEEP_MS`, and at least two rounds."""
    return max(KEEP_MS, 2 * accounts * turn_ms(accounts, cadence))


class KnownPositions:
    """Fills `MarketState.observed` of one venue's markets; an account that fails waits for its next turn."""

    def __init__(self, feed: PublicAccounts, markets: Mapping[str, MarketState], attempts: Attempts) -> None:
        self._feed, self._markets, self._attempts = feed, markets, attempts
        self._accounts = feed.accounts
        self._since_ms = dict.fromkeys(self._accounts, attempts.clock.now_ms())
        """When each account last answered; at the start, when it was first asked for."""
        self._left_out: set[str] = set()

    async def run(self) -> None:
        """Work until cancelled; ends where the venue does not publish positions. The first round is a quick one."""
        cadence, clock = self._attempts.cadence, self._attempts.clock
        wait_ms = cadence.account_gap_ms
        while self._accounts:
            for account in self._accounts:
                try:
                    await self._look(account)
                except Unsupported:
                    return
                await clock.sleep_ms(wait_ms)
            wait_ms = turn_ms(len(self._accounts), cadence)

    async def _look(self, account: str) -> None:
        """Ask for one account's positions and note how it went."""
        attempts, strand = self._attempts, f"account {_short(account)}"
        try:
            positions = await attempts.budget.spend(lambda: self._feed.positions(account), RANK)
        except Unsupported:
            raise
        except Exception as error:
            self._note_failure(account, strand, error)
        else:
            self._take(account, positions)
            if attempts.health.good(strand, attempts.clock.now_ms()):
                log.warning("%s: %s: answers again", attempts.health.venue, strand)
        attempts.touched()

    def _take(self, account: str, positions: Sequence[Position]) -> None:
        now_ms = self._attempts.clock.now_ms()
        for asset, market in self._markets.items():
            if market.observed is not None:
                market.observed.take(account, [one for one in positions if one.asset == asset], now_ms)
        self._since_ms[account] = now_ms
        self._left_out.discard(account)

    def _note_failure(self, account: str, strand: str, error: Exception) -> None:
        attempts, known, count = self._attempts, as_feed_error(error), len(self._accounts)
        health, now_ms = attempts.health, attempts.clock.now_ms()
        if known is not error:
            log.error("%s: %s: defect", health.venue, strand, exc_info=error)
        silent_ms = now_ms - self._since_ms[account]
        if silent_ms > keep_ms(count, attempts.cadence):
            said = str(known).removeprefix(f"{health.venue}: ")
            known = Unavailable(f"left out, no answer for {silent_ms // MINUTE_MS} min: {said}")
            if account not in self._left_out:
                log.warning("%s: account %s: %s", health.venue, account, known)
            self._left_out.add(account)
        elif health.failures(strand) == 0:
            log.warning("%s: %s: %s: %s", health.venue, strand, type(known).__name__, known)
        health.bad(strand, known, now_ms + int(count * turn_ms(count, attempts.cadence)))


def _short(account: str) -> str:
    """Return an account's name as people shorten it."""
    return account if len(account) <= 13 else f"{account[:6]}..{account[-4:]}"
