"""How often the bands of a price row hold the true notional, in simulated markets whose positions are known.

    python -m bench.bands [FOLDER ...]

Prints one JSON object: for each folder the share of price rows, in per cent, whose true notional lies inside each band,
beside the band's nominal share. Rows are those within a tenth of the price on the side of their positions that have any
modelled mass, hour by hour from the third day on. Without folders the worlds beside the project are judged; a folder
holds dumps of BTCUSDT and a truth.npz (t, edges in ln USD, long and short in USD).
"""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.dumps import read_bars, read_funding, read_liquidations, read_open_interest, read_ratios
from liqtui.model.bands import MapDraws
from liqtui.model.intensity import Intensity
from liqtui.model.market import DAY_MS, HOUR_MS, SIDES, Liquidation, PriceBar, Side
from liqtui.model.params import params_for
from liqtui.model.snapshot import BANDS_PCT, HEAT_BIN_LOG
from liqtui.monitor.offline import PrintRuns
from liqtui.monitor.scoring import Recording, told_bars

WORLDS = Path(__file__).resolve().parents[2] / "shared" / "worlds"
SYMBOL = "BTCUSDT"
REACH_ROWS = 100
SKIP_MS = 2 * DAY_MS

Priced = TypeVar("Priced", PriceBar, Liquidation)
Truth = dict[str, NDArray[Any]]


def recording(folder: Path, scale: float) -> Recording:
    """Return a folder's observations, with all prices times `scale`."""
    return Recording(
        [times(bar, scale) for bar in read_bars(folder, SYMBOL)],
        read_open_interest(folder, SYMBOL),
        [times(one, scale) for one in read_liquidations(folder, SYMBOL)],
        read_funding(folder, SYMBOL),
        read_ratios(folder, SYMBOL),
    )


def times(one: Priced, scale: float) -> Priced:
    """Return an observation with its prices scaled."""
    prices = {f.name: getattr(one, f.name) for f in fields(one) if f.name.endswith("_usd")}
    scaled: Priced = replace(one, **{name: usd and usd * scale for name, usd in prices.items()})
    return scaled


def drawn_hours(found: Recording) -> Iterator[tuple[int, float, MapDraws]]:
    """Yield the hours with the price and the draws of the map as it is known then."""
    model = Intensity(params_for(binance_brackets(SYMBOL)), sampled=True)
    prints = sorted(found.prints, key=lambda one: one.ts_ms)
    recorded, printed = PrintRuns([one.ts_ms for one in prints]), 0
    for bar in told_bars(model, found):
        draws = None
        if bar.ts_ms % HOUR_MS == 0 and bar.ts_ms >= found.bars[0].ts_ms + SKIP_MS:
            draws = model.map_draws()
        if draws is not None:
            yield bar.ts_ms, bar.open_usd, draws
        while printed < len(prints) and prints[printed].ts_ms < bar.end_ms:
            model.add_print(prints[printed])
            printed += 1
        model.hear_prints(recorded.since_ms(bar.end_ms))


def true_rows(truth: Truth, side: Side, at: int, first: int, rows: int) -> NDArray[np.float64]:
    """Return the true notional of the heat rows [first, first + rows), NaN where the truth does not reach."""
    own = round(float(truth["edges"][0]) / HEAT_BIN_LOG)
    out = np.full(rows, np.nan)
    usd = truth[side][at]
    low, high = max(first, own), min(first + rows, own + len(usd))
    out[low - first : high - first] = usd[low - own : high - own]
    return out


def judged(folder: Path) -> dict[str, Any]:
    """Return the shares found in one world."""
    with np.load(folder / "truth.npz") as file:
        truth: Truth = {name: file[name] for name in file.files}
    # The truth's rows are as wide as heat rows but lie between them: a change of unit, below 0.1 %, brings them there.
    start = float(truth["edges"][0])
    shift = math.floor(start / HEAT_BIN_LOG) * HEAT_BIN_LOG - start
    truth["edges"] = truth["edges"] + shift
    at_of = {t: at for at, t in enumerate(truth["t"].tolist())}
    inside, rows = np.zeros(len(BANDS_PCT)), 0
    for ts_ms, price_usd, draws in drawn_hours(recording(folder, math.exp(shift))):
        if ts_ms not in at_of:
            continue
        middle = math.floor(math.log(price_usd) / HEAT_BIN_LOG) - draws.first_bin
        for side in SIDES:
            usd = true_rows(truth, side, at_of[ts_ms], draws.first_bin, draws.long_usd.shape[1])
            near = slice(middle - REACH_ROWS, middle) if side == "long" else slice(middle + 1, middle + 1 + REACH_ROWS)
            counted = np.isfinite(usd[near]) & draws.side_usd(side)[:, near].any(0)
            bands = draws.row_bands(side)[..., near][..., counted]
            inside += ((bands[:, 0] <= usd[near][counted]) & (usd[near][counted] <= bands[:, 1])).sum(1)
            rows += int(counted.sum())
    found = {f"{nominal:.0f} %": round(100 * n / rows, 1) for nominal, n in zip(BANDS_PCT, inside, strict=True)}
    return {"rows": rows, "inside_pct": found}


def main() -> None:
    """Print the shares of each folder."""
    folders = [Path(name) for name in sys.argv[1:]] or sorted(WORLDS.glob("*/"))
    if not folders:
        print(f"{WORLDS} is not here: bands are not judged", file=sys.stderr)
    print(json.dumps({folder.name: judged(folder) for folder in folders}, indent=1))


if __name__ == "__main__":
    main()
