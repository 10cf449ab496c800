"""Binance USD-M maintenance brackets from the packaged table: the venue itself tells them to holders of a key only."""

import csv
from functools import lru_cache
from importlib.resources import files

from liqtui.model.market import Bracket

TABLE = "binance_brackets.csv"
"""Columns: keys (base coin of USDT perpetuals, unified symbol of others), last cap, `floor:rate:leverage` words."""
QUOTES = ("USDC", "USD1", "U")


@lru_cache
def binance_brackets(symbol: str) -> tuple[Bracket, ...]:
    """Return the brackets of a perpetual, lowest first.

    `symbol` is a base coin (`BTC`: the USDT perpetual), the venue's id (`BTCUSDT`) or the unified symbol
    (`BTC/USDT:USDT`). One that is not in the table gets the ladder that most symbols have, which is that of small
    coins: few USD a bracket and at most 50x, so a liquidation price is rather placed too near than too far.
    """
    table = _table()
    found = next((table[key] for key in _keys(symbol) if key in table), None)
    cap_usd, words = found if found is not None else _commonest()
    return _ladder(words, cap_usd)


def _keys(symbol: str) -> tuple[str, ...]:
    """Return the keys under which a symbol may stand, likeliest first."""
    base, slash, _ = symbol.partition("/")
    if slash:
        return (base,) if symbol.endswith(":USDT") else (symbol,)
    others = tuple(f"{symbol.removesuffix(quote)}/{quote}:{quote}" for quote in QUOTES if symbol.endswith(quote))
    return (symbol, symbol.removesuffix("USDT"), *others)


def _rows() -> list[list[str]]:
    text = files("liqtui.feeds").joinpath(TABLE).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.reader(lines))[1:]


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[float, str]]:
    return {key: (float(cap), words) for keys, cap, words in _rows() for key in keys.split()}


@lru_cache(maxsize=1)
def _commonest() -> tuple[float, str]:
    _, cap, words = max(_rows(), key=lambda row: len(row[0].split()))
    return float(cap), words


def _ladder(words: str, cap_usd: float) -> tuple[Bracket, ...]:
    """Build the brackets; the amount makes the maintenance margin continuous: c += floor (m - m of the one below)."""
    steps = [tuple(float(part) for part in word.split(":")) for word in words.split()]
    caps = [floor for floor, _, _ in steps[1:]] + [cap_usd]
    brackets: list[Bracket] = []
    amount = below = 0.0
    for (floor, rate, leverage), cap in zip(steps, caps, strict=True):
        amount += floor * (rate - below)
        below = rate
        brackets.append(Bracket(floor, cap, rate, round(amount, 8), leverage))
    return tuple(brackets)
