"""A snapshot in sentences, for screen readers, pipes and those who would rather read. Loads no screen."""

from collections.abc import Iterator

from liqtui.model.market import Side
from liqtui.model.snapshot import BANDS_PCT, Cluster, Snapshot, VenueState
from liqtui.render.numbers import compact, moment, price, price_decimals, signed_compact, signed_pct

_BAND_PCT = 80.0
_SIDES: tuple[Side, ...] = ("long", "short")
_LATE_MS = 600_000
"""A print that is told so much later is no news."""
_NOTHING_NEW = ("quiet", "unclear", "no data")
_SPANS = {"15m": "15 minutes", "1h": "1 hour", "4h": "4 hours", "24h": "24 hours"}


def sentences(snapshot: Snapshot) -> list[str]:
    """Return all that is shown, the most important first."""
    detail = snapshot.detail
    found = [*_head(snapshot), *_reach(snapshot)]
    for side in _SIDES:
        zones = sorted((z for z in detail.clusters if z.side == side), key=lambda zone: abs(zone.distance_pct))
        found += [_zone(zone, f"{k} of {len(zones)}", snapshot) for k, zone in enumerate(zones, 1)]
    for row in detail.divergence:
        if row.price_pct is not None and row.oi_pct is not None:
            usd = "" if row.oi_usd is None else f" ({signed_compact(row.oi_usd)} USD)"
            change = f"price {signed_pct(row.price_pct)}, open interest {signed_pct(row.oi_pct)}{usd}"
            found.append(f"Over {_SPANS[row.window]}: {change}: {row.verdict}{', strong' if row.strong else ''}.")
    found += [text for window in _SPANS if (text := _realised(snapshot, window))]
    if detail.skill is not None:
        found.append(f"Skill of the map: {detail.skill.verdict}.")
    return [*found, *_venues(snapshot), "All zones are estimates; price need not go there."]


def brief(snapshot: Snapshot) -> str:
    """Return one line: price, the nearest and the largest zone of each side, what was liquidated."""
    parts = [" ".join(_head(snapshot))]
    for side in _SIDES:
        zones = [zone for zone in snapshot.detail.clusters if zone.side == side]
        if zones:
            near = min(zones, key=lambda zone: abs(zone.distance_pct))
            large = max(zones, key=lambda zone: zone.usd)
            text = f"{side.capitalize()}s: nearest zone {_place(near, snapshot)}"
            parts.append(f"{text}." if large is near else f"{text}; largest {_place(large, snapshot)}.")
    verdict = next((row for row in snapshot.detail.divergence if row.window == "1h"), None)
    if verdict is not None and verdict.verdict != "no data":
        parts.append(f"Over 1 hour: {verdict.verdict}.")
    if realised := _realised(snapshot, "1h"):
        parts.append(realised)
    return " ".join(parts)


def _head(snapshot: Snapshot) -> Iterator[str]:
    detail, at = snapshot.detail, moment(snapshot.ts_ms)
    mark = _mark(snapshot)
    row = next((row for row in snapshot.assets if row.asset == detail.selection.asset), None)
    where = detail.selection.venue or "all venues"
    if detail.price_usd is None:
        yield f"{mark}{at:%Y-%m-%d %H:%M} UTC, {detail.selection.asset} on {where}: no price yet."
    else:
        change = f", {signed_pct(row.change_24h_pct)} in 24 hours" if row and row.change_24h_pct is not None else ""
        oi = f", open interest {compact(row.oi_usd)} USD" if row and row.oi_usd is not None else ""
        now = _price(detail.price_usd, snapshot)
        yield f"{mark}{at:%Y-%m-%d %H:%M} UTC, {detail.selection.asset} on {where}: {now}{change}{oi}."
    if snapshot.note:
        yield f"{snapshot.note.capitalize()}."


def _reach(snapshot: Snapshot) -> Iterator[str]:
    detail = snapshot.detail
    if detail.long_usd or detail.short_usd:
        longs, shorts = compact(detail.long_usd), compact(detail.short_usd)
        yield f"Within reach stand about {longs} USD of longs below the price and {shorts} USD of shorts above it."


def _zone(zone: Cluster, number: str, snapshot: Snapshot) -> str:
    low, high = (_price(usd, snapshot) for usd in (zone.low_usd, zone.high_usd))
    atr = "" if zone.distance_atr is None else f", {abs(zone.distance_atr):.1f} average hourly ranges away"
    band = ""
    if zone.bands_usd:
        least, most = zone.bands_usd[BANDS_PCT.index(_BAND_PCT)]
        band = f", {_BAND_PCT:.0f} % band {compact(least)} to {compact(most)}"
    share = f"{zone.share_pct:.0f} % of the {zone.side}s within reach"
    return (
        f"{zone.side.capitalize()} zone {number}: {_place(zone, snapshot)}{band}{atr}; from {low} to {high}, {share}."
    )


def _place(zone: Cluster, snapshot: Snapshot) -> str:
    way = "below" if zone.distance_pct < 0 else "above"
    return f"{abs(zone.distance_pct):.1f} % {way} at {_price(zone.price_usd, snapshot)}, {compact(zone.usd)} USD"


def _realised(snapshot: Snapshot, window: str) -> str:
    totals = [total for total in snapshot.detail.totals if total.window == window]
    silent = {state.venue for state in snapshot.venues if state.prints == "none"}
    totals = [total for total in totals if total.venue not in silent]
    longs, shorts = sum(total.long_usd for total in totals), sum(total.short_usd for total in totals)
    complete = bool(totals) and all(total.complete for total in totals)
    if not totals or (not complete and not longs and not shorts):
        return ""
    least = "" if complete else "at least "
    amounts = f"{least}longs {compact(longs)} USD, shorts {compact(shorts)} USD"
    return f"Liquidated in the last {_SPANS[window].removeprefix('1 ')}: {amounts}."


def _venues(snapshot: Snapshot) -> Iterator[str]:
    for state in snapshot.venues:
        if state.status != "LIVE":
            yield _status(state)


def _status(state: VenueState) -> str:
    return f"{state.venue} is {state.status}{f': {state.detail}' if state.detail else ''}."


def _mark(snapshot: Snapshot) -> str:
    """Return what stands before every line about data that is not live."""
    return "" if snapshot.mode == "live" else f"{snapshot.label or snapshot.mode.upper()}: "


def _price(usd: float, snapshot: Snapshot) -> str:
    row = next((row for row in snapshot.assets if row.asset == snapshot.detail.selection.asset), None)
    return price(usd, price_decimals(row.tick_usd) if row else 2)


def news(before: Snapshot | None, after: Snapshot) -> list[str]:
    """Return what happened between two snapshots of one selection: venues, notes, verdicts, large prints."""
    if before is None:
        return []
    at = f"{_mark(after)}{moment(after.ts_ms):%Y-%m-%d %H:%M:%S} UTC"
    statuses = {state.venue: state.status for state in before.venues}
    verdicts = {row.window: row.verdict for row in before.detail.divergence}
    return [
        *(f"{at}, {_status(state)}" for state in after.venues if statuses.get(state.venue) != state.status),
        *([f"{at}, {after.note or 'all history is loaded'}."] if after.note != before.note else []),
        *(
            f"{at}, over {_SPANS[row.window]}: {row.verdict}."
            for row in after.detail.divergence
            if row.verdict not in _NOTHING_NEW and verdicts.get(row.window, row.verdict) != row.verdict
        ),
        *_large_prints(before, after),
    ]


def _large_prints(before: Snapshot, after: Snapshot) -> list[str]:
    """Return the new prints that are larger than every other on the tape."""
    heard = before.detail.tape[-1].seq if before.detail.tape else 0
    most, found = max((one.usd for one in before.detail.tape), default=0.0), []
    for one in after.detail.tape:
        if one.seq > heard and one.usd > most and one.ts_ms >= before.ts_ms - _LATE_MS:
            most = one.usd
            size = f"{one.side} of {compact(one.usd)} USD at {_price(one.price_usd, after)} on {one.venue}"
            at = f"{_mark(after)}{moment(one.ts_ms):%Y-%m-%d %H:%M:%S} UTC"
            found.append(f"{at}, liquidated: a {size}, the largest of late.")
    return found
