"""A forming cell painted alone looks as in a picture that is painted whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liqtui.render.forming import forming_cell, is_alone
from liqtui.render.heatmap import paint
from liqtui.render.levels import CLASSES, Field
from liqtui.render.ramp import OUTLINE, SWEPT
from liqtui.render.swept import fading
from liqtui.render.view import PriceView

ROWS = 12
VIEW = PriceView(1e-3, 1, 0, ROWS)


def lively(rng: np.random.Generator, cells: int, to_come: int) -> Field:
    """Return a field in which price wanders and often takes what it meets."""
    usd = rng.integers(0, CLASSES + 2, (2, 1, ROWS)) * np.ones((1, cells, 1))
    usd[:, rng.random((cells, ROWS)) < 0.05] = 0.0
    middle = np.clip(np.cumsum(rng.integers(-2, 3, cells)) + ROWS // 2, 0, ROWS - 1) + 0.5
    reach = rng.uniform(0.2, 1.5, (2, cells))
    low, high = np.exp((middle - reach[0]) * 1e-3), np.exp((middle + reach[1]) * 1e-3)
    for cell in range(1, cells):
        crossed = (np.arange(1, ROWS + 1) > middle[cell] - reach[0, cell]) & (
            np.arange(ROWS) <= middle[cell] + reach[1, cell]
        )
        taken = crossed & (rng.random(ROWS) < 0.6)
        usd[:, cell, taken] = 0.0
        usd[:, cell] *= (usd[:, cell - 1] > 0) | (rng.random(ROWS) < 0.1)
    close, gap = np.exp(middle * 1e-3), rng.random(cells) < 0.05
    ahead = np.arange(cells) >= cells - to_come
    gap &= np.arange(cells) < cells - to_come - 1
    for values in (close, low, high):
        values[gap | ahead] = np.nan
    usd[:, ahead] = 0.0
    return Field(usd[0], usd[1], gap, close, ~gap & ~ahead, low, high)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.integers(0, 5), st.integers(1, 6), st.booleans())
def test_it_is_the_last_column_of_the_whole_picture(
    seed: int, cells: int, to_come: int, least: int, alike: bool
) -> None:
    rng = np.random.default_rng(seed)
    field, cell = lively(rng, cells + to_come, to_come), cells - 1
    limits = {"long": np.arange(1.0, CLASSES + 1), "short": np.sort(rng.uniform(1, 9, CLASSES))}
    if alike:
        limits["short"][3:6] = limits["short"][3]
    whole = paint(field, limits["long"], limits["short"], VIEW, least)
    shown = fading(cells + to_come)
    assert is_alone(field, cell)
    found = forming_cell(field, limits, VIEW, least, shown, cell).pixels(field)
    assert found.tolist() == whole[:, cell].tolist()
    assert not whole[:, cells:].any()


def test_these_fields_have_something_taken_in_them() -> None:
    fields = [lively(np.random.default_rng(seed), 40, 2) for seed in range(20)]
    limits = np.arange(1.0, CLASSES + 1)
    last = np.concatenate([paint(field, limits, limits, VIEW)[:, 37] for field in fields])
    assert (last == SWEPT).sum() > 10 and (last == OUTLINE).sum() > 3


def test_a_cell_is_alone_only_where_nothing_follows_it() -> None:
    field = lively(np.random.default_rng(1), 20, 3)
    assert is_alone(field, 16) and not is_alone(field, 15) and not is_alone(field, 17)
    field.gap[18] = True
    assert not is_alone(field, 16)
