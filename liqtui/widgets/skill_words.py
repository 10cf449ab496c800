"""What may be said of the map on screen: whether it has shown skill, in the room that a line has."""

from collections.abc import Sequence
from typing import Literal

from liqtui.model.snapshot import LEAST_DAYS, LEAST_PRINTS, Interval, Skill, Snapshot
from liqtui.render.skill_text import (
    NO_PRINTS,
    PENDING,
    Forms,
    early_forms,
    equal_forms,
    few_forms,
    gain_forms,
    longest,
)
from liqtui.render.text import Field
from liqtui.widgets.panel import Panel, asset_row

Standing = Literal["better", "equal", "few", "pending", "no prints"]
LOOK: dict[Standing, str] = {"better": "good", "equal": "warn", "few": "dim", "pending": "dim", "no prints": "dim"}


def standing(snapshot: Snapshot) -> Standing:
    """Return what the prints have shown of the map; better only where the whole interval lies above zero."""
    skill = snapshot.detail.skill
    if skill is None:
        return "pending" if printing_venues(snapshot) else "no prints"
    gain = judged_gain(skill)
    if gain is None:
        return "few"
    return "better" if skill.better and gain.low > 0 else "equal"


def judged_gain(skill: Skill) -> Interval | None:
    """Return the gain over price alone where there are prints enough to judge by."""
    few = skill.prints < LEAST_PRINTS or skill.days < LEAST_DAYS or skill.verdict.startswith("not enough")
    return None if few else skill.over_price


def printing_venues(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the venues of the selection that tell single liquidations."""
    chosen, row = snapshot.detail.selection, asset_row(snapshot)
    wanted = (chosen.venue,) if chosen.venue else row.venues if row else ()
    return tuple(v.venue for v in snapshot.venues if v.venue in wanted and v.prints in ("full", "sampled"))


def forms(snapshot: Snapshot) -> Forms:
    """Return the standing in words, the longest first."""
    skill = snapshot.detail.skill
    gain = judged_gain(skill) if skill else None
    if skill is None:
        return PENDING if printing_venues(snapshot) else NO_PRINTS
    if gain is None:
        early = skill.prints >= LEAST_PRINTS and skill.days < LEAST_DAYS
        return early_forms(skill.prints, skill.days, LEAST_DAYS) if early else few_forms(skill.prints)
    if standing(snapshot) == "better":
        return gain_forms(gain.mean, gain.low, gain.high, skill.prints)
    return equal_forms(gain.low, gain.high, skill.prints)


def with_skill(
    panel: Panel, snapshot: Snapshot, left: Sequence[Field], right: Sequence[Field], width: int
) -> list[Field]:
    """Return the right end of a heading with the skill before it.

    Fields of a higher rank yield to some form of it, and those of rank 3 to its longest.
    """
    words = forms(snapshot)
    for rank, wanted in ((3, words[:1]), (2, words), (1, words), (0, words)):
        kept = [field for field in right if field.rank <= rank]
        taken = sum(len(field.text) for field in (*left, *kept))
        text = longest(wanted, width - 1 - taken - len(_GAP))
        if text is not None:
            return [panel.field(text + _GAP, LOOK[standing(snapshot)]), *kept]
    return list(right)


_GAP = "  "
