"""What a pane keeps of what it has drawn: most lines come again in the next drawing, few ever after."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from textual.strip import Strip

from liqtui.render.text import refill

T = TypeVar("T")

_NAMES_MOST = 120
"""Names under which something is held."""


class KeptLines:
    """The lines of the last two drawings, and what is held by name while its key stays the same."""

    def __init__(self) -> None:
        self._now: dict[object, Strip] = {}
        """Of this drawing."""
        self._before: dict[object, Strip] = {}
        self._held: dict[str, tuple[object, object]] = {}

    def __len__(self) -> int:
        """Return how many lines of drawings are kept."""
        return len(self._now) + len(self._before)

    def begin(self) -> None:
        """Begin a drawing."""
        self._before, self._now = self._now, {}

    def clear(self) -> None:
        """Forget all."""
        self._now.clear()
        self._before.clear()
        self._held.clear()

    def line(self, key: object, make: Callable[[], Strip]) -> Strip:
        """Return the line of this drawing, or of the last one, that was made for a key, else make it."""
        found = self._now.get(key)
        if found is None:
            found = self._now[key] = self._before.get(key) or make()
        return found

    def held(self, name: str, key: object, make: Callable[[], T]) -> T:
        """Return what was made under a name when the key was the same, else make it anew."""
        found = self._held.get(name)
        if found is None or found[0] != key:
            found = self._hold(name, key, make())
        return cast("T", found[1])

    def _hold(self, name: str, key: object, made: object) -> tuple[object, object]:
        if len(self._held) >= _NAMES_MOST:
            self._held.clear()
        self._held[name] = key, made
        return key, made

    def refilled(
        self, name: str, key: object, texts: Sequence[str], make: Callable[[], Strip], at_end: bool = False
    ) -> Strip:
        """Return the line that `make` lays; where the key is as before, its first texts are put into the last one.

        The key holds all but these texts that the line depends on. `at_end`: they are its last ones.
        """
        found = self._held.get(name)
        if found is not None and found[0] == key:
            before, held = cast("tuple[Sequence[str], Strip]", found[1])
            if before == texts:
                return held
            line = refill(held, before, texts, at_end)
            if line is not None:
                self._held[name] = key, (texts, line)
                return line
        fresh = make()
        self._hold(name, key, (texts, fresh))
        return fresh
