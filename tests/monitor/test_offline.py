"""Maps from recorded observations: nothing is read ahead, whatever is missing, and the file has the judged layout."""

from pathlib import Path

import numpy as np
import pytest

from liqtui.model.market import MINUTE_MS, Funding, Liquidation, LongShortRatio
from liqtui.monitor.offline import MapRows, map_rows, write_map
from tests.model.markets import START_MS, wandering_bars, wandering_oi

QUARTER = 15 * MINUTE_MS


def at_edges(rows: MapRows, i: int) -> dict[int, tuple[float, float]]:
    """Return the non-zero cells of a row by absolute bin."""
    first = round(np.log(rows.edges[0]) / 1e-3)
    return {first + j: (float(rows.long[i, j]), float(rows.short[i, j])) for j in range(rows.long.shape[1])}


def test_rows_are_as_known_at_their_time() -> None:
    bars, samples = wandering_bars(400), wandering_oi(400)
    ratios = [LongShortRatio(s.ts_ms, 1.0 + i % 3) for i, s in enumerate(samples)]
    funding = [Funding(START_MS + i * 8 * 3_600_000, 1e-4 * (-1) ** i, 8.0) for i in range(5)]
    whole = map_rows(bars, samples, funding, ratios, every_ms=QUARTER)
    for i in (3, 40, 100):
        t = int(whole.t[i])
        cut = map_rows(
            [b for b in bars if b.ts_ms < t],
            [s for s in samples if s.ts_ms < t],
            [f for f in funding if f.ts_ms < t],
            [r for r in ratios if r.ts_ms < t],
            every_ms=QUARTER,
        )
        assert cut.t.tolist() == whole.t[: i + 1].tolist()
        kept = np.isin(np.round(np.log(whole.edges[:-1]) / 1e-3), np.round(np.log(cut.edges[:-1]) / 1e-3))
        assert (whole.long[: i + 1][:, kept] == cut.long).all()
        assert (whole.short[: i + 1][:, kept] == cut.short).all()
        assert not whole.long[: i + 1][:, ~kept].any() and not whole.short[: i + 1][:, ~kept].any()


def test_rows_are_taught_only_by_prints_from_before_them() -> None:
    bars, samples = wandering_bars(600), wandering_oi(600)
    prints = [Liquidation(b.ts_ms + 1000 * k, "v", "BTC", "long", 2.0, b.low_usd) for b in bars[::4] for k in range(30)]
    whole = map_rows(bars, samples, (), (), prints, every_ms=QUARTER)
    plain = map_rows(bars, samples, every_ms=QUARTER)
    assert whole.long[-1].sum() > 1.2 * plain.long[-1].sum()
    for i in (2, 30, 90, 150):
        t = int(whole.t[i])
        cut = map_rows(
            [b for b in bars if b.ts_ms < t],
            [s for s in samples if s.ts_ms < t],
            (),
            (),
            [p for p in prints if p.ts_ms < t],
            every_ms=QUARTER,
        )
        kept = np.isin(np.round(np.log(whole.edges[:-1]) / 1e-3), np.round(np.log(cut.edges[:-1]) / 1e-3))
        assert (whole.long[: i + 1][:, kept] == cut.long).all()


def test_a_time_without_any_print_teaches_nothing() -> None:
    bars, samples = wandering_bars(900), wandering_oi(900)
    early = [Liquidation(b.ts_ms, "v", "BTC", "long", 2.0, b.low_usd) for b in bars[:150]]
    cut = map_rows(bars[:300], samples, (), (), early, every_ms=QUARTER)
    whole = map_rows(bars, samples, (), (), early, every_ms=QUARTER)
    plain = map_rows(bars, samples, every_ms=QUARTER)
    taught = cut.long[-1].sum() / plain.long[len(cut.t) - 1].sum()
    assert whole.long[-1].sum() / plain.long[-1].sum() == pytest.approx(taught, rel=0.35)


def test_a_sample_stamped_at_the_row_is_not_in_it_but_in_the_next() -> None:
    bars, samples = wandering_bars(60), wandering_oi(60)
    base = map_rows(bars, samples, every_ms=QUARTER)
    t = int(base.t[10])
    changed = [type(s)(s.ts_ms, s.oi_base * 3) if s.ts_ms == t else s for s in samples]
    rows = map_rows(bars, changed, every_ms=QUARTER)
    assert at_edges(rows, 10) == at_edges(base, 10)
    assert at_edges(rows, 11) != at_edges(base, 11)


def test_one_minute_bars_and_no_open_interest_still_give_a_map() -> None:
    bars = wandering_bars(300, MINUTE_MS)
    rows = map_rows(bars, [], every_ms=QUARTER)
    assert rows.t[0] > START_MS + 3_600_000
    assert rows.t[-1] == bars[-1].end_ms
    assert (rows.long.sum(1) > 0).all() and (rows.short.sum(1) > 0).all()


def test_open_interest_that_starts_late_and_a_hole_in_the_bars() -> None:
    bars, samples = wandering_bars(200), wandering_oi(200)[7:]
    del bars[100:120]
    rows = map_rows(bars, samples, every_ms=QUARTER)
    assert (np.diff(rows.t) == QUARTER).all()
    assert np.isfinite(rows.long).all()


def test_too_little_data_is_said() -> None:
    with pytest.raises(ValueError, match="too little data"):
        map_rows([], [], every_ms=QUARTER)
    with pytest.raises(ValueError, match="positive"):
        map_rows(wandering_bars(10), wandering_oi(10), every_ms=0)


def test_file_layout(tmp_path: Path) -> None:
    rows = map_rows(wandering_bars(100), wandering_oi(100), every_ms=QUARTER)
    write_map(tmp_path / "map.npz", rows)
    with np.load(tmp_path / "map.npz") as file:
        assert set(file.files) == {"t", "edges", "long", "short"}
        n, k = file["long"].shape
        assert file["short"].shape == (n, k) and file["t"].shape == (n,) and file["edges"].shape == (k + 1,)
        assert (np.diff(file["edges"]) > 0).all()
        assert file["t"].dtype == np.int64
        assert (file["t"] % QUARTER == 0).all()
