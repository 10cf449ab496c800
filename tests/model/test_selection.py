"""Panning in time: by quarters of the window, back to the newest, no further than is remembered."""

from liqtui.model.market import DAY_MS, HOUR_MS
from liqtui.model.selection import PAST_MS, WINDOW_MS, WINDOWS, Selection

NOW_MS = 1_790_000_000_000


def test_steps_are_quarters_of_the_window_and_end_at_the_newest() -> None:
    one = Selection("BTC", window="4h").panned(-1, NOW_MS)
    assert one.until_ms == NOW_MS - HOUR_MS
    assert one.panned(-2, NOW_MS + 5).until_ms == NOW_MS - 3 * HOUR_MS
    assert one.panned(1, NOW_MS + HOUR_MS // 2).until_ms == NOW_MS
    assert one.panned(1, NOW_MS).until_ms is None
    assert one.panned(0, NOW_MS) == one


def test_no_window_begins_before_what_is_remembered() -> None:
    for window in WINDOWS:
        far = Selection("BTC", window=window).panned(-1000, NOW_MS)
        if far.until_ms is None:
            assert window == "7d"
        else:
            assert far.until_ms - WINDOW_MS[window] == NOW_MS - PAST_MS
    assert PAST_MS == 7 * DAY_MS
