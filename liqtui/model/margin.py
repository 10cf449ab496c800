"""Entry, leverage and maintenance bracket to liquidation and bankruptcy price, one position or arrays of them.

Notation: s the sign of the side (+1 long, -1 short), E entry, Q size, L leverage, m maintenance rate, c maintenance
amount, f taker fee where the venue counts it. A position is liquidated where its equity equals `Q p (m + f) - c`.
A price of 0.0 stands for "no price liquidates this position" (for example a long at leverage 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liqtui.model.market import SIGN, Bracket, Side

FloatArray = NDArray[np.float64]

JUMP = 1e-9
"""Share of a bracket's floor by which the maintenance margin may seem to jump there: amounts are rounded."""


@dataclass(frozen=True, slots=True)
class CrossPosition:
    """One position of a cross-margined account."""

    side: Side
    entry_usd: float
    qty_base: float
    mark_usd: float
    bracket: Bracket

    @property
    def pnl_usd(self) -> float:
        """Unrealised profit at the mark price."""
        return SIGN[self.side] * self.qty_base * (self.mark_usd - self.entry_usd)

    @property
    def maintenance_usd(self) -> float:
        """Maintenance margin at the mark price: notional times m, minus c."""
        return self.qty_base * self.mark_usd * self.bracket.rate - self.bracket.amount_usd


def bankruptcy_price(side: Side, entry_usd: float, leverage: float) -> float:
    """Return the price in USD at which the margin is gone: E (1 - s/L); ValueError for inputs that are not positive."""
    _require_positive(entry_usd=entry_usd, leverage=leverage)
    return entry_usd * (1.0 - SIGN[side] / leverage)


def liquidation_price(
    side: Side,
    entry_usd: float,
    leverage: float,
    rate: float,
    amount_usd: float = 0.0,
    qty_base: float = 1.0,
    fee_rate: float = 0.0,
) -> float:
    """Return E (1 - s/L - s c/(E Q)) / (1 - s (m + f)) in USD for one bracket, isolated margin.

    Binance USD-M (f = 0), OKX, Gate and Bitget (their taker fee). ValueError for inputs that are not positive.
    """
    _require_positive(entry_usd=entry_usd, leverage=leverage, qty_base=qty_base)
    margin_usd = entry_usd * qty_base / leverage
    return liquidation_price_of_margin(side, entry_usd, qty_base, margin_usd, rate, amount_usd, fee_rate)


def liquidation_price_of_margin(
    side: Side,
    entry_usd: float,
    qty_base: float,
    margin_usd: float,
    rate: float,
    amount_usd: float = 0.0,
    fee_rate: float = 0.0,
) -> float:
    """Return the liquidation price in USD of a position with this margin (isolated) or account value (cross).

    (E Q - s (W + c)) / (Q (1 - s (m + f))), which is Binance's wallet form and, with m = 1 / (2 Lmax) and c = 0,
    Hyperliquid's. ValueError for an entry or size that is not positive.
    """
    _require_positive(entry_usd=entry_usd, qty_base=qty_base)
    sign = SIGN[side]
    price = (entry_usd * qty_base - sign * (margin_usd + amount_usd)) / (qty_base * (1.0 - sign * (rate + fee_rate)))
    return max(price, 0.0)


def entry_based_liquidation_price(
    side: Side, entry_usd: float, leverage: float, rate: float, amount_usd: float = 0.0, qty_base: float = 1.0
) -> float:
    """Return E (1 - s/L + s m) - s c/Q in USD: Bybit's older form, maintenance margin counted at the entry price."""
    _require_positive(entry_usd=entry_usd, leverage=leverage, qty_base=qty_base)
    sign = SIGN[side]
    return max(entry_usd * (1.0 - sign / leverage + sign * rate) - sign * amount_usd / qty_base, 0.0)


def cross_liquidation_price(
    wallet_usd: float, legs: Sequence[CrossPosition], others: Sequence[CrossPosition] = (), fee_rate: float = 0.0
) -> float:
    """Return the price in USD of one symbol at which a cross account is liquidated, other symbols at their mark.

    `legs` are the positions in that symbol: one, or a long and a short in hedge mode, which share the price.
    Binance's wallet form: (W - TMM + UPNL + sum c - sum s Q E) / (sum Q (m + f) - sum s Q). ValueError without legs.
    """
    if not legs:
        raise ValueError("a liquidation price needs at least one position in the symbol")
    free_usd = wallet_usd + sum(other.pnl_usd - other.maintenance_usd for other in others)
    numerator = free_usd + sum(leg.bracket.amount_usd - SIGN[leg.side] * leg.qty_base * leg.entry_usd for leg in legs)
    slope = sum(leg.qty_base * (leg.bracket.rate + fee_rate - SIGN[leg.side]) for leg in legs)
    return max(numerator / slope, 0.0) if slope else 0.0


def maintenance_rate(max_leverage: float) -> float:
    """Return half the initial margin rate at the highest leverage, 1 / (2 Lmax): Hyperliquid's maintenance rate."""
    _require_positive(max_leverage=max_leverage)
    return 0.5 / max_leverage


def bracket_at(brackets: Sequence[Bracket], notional_usd: float) -> Bracket:
    """Return the bracket that holds a notional, the last one beyond its cap; ValueError without brackets."""
    if not brackets:
        raise ValueError("there are no maintenance brackets")
    found = brackets[0]
    for bracket in brackets[1:]:
        if notional_usd < bracket.floor_usd:
            break
        found = bracket
    return found


def liquidation_from_bankruptcy(
    side: Side, bankruptcy_usd: float, qty_base: float, brackets: Sequence[Bracket]
) -> float:
    """Return the liquidation price in USD of a print: (BP - s c/Q) / (1 - s m), the bracket at the price found.

    The printed size may be a part of the position, so the bracket is a lower bound of the true one.
    ValueError for a price or size that is not positive, or without brackets.
    """
    _require_positive(bankruptcy_usd=bankruptcy_usd, qty_base=qty_base)
    sign = SIGN[side]
    price_usd = bankruptcy_usd
    bracket: Bracket | None = None
    for _ in brackets or (None,):
        at_price = bracket_at(brackets, price_usd * qty_base)
        if at_price == bracket:
            break
        bracket = at_price
        price_usd = (bankruptcy_usd - sign * bracket.amount_usd / qty_base) / (1.0 - sign * bracket.rate)
    return max(price_usd, 0.0)


def liquidation_prices(
    sign: ArrayLike,
    entry_usd: ArrayLike,
    leverage: ArrayLike,
    qty_base: ArrayLike,
    brackets: Sequence[Bracket],
    fee_rate: float = 0.0,
) -> FloatArray:
    """Return the isolated liquidation prices in USD of many positions, each with the bracket it is in at that price.

    `sign` (+1 long, -1 short), `entry_usd`, `leverage` and `qty_base` are arrays that broadcast to the shape returned.
    Going from the entry towards loss, the first bracket whose own price lies inside it decides; where a venue's
    maintenance margin jumps at a bracket's edge (no amounts), the edge itself may be the price.
    A price on the winning side of the entry means that the bracket does not allow that leverage. 0.0: never.
    ValueError without brackets.
    """
    s, entry, lev, qty = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (sign, entry_usd, leverage, qty_base))
    )
    return prices_by_columns(s, entry, lev, qty, bracket_columns(brackets), fee_rate)


def bracket_columns(brackets: Sequence[Bracket]) -> FloatArray:
    """Return floor, cap, rate and amount of brackets (4, brackets), the last cap infinite; ValueError without any."""
    if not brackets:
        raise ValueError("there are no maintenance brackets")
    columns = np.array([(b.floor_usd, b.cap_usd, b.rate, b.amount_usd) for b in brackets], dtype=np.float64).T.copy()
    columns[1, -1] = np.inf
    return columns


def prices_by_columns(
    s: FloatArray, entry: FloatArray, lev: FloatArray, qty: FloatArray, columns: FloatArray, fee_rate: float = 0.0
) -> FloatArray:
    """Return `liquidation_prices` of arrays of one shape, for `bracket_columns` made once: for many small calls."""
    floor, cap, rate, amount = columns.reshape(4, -1, *(1,) * s.ndim)
    own = (entry * (1.0 - s / lev) - s * amount / qty) / (1.0 - s * (rate + fee_rate))
    low, high = floor / qty, cap / qty
    long = np.where((own >= low) & (low <= entry), np.minimum(own, np.where(high <= entry, high, np.inf)), 0.0).max(
        axis=0
    )
    short = np.where((own < high) & (high > entry), np.maximum(own, np.where(low > entry, low, 0.0)), np.inf).min(
        axis=0
    )
    prices: FloatArray = np.where(s > 0, long, short)
    return prices


def is_continuous(columns: FloatArray) -> bool:
    """Whether the maintenance margin of `bracket_columns` never jumps and never rises more slowly with size."""
    floor, rate, amount = columns[0], columns[2], columns[3]
    jump = floor[1:] * np.diff(rate) - np.diff(amount)
    return bool((np.diff(rate) >= 0).all() and (np.abs(jump) <= JUMP * np.maximum(floor[1:], 1.0)).all())


def prices_by_lines(
    s: FloatArray, entry: FloatArray, lev: FloatArray, qty: FloatArray, columns: FloatArray, fee_rate: float = 0.0
) -> FloatArray:
    """Return `prices_by_columns` where `is_continuous`: the maintenance margin is the largest of the brackets' lines.

    So the equity falls below it where it falls below the first of them: no bracket has to be looked up.
    """
    rate, amount = columns[2:].reshape(2, -1, *(1,) * s.ndim)
    own = (entry * (1.0 - s / lev) - amount * (s / qty)) / (1.0 - s * (rate + fee_rate))
    prices: FloatArray = np.where(s > 0, np.maximum(own.max(axis=0), 0.0), own.min(axis=0))
    return prices


def position_liquidation_price(
    side: Side,
    entry_usd: float,
    leverage: float,
    qty_base: float,
    brackets: Sequence[Bracket],
    fee_rate: float = 0.0,
) -> float:
    """Return the isolated liquidation price in USD of one position, the bracket found at that price; 0.0: never.

    ValueError for inputs that are not positive or without brackets.
    """
    _require_positive(entry_usd=entry_usd, leverage=leverage, qty_base=qty_base)
    return float(liquidation_prices(SIGN[side], entry_usd, leverage, qty_base, brackets, fee_rate))


def leverage_at_distance(
    side: Side, distance_log: ArrayLike, notional_usd: float, brackets: Sequence[Bracket]
) -> FloatArray:
    """Return the leverage at which a position is liquidated |ln(LP / entry)| = `distance_log` from its entry.

    Inverts the liquidation price with the bracket at the notional held there; `notional_usd` is the one at entry.
    At most the leverage that the bracket at entry allows; shaped as `distance_log`. For display: real accounts are
    cross-margined, so their distance says little about the leverage they chose. ValueError without brackets.
    """
    sign = SIGN[side]
    move = np.exp(-sign * np.asarray(distance_log, dtype=np.float64))
    limit = bracket_at(brackets, notional_usd).max_leverage
    index = np.searchsorted([b.floor_usd for b in brackets], notional_usd * move, side="right") - 1
    rate = np.array([b.rate for b in brackets])[index]
    amount = np.array([b.amount_usd for b in brackets])[index]
    margin_rate = sign * (1.0 - move * (1.0 - sign * rate)) - amount / notional_usd
    return np.asarray(1.0 / np.maximum(margin_rate, 1.0 / limit), dtype=np.float64)


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0.0:
            raise ValueError(f"{name} must be positive, got {value}")
