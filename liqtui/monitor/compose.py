"""From the states of the markets to what is shown of them: pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from liqtui.model.divergence import Series
from liqtui.model.market import DAY_MS, HOUR_MS, Funding
from liqtui.model.snapshot import AssetRow, VenueState
from liqtui.monitor.health import STARTING
from liqtui.monitor.market_state import MarketState

CHANGE_SLACK_MS = HOUR_MS
"""The price of a day ago may come from a sample this much older."""


@dataclass(frozen=True, slots=True)
class Part:
    """One asset on one venue."""

    venue: VenueState
    market: MarketState


def fresh(parts: Sequence[Part], now_ms: int, stale_ms: float) -> Sequence[Part]:
    """Return the parts whose venue answers and whose price is young; all that have a price where none is."""
    priced = [part for part in parts if part.market.quote is not None]
    young = [
        part
        for part in priced
        if part.venue.status in ("LIVE", "PARTIAL")
        and part.market.quote is not None
        and now_ms - part.market.quote.ts_ms <= stale_ms
    ]
    return young or priced


def price_usd(parts: Iterable[Part]) -> float | None:
    """Return the median of the last prices."""
    return _median(part.market.quote.last_usd for part in parts if part.market.quote is not None)


def mark_usd(parts: Iterable[Part]) -> float | None:
    """Return the median of the mark prices."""
    quotes = [part.market.quote for part in parts if part.market.quote is not None]
    return _median(quote.mark_usd for quote in quotes if quote.mark_usd is not None)


def change_24h_pct(series: Series | None, now_usd: float | None, now_ms: int) -> float | None:
    """Return the change of price since a day ago in per cent; None where the series does not reach back."""
    if series is None or now_usd is None:
        return None
    then_ms = now_ms - DAY_MS
    index = int(series.ts_ms.searchsorted(then_ms, side="right")) - 1
    if index < 0 or series.ts_ms[index] < then_ms - CHANGE_SLACK_MS:
        return None
    return (now_usd / float(series.price_usd[index]) - 1.0) * 100.0


def oi_base(parts: Iterable[Part]) -> float | None:
    """Return the sum of the open interest of the venues that give it."""
    samples = [part.market.open_interest.oi_base for part in parts if part.market.open_interest is not None]
    return sum(samples) if samples else None


def mean_funding(parts: Iterable[Part]) -> Funding | None:
    """Return the funding rate weighted by open interest, per interval of the venue with most of it."""
    weighted = sorted(
        (
            (part.market.open_interest.oi_base if part.market.open_interest else 0.0, part.market.funding)
            for part in parts
            if part.market.funding is not None and part.market.funding.interval_h > 0
        ),
        key=lambda pair: pair[0],
        reverse=True,
    )
    if not weighted:
        return None
    total = sum(weight for weight, _ in weighted)
    shares = [weight / total if total > 0 else 1.0 / len(weighted) for weight, _ in weighted]
    hourly = sum(
        share * funding.rate / funding.interval_h for share, (_, funding) in zip(shares, weighted, strict=True)
    )
    first = weighted[0][1]
    return Funding(first.ts_ms, hourly * first.interval_h, first.interval_h, first.next_ts_ms)


def asset_row(asset: str, parts: Sequence[Part], now_ms: int, stale_ms: float) -> AssetRow:
    """Return the asset's line in the asset bar."""
    trusted = fresh(parts, now_ms, stale_ms)
    price, base, funding = price_usd(trusted), oi_base(parts), mean_funding(parts)
    return AssetRow(
        asset=asset,
        price_usd=price,
        mark_usd=mark_usd(trusted),
        change_24h_pct=_median(_changes(trusted, now_ms)),
        oi_base=base,
        oi_usd=None if base is None or price is None else base * price,
        funding_rate=funding.rate if funding else None,
        funding_interval_h=funding.interval_h if funding else None,
        funding_next_ms=funding.next_ts_ms if funding else None,
        tick_usd=min((part.market.market.tick_usd for part in parts), default=0.01),
        venues=tuple(part.venue.venue for part in parts),
    )


def _changes(parts: Iterable[Part], now_ms: int) -> Iterable[float]:
    for part in parts:
        quote = part.market.quote
        series = part.market.intensity.series() if part.market.loaded else None
        change = change_24h_pct(series, quote.last_usd if quote else None, now_ms)
        if change is not None:
            yield change


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return median(known) if known else None


def loading_note(loaded: int, expected: int, venues: Sequence[VenueState]) -> str:
    """Return what the engine is busy with, or why it gets nowhere; empty when all histories are modelled."""
    silent = all(venue.status not in ("LIVE", "PARTIAL") and venue.detail != STARTING for venue in venues)
    if loaded == 0 and venues and silent:
        return f"no venue answers, `liqtui doctor` says more; {venues[0].detail}"
    return f"loading history {loaded}/{expected}" if loaded < expected else ""
