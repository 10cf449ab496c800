"""What the heading of the heatmap says of the map's skill, and when it may not say more."""

import re
from dataclasses import replace

import pytest

from liqtui.model.bootstrap import Estimate
from liqtui.model.selection import Selection
from liqtui.model.skill import verdict as model_verdict
from liqtui.model.snapshot import LEAST_DAYS, LEAST_PRINTS, Interval, Skill, Snapshot
from liqtui.render.text import Field
from liqtui.widgets.heatmap import Heatmap
from liqtui.widgets.skill_words import forms, standing, with_skill
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import make_skill, make_snapshot
from tests.ui.scene import with_skill as having

SKILL = make_skill()
EQUAL = replace(SKILL, verdict="no better than price alone", better=False, over_price=Interval(0.02, -0.05, 0.09))
FEW = replace(SKILL, verdict="not enough prints", better=False, prints=37, days=1)


@pytest.mark.parametrize(
    ("skill", "said"),
    [
        (SKILL, {80: "has skill", 120: "+0.31 bit (0.22..0.40), n 1,204", 220: SKILL.verdict}),
        (
            EQUAL,
            {80: "no skill", 120: "no better than price alone", 220: "no better than price alone, 90 % -0.05..0.09"},
        ),
        (FEW, {80: "skill ?", 120: "not enough prints yet, n 37", 220: "not enough prints yet, n 37"}),
        (None, {80: "skill ?", 120: "skill not known yet", 220: "skill not known yet"}),
    ],
)
async def test_the_heading_says_what_is_known_at_every_width(skill: Skill | None, said: dict[int, str]) -> None:
    async with running((80, 24)) as (app, link, pilot):
        link.put(having(make_snapshot(BTC, 2), skill))
        await settle(pilot)
        for width, text in said.items():
            await pilot.resize_terminal(width, 60 if width == 220 else 36)
            await settle(pilot)
            heading = lines_of(app, Heatmap)[0]
            assert f" {text}" in heading and heading.startswith(" BTC all 4 venues 24h"), heading
            assert "%/row" in heading
            assert ("estimated USD" in heading) is (width == 220)


async def test_a_venue_without_prints_leaves_the_skill_unknown() -> None:
    async with running((220, 60)) as (app, link, pilot):
        link.put(having(make_snapshot(Selection("BTC", "hyperliquid"), 2), None))
        await settle(pilot)
        assert "no prints from these venues: skill unknown" in lines_of(app, Heatmap)[0]


async def test_other_words_of_the_heading_yield_before_the_skill() -> None:
    """And none of its forms has a figure without the interval and n, whatever the room."""
    async with running() as (app, _, _pilot):
        panel, snapshot = app.query_one(Heatmap), make_snapshot(BTC)
        left = [panel.field(" BTC"), panel.field(" 24h")]
        right = [panel.field("estimated ", "dim", 3), panel.field("1%/row ", "dim", 1), panel.field("zoom ", "dim", 2)]
        seen = set()
        for width in range(10, 140):
            shown = fields = with_skill(panel, snapshot, left, right, width)
            texts = [field.text for field in fields]
            if shown == right:
                assert width < 21, "the shortest form always has room"
                continue
            seen.add(texts[0])
            assert sum(len(field.text) for field in (*left, *shown)) < width
            assert ("estimated " in texts) <= (SKILL.verdict in texts[0])
            if re.search(r"\d", texts[0]):
                assert "0.22..0.40" in texts[0] and "n 1,204" in texts[0]
        assert len(seen) == 6


async def test_the_words_say_it_too_where_there_are_no_colours() -> None:
    for skill, word in ((SKILL, "+0.31 bit"), (EQUAL, "no better")):
        async with running((120, 36), colour="none") as (app, link, pilot):
            link.put(having(make_snapshot(BTC, 2), skill))
            await settle(pilot)
            assert word in lines_of(app, Heatmap)[0]


def said(snapshot: Snapshot) -> str:
    """Return the longest form."""
    return forms(snapshot)[0]


def test_the_words_are_those_of_the_model() -> None:
    gain = Estimate(0.31, 0.22, 0.40)
    assert said(having(make_snapshot(BTC), SKILL)) == model_verdict(gain, 1204, enough=True)
    assert said(having(make_snapshot(BTC), EQUAL)).startswith(model_verdict(Estimate(0.0, -0.1, 0.1), 9, enough=True))


@pytest.mark.parametrize("low", [-0.05, 0.0])
def test_no_interval_that_includes_zero_is_called_better(low: float) -> None:
    """Not even where the engine says so."""
    odd = replace(SKILL, better=True, over_price=Interval(0.31, low, 0.4))
    assert standing(having(make_snapshot(BTC), odd)) == "equal"
    assert said(having(make_snapshot(BTC), odd)).startswith("no better than price alone")


@pytest.mark.parametrize(
    "few",
    [
        replace(SKILL, prints=LEAST_PRINTS - 1),
        replace(SKILL, days=LEAST_DAYS - 1),
        replace(SKILL, over_price=None),
        replace(SKILL, verdict="not enough prints"),
    ],
)
def test_no_gain_is_shown_before_there_are_prints_enough(few: Skill) -> None:
    snapshot = having(make_snapshot(BTC), few)
    assert standing(snapshot) == "few"
    early = few.days < LEAST_DAYS
    assert said(snapshot) == (
        "no score before day 3 (now 2), n 1,204" if early else f"not enough prints yet, n {few.prints:,}"
    )


async def test_the_look_follows_the_words() -> None:
    async with running() as (app, _, _pilot):
        panel = app.query_one(Heatmap)
        looks: list[Field] = [
            with_skill(panel, having(make_snapshot(BTC), skill), [], [], 100)[0] for skill in (SKILL, EQUAL, FEW, None)
        ]
        assert [field.style for field in looks] == [panel.look(name) for name in ("good", "warn", "dim", "dim")]
