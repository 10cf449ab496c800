"""The skill in words: no gain without its interval and n, in any length."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.render.skill_text import (
    NO_PRINTS,
    PENDING,
    Forms,
    amount_words,
    count,
    distance_class,
    early_forms,
    equal_forms,
    few_forms,
    gain_forms,
    lift_words,
    longest,
    place_words,
)

BETTER = gain_forms(0.31, 0.22, 0.40, 1204)
EQUAL = equal_forms(-0.05, 0.12, 1204)


def test_a_gain_in_every_length() -> None:
    assert BETTER == (
        "+0.31 bit/print over price alone, 90 % 0.22..0.40, n 1,204",
        "+0.31 bit over price alone (0.22..0.40), n 1,204",
        "+0.31 bit (0.22..0.40), n 1,204",
        "better than price alone",
        "beats price alone",
        "has skill",
    )


@given(st.floats(-5, 5), st.floats(0, 5), st.floats(0, 5), st.integers(0, 10**7))
def test_no_figure_of_a_gain_stands_without_its_interval_and_n(mean: float, below: float, above: float, n: int) -> None:
    for form in gain_forms(mean, mean - below, mean + above, n):
        if re.search(r"\d", form):
            assert f"{mean - below:.2f}..{mean + above:.2f}" in form and f"n {n:,}" in form


@pytest.mark.parametrize("forms", [BETTER, EQUAL, few_forms(37), early_forms(2990, 2, 3), NO_PRINTS, PENDING])
def test_forms_get_shorter_and_the_shortest_fits_a_narrow_heading(forms: Forms) -> None:
    lengths = [len(form) for form in forms]
    assert lengths == sorted(lengths, reverse=True) and lengths[-1] <= 9
    assert longest(forms, lengths[0]) == forms[0]
    assert longest(forms, lengths[0] - 1) == forms[1]
    assert longest(forms, lengths[-1] - 1) is None


def test_no_gain_is_claimed_where_there_is_none() -> None:
    assert EQUAL[0] == "no better than price alone, 90 % -0.05..0.12, n 1,204"
    assert "no better than price alone" in EQUAL
    for form in (*EQUAL, *few_forms(37), *early_forms(2990, 2, 3), *NO_PRINTS, *PENDING):
        assert "bit" not in form and "has" not in form and not form.startswith("b")
    assert few_forms(37)[0] == "not enough prints yet, n 37"
    assert early_forms(2990, 2, 3)[0] == "no score before day 3 (now 2), n 2,990"
    assert NO_PRINTS[0] == "no prints from these venues: skill unknown"


def test_tests_in_words() -> None:
    assert amount_words(1.13, 0.92, 1.35) == "about right: forecast 1.13 times what came, 90 % 0.92..1.35"
    assert amount_words(3.8, 2.9, 4.4).startswith("too much")
    assert amount_words(0.5, 0.4, 0.9).startswith("too little")
    assert place_words(0.41) == "agree with the map: 41 % of catalogues drawn from it fit it worse"
    assert place_words(0.049).startswith("contradict the map: 5 %")
    assert lift_words(2.34) == "hit 2.3 times as densely as all that price swept"
    assert (count(1, "day"), count(1204, "print"), count(0, "day")) == ("1 day", "1,204 prints", "0 days")


@pytest.mark.parametrize(
    ("near", "far", "text"),
    [
        (0.3, 0.6, "0.3..0.6 %"), (0.32, 1.0, "0.32..1 %"), (5.0, 12.5, "5..12 %"), (2.52, 5.06, "2.5..5.1 %"),
        (0.0, 0.3, "0..0.3 %"), (20.0, float("inf"), "20 %.."),
    ],
)  # fmt: skip
def test_classes_of_distance(near: float, far: float, text: str) -> None:
    assert distance_class(near, far) == text
