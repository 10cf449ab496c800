"""Memory for the cells of one map after another."""

import weakref

import numpy as np
from numpy.typing import NDArray

from liqtui.model.snapshot import Heat, Settled

_F4 = np.dtype("<f4")
_KEPT_MOST = 3
"""The map that is shown, the one that is to be shown next, and one to be written to."""
_COLUMNS_AHEAD = 32
"""By so many columns a map goes on in its memory before it is copied to the start of it."""


class _Room:
    """Memory for the cells of a map, and for some columns more: a map that goes on lies a little later in it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.shape = columns, rows
        self._memory = bytearray((columns + _COLUMNS_AHEAD) * rows * _F4.itemsize)
        self._at = 0
        """The first column of the map."""
        self._seen: weakref.ref[NDArray[np.float32]] | None = None
        self.holds: Settled | None = None
        """The columns before the last one that are there."""

    @property
    def is_seen(self) -> bool:
        """Whether anybody has what was last written there."""
        return self._seen is not None and self._seen() is not None

    def moved_to(self, settled: Settled | None) -> int | None:
        """Return by how far what is there moves to become some columns; None where that is not known, or too far."""
        shift = None if settled is None or self.holds is None else settled.shift_from(self.holds)
        return shift if shift is not None and shift <= _COLUMNS_AHEAD - self._at else None

    def cells(self, shift: int | None) -> NDArray[np.float32]:
        """Return the memory as cells from some columns later on, None from the start; seen as long as they are kept."""
        (columns, rows), self._at = self.shape, 0 if shift is None else self._at + shift
        flat: NDArray[np.float32] = np.frombuffer(self._memory, _F4)  # whatever is a view of it keeps it alive
        self._seen = weakref.ref(flat)
        return flat[self._at * rows : (self._at + columns) * rows].reshape(self.shape)


class CellMemory:
    """Memory for the cells of maps that comes in turn: it is written again when nobody sees any more what is there.

    Fresh memory for every change of a few cells would push all else out of the processor's caches, as would copying
    all cells where most have only moved.
    """

    def __init__(self) -> None:
        self._rooms: list[_Room] = []

    def after(self, base: Heat, settled: Settled | None, shift: int = 0) -> NDArray[np.float32]:
        """Return cells to be written to, of a map that begins `shift` columns later than the base.

        They are those of the base, but for the last columns, `shift` and one more, which may hold anything. `settled`
        names what they will be.
        """
        count = len(base.ts_ms)
        room = self._free((count, base.cells_usd.shape[1]), settled)
        moved = room.moved_to(settled)
        cells, first = room.cells(moved), 0 if moved is None else count - 1 - moved
        cells[first : count - shift] = base.cells_usd[first + shift :]
        room.holds = settled
        return cells

    def any(self, columns: int, rows: int, holds: Settled) -> NDArray[np.float32]:
        """Return cells to be written to, which may hold anything, and are to hold the columns of a name."""
        room = self._free((columns, rows), None)
        room.holds = holds
        return room.cells(None)

    def _free(self, shape: tuple[int, int], settled: Settled | None) -> _Room:
        """Return memory that nobody sees, what holds some columns, or some that become these, rather than other."""
        free = [room for room in self._rooms if not room.is_seen]
        fitting = [room for room in free if room.shape == shape]
        room = next((one for one in fitting if one.moved_to(settled) is not None), fitting[0] if fitting else None)
        if room is None:
            self._rooms = [one for one in self._rooms if one not in free]
            room = _Room(*shape)
            if len(self._rooms) < _KEPT_MOST:
                self._rooms.append(room)
        return room
