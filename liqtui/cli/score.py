"""`liqtui score`: how good the map is on recorded liquidations, as a table for people or as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from liqtui.cli.export_map import chosen_symbol, symbols_in
from liqtui.config import ConfigError
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.dump_files import asset_of
from liqtui.feeds.dumps import read_bars, read_funding, read_liquidations, read_open_interest, read_ratios
from liqtui.feeds.totals import read_totals
from liqtui.model.bootstrap import Estimate
from liqtui.model.intensity import Intensity
from liqtui.model.market import Side
from liqtui.model.params import params_for
from liqtui.model.skill import SkillReport
from liqtui.model.totals_score import TotalsSkill
from liqtui.monitor.scoring import Recording, score_prints, score_totals


def score(folder: Path, symbol: str | None, *, as_json: bool, learn: bool) -> int:
    """Score the map on a folder of dumps and print the result; return the exit code.

    With `learn` the map learns from each print or total after it was scored on it.

    Raises ConfigError where there is nothing to score, FeedError where a file cannot be read.
    """
    chosen = chosen_symbol(symbols_in(folder), symbol, folder)
    recording = Recording(
        read_bars(folder, chosen),
        read_open_interest(folder, chosen),
        read_liquidations(folder, chosen),
        read_funding(folder, chosen),
        read_ratios(folder, chosen),
    )
    totals = [] if recording.prints else read_totals(folder, asset_of(chosen))
    if not recording.bars:
        raise ConfigError(f"{folder}: no readable klines of {chosen}")
    if not recording.prints and len(totals) < 2:
        raise ConfigError(
            f"{folder} has no liquidations of {chosen}: neither liquidationSnapshot nor liquidation-totals"
        )
    click.echo(f"{folder}: {len(recording.bars)} bars, {len(recording.prints) or len(totals)} liquidations", err=True)
    # The venue that writes these dumps tells one liquidation a second of each symbol.
    model = Intensity(params_for(binance_brackets(chosen)), sampled=True, printed=learn)
    if recording.prints:
        report = score_prints(model, recording, learn=learn)
        click.echo(_json({"symbol": chosen, **report.as_dict()}) if as_json else print_table(chosen, report))
    else:
        found = score_totals(model, recording, totals, learn=learn)
        plain = {side: asdict(skill) for side, skill in found.items()}
        click.echo(_json({"symbol": chosen, "totals": plain}) if as_json else totals_table(chosen, found))
    return 0


def _json(value: object) -> str:
    return json.dumps(value, indent=2, allow_nan=False)


def print_table(symbol: str, report: SkillReport) -> str:
    """Return the skill against prints as lines of text."""
    number = report.number
    amount = "-" if number is None else f"forecast {number.forecast:,.0f}, observed {number.observed:,.0f}"
    lines = [
        f"{symbol}: {report.verdict}",
        "",
        _line("prints scored", f"{report.prints:,} on {report.days} days; {report.outside:,} outside of the sweep"),
        "",
        f"{'gain, bit/print':<26}{'mean':>8}   90 % interval",
        _gain("over price alone", report.over_price),
        _gain("over fixed leverage", report.over_recipe),
        _gain("places, over price alone", report.place_over_price),
        _gain("places, over fixed lev.", report.place_over_recipe),
        _gain("check: prints on levels", report.place_check),
        "",
        _line("amount (N-test)", amount),
        _line("  forecast / observed", _interval(report.forecast_ratio)),
        _line("place (S-test)", "-" if report.place_quantile is None else f"quantile {report.place_quantile:.3f}"),
        _line("hottest tenth of levels", "-" if report.lift is None else f"hit {report.lift:.1f} times as densely"),
        _line("reliability, by tenths", " ".join(f"{o / f:.2f}" for f, o in report.reliability if f > 0) or "-"),
        _line("", "observed / forecast, lowest rates first"),
        _line("bands held what came", _coverage(report)),
    ]
    if not report.places_hold:
        lines.append("Prints do not lie where levels had stood: only their places count as the gain above.")
    return "\n".join(lines)


def _coverage(report: SkillReport) -> str:
    if not report.coverage:
        return "- (a map has bands once it has learned: --learn)"
    held = ", ".join(f"{nominal:.0f} % band {found:.1f} %" for nominal, found in report.coverage)
    return f"{held}, of {report.coverage_n:,} hourly forecasts"


def totals_table(symbol: str, found: Mapping[Side, TotalsSkill]) -> str:
    """Return the skill against totals as lines of text."""
    lines = []
    for side, skill in found.items():
        lines += [
            f"{symbol} {side}s: {skill.verdict}",
            _line("  periods", f"{skill.periods:,} on {skill.days} days"),
            _line("  rank correlation", f"map {skill.forecast:.2f}, size of the move alone {skill.move:.2f}"),
            _line("  partial, 90 %", _interval(skill.partial)),
        ]
    return "\n".join(lines)


def _line(name: str, text: str) -> str:
    return f"{name:<26}{text}"


def _gain(name: str, gain: Estimate | None) -> str:
    return _line(name, "-") if gain is None else f"{name:<26}{gain.mean:>+8.3f}   {gain.low:+.3f}..{gain.high:+.3f}"


def _interval(one: Estimate | None) -> str:
    return "-" if one is None else f"{one.mean:.2f} ({one.low:.2f}..{one.high:.2f})"
