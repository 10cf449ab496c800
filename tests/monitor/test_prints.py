"""The tape: numbering, bounds, sums against a naive sum, and what may be called complete."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Liquidation, PrintGap, Side
from liqtui.model.snapshot import TAPE_ROWS
from liqtui.monitor.prints import TOTAL_MS, Tape

NOW_MS = 1_764_547_200_000
SIDES: tuple[Side, Side] = ("long", "short")


def liquidation(
    ts_ms: int, venue: str = "alpha", asset: str = "BTC", side: Side = "long", qty: float = 1.0
) -> Liquidation:
    """A print of 100 USD a coin."""
    return Liquidation(ts_ms, venue, asset, side, qty, 100.0)


def test_numbers_rise_without_holes_and_rows_are_bounded() -> None:
    """Every print has a number; the newest 200 of a selection are kept, over venues in the order they came."""
    tape = Tape()
    for i in range(1_000):
        tape.add(liquidation(NOW_MS + i, "alpha" if i % 2 else "beta"))
    assert [row.seq for row in tape.rows("BTC", ["alpha", "beta"])] == list(range(801, 1_001))
    assert [row.seq for row in tape.rows("BTC", ["alpha"])] == list(range(602, 1_001, 2))
    assert len(tape.rows("BTC", ["alpha"])) == TAPE_ROWS
    assert tape.seen("BTC", ["alpha", "beta"]) == 1_000
    assert tape.rows("ETH", ["alpha"]) == ()


@given(
    st.lists(st.tuples(st.integers(-10_080, 3_000), st.sampled_from(SIDES), st.floats(0.01, 1e6)), max_size=40),
    st.sampled_from([1, 5, 15]),
)
def test_columns_hold_the_prints_within_them(events: list[tuple[int, Side, float]], step_min: int) -> None:
    """Against a plain sum, over columns of each length that a map has."""
    tape, step_ms = Tape(), step_min * MINUTE_MS
    span_ms = {1: 4 * HOUR_MS, 5: 3 * DAY_MS, 15: 7 * DAY_MS}[step_min]
    end_ms = NOW_MS + 3_001 * MINUTE_MS
    for minute, side, qty in events:
        tape.add(liquidation(NOW_MS + minute * MINUTE_MS + 500, "ab"[minute % 2], side=side, qty=qty))
    ts_ms = np.arange(end_ms - span_ms, end_ms, step_ms) // step_ms * step_ms
    sums = tape.columns("BTC", ["a", "b"], ts_ms, step_ms)
    for at, sums_usd in zip(ts_ms.tolist(), sums.tolist(), strict=True):
        for side, usd in zip(SIDES, sums_usd, strict=True):
            inside = [
                100.0 * qty for minute, of, qty in events
                if of == side and at <= NOW_MS + minute * MINUTE_MS < at + step_ms
            ]  # fmt: skip
            assert usd == pytest.approx(sum(inside), rel=1e-5)


@given(
    st.lists(st.tuples(st.integers(0, 2_000), st.sampled_from(SIDES), st.floats(0.01, 1e6), st.booleans()), max_size=40)
)
def test_sums_are_those_of_the_prints_within(events: list[tuple[int, Side, float, bool]]) -> None:
    """Whatever the order of prints and questions, a total is the plain sum over whole minutes."""
    tape, given_ones, now_ms = Tape(), list[Liquidation](), NOW_MS
    for minutes, side, qty, late in events:
        now_ms += 0 if late else minutes * MINUTE_MS
        one = liquidation(now_ms - (minutes * MINUTE_MS if late else 0), side=side, qty=qty)
        tape.add(one)
        given_ones.append(one)
        for total, span_ms in zip(tape.totals("BTC", ["alpha"], now_ms), TOTAL_MS.values(), strict=True):
            since = now_ms // MINUTE_MS - span_ms // MINUTE_MS
            inside = [p for p in given_ones if p.ts_ms // MINUTE_MS > since]
            for want, got in (("long", total.long_usd), ("short", total.short_usd)):
                plain = sum(p.usd for p in inside if p.side == want)
                assert abs(got - plain) <= 1e-9 * max(plain, 1.0)
            assert total.count == len(inside)


def test_a_total_is_complete_only_if_the_stream_was_up_all_the_time() -> None:
    """Not before the stream has run for the span, not over a gap, not while the stream is down."""
    tape = Tape()

    def complete(now_ms: int) -> list[bool]:
        return [total.complete for total in tape.totals("BTC", ["alpha"], now_ms)]

    assert complete(NOW_MS) == [False, False, False]
    tape.note_live("alpha", NOW_MS, True)
    assert complete(NOW_MS + HOUR_MS) == [True, False, False]
    assert complete(NOW_MS + DAY_MS) == [True, True, True]
    tape.note_live("alpha", NOW_MS + DAY_MS, False)
    assert complete(NOW_MS + DAY_MS + 1) == [False, False, False]
    tape.note_live("alpha", NOW_MS + DAY_MS + HOUR_MS, True)
    tape.lose(PrintGap("alpha", NOW_MS + DAY_MS, NOW_MS + DAY_MS + HOUR_MS))
    assert complete(NOW_MS + DAY_MS + 2 * HOUR_MS) == [True, False, False]
    assert complete(NOW_MS + DAY_MS + 5 * HOUR_MS) == [True, True, False]
    assert complete(NOW_MS + 2 * DAY_MS + HOUR_MS) == [True, True, True]


def test_memory_is_bounded_when_nobody_looks() -> None:
    """A market whose totals are never read forgets old minutes all the same."""
    tape = Tape()
    for minute in range(10_000):
        tape.add(liquidation(NOW_MS + minute * MINUTE_MS))
    assert len(tape._sums["alpha", "BTC"]._minutes) <= 2 * 1_440


def test_the_past_and_the_stream_count_each_print_once_in_the_order_of_their_stamps() -> None:
    """Whichever tells first; rows of the past come before those of the stream; a past that is told again is ignored."""
    tape, past = Tape(), [liquidation(NOW_MS - at * MINUTE_MS) for at in range(50, 0, -1)]
    early, late = past[-2], past[-1]
    tape.note_live("alpha", NOW_MS - 5 * MINUTE_MS, True)
    tape.add(early)
    tape.add_past("alpha", "BTC", past, [(NOW_MS - 2 * DAY_MS, NOW_MS)])
    tape.add(late)
    tape.add(liquidation(NOW_MS))
    tape.add_past("alpha", "BTC", past, [])
    assert tape.seen("BTC", ["alpha"]) == 51 and tape.count("alpha") == 3
    rows = tape.rows("BTC", ["alpha"])
    assert [row.ts_ms for row in rows] == [one.ts_ms for one in past if one is not early] + [early.ts_ms, NOW_MS]
    assert sorted(row.seq for row in rows) == list(range(1, 52))
    totals = tape.totals("BTC", ["alpha"], NOW_MS + 1)
    assert [total.count for total in totals] == [51, 51, 51] and all(total.complete for total in totals)
    minutes_ms = NOW_MS - MINUTE_MS * np.arange(60, -1, -1, dtype=np.int64)
    columns = tape.columns("BTC", ["alpha"], minutes_ms, MINUTE_MS)
    assert columns.tolist() == [[0.0, 0.0]] * 10 + [[100.0, 0.0]] * 51


def test_the_rows_of_the_past_give_way_to_those_of_the_stream() -> None:
    """At most as many rows as ever, over venues in the order of their stamps."""
    tape = Tape()
    for venue in ("alpha", "beta"):
        tape.add_past(venue, "BTC", [liquidation(NOW_MS - at, venue) for at in range(300, 0, -1)], [])
    tape.add(liquidation(NOW_MS, "beta"))
    rows = tape.rows("BTC", ["alpha", "beta"])
    assert len(rows) == TAPE_ROWS and rows[-1].ts_ms == NOW_MS
    assert [row.ts_ms for row in rows] == sorted(row.ts_ms for row in rows)
    assert {row.venue for row in rows} == {"alpha", "beta"}
    for at in range(TAPE_ROWS):
        tape.add(liquidation(NOW_MS + at, "alpha"))
    assert min(row.ts_ms for row in tape.rows("BTC", ["alpha", "beta"])) == NOW_MS
    assert not any(total.complete for total in tape.totals("BTC", ["alpha"], NOW_MS))
