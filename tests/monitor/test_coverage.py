"""When prints were heard, against a naive set of moments; prints from two sides against a naive count."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from liqtui.model.market import HOUR_MS, Liquidation, PrintGap
from liqtui.monitor.coverage import Coverage, Spans, heard_since_ms, recorded_spans
from liqtui.monitor.once import Once, Origin

EDGES = st.integers(0, 40)


@given(st.lists(st.tuples(st.booleans(), EDGES, EDGES), max_size=25))
def test_spans_are_the_moments_that_were_covered(steps: list[tuple[bool, int, int]]) -> None:
    """Half steps stand for the time between two edges."""
    spans, naive = Spans(), set[float]()
    for covered, a, b in steps:
        start, end = min(a, b), max(a, b)
        between = {at + 0.5 for at in range(start, end)}
        if covered:
            spans.add((start, end))
            naive |= between
        else:
            spans.cut((start, end))
            naive -= between
    assert {at + 0.5 for s, e in spans for at in range(s, e)} == naive
    for at in range(41):
        touches = at - 0.5 in naive or at + 0.5 in naive
        start = at
        while start - 0.5 in naive:
            start -= 1
        assert spans.start_around(at) == (start if touches else None)


def test_the_stream_and_the_past_join() -> None:
    """Since the start of the past where both overlap, since a gap's end after it, None while the stream is down."""
    stream, past = Coverage(), Spans([(100, 500), (600, 1_000)])
    known: list[Spans | Coverage] = [stream, past]
    assert heard_since_ms(450, known) == 100 and heard_since_ms(550, known) is None
    stream.note(900, True)
    assert heard_since_ms(2_000, known) == 600
    past.add((500, 600))
    assert heard_since_ms(2_000, known) == 100
    stream.lost(PrintGap("alpha", 1_500, 1_700))
    assert heard_since_ms(1_400, known) == 100
    assert heard_since_ms(1_600, known) is None
    assert heard_since_ms(2_000, known) == 1_700
    stream.note(2_100, False)
    assert heard_since_ms(2_050, known) == 1_700 and heard_since_ms(2_200, known) is None
    stream.note(2_500, True)
    assert heard_since_ms(3_000, known) == 2_500
    assert stream.spans(3_000) == [(900, 1_500), (1_700, 2_100), (2_500, 3_000)]


def test_half_a_day_of_silence_is_not_a_record() -> None:
    """Only what lies between prints, or between the last one and now, if that is not long ago."""
    hours = [1, 5, 12, 30, 31]
    stamps = [hour * HOUR_MS for hour in hours]
    assert recorded_spans(stamps, 40 * HOUR_MS) == [(HOUR_MS, 12 * HOUR_MS), (30 * HOUR_MS, 40 * HOUR_MS)]
    assert recorded_spans(stamps, 50 * HOUR_MS)[-1] == (30 * HOUR_MS, 31 * HOUR_MS)
    assert recorded_spans([], 50 * HOUR_MS) == []


@given(st.lists(st.tuples(st.sampled_from(("past", "stream")), st.integers(0, 4)), max_size=60))
def test_each_print_is_let_through_as_often_as_the_side_that_told_it_oftener(told: list[tuple[Origin, int]]) -> None:
    """In any order of the two sides."""
    once = Once()
    through = Counter(
        at for origin, at in told if once.first(Liquidation(at, "alpha", "BTC", "long", 1.0, 2.0), origin)
    )
    sides = [Counter(at for of, at in told if of == origin) for origin in ("past", "stream")]
    assert through == sides[0] | sides[1]


def test_what_one_side_told_long_ago_is_forgotten() -> None:
    """Memory is bounded where only one side ever speaks."""
    once = Once()
    for at in range(40_000):
        once.first(Liquidation(at * 60_000, "alpha", "BTC", "long", 1.0, 2.0), "stream")
    assert len(once._ahead["stream"]) < 6_000
