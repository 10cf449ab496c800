"""The kept field equals the one made from nothing, and closed columns are looked at only where they changed."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.snapshot import Settled
from liqtui.render import reducer as module
from liqtui.render.levels import Field, reduce_field
from liqtui.render.reducer import Reducer
from liqtui.render.view import PriceView, frame_time

STEP_MS = 60_000


def assert_equal(got: Field, wanted: Field) -> None:
    """Fail unless two fields are equal, bit by bit."""
    for name in (one.name for one in fields(Field)):
        assert np.array_equal(getattr(got, name), getattr(wanted, name), equal_nan=name.endswith("_usd")), name


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(2, 90), st.integers(1, 4), st.booleans())
def test_every_picture_is_what_it_would_be_from_nothing(
    seed: int, columns: int, cells: int, scale: int, told: bool
) -> None:
    rng = np.random.default_rng(seed)
    ts_ms = np.arange(columns, dtype=np.int64) * STEP_MS + 10**12
    usd = rng.exponential(1e6, (columns, 24)).astype(np.float32)
    ohlc = np.exp(rng.uniform(0.0, 24e-3, (columns, 4)))
    gap = rng.random(columns) < 0.2
    gap[-1] = False
    ohlc[gap] = np.nan
    prices = PriceView(1e-3, scale, 0, 24 // scale)
    kept, settled = Reducer(), Settled()
    for turn in range(8):
        usd, ohlc, gap = usd.copy(), ohlc.copy(), gap.copy()
        usd[-1] *= rng.lognormal(0, 0.5, 24).astype(np.float32)
        ohlc[-1] *= 1 + rng.normal(0, 1e-3, 4)
        if turn == 4:
            usd[rng.integers(0, columns)] *= 2
        if turn == 6:
            ts_ms = ts_ms + STEP_MS
        if turn in (4, 6):
            settled = Settled()
        times = frame_time(int(ts_ms[-1]) + turn * 5_000, (columns - 1) * STEP_MS, cells)
        given_ = (0, ts_ms, STEP_MS, ohlc, gap, prices, times)
        got = kept.reduce(usd, *given_, settled if told else None)
        assert_equal(got, reduce_field(usd.astype(np.float64), *given_))


def test_columns_of_which_it_is_said_where_they_went_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, ts_ms = np.random.default_rng(4), np.arange(30, dtype=np.int64) * STEP_MS
    usd, ohlc, gap = rng.exponential(1e6, (40, 24)).astype(np.float32), np.full((30, 4), 1.01), np.zeros(30, np.bool_)
    times = frame_time(int(ts_ms[-1]), 29 * STEP_MS, 60)
    prices, kept, settled = PriceView(1e-3, 1, 0, 24), Reducer(), Settled()
    compared: list[object] = []
    equal = np.array_equal

    def counting(one: np.ndarray, other: np.ndarray, equal_nan: bool = False) -> bool:
        compared.append(one)
        return equal(one, other, equal_nan=equal_nan)

    for turn in range(6):
        own = usd[turn : turn + 30].copy()
        own[-1] *= 0.5
        given_ = (0, ts_ms + turn * STEP_MS, STEP_MS, ohlc, gap, prices, times)
        with monkeypatch.context() as patch:
            patch.setattr(np, "array_equal", counting)
            got = kept.reduce(own, *given_, settled)
        assert_equal(got, reduce_field(own.astype(np.float64), *given_))
        settled = Settled(settled, 1) if turn != 3 else Settled()
    assert len(compared) == 6, "only where a name was new"


def test_only_what_the_forming_column_reaches_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counting(cells_usd: np.ndarray, *rest: object) -> Field:
        seen.append(len(cells_usd))
        return reduce_field(cells_usd, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "reduce_field", counting)
    ts_ms = np.arange(40, dtype=np.int64) * STEP_MS
    usd, ohlc, gap = np.ones((40, 10), np.float32), np.full((40, 4), np.exp(5e-3)), np.zeros(40, np.bool_)
    times = frame_time(int(ts_ms[-1]), 39 * STEP_MS, 20)
    kept = Reducer()
    renewed = []
    for factor in (1.0, 2.0, 3.0):
        forming = usd.copy()
        forming[-1] *= factor
        kept.reduce(forming, 0, ts_ms, STEP_MS, ohlc, gap, PriceView(1e-3, 1, 0, 10), times)
        renewed.append(kept.renewed)
    assert renewed == [True, False, False]
    assert seen[0] == 40 and max(seen[1:]) <= 3
