"""The parts of the skill screen: a `Skill` to lines of fields, for a column of a given width."""

import math
import textwrap
from typing import Protocol

from liqtui.model.market import SIDES, Side
from liqtui.model.snapshot import LEAST_DAYS, LEAST_PRINTS, Interval, MixClass, Skill, Snapshot
from liqtui.render.plots import Scale, shaded, stem, whisker
from liqtui.render.skill_text import amount_words, count, distance_class, lift_words, longest, place_words
from liqtui.render.text import Field
from liqtui.widgets.panel import asset_row
from liqtui.widgets.skill_words import LOOK, Standing, forms, judged_gain, printing_venues, standing


class Ink(Protocol):
    """Text, the name of its look and its rank to a field."""

    def __call__(self, text: str, look: str = ..., rank: int = ...) -> Field:
        """Return a piece of a line."""
        ...


Block = list[list[Field]]
"""Lines, each of fields."""

_PLOT_LEAST, _PLOT_MOST = 5, 44
_PLOT = 2
"""Rank of a plot, which yields to the figures beside it."""

_WHY: dict[Standing, str] = {
    "better": "Where liquidations fell, the map told more than how long ago price last passed each level: the "
    "90 % interval of the gain, from draws of whole days, lies above zero.",
    "equal": "How long ago price last passed a level told as much about where liquidations fall, or more: the 90 % "
    "interval of the gain does not lie above zero. Take the map as a picture, not as a forecast.",
    "few": f"A verdict needs {LEAST_PRINTS} prints on {LEAST_DAYS} days, since those of one cascade are not "
    "independent. Until then no gain is shown. The first day and the first prints only teach the scales.",
    "pending": "The prints of the history are still to be read, or no print has come yet. This page fills by itself.",
    "no prints": "No venue of this selection tells its single liquidations, so there is nothing to hold the map "
    "against. v chooses another venue.",
}
_NOT_A_CENSUS = (
    "What it may be used for: where, relative to other places on the same side, more would be forced out. "
    'Not: "x % of traders use 50x".'
)


def verdict(snapshot: Snapshot, ink: Ink, width: int) -> Block:
    """Return what may be said, and why not more."""
    state, chosen, row = standing(snapshot), snapshot.detail.selection, asset_row(snapshot)
    venues = chosen.venue or (f"all {len(row.venues)} venues" if row else "all venues")
    lines = [[ink("HOW FAR TO TRUST THIS MAP", "title"), ink(f"  {chosen.asset}, {venues}", "dim")]]
    said = forms(snapshot)
    lines += _wrapped(longest(said[:2], width) or said[0], ink, LOOK[state], width)
    skill = snapshot.detail.skill
    if skill is not None:
        lines.append([ink(f"scored on {count(skill.prints, 'print')} on {count(skill.days, 'day')}", "text")])
    if state == "pending" and snapshot.note:
        lines.append([ink(snapshot.note, "warn")])
    lines += _wrapped(_WHY[state], ink, "dim", width)
    silent = [v.venue for v in snapshot.venues if row and v.venue in row.venues]
    silent = [venue for venue in silent if venue not in printing_venues(snapshot)]
    if silent and chosen.venue is None and state != "no prints":
        lines += _wrapped(f"without {', '.join(silent)}: no single prints", ink, "dim", width)
    return lines


def gains(skill: Skill, ink: Ink, width: int) -> Block:
    """Return the gains as intervals about zero, to one scale, and as numbers."""
    if judged_gain(skill) is None:
        return []
    rows = [("price alone", skill.over_price), ("fixed leverage", skill.over_recipe)]
    found = [gain for _, gain in rows if gain is not None]
    low, high = min(0.0, *(gain.low for gain in found)), max(0.0, *(gain.high for gain in found))
    room = 0.05 * (high - low) or 1.0
    label, over = (21, "over ") if width >= 21 + 23 + _PLOT_LEAST else (16, "")
    scale = Scale(low - room, high + room, _plot(width, label + 23))
    axis, head = scale.labels({0.0: "0"}), f" {'mean':>6}  {'90 % interval':>14}"
    lines = [[ink(f"{'GAIN, bit/print':<{label}}", "title"), ink(axis, "dim", _PLOT), ink(head, "dim")]]
    return lines + [_gain(over + name, label, gain, scale, ink) for name, gain in rows]


def _gain(name: str, room: int, gain: Interval | None, scale: Scale, ink: Ink) -> list[Field]:
    label = ink(f" {name:<{room - 1}}", "text")
    if gain is None:
        return [label, ink("not known", "dim")]
    look = "good" if gain.low > 0 else "warn"
    numbers = f" {gain.mean:>+6.2f}  {f'{gain.low:+.2f}..{gain.high:+.2f}':>14}"
    return [label, ink(whisker(scale, gain.low, gain.mean, gain.high, 0.0), look, _PLOT), ink(numbers, "text")]


def checks(skill: Skill, ink: Ink, width: int) -> Block:
    """Return the tests of amount and place in words."""
    if judged_gain(skill) is None:
        return []
    ratio, quantile, lift = skill.amount_ratio, skill.place_quantile, skill.lift
    rows = (
        ("amount", amount_words(ratio.mean, ratio.low, ratio.high) if ratio else ""),
        ("places (S-test)", place_words(quantile) if quantile is not None else ""),
        ("hottest tenth", lift_words(lift) if lift is not None else ""),
    )
    lines = [[ink("AMOUNT AND PLACE", "title")]]
    for name, text in rows:
        label = ink(f" {name:<16}", "text")
        more = _wrapped(text or "not known", ink, "text", width - len(label.text))
        lines += [[label if part is more[0] else ink(" " * len(label.text), "dim"), *part] for part in more]
    return lines


def reliability(skill: Skill, ink: Ink, width: int) -> Block:
    """Return observed over forecast in tenths of the forecast, as points off a line at 1."""
    rows = [(forecast, observed) for forecast, observed in skill.reliability if forecast > 0]
    if judged_gain(skill) is None or not rows:
        return []
    scale = Scale(-2.0, 2.0, _plot(width, 12 + 7))
    lines = [
        [ink("RELIABILITY", "title"), ink("  observed / forecast in tenths of the forecast", "dim")],
        [ink(" " * 12, "dim"), ink(scale.labels({-2.0: "¼", -1.0: "½", 0.0: "1", 1.0: "2", 2.0: "4"}), "dim", _PLOT)],
    ]
    for tenth, (forecast, observed) in enumerate(rows, 1):
        ratio = observed / forecast
        place = " lowest" if tenth == 1 else " highest" if tenth == len(rows) else ""
        point = stem(scale, math.log2(ratio) if ratio > 0 else -math.inf, 0.0)
        lines.append([ink(f" {tenth:>2}{place:<9}", "dim"), ink(point, "text", _PLOT), ink(f" {ratio:>6.2f}", "text")])
    falling = "Near 1 everywhere: the map is as sure as it may be. Falling from top to bottom: too sure."
    return lines + _wrapped(falling, ink, "dim", width)


def coverage(skill: Skill, ink: Ink, width: int) -> Block:
    """Return how often what came lay inside the bands, against what they promise."""
    head = [
        ink("BANDS", "title"),
        ink(f"  how often what came lay inside, of {count(skill.coverage_n, 'forecast')}", "dim"),
    ]
    if not skill.coverage or not skill.coverage_n:
        return [head[:1], [ink(" no forecast with a band has run its time yet", "dim")]]
    scale = Scale(0.0, 100.0, _plot(width, 14 + 14))
    lines = [head, [ink(" " * 14, "dim"), ink(scale.labels({0.0: "0", 50.0: "50", 100.0: "100 %"}), "dim", _PLOT)]]
    for nominal, found in skill.coverage:
        numbers = f" found {found:>5.1f} %"
        label = ink(f" {f'{nominal:.0f} % band':<13}", "text")
        lines.append([label, ink(stem(scale, found, nominal), "text", _PLOT), ink(numbers, "text")])
    return lines


def mix(skill: Skill, ink: Ink, width: int) -> Block:
    """Return what was learned of the distances beside what was assumed, to one scale."""
    if not skill.mix:
        return [
            [ink("WHAT STANDS WHERE", "title")],
            [ink(" the mix is as assumed: nothing has been learned yet", "dim")],
        ]
    most = max(max(one.assumed_pct, one.high_pct) for one in skill.mix)
    scale = Scale(0.0, most or 1.0, _plot(width, 15 + 24))
    taught = (
        f"learned from {count(skill.learned_prints, 'print')}" if skill.learned_prints else "no print taught it yet"
    )
    lines = [
        [ink("WHAT STANDS WHERE", "title"), ink(f"  {taught}", "dim")],
        *_wrapped("Share of a side by distance from entry to liquidation", ink, "dim", width),
        [ink("▒▒▒ assumed   ├─●─┤ learned, with its 80 % band", "dim")],
        [ink(" " * 15), ink(" " * scale.width, "dim", _PLOT), ink(f"{'learned':>8}{'80 %':>8}{'assumed':>8}", "dim")],
    ]
    for side in SIDES:
        ones = sorted((one for one in skill.mix if one.side == side), key=lambda one: one.near_pct)
        lines += [_class(side, one, scale, ink) for one in ones]
    return lines + _wrapped(_NOT_A_CENSUS, ink, "dim", width)


def _class(side: Side, one: MixClass, scale: Scale, ink: Ink) -> list[Field]:
    plot = whisker(scale, one.low_pct, one.learned_pct, one.high_pct, ground=shaded(scale, one.assumed_pct))
    band = f"{one.low_pct:.0f}..{one.high_pct:.0f}"
    return [
        ink(f" {side[0].upper()}", side),
        ink(f" {distance_class(one.near_pct, one.far_pct):<12}", "text"),
        ink(plot, side, _PLOT),
        ink(f"{one.learned_pct:>6.1f} %{band:>8}", "text"),
        ink(f"{one.assumed_pct:>6.1f} %", "dim"),
    ]


def _plot(width: int, taken: int) -> int:
    return min(max(width - taken, _PLOT_LEAST), _PLOT_MOST)


def _wrapped(text: str, ink: Ink, look: str, width: int) -> Block:
    return [[ink(part, look)] for part in textwrap.wrap(text, max(width, 8))]
