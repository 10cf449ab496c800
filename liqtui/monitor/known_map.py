"""Observed positions in what is drawn of a selection: its map, its forming column, the list and the share."""

from collections.abc import Sequence

from liqtui.model.known import known_mass, with_known, with_known_column
from liqtui.model.market import Position
from liqtui.model.now_map import NowMap
from liqtui.model.snapshot import Heat, KnownPosition
from liqtui.monitor.compose import Part, oi_base
from liqtui.monitor.market_state import MarketState


def now_map(market: MarketState, now_ms: int) -> NowMap | None:
    """Return the map of one market with its observed positions in place of modelled ones; None before it is ready."""
    made, positions = market.intensity.now_map(), standing(market, now_ms)
    series = market.intensity.series()
    if made is None or series is None or not positions:
        return made
    known = known_mass(made, positions, float(series.oi_base[-1]), _valued_at_usd(market))
    return with_known(made, known)


def with_known_now(heat: Heat | None, market: MarketState, now_ms: int) -> Heat | None:
    """Return the heat of one market with its observed positions in the forming column."""
    if heat is None or not standing(market, now_ms):
        return heat
    made, end_ms = now_map(market, now_ms), market.intensity.last_bar_end_ms
    return heat if made is None or end_ms is None else with_known_column(heat, made, end_ms)


def known_positions(parts: Sequence[Part], now_ms: int) -> tuple[KnownPosition, ...]:
    """Return the observed positions that a price liquidates, by rising liquidation price."""
    found = [
        KnownPosition(one.side, one.liquidation_usd, one.qty_base * _valued_at_usd(part.market))
        for part in parts
        for one in standing(part.market, now_ms) or ()
        if one.liquidation_usd is not None
    ]
    return tuple(sorted(found, key=lambda one: one.liquidation_usd))


def observed_pct(parts: Sequence[Part], now_ms: int) -> float | None:
    """Return the observed positions, longs and shorts, in per cent of the open interest of all parts.

    None where no account is observed or no open interest is known.
    """
    seen = [positions for part in parts if (positions := standing(part.market, now_ms)) is not None]
    whole = oi_base(parts)
    if not seen or not whole:
        return None
    return 100.0 * sum(one.qty_base for positions in seen for one in positions) / whole


def standing(market: MarketState, now_ms: int) -> tuple[Position, ...] | None:
    """Return the observed positions in a market; None where no account is observed."""
    return None if market.observed is None else market.observed.standing(now_ms)


def _valued_at_usd(market: MarketState) -> float:
    """Return the price at which the market's map is valued: the newest, once it is younger than the newest bar."""
    end_ms, quote = market.intensity.last_bar_end_ms, market.quote
    if quote is not None and (end_ms is None or quote.ts_ms >= end_ms):
        return quote.last_usd
    series = market.intensity.series()
    return float(series.price_usd[-1]) if series is not None else 0.0
