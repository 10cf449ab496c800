"""The tape's rows stand still between pages."""

import itertools
from dataclasses import replace

from liqtui.model.snapshot import Snapshot
from liqtui.widgets.tape import Tape
from tests.ui.running import BTC, lines_of, running, settle
from tests.ui.scene import make_snapshot


def with_print(before: Snapshot) -> Snapshot:
    """Return a snapshot with one print more."""
    last = before.detail.tape[-1]
    one = replace(last, seq=last.seq + 1, ts_ms=last.ts_ms + 1_000)
    detail = replace(before.detail, tape=(*before.detail.tape, one), prints_seen=before.detail.prints_seen + 1)
    return replace(before, version=before.version + 1, detail=detail)


async def test_a_new_print_moves_no_row_until_the_room_above_is_used_up() -> None:
    async with running((200, 50)) as (app, link, pilot):
        link.answer = False
        snapshot = make_snapshot(BTC)
        while len(snapshot.detail.tape) < 60:
            snapshot = with_print(snapshot)
        pictures = []
        for _ in range(12):
            snapshot = with_print(snapshot)
            link.put(snapshot)
            await settle(pilot)
            pictures.append(lines_of(app, Tape)[1:])
        rows = len(pictures[0])
        page = rows // 4
        assert page >= 2
        stood = [
            all(old == new or not old.strip() for old, new in zip(before, after, strict=True))
            for before, after in itertools.pairwise(pictures)
        ]
        assert stood.count(False) in (11 // page, 11 // page + 1), "it moves once a page"
        assert stood[: page + 1].count(False) == 1
        for picture in pictures:
            shown = [line.split()[0] for line in picture if line.strip()]
            assert shown == sorted(shown, reverse=True) and len(shown) > rows - page
