"""Cells in memory that is used again: what comes out is what was sent, and what is still looked at stays."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.link.codec import Frame, FrameReader, FrameWriter
from liqtui.model.snapshot import Heat, Snapshot
from tests.link.snapshots import assert_same, make_heat, make_snapshot, raised, repainted, slid, with_heat
from tests.link.test_codec import over_the_wire

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["last", "last", "last", "goes on", "goes on", "ends", "jumps", "closed", "raised", "hole"]),
        st.booleans(),
    ),
    min_size=20,
    max_size=120,
)


def hole(heat: Heat) -> Heat:
    """Return a map that knows nothing of its last column."""
    heat.cells_usd[-1], heat.ohlc_usd[-1], heat.gap[-1] = 0.0, np.nan, True
    if heat.prints_usd is not None:
        heat.prints_usd[-1] = 0.0
    return heat


def stepped(random: np.random.Generator, heat: Heat, step: str) -> Heat:
    """Return what a map has become."""
    if step == "goes on":
        return slid(random, heat, 1)
    if step == "ends":
        return slid(random, repainted(random, heat, [-1]), 1)
    if step == "jumps":
        return slid(random, heat, 3)
    if step == "hole":
        return hole(slid(random, heat, 1))
    if step == "raised":
        return raised(random, heat, 1, heat.cells_usd.shape[1])
    return repainted(random, heat, {"last": [-1], "closed": [2, -1]}.get(step, []))


@settings(deadline=None, max_examples=60)
@given(STEPS, st.integers(0, 2**32))
def test_a_map_that_goes_on_for_long_is_always_what_was_sent(steps: list[tuple[str, bool]], seed: int) -> None:
    random = np.random.default_rng(seed)
    snapshot = make_snapshot(random)
    heat = make_heat(random, snapshot.detail.selection)
    writer, reader = FrameWriter(), FrameReader()
    held: list[tuple[Any, Any]] = []
    shown: Snapshot | None = None
    for step, holds in [("", False), *steps]:
        heat = stepped(random, heat, step)
        snapshot = with_heat(snapshot, heat)
        before, shown = shown, reader.read(over_the_wire(writer.frame(snapshot)))
        assert_same(shown, snapshot)
        assert shown is not None and shown.detail.heat is not None
        if holds:
            held = [*held[-2:], (shown.detail.heat.cells_usd, shown.detail.heat.cells_usd.copy())]
        del before
        assert all(np.array_equal(own, copy) for own, copy in held)


def test_a_map_that_goes_on_lies_a_little_later_in_memory_instead_of_being_copied() -> None:
    random = np.random.default_rng(7)
    snapshot = make_snapshot(random)
    heat = make_heat(random, snapshot.detail.selection, columns=40)
    writer, reader = FrameWriter(), FrameReader()
    places = set[int]()
    for number in range(120):
        heat = repainted(random, heat, [-1]) if number % 3 else slid(random, heat, 1)
        snapshot = with_heat(snapshot, heat)
        frame: Frame = over_the_wire(writer.frame(snapshot))
        read = reader.read(frame)
        assert_same(read, snapshot)
        assert read is not None and read.detail.heat is not None
        places.add(read.detail.heat.cells_usd.ctypes.data)
        del read
    assert len(places) > 40, "in the 40 steps forward it is at a place of its own in two memories"
