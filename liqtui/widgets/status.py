"""The first and the last line: what kind of data this is, how fresh, and which keys there are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from liqtui.link.base import LinkState
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.render.numbers import clock, day, span
from liqtui.render.text import Field
from liqtui.widgets.panel import Panel


@dataclass(frozen=True, slots=True)
class Condition:
    """What the app knows besides the snapshot on screen."""

    link: LinkState | None = None
    """What became of the engine last; None before the first word of it."""
    frozen_ms: int | None = None
    """Market time at which the picture was frozen."""
    newest_ms: int | None = None
    """Market time of the newest snapshot, while the picture is frozen."""
    wish: str = ""
    """What was asked for and is not here yet."""
    retry_in_s: int = 0
    """Seconds until the engine is started again; 0 when that is being done or not intended."""
    saving: str = ""
    """Why less than usual is sent to the terminal."""

    @property
    def broken(self) -> bool:
        """Return whether the picture is not being kept up."""
        return self.link is not None and self.link.state in ("lost", "failed")


class Status(Panel):
    """Mode, freezing, engine, note, age of the data, time."""

    def __init__(self, condition: Condition | None = None) -> None:
        super().__init__()
        self._condition = condition or Condition()
        self._calm = False

    def tell(self, condition: Condition) -> None:
        """Take over what the app knows, and draw what is new."""
        self._condition = condition
        self._note_calm()
        self.redraw()

    def heed(self, old: Snapshot | None, new: Snapshot | None) -> None:
        """Draw what is new."""
        self._note_calm()
        self.redraw()

    def _note_calm(self) -> None:
        """Take the class `-calm` while there is nothing that must be seen: live data, no freezing, no fault."""
        snapshot, condition = self.snapshot, self._condition
        calm = snapshot is not None and snapshot.mode == "live" and not snapshot.note
        calm = calm and not condition.broken and condition.frozen_ms is None
        if calm != self._calm:
            self._calm = calm
            self.set_class(calm, "-calm")

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return the one line; marks come first and are left out last."""
        snapshot = self.snapshot
        if snapshot is None:
            return [self.fresh_spread(self._marks(None), [], width)]
        now = clock(snapshot.ts_ms)
        hour = f"{now[:5] if self._condition.saving else now} UTC "
        today, fresh = day(snapshot.ts_ms), "" if self._condition.saving else _freshness(snapshot)
        key = self._told(snapshot), today, fresh, width

        def make() -> Strip:
            right = [self.field(fresh, "dim", 4), self.field(f"{today} ", "dim", 3), self.field(hour, "text", 1)]
            return self.fresh_spread(self._marks(snapshot), right, width)

        return [self.refilled("line", key, [hour], make, at_end=True)]

    def _told(self, snapshot: Snapshot) -> object:
        """Return what the marks depend on."""
        broken_ms = snapshot.ts_ms if self._condition.broken else 0
        return self._condition, snapshot.mode, snapshot.label, snapshot.note, broken_ms

    def _marks(self, snapshot: Snapshot | None) -> list[Field]:
        condition = self._condition
        left = [*self._mode(snapshot), *self._frozen(condition), *self._engine(condition, snapshot)]
        if condition.saving:
            left.append(self.field(f" {condition.saving} ", "warn", 3))
        if condition.wish:
            left.append(self.field(f" {condition.wish} ", "warn", 2))
        if snapshot and snapshot.note:
            left.append(self.field(f" {snapshot.note} ", "warn", 1))
        return left

    def _mode(self, snapshot: Snapshot | None) -> list[Field]:
        name = self.field(" liqtui ", "title", 5)
        if snapshot is None or snapshot.mode == "live":
            return [name]
        label = snapshot.label or snapshot.mode.upper()
        mark = label if label.upper().startswith(snapshot.mode.upper()) else f"{snapshot.mode.upper()} {label}"
        return [name, self.field(f" {mark} ", "badge")]

    def _frozen(self, condition: Condition) -> list[Field]:
        if condition.frozen_ms is None:
            return []
        fields = [self.field(f" FROZEN since {clock(condition.frozen_ms)} ", "alarm")]
        if condition.newest_ms is not None and condition.newest_ms > condition.frozen_ms:
            behind = span(condition.newest_ms - condition.frozen_ms)
            fields += self.field(f" {behind} behind", "warn", 2), self.field(", space to go on ", "warn", 3)
        return fields

    def _engine(self, condition: Condition, snapshot: Snapshot | None) -> list[Field]:
        link = condition.link
        if condition.broken and link is not None:
            since = f", picture of {clock(snapshot.ts_ms)}" if snapshot else ""
            reason = [self.field(f" {link.text} ", "warn", 2)] if link.text else []
            return [self.field(f" {_engine_words(condition)}{since} ", "alarm"), *reason]
        if snapshot is None or (link is not None and link.state == "connecting"):
            text = (link.text if link else "") or "starting the engine"
            return [self.field(f" {text} ", "warn", 1)]
        return []


def _freshness(snapshot: Snapshot) -> str:
    """Return the age of the data; where time is not the wall clock's, say that instead: ages mean nothing there."""
    if snapshot.mode != "live":
        return "market time  "
    ages = [state.age_ms for state in snapshot.venues if state.age_ms is not None and state.status != "OFF"]
    return f"data {span(min(ages))}  " if ages else ""


def _engine_words(condition: Condition) -> str:
    if condition.link is not None and condition.link.state == "failed":
        return "engine failed"
    return "engine lost, restarting" + (f" in {condition.retry_in_s} s" if condition.retry_in_s else "")


def whole_seconds(left_s: float) -> int:
    """Return the seconds left, rounded up; less than half of one is none."""
    return math.ceil(left_s) if left_s >= 0.5 else 0


def selection_words(selection: Selection) -> str:
    """Return what is selected, in short."""
    past = "" if selection.until_ms is None else f" to {clock(selection.until_ms)[:5]}"
    return f"{selection.asset} {selection.venue or 'all venues'} {selection.window}{past}"


HINTS = (
    ("?", "help"), ("q", "quit"), ("1-9", "asset"), ("[ ]", "window"), ("+ -", "zoom"), ("v", "venue"),
    ("k", "skill"), ("space", "freeze"), ("j", "zone"), ("c", "crosshair"),
    (":", "commands"), ("m", "profile"), ("t", "threshold"), (", .", "time"), ("e", "expand"), ("z", "zen"),
    ("g", "side by side"),
)  # fmt: skip


class Hints(Panel):
    """The keys that matter most."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = HINTS) -> None:
        super().__init__()
        self._pairs = pairs

    def subject(self) -> object:
        """Return what never changes."""
        return self._pairs

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """Return as many hints as fit, each whole."""
        fields: list[Field] = []
        for key, word in self._pairs:
            pair = [self.field(f"{'  ' if fields else ' '}{key}", "title"), self.field(f" {word}", "dim")]
            if sum(len(field.text) for field in (*fields, *pair)) <= width:
                fields += pair
        return [self.line(fields, width)]
