"""Marks of realised liquidations on the price path."""

import numpy as np
from rich.color import Color
from rich.style import Style

from liqtui.render.heatmap import trace
from liqtui.render.painter import Painter
from liqtui.render.prints import cell_sums, mark, mark_limits
from liqtui.render.ramp import Inks, glyph_inks, half_inks
from liqtui.render.view import PriceView, TimeView

VIEW = PriceView(1e-3, 1, 0, 6)
BLACK, WHITE = Color.from_rgb(0, 0, 0), Color.from_rgb(255, 255, 255)
HALF = half_inks([WHITE] * 16, [WHITE] * 16, BLACK, WHITE, WHITE)
GLYPHS = glyph_inks([("░", Style())], [("░", Style())], Style(), Style())
LIMITS = np.array([10.0, 100.0, 1000.0])


def picture(inks: Inks, rows: list[float | None], sums: list[tuple[float, float]]) -> list[str]:
    """Return the marked path through closes at these heights, in rows of the view."""
    closes = np.array([np.nan if row is None else np.exp(row * 1e-3) for row in rows])
    path = mark(trace(closes, VIEW, inks), np.array(sums), LIMITS, closes, VIEW)
    return [strip.text for strip in Painter(inks).strips(np.zeros((6, len(rows)), np.int32), path, None)]


def test_marks_stand_on_the_path_and_tell_size_and_side() -> None:
    sums = [(9.0, 0.0), (10.0, 3.0), (100.0, 99.0), (1000.0, 0.0), (0.0, 10.0), (5.0, 500.0), (0.0, 1e9)]
    rows: list[float | None] = [2.6] * 7
    assert picture(HALF, rows, sums) == ["       ", "⠤▿▾▼▵▴▲", "       "]
    assert picture(GLYPHS, rows, sums)[3] == "•▿▾▼▵▴▲"


def test_a_mark_stands_at_its_close_and_not_in_a_gap_or_out_of_sight() -> None:
    assert picture(HALF, [0.6, None, 5.6, 9.0], [(2e3, 0.0)] * 4) == ["  ▼ ", "    ", "▼   "]


def test_sums_of_cells_add_the_columns_that_open_in_them() -> None:
    ts = np.arange(6, dtype=np.int64) * 300_000 + 900_000
    prints = np.arange(12, dtype=np.float32).reshape(6, 2)
    assert cell_sums(prints, ts, TimeView(600_000, 2, 2)).tolist() == [[6.0, 8.0], [14.0, 16.0]]
    assert cell_sums(prints, ts, TimeView(600_000, 1, 3)).tolist() == [[0.0, 1.0], [6.0, 8.0], [14.0, 16.0]]


def test_columns_out_of_sight_count_nowhere() -> None:
    prints, ts = np.ones((3, 2), np.float32), np.array([0, 600_000, 9_600_000], dtype=np.int64)
    assert cell_sums(prints, ts, TimeView(600_000, 2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert cell_sums(prints[:0], ts[:0], TimeView(600_000, 2, 2)).dtype == np.float64


def test_a_column_wider_than_a_cell_counts_once() -> None:
    prints = np.array([[5.0, 0.0], [7.0, 0.0]], dtype=np.float32)
    sums = cell_sums(prints, np.array([600_000, 660_000], dtype=np.int64), TimeView(20_000, 30, 6))
    assert sums[:, 0].tolist() == [5.0, 0.0, 0.0, 7.0, 0.0, 0.0]


def test_sizes_are_by_rank_and_where_there_are_few_prints_each_is_marked() -> None:
    assert mark_limits(np.zeros((5, 2))).size == 0
    assert mark_limits(np.array([[3.0, 0.0], [0.0, 8.0], [0.0, 0.0]]))[0] == 3.0
    many = np.stack([np.arange(1.0, 102.0), np.zeros(101)], axis=1)
    assert mark_limits(many).tolist() == [71.0, 91.0, 99.0]
