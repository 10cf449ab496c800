"""`liqtui map`: a folder of dumps through the model, row by row, into one file."""

from pathlib import Path

import click

from liqtui.config import ConfigError
from liqtui.feeds.base import FeedError
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.dump_files import asset_of
from liqtui.feeds.dumps import find_symbols, read_bars, read_funding, read_liquidations, read_open_interest, read_ratios
from liqtui.feeds.totals import read_totals
from liqtui.model.params import params_for
from liqtui.monitor.offline import map_rows, write_map


def export_map(folder: Path, symbol: str | None, every_ms: int, out: Path, *, learn: bool) -> int:
    """Write the map of one symbol as known at each time; return the exit code. Raises ConfigError, FeedError.

    With `learn` the mix of distances is learned from the folder's prints as they come, or without
    any from its totals as their periods end.
    """
    chosen = chosen_symbol(symbols_in(folder), symbol, folder)
    bars = read_bars(folder, chosen)
    prints = read_liquidations(folder, chosen) if learn else []
    totals = read_totals(folder, asset_of(chosen)) if learn and not prints else []
    try:
        rows = map_rows(
            bars,
            read_open_interest(folder, chosen),
            read_funding(folder, chosen),
            read_ratios(folder, chosen),
            prints,
            totals,
            every_ms=every_ms,
            params=params_for(binance_brackets(chosen)),
        )
    except ValueError as error:
        raise ConfigError(f"{folder}: {error}") from error
    write_map(out, rows)
    click.echo(f"{out}: {len(rows.t)} rows of {chosen}, {len(rows.edges) - 1} bins a side", err=True)
    return 0


def chosen_symbol(symbols: list[str], wanted: str | None, folder: Path) -> str:
    """Return the wanted symbol, or the only one; ConfigError where it is not there or must be chosen."""
    if wanted is None and len(symbols) == 1:
        return symbols[0]
    if wanted is None:
        raise ConfigError(f"{folder} holds several symbols, choose one with --symbol: {', '.join(symbols)}")
    if wanted.upper() not in symbols:
        raise ConfigError(f"{folder} has no klines of {wanted.upper()}; it has {', '.join(symbols)}")
    return wanted.upper()


def symbols_in(folder: Path) -> list[str]:
    """Return the symbols that have klines in a folder; ConfigError says what was looked for where there is none."""
    try:
        return find_symbols(folder)
    except FeedError as error:
        raise ConfigError(str(error)) from error
