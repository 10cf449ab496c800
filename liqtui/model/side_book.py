"""One side of the book: modelled positions by distance to liquidation and by liquidation price.

A side lives in its own direction (log price for longs, minus log price for shorts), in which its liquidation prices
lie below the price and every adverse move is downward; one code serves both.
"""

import math

import numpy as np

from liqtui.model.exposure import Sweep
from liqtui.model.grid import BINS, BOOK_BIN_LOG, Window
from liqtui.model.levels import kernel, spread
from liqtui.model.market import SIGN, Side
from liqtui.model.params import DISTANCE_BINS, BookParams, Floats, Ints


class SideBook:
    """All modelled positions of one side of one market, in base coin."""

    def __init__(self, side: Side, params: BookParams) -> None:
        self.side, self.sign, self.params = side, SIGN[side], params
        self.window = Window(0)
        self.mass: Floats = np.zeros((DISTANCE_BINS, BINS))
        """(K, BINS) base coin by distance bin and by bin of the liquidation price."""
        self.kept: Floats = np.ones((DISTANCE_BINS, BINS))
        """(K, BINS) share of what was opened that the worst moment so far has left, mean over the cell."""
        self.rest: Floats = np.zeros(DISTANCE_BINS + 1)
        """(K + 1,) base coin outside the window, by distance bin; last the never bin."""
        self.swept = Sweep(0, np.zeros((DISTANCE_BINS, 0)))
        """What the newest sweep took from the window."""
        self._kernel = kernel(params, side, BOOK_BIN_LOG)
        counts = np.ceil(params.edges_log[1:] / BOOK_BIN_LOG).astype(np.int64) + 1
        row = np.repeat(np.arange(DISTANCE_BINS), counts)
        self._back = np.concatenate([np.arange(n) for n in counts.tolist()])
        self._cell = row * BINS - self._back
        self._stays = params.stays[row]
        self._slope = BOOK_BIN_LOG / params.distance_log[row] * (1 - self._stays)
        self._floor = self._stays + (self._back - 0.5) * self._slope

    def held(self) -> Floats:
        """Return the (K + 1,) base coin by distance bin, never last; together the side's open interest."""
        return np.append(self.mass.sum(1) + self.rest[:-1], self.rest[-1])

    def start(self, level: float, oi_base: float) -> None:
        """Fill the book with what the opened mix leaves standing after long, entries spread around `level`."""
        self.window = Window.around(level)
        self.mass[:], self.kept[:], self.rest[:] = 0.0, 1.0, 0.0
        smear = self.params.prior_smear_log
        self.deposit(oi_base, 1 / self.params.hazard, level - smear, level + smear, level)

    def follow(self, level: float) -> None:
        """Move the window after the price; what leaves it is kept in `rest`."""
        shift = self.window.drift(level)
        if shift == 0:
            return
        stay = slice(max(shift, 0), BINS + min(shift, 0))
        into = slice(max(-shift, 0), BINS - max(shift, 0))
        moved, kept = np.zeros_like(self.mass), np.ones_like(self.kept)
        if abs(shift) < BINS:
            moved[:, into], kept[:, into] = self.mass[:, stay], self.kept[:, stay]
        self.rest[:-1] += np.maximum(self.mass.sum(1) - moved.sum(1), 0.0)
        self.mass[:], self.kept[:] = moved, kept
        self.window = Window(self.window.first_bin + shift)

    def first_swept(self, level: float) -> int:
        """Return the first column whose middle a price going down to `level` has crossed."""
        return min(max(math.ceil(self.window.position(level) - 0.5), 0), BINS)

    def sweep(self, low: float) -> Floats:
        """Take out what price crossed on its way to `low` and return it by distance bin, (K,) base coin."""
        c = self.first_swept(low)
        self._note_swept(c)
        taken: Floats = self.mass[:, c:].sum(1)
        self.mass[:, c:] = 0.0
        self.kept[:, c:] = 1.0
        if c == 0:
            taken += self.rest[:-1]
            self.rest[:-1] = 0.0
        return taken

    def _note_swept(self, column: int) -> None:
        """Keep what stands from a column on, without the empty columns at the far end."""
        filled = np.flatnonzero(self.mass[:, column:].any(0))
        stop = column + (int(filled[-1]) + 1 if len(filled) else 0)
        self.swept = Sweep(self.window.first_bin + column, self.mass[:, column:stop].copy())

    def stop_out(self, low: float, most_base: float) -> float:
        """Close what gives up as price comes nearer to its level than ever before; return the base coin closed.

        Of what was opened, `stays + (1 - stays) r` is left when the share r of the way to liquidation is left.
        At most `most_base` is closed.
        """
        position = self.window.position(low)
        column = min(math.floor(position), BINS - 1)
        if column < 0:
            return 0.0
        left = self._floor + (position - column) * self._slope
        cell, stays = self._cell + column, self._stays
        inside = self._back <= column
        if not inside.all():
            left, cell, stays = left[inside], cell[inside], stays[inside]
        mass, kept = self.mass.ravel(), self.kept.ravel()
        before = kept.take(cell)
        fewer = left < before
        cell, before = cell[fewer], before[fewer]
        left = np.maximum(left[fewer], stays[fewer])
        held = mass[cell]
        gone = held * (1 - left / before)
        closed = float(gone.sum())
        scale = min(1.0, max(most_base, 0.0) / closed) if closed > 0 else 1.0
        mass[cell] = held - gone * scale
        kept[cell] = left
        return closed * scale

    def close_out(self, held: Floats, target_base: float) -> None:
        """Close positions by the relative hazard of their bins until `target_base` of `held` is left."""
        survive = survivors(held, self.params.hazard, target_base)
        self.mass *= survive[:-1, None]
        self.rest *= survive

    def deposit(self, base: float, pull: Floats, low: float, high: float, floor: float) -> None:
        """Open `base` coins with entries even over [low, high].

        The mix is that of the parameters times `pull` (K + 1,), never last. Levels that a price at `floor` has
        passed are not opened; what would have stood there is opened elsewhere in proportion.
        """
        if base <= 0:
            return
        share = self._kernel.share * pull[self._kernel.row]
        never = float(self.params.opened[-1] * pull[-1])
        position = self.window.position
        piece, column, part = spread(self._kernel, position(low), position(high), self.first_swept(floor))
        add = part * share[piece]
        scale = base / (float(add.sum()) + never)
        add *= scale
        self.rest[-1] += never * scale
        row = self._kernel.row[piece]
        inside = column >= 0
        if not inside.all():
            self.rest[:-1] += np.bincount(row[~inside], add[~inside], DISTANCE_BINS)
            row, column, add = row[inside], column[inside], add[inside]
        self._fill(row, column, add, position(floor))

    def _fill(self, row: Ints, column: Ints, add: Floats, position: float) -> None:
        """Add base coin to cells; a cell may come twice."""
        cell = row * BINS + column
        mass, kept = self.mass.ravel(), self.kept.ravel()
        way = (position - column - 0.5) * BOOK_BIN_LOG / self.params.distance_log[row]
        stays = self.params.stays[row]
        fresh = np.clip(stays + (1 - stays) * way, stays, 1.0)
        before = mass[cell]
        np.add.at(mass, cell, add)
        after = mass[cell]
        old = np.divide(before, after, out=np.zeros_like(after), where=after > 0)
        kept[cell] = fresh + (kept[cell] - fresh) * old

    def levels(self, first: int, stop: int, weight: Floats | None = None) -> Floats:
        """Return the base coin whose liquidation price lies in each own-direction bin of [first, stop).

        `weight` (K,) or (draws, K) counts each distance bin so many times; the result then is (stop - first,) or
        (draws, stop - first).
        """
        at = self.window.first_bin
        a, b = max(first, at), min(stop, at + BINS)
        shape = () if weight is None else weight.shape[:-1]
        out = np.zeros((*shape, stop - first))
        if a < b:
            cells = self.mass[:, a - at : b - at]
            out[..., a - first : b - first] = cells.sum(0) if weight is None else weight @ cells
        return out


def survivors(held: Floats, hazard: Floats, target_base: float) -> Floats:
    """Return the share of each bin that survives exp(-h u), u >= 0 solved so that `target_base` is left."""
    total = float(held.sum())
    if target_base <= 0:
        return np.zeros_like(held)
    if target_base >= total:
        return np.ones_like(held)
    u = 0.0
    for _ in range(20):
        left = held * np.exp(-hazard * u)
        excess = float(left.sum()) - target_base
        if excess <= 1e-12 * total:
            break
        u += excess / float((left * hazard).sum())
    survive = np.exp(-hazard * u)
    out: Floats = survive * (target_base / float((held * survive).sum()))
    return out
