"""The log-price grid: absolute bins shared by every market and venue, and a window of them that follows price."""

import math
from dataclasses import dataclass

from liqtui.model.snapshot import HEAT_BIN_LOG

BOOK_BIN_LOG = HEAT_BIN_LOG / 2
"""Width of a book bin in log price: bin b covers [b w, (b + 1) w)."""

BINS_PER_HEAT_ROW = 2
"""Book bins in one heat row, aligned: heat bin = book bin // 2."""

BINS = 2048
"""Book bins that a side's window holds: 102 % in log price."""

AHEAD_BINS = 256
"""Bins of the window on the far side of price when it is centred; the rest reach out to the levels."""

ENTRY_STEPS = 2
"""Parts of a bin to which the range of the entries of a bar is rounded."""

DRIFT_BINS = 128
"""How far price may travel before the window follows."""


def bin_at(log_price: float, width_log: float = BOOK_BIN_LOG) -> int:
    """Return the absolute bin that holds a log price."""
    return math.floor(log_price / width_log)


def bin_of(price_usd: float, width_log: float = BOOK_BIN_LOG) -> int:
    """Return the absolute bin that holds a price; the price must be positive."""
    return bin_at(math.log(price_usd), width_log)


def entries_at(low: float, high: float) -> tuple[int, int]:
    """Return where the entries in a range begin and how wide they lie, in shares 1 / ENTRY_STEPS of a bin.

    `low` and `high` are in bins. Whole steps, as near to the range as they can be: so openings are alike, and need not
    be worked out each time.
    """
    width = max(round((high - low) * ENTRY_STEPS), 1)
    return math.floor(((low + high) * ENTRY_STEPS - width) / 2 + 0.5), width


def price_of(edge: float, width_log: float = BOOK_BIN_LOG) -> float:
    """Return the price at the lower edge of a bin; a fraction lies inside it (b + 0.5 is the middle in log price)."""
    return math.exp(edge * width_log)


@dataclass(slots=True)
class Window:
    """Which absolute bins the columns of a side's arrays stand for; column c is bin `first_bin + c`."""

    first_bin: int

    @classmethod
    def around(cls, level: float) -> "Window":
        """Return the window centred for a price at `level` (log price in the side's own direction)."""
        return cls(bin_at(level) - (BINS - AHEAD_BINS))

    def position(self, level: float) -> float:
        """Return where a log price lies, in columns; whole numbers are lower edges of columns."""
        return level / BOOK_BIN_LOG - self.first_bin

    def drift(self, level: float) -> int:
        """Return by how many columns the window should move for a price at `level`: 0 while it is near enough."""
        off = bin_at(level) - (BINS - AHEAD_BINS) - self.first_bin
        return off if abs(off) > DRIFT_BINS else 0
