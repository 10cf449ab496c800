"""The wire: whole frames and differences rebuild what was sent, exactly, and a lost base is noticed."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqtui.link.codec import (
    HEADER,
    Beat,
    Frame,
    FrameReader,
    FrameWriter,
    Pace,
    Resync,
    Select,
    Welcome,
    decode_from_engine,
    decode_from_viewer,
    encode,
)
from liqtui.link.errors import ProtocolError
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Heat, Snapshot
from tests.link.snapshots import (
    assert_same,
    make_heat,
    make_skill,
    make_snapshot,
    printed,
    raised,
    repainted,
    slid,
    with_heat,
    with_prints,
)

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("slide"), st.integers(0, 14)),
        st.tuples(st.just("raise"), st.integers(-12, 12)),
        st.tuples(st.just("widen"), st.integers(1, 14)),
        st.tuples(st.just("repaint"), st.integers(0, 11)),
        st.tuples(st.just("last"), st.just(11)),
        st.tuples(st.just("printed"), st.integers(0, 11)),
        st.tuples(st.just("prints"), st.integers(0, 250)),
        st.tuples(st.just("select"), st.integers(0, 1)),
        st.tuples(st.just("empty"), st.just(0)),
        st.tuples(st.just("anew"), st.integers(1, 20)),
        st.tuples(st.just("small"), st.integers(0, 9)),
        st.tuples(st.just("skill"), st.integers(0, 3)),
        st.tuples(st.just("known"), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=12,
)


def changed(random: np.random.Generator, snapshot: Snapshot, change: str, amount: int) -> Snapshot:
    """The snapshot after one change."""
    heat = snapshot.detail.heat
    if change == "select":
        return make_snapshot(random, Selection("BTC", "alpha", "4h" if amount else "24h"))
    if change == "empty":
        return with_heat(snapshot, None)
    if change == "prints":
        return with_prints(snapshot, amount)
    if change in ("small", "skill", "known"):
        return beside_the_map(random, snapshot, change, amount)
    if heat is None or change == "anew":
        return with_heat(snapshot, make_heat(random, snapshot.detail.selection, 8 + abs(amount), 5 + abs(amount)))
    columns, rows = heat.cells_usd.shape
    if change == "slide":
        return with_heat(snapshot, slid(random, heat, min(amount, columns)))
    if change == "raise":
        return with_heat(snapshot, raised(random, heat, amount, rows))
    if change == "printed":
        return with_heat(snapshot, printed(heat, amount))
    if change == "widen":
        return with_heat(snapshot, raised(random, heat, -1, amount))
    return with_heat(snapshot, repainted(random, heat, [amount]))


def beside_the_map(random: np.random.Generator, snapshot: Snapshot, change: str, amount: int) -> Snapshot:
    """The snapshot after a change that leaves map and tape alone."""
    if change == "skill":
        return replace(snapshot, detail=replace(snapshot.detail, skill=make_skill(random) if amount else None))
    if change == "known":
        known, observed_pct = snapshot.detail.known[:amount], 0.7 * amount if amount else None
        return replace(snapshot, detail=replace(snapshot.detail, known=known, observed_pct=observed_pct))
    return replace(snapshot, version=snapshot.version + amount, ts_ms=snapshot.ts_ms + amount, note=f"n {amount}")


def over_the_wire(frame: Frame) -> Frame:
    """Encode and decode."""
    data = bytes(encode(frame))
    assert HEADER.unpack(data[: HEADER.size])[0] == len(data) - HEADER.size
    message = decode_from_engine(data[HEADER.size :])
    assert isinstance(message, Frame)
    return message


@given(CHANGES, st.integers(0, 2**32), st.lists(st.booleans(), min_size=12, max_size=12))
def test_differences_rebuild_every_snapshot(changes: list[tuple[str, int]], seed: int, skipped: list[bool]) -> None:
    """Also where the viewer was too slow for some of the snapshots in between."""
    random = np.random.default_rng(seed)
    snapshot = make_snapshot(random)
    writer, reader = FrameWriter(), FrameReader()
    assert_same(reader.read(over_the_wire(writer.frame(snapshot))), snapshot)
    for (change, amount), skip in zip(changes, skipped, strict=False):
        snapshot = changed(random, snapshot, change, amount)
        if not skip:
            assert_same(reader.read(over_the_wire(writer.frame(snapshot))), snapshot)
    assert_same(reader.read(over_the_wire(writer.frame(snapshot))), snapshot)


@pytest.mark.parametrize("hold", ["heat", "part"])
def test_what_is_still_looked_at_is_not_written_over(hold: str) -> None:
    """A frozen picture stays as it was, and so does a part of its cells that somebody has kept."""
    random = np.random.default_rng(3)
    snapshot = make_snapshot(random)
    writer, reader = FrameWriter(), FrameReader()
    held: list[tuple[Any, Any]] = []
    for number in range(30):
        heat = snapshot.detail.heat
        assert heat is not None
        snapshot = with_heat(snapshot, repainted(random, heat, [-1]))
        read = reader.read(over_the_wire(writer.frame(snapshot)))
        assert_same(read, snapshot)
        assert read is not None and read.detail.heat is not None
        if number % 5 == 1:
            cells = read.detail.heat.cells_usd
            held.append((cells if hold == "heat" else cells[2:, 1:], cells.copy()))
    for own, copy in held:
        assert np.array_equal(own, copy if hold == "heat" else copy[2:, 1:])


def test_cells_that_nobody_looks_at_are_written_over() -> None:
    """For a change of the last column no more memory is used than for what may be on screen, and that to come."""
    random = np.random.default_rng(3)
    snapshot = make_snapshot(random)
    writer, reader = FrameWriter(), FrameReader()
    places = set()
    for _ in range(30):
        heat = snapshot.detail.heat
        assert heat is not None
        snapshot = with_heat(snapshot, repainted(random, heat, [-1]))
        read = reader.read(over_the_wire(writer.frame(snapshot)))
        assert read is not None and read.detail.heat is not None
        places.add(read.detail.heat.cells_usd.ctypes.data)
    assert len(places) <= 4


@given(CHANGES, st.integers(0, 2**32))
def test_a_map_says_which_of_its_columns_are_those_of_the_one_before(changes: list[tuple[str, int]], seed: int) -> None:
    random = np.random.default_rng(seed)
    snapshot = make_snapshot(random)
    writer, reader = FrameWriter(), FrameReader()
    before: Heat | None = None
    for change, amount in (("last", 11), *changes, ("last", 11)):
        snapshot = changed(random, snapshot, change, amount)
        read = reader.read(over_the_wire(writer.frame(snapshot)))
        assert read is not None
        heat = read.detail.heat
        if heat is not None and before is not None and heat.settled is not None:
            shift = heat.settled.shift_from(before.settled)
            if shift is not None:
                closed = len(before.ts_ms) - 1 - shift
                assert (heat.first_bin, heat.cells_usd.shape[1]) == (before.first_bin, before.cells_usd.shape[1])
                assert np.array_equal(heat.cells_usd[:closed], before.cells_usd[shift:-1])
                assert np.array_equal(heat.ohlc_usd[:closed], before.ohlc_usd[shift:-1], equal_nan=True)
                assert np.array_equal(heat.gap[:closed], before.gap[shift:-1])
        before = heat


def test_a_column_that_ends_moves_the_others_and_says_so() -> None:
    random = np.random.default_rng(5)
    snapshot = make_snapshot(random)
    writer, reader = FrameWriter(), FrameReader()
    names = []
    for _ in range(3):
        read = reader.read(over_the_wire(writer.frame(snapshot)))
        assert read is not None and read.detail.heat is not None and snapshot.detail.heat is not None
        names.append(read.detail.heat.settled)
        snapshot = with_heat(snapshot, slid(random, snapshot.detail.heat, 1))
    assert names[1] is not None and names[1].shift_from(names[0]) == 1
    assert names[2] is not None and names[2].shift_from(names[1]) == 1
    assert names[2].shift_from(names[0]) is None and names[0] is not None and names[0].shift_from(names[0]) == 0


def test_the_snapshots_of_these_tests_have_something_in_every_field() -> None:
    """So that a field that is lost on the way is missed."""
    detail = with_prints(make_snapshot(np.random.default_rng(4)), 2).detail
    assert detail.skill is not None
    records: list[Any] = [detail, detail.skill, *detail.skill.mix, *detail.known, *detail.clusters]
    for value in records:
        empty = [one.name for one in fields(value) if getattr(value, one.name) in (None, (), "")]
        assert empty in ([], ["distance_atr"]), empty


def test_skill_and_observed_positions_arrive_as_they_were_sent() -> None:
    """As tuples and records, not as lists."""
    sent = make_snapshot(np.random.default_rng(5))
    read = FrameReader().read(over_the_wire(FrameWriter().frame(sent)))
    assert read is not None
    assert read.detail.skill == sent.detail.skill and read.detail.known == sent.detail.known
    assert read.detail.clusters[0].bands_usd == ((8e7, 1.2e8), (6e7, 1.5e8), (4e7, 2e8))
    assert hash(read.detail.clusters[0]) == hash(sent.detail.clusters[0])


def test_only_what_differs_is_sent() -> None:
    """A step of the forming column on a large map costs one column, a closed one two, a moved price its new rows."""
    random = np.random.default_rng(1)
    first = with_prints(make_snapshot(random), 200)
    heat = make_heat(random, first.detail.selection, columns=864, rows=500)
    first = with_heat(first, heat)
    writer = FrameWriter()
    whole = len(encode(writer.frame(first)))
    assert whole > heat.cells_usd.nbytes
    forming = writer.frame(with_prints(with_heat(first, repainted(random, heat, [-1])), 3))
    assert forming.heat is not None and forming.heat.columns == (863,)
    assert len(forming.tape_new) == 3
    assert len(encode(forming)) < 2 * 500 * 4 + 2_000
    closed = writer.frame(with_heat(first, slid(random, heat, 1)))
    assert closed.heat is not None and set(closed.heat.columns) <= {862, 863}
    moved = writer.frame(with_heat(first, raised(random, slid(random, heat, 1), 2, 500)))
    assert moved.heat is not None and moved.heat.rows_at == (498, 499)
    assert len(encode(moved)) < whole / 20


def test_what_seldom_changes_is_sent_when_it_has_changed_only() -> None:
    """Skill, totals and the like, which stay the very same for the panes that look whether they have."""
    random = np.random.default_rng(6)
    first = make_snapshot(random)
    writer, reader = FrameWriter(), FrameReader()
    whole = over_the_wire(writer.frame(first))
    shown = reader.read(whole)
    later = over_the_wire(writer.frame(beside_the_map(random, first, "small", 3)))
    assert later.rest.detail.skill is None and later.rest.detail.totals == ()
    read = reader.read(later)
    assert shown is not None and read is not None
    assert read.detail.skill is shown.detail.skill is not None and read.detail.totals is shown.detail.totals
    assert read.detail.divergence is shown.detail.divergence and read.detail.known is shown.detail.known
    other = beside_the_map(random, first, "skill", 1)
    assert_same(reader.read(over_the_wire(writer.frame(other))), other)


def test_a_frame_whose_base_is_missing_is_refused_until_a_whole_one_comes() -> None:
    """The viewer asks again rather than show a wrong picture."""
    random = np.random.default_rng(2)
    writer, reader = FrameWriter(), FrameReader()
    first = make_snapshot(random)
    writer.frame(first)
    second = with_prints(first, 2)
    assert reader.read(over_the_wire(writer.frame(second))) is None
    writer.forget()
    whole = over_the_wire(writer.frame(second))
    assert whole.base is None
    assert_same(reader.read(whole), second)
    lost = with_prints(second, 1)
    writer.frame(lost)
    assert reader.read(over_the_wire(writer.frame(with_prints(lost, 1)))) is None


def test_small_messages_survive_the_wire() -> None:
    """Commands and signs of life."""
    for message in (Welcome(1, 42), Beat()):
        assert decode_from_engine(bytes(encode(message))[HEADER.size :]) == message
    for command in (Select(Selection("ETH", "okx", "3d")), Pace(0.5), Resync()):
        assert decode_from_viewer(bytes(encode(command))[HEADER.size :]) == command


@pytest.mark.parametrize("data", [b"", b"\x00", b"GET / HTTP/1.1", b"\x93\xa1f\x01", bytes(range(200, 256))])
def test_rubbish_is_an_error_of_the_protocol(data: bytes) -> None:
    """Never another exception, never a message."""
    with pytest.raises(ProtocolError):
        decode_from_engine(data)
    with pytest.raises(ProtocolError):
        decode_from_viewer(data)


def test_numbers_of_numpy_become_plain() -> None:
    """A model that leaves numpy scalars in a snapshot is forgiven."""
    snapshot = make_snapshot(np.random.default_rng(3))
    odd = replace(snapshot, version=int(np.int64(9)), detail=replace(snapshot.detail, price_usd=np.float64(95_000.5)))
    read = FrameReader().read(over_the_wire(FrameWriter().frame(odd)))
    assert read is not None and read.detail.price_usd == 95_000.5


def test_a_print_sends_the_column_it_fell_into_and_no_other() -> None:
    random = np.random.default_rng(5)
    first = make_snapshot(random)
    while first.detail.heat is None or first.detail.heat.prints_usd is None:
        first = make_snapshot(random)
    writer = FrameWriter()
    writer.frame(first)
    part = writer.frame(with_heat(first, printed(first.detail.heat, 4))).heat
    assert part is not None and part.patch and part.columns == (4,)
