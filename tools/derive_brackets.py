"""Derive the packaged table of Binance maintenance brackets from a CSV of them.

    python tools/derive_brackets.py brackets.csv 2026-09-29 > liqtui/feeds/binance_brackets.csv

The input has one row per bracket with the columns symbol (unified, `BTC/USDT:USDT`), tier, min_notional, max_notional,
maintenance_margin_rate, maintenance_amount, max_leverage; Binance gives these figures to any holder of a key
(GET /fapi/v1/leverageBracket). The second argument is the day they are from. Dated futures are left out. Symbols with
the same ladder share a row; maintenance amounts are not stored, because they follow from the floors and rates.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

Row = Mapping[str, str]
TOLERANCE = 1e-6


def key_of(symbol: str) -> str | None:
    """Return the table's key: the base coin for USDT perpetuals, the unified symbol for others, None for dated ones."""
    base, _, rest = symbol.partition("/")
    settle = rest.partition(":")[2]
    if "-" in settle:
        return None
    return base if settle == "USDT" else symbol


def ladder(rows: list[Row]) -> tuple[str, str]:
    """Return a symbol's brackets as `floor:rate:leverage` words, and the last cap; ValueError if they do not fit."""
    rows = sorted(rows, key=lambda row: int(row["tier"]))
    if float(rows[0]["min_notional"]) != 0 or any(
        float(low["max_notional"]) != float(high["min_notional"]) for low, high in pairwise(rows)
    ):
        raise ValueError(f"{rows[0]['symbol']}: the brackets leave a hole")
    amount = rate = 0.0
    for row in rows:
        amount += float(row["min_notional"]) * (float(row["maintenance_margin_rate"]) - rate)
        rate = float(row["maintenance_margin_rate"])
        if abs(amount - float(row["maintenance_amount"])) > TOLERANCE * max(1.0, amount):
            raise ValueError(f"{row['symbol']} tier {row['tier']}: amount {row['maintenance_amount']}, not {amount}")
    words = (f"{row['min_notional']}:{row['maintenance_margin_rate']}:{row['max_leverage']}" for row in rows)
    return " ".join(words), rows[-1]["max_notional"]


def derive(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    """Return the rows of the table: keys, cap of the last bracket, ladder."""
    symbols: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        key = key_of(row["symbol"])
        if key is not None:
            symbols[key].append(row)
    keys: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in sorted(symbols):
        keys[ladder(symbols[key])].append(key)
    return [(" ".join(names), cap, words) for (words, cap), names in sorted(keys.items(), key=lambda item: item[1])]


def main() -> None:
    """Read the file named by the first argument and print the table."""
    if len(sys.argv) != 3:
        sys.exit("usage: derive_brackets.py BRACKETS.csv DAY")
    with open(sys.argv[1], encoding="utf-8", newline="") as source:
        table = derive(csv.DictReader(source))
    print(f"# Binance USD-M maintenance brackets of {sys.argv[2]}; made by tools/derive_brackets.py")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("keys", "cap_usd", "floor_usd:rate:max_leverage"))
    writer.writerows(table)


if __name__ == "__main__":
    main()
