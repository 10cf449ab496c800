"""A canvas that paints only what is new shows what one shows that begins with that picture."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.model.snapshot import Settled
from liqtui.painting.codes import Block
from liqtui.render.canvas import Body, Canvas
from liqtui.render.levels import CLASSES, Field, reduce_field
from liqtui.render.reducer import Reducer
from liqtui.render.view import PriceView, TimeView
from tests.render.test_heatmap import HALF
from tests.render.test_reducer import assert_equal

STEP_MS, BINS, COLUMNS = 60_000, 24, 40
LIMITS = {
    "long": np.geomspace(1e4, 5e6, CLASSES),
    "short": np.geomspace(2e4, 6e6, CLASSES),
    "prints": np.array([3.0, 6.0, 9.0]),
}


class Market:
    """Columns that go on: the last one changes, now and then it ends, and rarely an older one is mended."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.usd = self.rng.exponential(1e6, (COLUMNS, BINS)).astype(np.float32)
        self.usd[:, self.rng.random(BINS) < 0.5] = 0.0
        self.closes = np.exp(12e-3 + np.cumsum(self.rng.normal(0, 2e-3, COLUMNS)))
        self.gap = self.rng.random(COLUMNS) < 0.1
        self.gap[-1] = False
        self.sums = self.rng.exponential(3.0, (COLUMNS, 2)) * (self.rng.random((COLUMNS, 2)) < 0.3)
        self.start_ms = 10**12 // STEP_MS * STEP_MS
        self.settled = Settled()

    def go_on(self) -> None:
        """Let some time pass."""
        self.usd, self.closes = self.usd.copy(), self.closes.copy()
        kind = self.rng.choice(["forms", "ends", "grows", "mended", "printed"], p=[0.45, 0.3, 0.05, 0.1, 0.1])
        if kind in ("ends", "grows"):
            gone = int(kind == "ends") * int(self.rng.integers(1, 3))
            self.usd = np.concatenate([self.usd[gone:], self.usd[-1:] * (self.rng.random((1, BINS)) < 0.8)])
            self.closes = np.append(self.closes[gone:], self.closes[-1])
            self.gap = np.append(self.gap[gone:], False)
            self.sums = np.concatenate([self.sums[gone:], [[0.0, 0.0]]])
            self.start_ms += gone * STEP_MS
            self.settled = Settled(self.settled, gone)
        elif kind == "mended":
            self.usd[self.rng.integers(0, len(self.usd) - 1)] *= 3
            self.settled = Settled()
        elif kind == "printed":
            self.sums = self.sums.copy()
            self.sums[self.rng.integers(0, len(self.sums))] += 4.0
        self.usd[-1] *= self.rng.lognormal(0, 1, BINS).astype(np.float32)
        self.closes[-1] *= 1 + self.rng.normal(0, 2e-3)

    def columns(self) -> tuple[np.ndarray, int, np.ndarray, int, np.ndarray, np.ndarray]:
        """Return what a reducer takes, up to the view."""
        ohlc = np.repeat(self.closes[:, None], 4, axis=1) * np.array([1.0, 1.001, 0.999, 1.0])
        ohlc[self.gap] = np.nan
        ts_ms = self.start_ms + STEP_MS * np.arange(len(self.usd), dtype=np.int64)
        return self.usd, 0, ts_ms, STEP_MS, ohlc, self.gap

    def sums_usd(self, cells: int, first: int) -> np.ndarray:
        """Return the sums by cell of one column each."""
        found, begin = np.zeros((cells, 2)), self.start_ms // STEP_MS - first
        for at, pair in enumerate(self.sums, begin):
            if 0 <= at < cells:
                found[at] = pair
        return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 4))
def test_every_picture_is_the_one_painted_from_nothing(seed: int, told: bool, scale: int) -> None:
    market, reducer, canvas = Market(seed), Reducer(), Canvas(HALF)
    prices = PriceView(1e-3, scale, 0, BINS // scale // 2 * 2)
    cells, whole, here = 48, None, 0
    first = market.start_ms // STEP_MS - 2
    for turn in range(25):
        market.go_on()
        if turn == 15:
            first += 12
        times = TimeView(STEP_MS, first, cells)
        columns, sums = market.columns(), market.sums_usd(cells, first)
        settled = market.settled if told else None
        if turn % 3 == 2:
            continue  # what a name tells of is the one before it, which has not been seen then
        field = reducer.reduce(*columns, prices, times, settled)
        assert_equal(field, reduce_field(columns[0].astype(np.float64), *columns[1:], prices, times))
        if market.rng.random() < 0.3:
            continue
        here = here if market.rng.random() < 0.7 else int(market.rng.integers(0, prices.rows // 2))
        body = canvas.body(field, LIMITS, sums, prices, 3, here, reducer.same)
        whole = put_over(whole, body.blocks(0)[0])
        assert np.array_equal(whole, fresh(field, sums, prices, here).blocks(0)[0].codes), f"turn {turn}"
        assert body.strips() == fresh(field, sums, prices, here).strips(), f"turn {turn}"


def put_over(painted: np.ndarray | None, block: Block) -> np.ndarray:
    """Return a painted block with what a newer one says has changed."""
    if painted is None or not block.since:
        return block.codes.copy()
    painted[:, block.since :] = block.codes[:, block.since :]
    return painted


def fresh(field: Field, sums: np.ndarray, prices: PriceView, here: int) -> Body:
    """Return what a canvas makes that has painted nothing before."""
    return Canvas(HALF).body(field, LIMITS, sums, prices, 3, here, (0, 0))


def test_an_ended_column_leaves_the_cells_before_it_alone() -> None:
    market, reducer = Market(3), Reducer()
    ages = []
    for kept in (40, 41, 42):
        usd = np.resize(market.usd, (kept, BINS))
        ts_ms = market.start_ms + STEP_MS * np.arange(kept, dtype=np.int64)
        ohlc, gap = np.full((kept, 4), np.exp(12e-3)), np.zeros(kept, bool)
        times = TimeView(STEP_MS, market.start_ms // STEP_MS, 48)
        reducer.reduce(usd, 0, ts_ms, STEP_MS, ohlc, gap, PriceView(1e-3, 1, 0, BINS), times)
        ages.append(reducer.same)
        assert reducer.renewed, "the limits of the classes are to look at the column that has ended"
    assert [cell for _, cell in ages] == [39, 40, 41]
    assert len({age for age, _ in ages}) == 1
