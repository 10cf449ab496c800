"""Liquidation prices: the venues' own worked examples, and what must hold for any position."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.feeds.brackets import binance_brackets
from liqtui.model.margin import (
    CrossPosition,
    bankruptcy_price,
    bracket_at,
    bracket_columns,
    cross_liquidation_price,
    entry_based_liquidation_price,
    is_continuous,
    leverage_at_distance,
    liquidation_from_bankruptcy,
    liquidation_price,
    liquidation_price_of_margin,
    liquidation_prices,
    maintenance_rate,
    position_liquidation_price,
    prices_by_columns,
    prices_by_lines,
)
from liqtui.model.market import SIDES, SIGN, Bracket, Side

WALLET_USD = 1_535_443.01
BTC = CrossPosition("long", 32_481.98, 109.488, 31_967.27, Bracket(0, 1e9, 0.025, 16_300.0, 20))
ETH = CrossPosition("long", 1_456.84, 3_683.979, 1_335.18, Bracket(0, 1e9, 0.10, 135_365.0, 10))

LADDER = (
    Bracket(0.0, 300_000.0, 0.004, 0.0, 150),
    Bracket(300_000.0, 800_000.0, 0.005, 300.0, 100),
    Bracket(800_000.0, 3_000_000.0, 0.0065, 1_500.0, 75),
    Bracket(3_000_000.0, 12_000_000.0, 0.01, 12_000.0, 50),
    Bracket(12_000_000.0, 70_000_000.0, 0.02, 132_000.0, 25),
    Bracket(70_000_000.0, 100_000_000.0, 0.025, 482_000.0, 20),
)
STEPS = tuple(Bracket(b.floor_usd, b.cap_usd, b.rate, 0.0, b.max_leverage) for b in LADDER)
"""A venue without maintenance amounts: the margin jumps at the edges."""

EXACT = 1e-9


def test_binance_cross_wallet_of_two_positions() -> None:
    assert ETH.maintenance_usd == pytest.approx(356_512.508, abs=5e-4)
    assert ETH.pnl_usd == pytest.approx(-448_192.885, abs=5e-4)
    assert BTC.maintenance_usd == pytest.approx(71_200.811, abs=5e-4)
    assert BTC.pnl_usd == pytest.approx(-56_354.568, abs=1e-3)
    assert cross_liquidation_price(WALLET_USD, [BTC], [ETH]) == pytest.approx(26_316.893264518858, rel=EXACT)
    assert cross_liquidation_price(WALLET_USD, [ETH], [BTC]) == pytest.approx(1_153.256464239104, rel=EXACT)


def test_binance_same_wallet_isolated() -> None:
    btc = liquidation_price_of_margin("long", BTC.entry_usd, BTC.qty_base, WALLET_USD, 0.025, 16_300)
    eth = liquidation_price_of_margin("long", ETH.entry_usd, ETH.qty_base, WALLET_USD, 0.10, 135_365)
    assert btc == pytest.approx(18_778.72593, abs=5e-6)
    assert eth == pytest.approx(1_114.78496, abs=5e-6)
    assert cross_liquidation_price(WALLET_USD, [BTC]) == pytest.approx(btc, rel=EXACT)


@pytest.mark.parametrize(
    ("side", "leverage", "entry", "qty", "expected"),
    [
        ("long", 5, 10, 1, 8.070707070707071),
        ("long", 3, 10, 1, 6.723905723905723),
        ("short", 5, 10, 1, 11.89108910891089),
        ("short", 3, 10, 1, 13.211221122112212),
        ("long", 5, 8, 1, 6.454545454545454),
        ("short", 5, 10, 0.6, 11.897689768976898),
    ],
)
def test_binance_isolated(side: Side, leverage: float, entry: float, qty: float, expected: float) -> None:
    assert liquidation_price(side, entry, leverage, 0.01, 0.01, qty) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize(
    ("side", "leverage", "entry", "expected"),
    [
        ("long", 5, 10, 8.085708510208207),
        ("long", 3, 10, 6.738090425173506),
        ("short", 5, 10, 11.87413417771621),
        ("short", 3, 10, 13.193482419684678),
        ("short", 5, 8, 9.499307342172967),
    ],
)
def test_gate_bitget_okx_count_the_fee(side: Side, leverage: float, entry: float, expected: float) -> None:
    assert liquidation_price(side, entry, leverage, 0.01, fee_rate=0.0006) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize(
    ("side", "leverage", "expected"),
    [
        ("long", 1, 0.1),
        ("long", 3, 6.7666666666666667),
        ("long", 5, 8.1),
        ("long", 10, 9.1),
        ("short", 1, 19.9),
        ("short", 3, 13.2333333333333333),
        ("short", 5, 11.9),
        ("short", 10, 10.9),
    ],
)
def test_bybit_older_form(side: Side, leverage: float, expected: float) -> None:
    assert entry_based_liquidation_price(side, 10, leverage, 0.01) == pytest.approx(expected, rel=EXACT)


def test_bybit_published_example() -> None:
    assert entry_based_liquidation_price("long", 20_000, 50, 0.005) == pytest.approx(19_700, rel=EXACT)
    with_deduction = entry_based_liquidation_price("long", 20_000, 50, 0.005, amount_usd=30, qty_base=2)
    assert with_deduction == pytest.approx(19_685, rel=EXACT)


@pytest.mark.parametrize(
    ("side", "entry", "qty", "margin", "max_leverage", "expected"),
    [
        ("long", 2458.5, 0.015, 36.864593, 50, 0.86915825),
        ("long", 66930, 0.0015, 20.043862, 50, 54108.51043771),
        ("long", 173.06, 0.6, 20.735658, 20, 142.05186667),
        ("short", 163.11, 0.48, 15.650731, 20, 190.94213618),
        ("long", 250, 0.5, 25, 10, 210.5263157894737),
        ("short", 190, 0.5, 9.5, 10, 199.04761904761904),
    ],
)
def test_hyperliquid(side: Side, entry: float, qty: float, margin: float, max_leverage: float, expected: float) -> None:
    found = liquidation_price_of_margin(side, entry, qty, margin, maintenance_rate(max_leverage))
    assert found == pytest.approx(expected, abs=6e-9, rel=EXACT)


def test_hyperliquid_with_a_margin_printed_to_five_decimals() -> None:
    found = liquidation_price_of_margin("short", 68139, 0.00145, 19.72573, maintenance_rate(50))
    assert found == pytest.approx(80933.61590987, abs=5e-6 / 0.00145)


def test_hedged_legs_share_one_price_where_equity_meets_maintenance() -> None:
    legs = [
        CrossPosition("long", 30_000, 2.0, 29_000, Bracket(0, 1e9, 0.01, 50.0, 50)),
        CrossPosition("short", 31_000, 0.5, 29_000, Bracket(0, 1e9, 0.005, 10.0, 100)),
    ]
    price = cross_liquidation_price(12_000.0, legs, [ETH])
    equity = 12_000 + ETH.pnl_usd + sum(SIGN[leg.side] * leg.qty_base * (price - leg.entry_usd) for leg in legs)
    needed = ETH.maintenance_usd + sum(leg.qty_base * price * leg.bracket.rate - leg.bracket.amount_usd for leg in legs)
    assert equity == pytest.approx(needed, rel=EXACT)


def test_what_no_price_can_liquidate_is_zero() -> None:
    assert liquidation_price("long", 100, 1, 0.01) == 0.0
    assert position_liquidation_price("long", 100, 1, 1, LADDER) == 0.0
    assert cross_liquidation_price(1e9, [BTC]) == 0.0
    assert entry_based_liquidation_price("long", 10, 0.5, 0.01) == 0.0


def test_inputs_that_are_not_positive_are_refused() -> None:
    for entry, leverage, qty in [(0, 5, 1), (10, 0, 1), (10, 5, -1), (float("nan"), 5, 1)]:
        with pytest.raises(ValueError, match="must be positive"):
            liquidation_price("long", entry, leverage, 0.01, qty_base=qty)
    with pytest.raises(ValueError, match="must be positive"):
        liquidation_from_bankruptcy("long", 0.0, 1, LADDER)
    for call in (lambda: bracket_at((), 1), lambda: liquidation_prices(1, 1, 1, 1, ())):
        with pytest.raises(ValueError, match="no maintenance brackets"):
            call()
    with pytest.raises(ValueError, match="no maintenance brackets"):
        liquidation_from_bankruptcy("long", 1.0, 1.0, ())
    with pytest.raises(ValueError, match="at least one position"):
        cross_liquidation_price(1.0, [])


def test_bracket_edges() -> None:
    assert bracket_at(LADDER, 0.0) is LADDER[0]
    assert bracket_at(LADDER, 299_999.99) is LADDER[0]
    assert bracket_at(LADDER, 300_000.0) is LADDER[1]
    assert bracket_at(LADDER, 1e12) is LADDER[-1]


def test_bankruptcy_price() -> None:
    assert bankruptcy_price("long", 20_000, 50) == 19_600
    assert bankruptcy_price("short", 20_000, 50) == 20_400


def test_two_recorded_binance_messages() -> None:
    """Order price over fill price told the bracket: p / (1 - 0.004)."""
    assert liquidation_from_bankruptcy("long", 38_886.54, 0.288, LADDER) == pytest.approx(39_042.7, abs=0.05)
    assert liquidation_from_bankruptcy("long", 38_854.46, 0.004, LADDER) == pytest.approx(39_010.5, abs=0.05)


def test_the_bracket_is_that_of_the_notional_at_the_liquidation_price() -> None:
    """Entry at 306,000 USD is in the second bracket, the liquidation of the long below 300,000 in the first."""
    price = position_liquidation_price("long", 30_600, 20, 10, LADDER)
    assert price == pytest.approx(liquidation_price("long", 30_600, 20, 0.004), rel=EXACT)
    short = position_liquidation_price("short", 29_400, 20, 10, LADDER)
    assert short == pytest.approx(liquidation_price("short", 29_400, 20, 0.005, 300, 10), rel=EXACT)


def test_margin_that_jumps_at_an_edge_may_liquidate_at_the_edge() -> None:
    """A short in the first bracket is safe up to 300,000 USD, and beyond its margin there."""
    entry, qty = 29_850.0, 10.0
    leverage = 1 / (300_000 / 298_500 - 1 + 0.0045)
    assert liquidation_price("short", entry, leverage, 0.004) > 30_000
    assert liquidation_price("short", entry, leverage, 0.005) < 30_000
    assert position_liquidation_price("short", entry, leverage, qty, STEPS) == pytest.approx(30_000.0, rel=EXACT)


def test_brackets_beyond_the_entry_do_not_count() -> None:
    """A long only loses notional: a steep bracket above its entry can never liquidate it."""
    steep = (Bracket(0.0, 1_000.0, 0.01, 0.0, 50), Bracket(1_000.0, 1e9, 0.2, 0.0, 2.5))
    assert position_liquidation_price("long", 100, 10, 9.9, steep) == pytest.approx(90 / 0.99, rel=EXACT)


def allowed(leverage: float, notional_usd: float) -> float:
    return min(leverage, bracket_at(LADDER, notional_usd).max_leverage)


def equity_over_maintenance(side: Side, entry: float, leverage: float, qty: float, price: float, fee: float) -> float:
    equity = entry * qty / leverage + SIGN[side] * qty * (price - entry)
    bracket = bracket_at(LADDER, qty * price)
    return equity - (qty * price * (bracket.rate + fee) - bracket.amount_usd)


positions = {
    "side": st.sampled_from(SIDES),
    "entry": st.floats(0.01, 1e5),
    "leverage": st.floats(1.2, 100),
    "notional": st.floats(10, 9e7),
    "fee": st.sampled_from([0.0, 0.0006]),
}


@settings(deadline=None)
@given(**positions)
def test_equity_meets_maintenance_at_the_price(
    side: Side, entry: float, leverage: float, notional: float, fee: float
) -> None:
    qty, leverage = notional / entry, allowed(leverage, notional)
    price = position_liquidation_price(side, entry, leverage, qty, LADDER, fee)
    assert equity_over_maintenance(side, entry, leverage, qty, price, fee) == pytest.approx(0, abs=1e-7 * notional)


@settings(deadline=None)
@given(**positions)
def test_the_print_gives_the_price_back(side: Side, entry: float, leverage: float, notional: float, fee: float) -> None:
    qty, leverage = notional / entry, allowed(leverage, notional)
    price = position_liquidation_price(side, entry, leverage, qty, LADDER)
    bankruptcy = bankruptcy_price(side, entry, leverage)
    assert liquidation_from_bankruptcy(side, bankruptcy, qty, LADDER) == pytest.approx(price, rel=1e-9)


@settings(deadline=None)
@given(**positions)
def test_distance_gives_the_leverage_back(
    side: Side, entry: float, leverage: float, notional: float, fee: float
) -> None:
    leverage = allowed(leverage, notional)
    price = position_liquidation_price(side, entry, leverage, notional / entry, LADDER)
    found = leverage_at_distance(side, abs(np.log(price / entry)), notional, LADDER)
    assert float(found) == pytest.approx(leverage, rel=1e-6)


def test_leverage_view_falls_with_distance_and_respects_the_bracket() -> None:
    distances = np.geomspace(0.001, 1.0, 50)
    for side in SIDES:
        leverage = leverage_at_distance(side, distances, 100_000, LADDER)
        assert leverage.shape == distances.shape
        assert leverage.max() == 150
        assert (np.diff(leverage) <= 0).all()


def test_arrays_equal_one_by_one() -> None:
    rng = np.random.default_rng(5)
    sign = rng.choice([-1.0, 1.0], 500)
    entry, leverage, qty = rng.uniform(1e4, 5e4, 500), rng.uniform(1, 120, 500), rng.lognormal(0, 3, 500)
    for brackets in (LADDER, STEPS):
        found = liquidation_prices(sign, entry, leverage, qty, brackets)
        one_by_one = [
            position_liquidation_price("long" if s > 0 else "short", e, lev, q, brackets)
            for s, e, lev, q in zip(sign, entry, leverage, qty, strict=True)
        ]
        assert found.shape == (500,)
        np.testing.assert_allclose(found, one_by_one, rtol=1e-12)


def test_the_largest_of_the_lines_is_the_maintenance_margin_where_it_never_jumps() -> None:
    columns, rng = bracket_columns(binance_brackets("BTCUSDT")), np.random.default_rng(3)
    assert is_continuous(columns)
    count = 2_000
    sign, entry = rng.choice([-1.0, 1.0], count), rng.uniform(10, 1e5, count)
    qty = 10 ** rng.uniform(0, 9, count) / entry
    most = [bracket_at(binance_brackets("BTCUSDT"), usd).max_leverage for usd in (qty * entry).tolist()]
    leverage = np.maximum(rng.uniform(0, 0.98, count) * most, 1.0)
    slow = prices_by_columns(sign, entry, leverage, qty, columns)
    np.testing.assert_allclose(prices_by_lines(sign, entry, leverage, qty, columns), slow, rtol=1e-12)


def test_margin_that_jumps_or_gets_cheaper_is_not_continuous() -> None:
    columns = bracket_columns(binance_brackets("BTCUSDT"))
    jumps, cheaper = columns.copy(), columns[:, ::-1].copy()
    jumps[3, 4:] += 1.0
    assert not is_continuous(jumps) and not is_continuous(cheaper)
    assert is_continuous(columns[:, :1])


def test_shapes_broadcast() -> None:
    found = liquidation_prices(np.array([[1.0], [-1.0]]), 100.0, np.array([5.0, 10.0, 20.0]), 1.0, LADDER)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found[0], [(1 - 1 / lev) * 100 / 0.996 for lev in (5, 10, 20)])
    np.testing.assert_allclose(found[1], [(1 + 1 / lev) * 100 / 1.004 for lev in (5, 10, 20)])
