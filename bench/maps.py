"""Maps to draw: of long runs, as levels that stand until price takes them give, and a noisy one, as an order book."""

from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from liqtui.model.selection import Selection
from liqtui.model.snapshot import Settled, Snapshot
from tests.ui.scene import make_snapshot

Texture: TypeAlias = Literal["long_runs", "noisy"]
TEXTURES: tuple[Texture, ...] = ("long_runs", "noisy")

_KEPT, _NOISE_LOG = 0.8, 0.5
"""Part of a cell's noise that the next column keeps, and its spread."""
_BAND_LOG = 0.7
_FORMING_LOG = 0.05
"""What a quarter of a second changes in the forming column (spread of a factor)."""

Floats: TypeAlias = NDArray[np.float64]


def mapped(texture: Texture, seed: int) -> Snapshot:
    """Return a snapshot whose map differs in every cell from those of other seeds."""
    base = make_snapshot(Selection("BTC"), version=seed + 1)
    heat, rng = base.detail.heat, np.random.default_rng(seed)
    assert heat is not None
    columns, bins = heat.cells_usd.shape
    cells = heat.cells_usd * np.exp(rng.normal(0, _BAND_LOG, bins))
    if texture == "noisy":
        cells = (cells + np.median(cells[cells > 0])) * np.exp(_noise(columns, bins, rng))
    cells[heat.gap] = 0.0
    # As a link says it: in what `later` makes of this, no column before the last differs.
    heat = replace(heat, cells_usd=cells.astype(np.float32), settled=Settled())
    return replace(base, detail=replace(base.detail, heat=heat))


def _noise(columns: int, bins: int, rng: np.random.Generator) -> Floats:
    """Return (columns, bins) of noise in which neighbouring columns differ a little."""
    fresh = rng.normal(0, _NOISE_LOG, (columns, bins))
    noise = np.empty_like(fresh)
    noise[0] = fresh[0]
    for column in range(1, columns):
        noise[column] = _KEPT * noise[column - 1] + np.sqrt(1 - _KEPT**2) * fresh[column]
    return noise


def later(before: Snapshot, rng: np.random.Generator) -> Snapshot:
    """Return the snapshot with all cells of the forming column changed, and nothing else."""
    heat = before.detail.heat
    assert heat is not None
    cells = heat.cells_usd.copy()
    factors = rng.lognormal(0, _FORMING_LOG, cells[-1].shape)
    cells[-1] *= factors.astype(np.float32)
    detail = replace(before.detail, heat=replace(heat, cells_usd=cells))
    return replace(before, version=before.version + 1, ts_ms=before.ts_ms + 250, detail=detail)
