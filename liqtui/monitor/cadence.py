"""How often the monitor asks; all spans are market time in ms unless the name says seconds."""

from dataclasses import dataclass, replace

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS

POLLS_PER_S = 4.0
"""A poll of an accelerated market comes at most this often in real time."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """The spans between polls; the defaults are for live venues."""

    quote_ms: float = 2_000
    open_interest_ms: float = 10_000
    funding_ms: float = 60_000
    ratio_ms: float = 300_000
    accounts_ms: float = MINUTE_MS
    """Every watched account is looked at once in this span, as far as `account_gap_ms` allows."""
    account_gap_ms: float = 1_000
    """Least time between two looks at accounts."""
    bar_ms: float = MINUTE_MS
    """Closed bars are asked for at each multiple of this (or of the bar length, if that is longer)."""
    bar_delay_ms: float = 2_000
    """How long after the close a bar is asked for."""
    markets_ms: float = 6 * 3_600_000
    """Tick sizes and listings are looked up again this often."""
    retry_ms: float = 1_000
    """First wait after a failure; it doubles up to `retry_max_ms`."""
    retry_max_ms: float = 60_000
    stale_ms: float = 15_000
    """A venue is stale when its newest good answer is older."""
    frame_s: float = 1 / 60
    """Shortest real time between two versions of the snapshot; a viewer gets no more of them than it shows."""
    idle_frame_s: float = 1.0
    """Longest real time between two versions: ages grow without news."""
    history_ms: int = 3 * DAY_MS
    """How far back bars and open interest are asked for at the start."""
    fine_history_ms: int = DAY_MS
    """How much of that in bars of a minute, where the venue gives them."""
    call_timeout_s: float = 60.0
    """Real time after which a call that gives no answer counts as failed."""
    calls_per_s: float | None = None
    """Feed calls a second and venue in market time; None leaves it to `Abilities.calls_per_s`."""

    @classmethod
    def accelerated(cls, speed: float) -> "Cadence":
        """Return the cadence of a market that runs `speed` times as fast as the wall.

        No poll comes more than POLLS_PER_S times a real second, and what the calls cost is not rationed. Minutes are
        asked for as far back as the columns of minutes reach: the map is there sooner.
        """
        live = cls()
        least_ms = 1_000.0 / POLLS_PER_S * speed
        return replace(
            live,
            quote_ms=max(live.quote_ms, least_ms),
            open_interest_ms=max(live.open_interest_ms, least_ms),
            funding_ms=max(live.funding_ms, least_ms),
            ratio_ms=max(live.ratio_ms, least_ms),
            accounts_ms=max(live.accounts_ms, least_ms),
            account_gap_ms=max(live.account_gap_ms, least_ms),
            bar_ms=-(-max(live.bar_ms, least_ms) // MINUTE_MS) * MINUTE_MS,
            bar_delay_ms=min(live.bar_delay_ms * speed, MINUTE_MS / 10),
            markets_ms=max(live.markets_ms, 60 * least_ms),
            retry_ms=max(live.retry_ms, least_ms),
            retry_max_ms=max(live.retry_max_ms, 8 * least_ms),
            stale_ms=max(live.stale_ms, 30 * least_ms),
            fine_history_ms=5 * HOUR_MS,
            calls_per_s=float("inf"),
        )
