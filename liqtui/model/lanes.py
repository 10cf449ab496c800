"""The cells of all books of one market: positions by row of distance to liquidation and by liquidation price.

A lane is one side as one expert sees it. A side lives in its own direction (log price for longs, minus log price for
shorts), in which its liquidation prices lie below the price and every adverse move is downward. Windows, and where
something is opened, are the same for all experts, so that all lanes go through the same calls.

Closing by hazard multiplies whole rows, so each row has one lazy factor and a step touches only the cells that are
swept, filled or in reach of the price.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liqtui.model.approach import Gap, Nerves, Stops, stays
from liqtui.model.closing import Closing, capped
from liqtui.model.crossing import crossing
from liqtui.model.exposure import Sweep
from liqtui.model.grid import BINS, BOOK_BIN_LOG, Window, entries_at
from liqtui.model.opening import Opened, Opening, Pair
from liqtui.model.params import ROWS, BookParams, Floats, Ints

SETTLE_STEPS = 256
"""Steps after which the lazy factors are worked into the cells, so that rounding does not add up."""
LEAST_FACTOR, LEAST_BASE = 1e-60, 1e-200


class Lanes:
    """All modelled positions of one market, in base coin, (experts, 2 sides) of them."""

    def __init__(self, params: Sequence[BookParams]) -> None:
        """Begin empty; `params` are those of the experts, which differ only in how positions end."""
        self.params, count = params[0], len(params)
        self._opening = Opening(self.params)
        distance_log = self._opening.distance_log
        self.windows = [Window(0), Window(0)]
        self._cells: Floats = np.zeros((count, 2, ROWS, BINS))
        """(experts, 2, ROWS, BINS) by bin of the liquidation price; base coin once multiplied by the row's factor."""
        self._flat = [one.reshape(-1) for one in self._cells]
        self._factor: Floats = np.ones((count, 2, ROWS))
        self._sums: Floats = np.zeros((count, 2, ROWS))
        """(experts, 2, ROWS) sums of the cells."""
        self._steps = 0
        self._stops = {at: Stops(one, distance_log) for at, one in enumerate(params) if one.has_stops}
        self._worst = {at: np.zeros((2, ROWS, BINS)) for at in self._stops}
        """By expert, (2, ROWS, BINS) worst price since what stands was opened, in columns, mean over the cell."""
        self._eager: Floats = np.array([one.eager for one in params])
        self._nervous: Ints = np.flatnonzero(self._eager > 0)
        self._nerves = Nerves(self.params, distance_log) if len(self._nervous) else None
        self.rest: Floats = np.zeros((count, 2, ROWS + 1))
        """(experts, 2, ROWS + 1) base coin outside the window, by row; last the never bin."""
        self.swept = [Sweep(0, np.zeros((count, ROWS, 0))) for _ in range(2)]
        """What the newest sweep took from the window of each side."""
        self._tops: Ints = np.zeros(2 * ROWS, dtype=np.int64)
        """(2 ROWS,) columns of the row from this one on are empty."""
        self._gap = Gap()
        self._closing = Closing(self.params.hazard)

    def mass(self, expert: int = 0) -> Floats:
        """Return the (2, ROWS, BINS) base coin in the windows of an expert, by bin of the liquidation price."""
        out: Floats = self._cells[expert] * self._factor[expert, :, :, None]
        return out

    def worst(self, expert: int = 0) -> Floats:
        """Return the (2, ROWS, BINS) column of the worst price since opening; none where there are no stops."""
        return self._worst.get(expert, np.zeros((2, ROWS, 0)))

    def held(self) -> Floats:
        """Return the (experts, 2, ROWS + 1) base coin by row, never last; each lane totals the open interest."""
        inside = np.maximum(self._sums, 0.0)
        inside *= self._factor
        out: Floats = self.rest.copy()
        out[:, :, :-1] += inside
        return out

    def start(self, level: Pair, oi_base: float) -> None:
        """Fill the books with what the opened mix leaves standing after long, entries spread around `level`."""
        self.windows = [Window.around(one) for one in level]
        self.rest[:], self._tops[:] = 0.0, 0
        self._clear(np.ones(self._sums.shape[:2], dtype=np.bool_))
        smear = self.params.prior_smear_log
        low, high = (level[0] - smear, level[1] - smear), (level[0] + smear, level[1] + smear)
        base = np.full(self._sums.shape[:2], oi_base)
        self.deposit(base, np.tile(1 / self.params.hazard, (2, 1)), low, high, level)

    def _clear(self, lanes: NDArray[np.bool_]) -> None:
        self._cells[lanes], self._factor[lanes], self._sums[lanes] = 0.0, 1.0, 0.0

    def _settle(self) -> None:
        """Work the lazy factors into the cells."""
        self._cells *= self._factor[..., None]
        self._factor[:] = 1.0
        self._sums = self._cells.sum(-1)
        self._steps = 0

    def follow(self, level: Pair) -> None:
        """Move the windows after the price; what leaves them is kept in `rest`."""
        self._steps += 1
        if self._steps >= SETTLE_STEPS or self._factor.min() < LEAST_FACTOR:
            self._settle()
        for side, window in enumerate(self.windows):
            if shift := window.drift(level[side]):
                self._settle()
                self._shift(side, shift)

    def _shift(self, side: int, shift: int) -> None:
        stay = slice(max(shift, 0), BINS + min(shift, 0))
        into = slice(max(-shift, 0), BINS - max(shift, 0))
        for cells in (self._cells, *(worst[None] for worst in self._worst.values())):
            moved = np.zeros_like(cells[:, side])
            if abs(shift) < BINS:
                moved[:, :, into] = cells[:, side, :, stay]
            cells[:, side] = moved
        for worst in self._worst.values():
            worst[side] -= shift
        after = self._cells[:, side].sum(-1)
        self.rest[:, side, :-1] += np.maximum(self._sums[:, side] - after, 0.0)
        self._sums[:, side] = after
        tops = self._tops[side * ROWS : (side + 1) * ROWS]
        np.clip(tops - shift, 0, BINS, out=tops)
        self.windows[side] = Window(self.windows[side].first_bin + shift)

    def position(self, level: Pair) -> Pair:
        """Return where log prices lie, in columns of each side."""
        return self.windows[0].position(level[0]), self.windows[1].position(level[1])

    def first_swept(self, level: Pair) -> tuple[int, int]:
        """Return the first column of each side whose middle a price going down to `level` has crossed."""
        long, short = self.position(level)
        return min(max(math.ceil(long - 0.5), 0), BINS), min(max(math.ceil(short - 0.5), 0), BINS)

    def sweep(self, low: Pair) -> Floats:
        """Take out what price crossed on its way to `low` and return it, (experts, 2, ROWS) base coin."""
        taken: Floats = np.zeros(self._sums.shape)
        tops, columns = self._tops.reshape(2, ROWS).max(1).tolist(), self.first_swept(low)
        for side, column in enumerate(columns):
            top = max(tops[side], column)
            crossed = self._cells[:, side, :, column:top]
            self.swept[side] = Sweep(self.windows[side].first_bin + column, crossed * self._factor[:, side, :, None])
            if top > column:
                taken[:, side] = self.swept[side].mass.sum(-1)
                self._sums[:, side] -= crossed.sum(-1)
                crossed[:] = 0.0
                own = self._tops[side * ROWS : (side + 1) * ROWS]
                np.minimum(own, column, out=own)
            if column == 0:
                taken[:, side] += self.rest[:, side, :-1]
                self.rest[:, side, :-1] = 0.0
        self._gap.look(columns, self._tops)
        return taken

    def give_up(self, low: Pair, lows_log: tuple[Floats, Floats], spent: Floats) -> Floats:
        """Close what gives up before price crosses its level within several bars, on the way to `low`.

        `lows_log` are the lowest prices of each bar in each side's own direction, `spent` (experts, 2) the business
        time as in `lose_nerve`. Returns the base coin closed, (experts, 2).
        """
        closed: Floats = np.zeros(spent.shape)
        tops, columns = self._tops.reshape(2, ROWS).max(1).tolist(), self.first_swept(low)
        for side, (column, top) in enumerate(zip(columns, tops, strict=True)):
            if top <= column:
                continue
            crossed = crossing(column, top, lows_log[side] / BOOK_BIN_LOG - self.windows[side].first_bin)
            for expert, used in enumerate((spent[:, side] * self._eager).tolist()):
                cells = self._cells[expert, side, :, column:top]
                left = np.ones_like(cells)
                if expert in self._stops:
                    left = self._stops[expert].arriving(side, crossed, self._worst[expert][side, :, column:top])
                if self._nerves is not None and used > 0:
                    left = left * self._nerves.arriving(side, crossed, used)
                gone = cells - cells * left
                cells -= gone
                self._sums[expert, side] -= (by_row := gone.sum(-1))
                closed[expert, side] = by_row @ self._factor[expert, side]
        return closed

    def stop_out(self, low: Pair, most_base: Floats) -> Floats:
        """Close what gives up as price comes nearer to its level than ever before; return the base coin closed.

        At most `most_base`, (experts, 2), is closed.
        """
        closed: Floats = np.zeros(most_base.shape)
        for expert, stops in self._stops.items():
            worst, cells = self._worst[expert].reshape(-1), self._flat[expert]
            fewer = stops.nearer(self.position(low), worst, self._gap)
            worst[fewer.cell] = fewer.worst
            before = cells.take(fewer.cell)
            gone: Floats = before - before * fewer.stay
            by_row = np.zeros((2, ROWS))
            by_row += np.bincount(fewer.row, gone, 2 * ROWS).reshape(2, ROWS)
            closed[expert] = (by_row * self._factor[expert]).sum(1)
            scale = capped(closed[expert], most_base[expert])
            if scale is not None:
                gone *= scale.take(fewer.row // ROWS)
                by_row *= scale[:, None]
                closed[expert] *= scale
            before -= gone
            cells[fewer.cell] = before
            self._sums[expert] -= by_row
        return closed

    def lose_nerve(self, level: Pair, spent: Floats, most_base: Floats) -> None:
        """Close what gives up while price stands near its level, at most `most_base` (experts, 2) base coin.

        `spent` (experts, 2) is the business time since the last call: of a position at progress p toward liquidation
        exp(-spent h eager p^power) stays, h the hazard of its row.
        """
        if self._nerves is None or not spent.any():
            return
        danger = self._nerves.standing(self.position(level), self._gap)
        if not len(danger.rows):
            return
        after = stays(danger, spent[self._nervous] * self._eager[self._nervous, None])
        before = np.empty_like(after)
        for at, expert in enumerate(self._nervous):
            self._flat[expert].take(danger.cell, out=before[at], mode="clip")
        after *= before
        before -= after
        by_row = np.zeros((len(after), 2, ROWS))
        by_row.reshape(len(after), -1)[:, danger.rows] = np.add.reduceat(before, danger.begins, axis=1)
        closed = (by_row * self._factor[self._nervous]).sum(-1)
        scale = capped(closed, most_base[self._nervous])
        if scale is not None:
            by_row *= scale[:, :, None]
            after[:, : danger.split] += before[:, : danger.split] * (1 - scale[:, :1])
            after[:, danger.split :] += before[:, danger.split :] * (1 - scale[:, 1:])
        for at, expert in enumerate(self._nervous):
            self._flat[expert][danger.cell] = after[at]
        self._sums[self._nervous] -= by_row

    def close_out(self, held: Floats, target_base: Floats) -> Floats:
        """Close positions by the relative hazard of their rows until `target_base` (experts, 2) of `held` is left.

        Returns the business time that this took, (experts, 2).
        """
        survive, spent = self._closing.survivors(held.reshape(-1, ROWS + 1), target_base.ravel())
        survive = survive.reshape(held.shape)
        self._factor *= survive[..., :-1]
        self.rest *= survive
        if min(target_base.ravel().tolist()) <= 0:
            self._clear(target_base <= 0)
        return spent.reshape(target_base.shape)

    def deposit(self, base: Floats, pull: Floats, low: Pair, high: Pair, floor: Pair) -> None:
        """Open `base` (experts, 2) coins with entries even over [low, high], in whole steps of a column.

        The mix is that of the parameters times `pull` (2, ROWS + 1), never last. Levels that a price at `floor` has
        passed are not opened; what would have stood there is opened elsewhere in proportion.
        """
        wanted = [bool(own.any()) for own in base.T > 0]
        if not any(wanted):
            return
        ranges = zip(self.position(low), self.position(high), strict=True)
        (long, width), (short, _) = (entries_at(*one) for one in ranges)
        opened = self._opening.opened((long, short), width, self.first_swept(floor), pull, wanted)
        self.rest[:, :, -1] += base * opened.never
        if opened.outside is not None:
            self.rest[:, :, :-1] += base[:, :, None] * opened.outside
        self._fill(opened, base, self.position(floor))
        np.maximum(self._tops, opened.tops, out=self._tops)

    def _fill(self, opened: Opened, base: Floats, position: Pair) -> None:
        coins = base[:, :, None] / self._factor
        self._sums += coins * opened.by_row
        coins *= opened.weight
        after = coins.reshape(len(coins), -1).repeat(opened.counts, axis=1)
        after *= opened.share
        for expert, cells in enumerate(self._flat):
            before = cells.take(opened.cell)
            after[expert] += before
            cells[opened.cell] = after[expert]
            if expert in self._stops:
                self._mix_worst(expert, opened, position, before / np.maximum(after[expert], LEAST_BASE))

    def _mix_worst(self, expert: int, opened: Opened, position: Pair, old_share: Floats) -> None:
        """Mix what is opened, with price at a position, with what stood there, whose share is `old_share`."""
        flat = self._worst[expert].reshape(-1)
        fresh = self._stops[expert].fresh(opened, position)
        worst = flat.take(opened.cell)
        worst -= fresh
        worst *= old_share
        worst += fresh
        flat[opened.cell] = worst

    def levels(self, expert: int, side: int, first: int, stop: int, weight: Floats | None = None) -> Floats:
        """Return the base coin whose liquidation price lies in each own-direction bin of [first, stop).

        `weight` (ROWS,) or (draws, ROWS) counts each row so many times; the result then is (stop - first,) or
        (draws, stop - first).
        """
        at = self.windows[side].first_bin
        a, b = max(first, at), min(stop, at + BINS)
        out = np.zeros((*(() if weight is None else weight.shape[:-1]), stop - first))
        if a < b:
            factor = self._factor[expert, side]
            factor = factor if weight is None else weight * factor
            out[..., a - first : b - first] = factor @ self._cells[expert, side, :, a - at : b - at]
        return out
