"""The fixed-leverage map of public scripts, as the rival of the model: in a dict, and in rows of a pandas frame."""

import importlib
import math
from typing import Any

from liqtui.model.grid import BOOK_BIN_LOG
from liqtui.model.market import PriceBar

LEVERAGES = (10.0, 25.0, 50.0, 100.0)


class DictRecipe:
    """The recipe as fast as plain Python makes it: a dict of price to notional by side."""

    def __init__(self) -> None:
        self.long_usd: dict[float, float] = {}
        self.short_usd: dict[float, float] = {}

    def add(self, bar: PriceBar) -> None:
        """Lay the bar's volume at every leverage on both sides, and wipe what the bar's range has crossed."""
        for levels in (self.long_usd, self.short_usd):
            for price in list(levels):
                if bar.low_usd <= price <= bar.high_usd:
                    del levels[price]
        usd = bar.volume_base * bar.close_usd / len(LEVERAGES)
        for leverage in LEVERAGES:
            self._lay(self.long_usd, bar.close_usd * (1 - 1 / leverage), usd)
            self._lay(self.short_usd, bar.close_usd * (1 + 1 / leverage), usd)

    @staticmethod
    def _lay(levels: dict[float, float], price_usd: float, usd: float) -> None:
        key = math.exp(round(math.log(price_usd) / BOOK_BIN_LOG) * BOOK_BIN_LOG)
        levels[key] = levels.get(key, 0.0) + usd


class FrameRecipe:
    """The recipe as public scripts write it: `df.loc[len(df)] = ...` for each level, a loop over rows to wipe.

    Raises ImportError where pandas is not installed.
    """

    def __init__(self) -> None:
        pandas: Any = importlib.import_module("pandas")
        self._frame = pandas.DataFrame({"price_usd": [0.0], "usd": [0.0]}).iloc[:0]

    def add(self, bar: PriceBar) -> None:
        """Do what `DictRecipe.add` does; nothing is merged."""
        frame = self._frame
        met = [at for at, row in frame.iterrows() if bar.low_usd <= row["price_usd"] <= bar.high_usd]
        if met:
            frame = frame.drop(met).reset_index(drop=True)
        usd = bar.volume_base * bar.close_usd / len(LEVERAGES)
        for leverage in LEVERAGES:
            frame.loc[len(frame)] = [bar.close_usd * (1 - 1 / leverage), usd]
            frame.loc[len(frame)] = [bar.close_usd * (1 + 1 / leverage), usd]
        self._frame = frame

    def __len__(self) -> int:
        return len(self._frame)
