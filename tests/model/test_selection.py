"""Panning in time: by quarters of the window, back to the newest, no further than is remembered."""

from liqtui.model.market import DAY_MS, HOUR_MS
from liqtui.model.selection import PAST_MS, WINDOW_MS, WINDOWS, Selection

NOW_MS = 1_790_000_000_000


def test_steps_are_quarters_of_the_window_and_end_at_the_newest() -> None:
    one = Selection("BTC", window="4h").panned(-1, NOW_MS, None)
    assert one.until_ms == NOW_MS - HOUR_MS
    assert one.panned(-2, NOW_MS + 5, None).until_ms == NOW_MS - 3 * HOUR_MS
    assert one.panned(1, NOW_MS + HOUR_MS // 2, None).until_ms == NOW_MS
    assert one.panned(1, NOW_MS, None).until_ms is None
    assert one.panned(0, NOW_MS, None) == one


def test_no_window_begins_before_what_is_remembered() -> None:
    for window in WINDOWS:
        far = Selection("BTC", window=window).panned(-1000, NOW_MS, None)
        if far.until_ms is None:
            assert window == "7d"
        else:
            assert far.until_ms - WINDOW_MS[window] == NOW_MS - PAST_MS
    assert PAST_MS == 7 * DAY_MS


def test_no_window_begins_before_the_history_of_a_young_market() -> None:
    since_ms = NOW_MS - 2 * DAY_MS
    far = {window: Selection("BTC", window=window).panned(-1000, NOW_MS, since_ms).until_ms for window in WINDOWS}
    assert far["4h"] == since_ms + 4 * HOUR_MS and far["24h"] == since_ms + DAY_MS
    assert far["3d"] is far["7d"] is None, "all of it is on screen"
    longer = Selection("BTC", window="24h", until_ms=far["4h"]).panned(0, NOW_MS, since_ms)
    assert longer.until_ms == far["24h"]
    ages = Selection("BTC", window="4h").panned(-1000, NOW_MS, NOW_MS - 99 * DAY_MS)
    assert ages.until_ms == NOW_MS - PAST_MS + 4 * HOUR_MS
