"""The book written slowly: one dictionary entry a cell, plain loops, no window; the oracle of the fast one."""

import itertools
import math
from dataclasses import dataclass, field

from liqtui.model.approach import LEAST_PROGRESS
from liqtui.model.book import NERVE_BARS, Flow, Inside
from liqtui.model.grid import BOOK_BIN_LOG, ENTRY_STEPS, entries_at
from liqtui.model.levels import kernel, row_distance_log
from liqtui.model.market import SIGN, Side
from liqtui.model.params import ROWS, BookParams


@dataclass
class NaiveSide:
    """One side: `cells[k, b]` is base coin and kept share at absolute own-direction bin b."""

    side: Side
    params: BookParams
    cells: dict[tuple[int, int], tuple[float, float]] = field(default_factory=dict)
    never: float = 0.0

    def __post_init__(self) -> None:
        """Look the distances of the rows up."""
        pieces = kernel(self.params, self.side, BOOK_BIN_LOG)
        self.distance = row_distance_log(self.params, pieces, BOOK_BIN_LOG).tolist()

    def total(self) -> float:
        """Return the base coin of the side."""
        return sum(m for m, _ in self.cells.values()) + self.never

    def held(self) -> list[float]:
        """Return the base coin of each distance bin."""
        held = [0.0] * ROWS
        for (row, _), (m, _) in self.cells.items():
            held[row] += m
        return held

    def sweep(self, low: float) -> list[float]:
        """Drop the cells whose middle lies at `low` or above; return what they held by distance bin."""
        taken = [0.0] * ROWS
        for (k, b), (m, _) in list(self.cells.items()):
            if (b + 0.5) * BOOK_BIN_LOG >= low:
                taken[k] += m
                del self.cells[k, b]
        return taken

    def left(self, k: int, b: int, price: float) -> float:
        """Return the share of the opened that is left when price is at `price`."""
        way = (price - (b + 0.5) * BOOK_BIN_LOG) / self.distance[k]
        stays = float(self.params.stays[k])
        return float(stays + (1 - stays) * min(max(way, 0.0), 1.0))

    def stop_out(self, low: float, most: float) -> float:
        """Close what gives up at `low`, at most `most` base coin; return what was closed."""
        gone: dict[tuple[int, int], float] = {}
        left: dict[tuple[int, int], float] = {}
        for (k, b), (m, kept) in self.cells.items():
            if (now := self.left(k, b, low)) < kept:
                gone[k, b], left[k, b] = m * (1 - now / kept), now
        closed = sum(gone.values())
        scale = min(1.0, max(most, 0.0) / closed) if closed > 0 else 1.0
        for key, lost in gone.items():
            self.cells[key] = (self.cells[key][0] - lost * scale, left[key])
        return closed * scale

    def give_up(self, lows: list[float], spent: float) -> None:
        """Close what gives up before one of the bars that went to `lows` crosses its level."""
        for (k, b), (m, kept) in self.cells.items():
            level = (b + 0.5) * BOOK_BIN_LOG
            at = next((i for i, low in enumerate(lows) if low <= level), None)
            if not at:
                continue
            left = min(1.0, self.left(k, b, min(lows[:at])) / kept)
            progress = min(max(1 - (sum(lows[:at]) / at - level) / self.distance[k], 0.0), 1.0)
            if progress >= LEAST_PROGRESS:
                rate = float(self.params.hazard[k]) * self.params.eager * progress**self.params.eager_power
                left *= math.exp(-spent * at / len(lows) * rate)
            self.cells[k, b] = (m * left, kept)

    def lose_nerve(self, low: float, spent: float, most: float) -> None:
        """Close what gives up while price stands at `low` for `spent` of business time, at most `most` base coin."""
        gone: dict[tuple[int, int], float] = {}
        for (k, b), (m, _) in self.cells.items():
            way = (low - (b + 0.5) * BOOK_BIN_LOG) / self.distance[k]
            reach = (math.floor(low / BOOK_BIN_LOG) - b - 1) * BOOK_BIN_LOG / self.distance[k]
            if reach < 1 - LEAST_PROGRESS:
                eager = self.params.eager * min(max(1 - way, 0.0), 1.0) ** self.params.eager_power
                gone[k, b] = m * -math.expm1(-spent * float(self.params.hazard[k]) * eager)
        closed = sum(gone.values())
        scale = min(1.0, max(most, 0.0) / closed) if closed > 0 else 1.0
        for key, lost in gone.items():
            self.cells[key] = (self.cells[key][0] - lost * scale, self.cells[key][1])

    def close_out(self, target: float) -> float:
        """Close by hazard until `target` is left, the business time u found by bisection and returned."""
        hazard = self.params.hazard.tolist()
        held = [*self.held(), self.never]
        if target >= sum(held):
            return 0.0
        if target <= 0:
            self.cells.clear()
            self.never = 0.0
            return 0.0
        a, b = 0.0, 1.0
        while sum(m * math.exp(-h * b) for m, h in zip(held, hazard, strict=True)) > target:
            b *= 2
        for _ in range(200):
            mid = (a + b) / 2
            more = sum(m * math.exp(-h * mid) for m, h in zip(held, hazard, strict=True)) > target
            a, b = (mid, b) if more else (a, mid)
        for (k, bin_), (m, kept) in self.cells.items():
            self.cells[k, bin_] = (m * math.exp(-hazard[k] * a), kept)
        self.never *= math.exp(-hazard[-1] * a)
        return a

    def deposit(self, base: float, pull: list[float], low: float, high: float, floor: float) -> None:
        """Open positions piece by piece and bin by bin."""
        if base <= 0:
            return
        pieces = kernel(self.params, self.side, BOOK_BIN_LOG)
        first, width = entries_at(low / BOOK_BIN_LOG, high / BOOK_BIN_LOG)
        a, b = first / ENTRY_STEPS, (first + width) / ENTRY_STEPS
        parts: dict[tuple[int, int, int], float] = {}
        for j in range(len(pieces.share)):
            near, far, k = float(pieces.near[j]), float(pieces.far[j]), int(pieces.row[j])
            for bin_ in range(math.floor(a - far), math.ceil(b - near)):
                if (bin_ + 0.5) * BOOK_BIN_LOG < floor:
                    parts[j, k, bin_] = float(pieces.share[j]) * pull[k] * share_in_bin(bin_, a, b, near, far)
        never = float(self.params.opened[-1]) * pull[-1]
        scale = base / (sum(parts.values()) + never)
        self.never += never * scale
        added: dict[tuple[int, int], float] = {}
        for (_, k, bin_), part in parts.items():
            added[k, bin_] = added.get((k, bin_), 0.0) + part * scale
        for (k, bin_), m in added.items():
            old, kept = self.cells.get((k, bin_), (0.0, 1.0))
            if old + m > 0:
                self.cells[k, bin_] = (old + m, (old * kept + m * self.left(k, bin_, floor)) / (old + m))


def share_in_bin(bin_: int, low: float, high: float, near: float, far: float) -> float:
    """Return how often an entry even over [low, high] less a distance even over [near, far] lands in the bin.

    The density is linear between its break points, so the trapezoid rule is exact on each stretch.
    """

    def entries_below(y: float) -> float:
        return min(max((y - low) / (high - low), 0.0), 1.0)

    def density(x: float) -> float:
        return (entries_below(x + far) - entries_below(x + near)) / (far - near)

    inner = [x for x in (low - far, high - far, low - near, high - near) if bin_ < x < bin_ + 1]
    marks = sorted([float(bin_), *inner, bin_ + 1.0])
    return sum((q - p) * (density(p) + density(q)) / 2 for p, q in itertools.pairwise(marks))


@dataclass
class NaiveBook:
    """Both sides, stepped as MODEL says: sweep, stops, closing, opening."""

    params: BookParams
    oi_base: float = 0.0
    bars: int = 0

    def __post_init__(self) -> None:
        """Make the two sides."""
        self.spent: dict[Side, float] = {"long": 0.0, "short": 0.0}
        self.sides: dict[Side, NaiveSide] = {
            "long": NaiveSide("long", self.params),
            "short": NaiveSide("short", self.params),
        }

    def start(self, close_log: float, oi_base: float) -> None:
        """Begin with the standing book."""
        pull = [1 / h for h in self.params.hazard.tolist()]
        for side, book in self.sides.items():
            y, smear = SIGN[side] * close_log, self.params.prior_smear_log
            book.deposit(oi_base, pull, y - smear, y + smear, y)
        self.oi_base = oi_base

    def step(self, flow: Flow) -> dict[Side, list[float]]:
        """Carry the book over a bar, or over several taken as one; return what was swept."""
        self.bars += len(flow.inside.lows_log) if flow.inside else 1
        taken = {side: self._step_side(book, SIGN[side], flow) for side, book in self.sides.items()}
        self.bars = 0 if self.bars >= NERVE_BARS else self.bars
        self.oi_base = flow.oi_base
        return taken

    def _step_side(self, book: NaiveSide, sign: int, flow: Flow) -> list[float]:
        low, high = sorted((sign * flow.low_log, sign * flow.high_log))
        change = flow.oi_base - self.oi_base
        births = min(max(change, 0.0) + self.params.rho * max(flow.volume_base - abs(change), 0.0), flow.oi_base)
        if flow.inside is not None:
            births = min(max(sum(part.births_base for part in flow.inside.parts), change), flow.oi_base)
        lean = sign * (self.params.taker_gain * flow.taker + self.params.crowd_gain * flow.crowd)
        pull = [math.exp(lean * r) for r in self.params.tilt_rank.tolist()]
        early = self._open_early(book, sign, flow.inside, births, pull)
        swept = min(sign * y for y in flow.swept_log) if flow.swept_log else low
        stood = swept
        if flow.inside is not None:
            lows = [sign * y for y in (flow.inside.lows_log if sign > 0 else flow.inside.highs_log)]
            book.give_up(lows, self.spent[book.side])
            stood = sum(lows) / len(lows)
        taken = book.sweep(swept)
        most = max(births, flow.volume_base - max(-change, 0.0))
        most = book.total() - early + most - flow.oi_base
        most -= book.stop_out(swept, most)
        if self.bars >= NERVE_BARS:
            book.lose_nerve(stood, self.spent[book.side], most)
            self.spent[book.side] = 0.0
        births = max(births - early, flow.oi_base - book.total())
        if flow.inside is not None:
            self._turn_over(book, sign, flow.inside, births, book.total() + births - flow.oi_base, pull)
            return taken
        self.spent[book.side] += book.close_out(flow.oi_base - births)
        if flow.change_log is not None:
            then = sorted(sign * y for y in flow.change_log)
            late = min(max(change, 0.0), births)
            book.deposit(late, pull, then[0], then[1], low)
            births -= late
        book.deposit(births, pull, low, high, sign * flow.close_log)
        return taken

    def _parts(self, sign: int, inside: Inside) -> tuple[list[tuple[float, float, float, float, float, float]], int]:
        """Return lowest, highest, close, births and entries of each part, downward, and which part went lowest."""
        parts = []
        for one in inside.parts:
            low, high = sorted((sign * one.low_log, sign * one.high_log))
            first, last = sorted(sign * y for y in one.entries_log)
            parts.append((low, high, sign * one.close_log, one.births_base, first, last))
        lows = [one[0] for one in parts]
        return parts, lows.index(min(lows))

    def _open_early(self, book: NaiveSide, sign: int, inside: Inside | None, births: float, pull: list[float]) -> float:
        """Open what was opened before price went lowest; return it."""
        if inside is None:
            return 0.0
        parts, lowest = self._parts(sign, inside)
        scale = births / max(sum(one[3] for one in parts), 1e-300)
        for _, _, close, own, first, last in parts[:lowest]:
            book.deposit(own * scale, pull, first, last, close)
        return scale * sum(one[3] for one in parts[:lowest])

    def _turn_over(
        self, book: NaiveSide, sign: int, inside: Inside, births: float, deaths: float, pull: list[float]
    ) -> None:
        """Close and open part after part, from when price went lowest on where it has not been since."""
        parts, lowest = self._parts(sign, inside)
        total = sum(one[3] for one in parts[lowest:])
        for i, (_, _, close, own, first, last) in enumerate(parts):
            self.spent[book.side] += book.close_out(book.total() - deaths / len(parts))
            share = own / total if total > 0 else float(i == len(parts) - 1)
            if i >= lowest:
                book.deposit(births * share, pull, first, last, min([close, *(one[0] for one in parts[i + 1 :])]))
