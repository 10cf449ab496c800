"""The wire between engine and viewer: length-prefixed MessagePack frames, a whole snapshot first and then differences.

A frame is a 4-byte big-endian length and that many bytes of one message. The engine sends Welcome, then Frame and Beat;
the viewer sends Select, Pace and Resync. Frames are numbered per connection: one with a `base` holds only what differs
from the frame of that number. PROTOCOL changes with every change of this file's messages or of the snapshot's types.
"""

import struct
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from liqtui.link.cell_memory import CellMemory
from liqtui.link.errors import ProtocolError
from liqtui.link.heat_patch import HeatPart, apply_heat, heat_part
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Detail, Snapshot, TapePrint

PROTOCOL = 5
HEADER = struct.Struct(">I")
MAX_COMMAND_BYTES = 65_536
MAX_FRAME_BYTES = 64 * 1024 * 1024


class Welcome(msgspec.Struct, tag="w", array_like=True, frozen=True):
    """The engine's first word."""

    protocol: int
    pid: int


class Beat(msgspec.Struct, tag="b", array_like=True, frozen=True):
    """A sign of life when there is nothing else to say."""


class Frame(msgspec.Struct, tag="f", array_like=True, frozen=True):
    """One snapshot, or what differs from the frame numbered `base`."""

    number: int
    base: int | None
    rest: Snapshot
    """The snapshot without its heat, its tape and what is `same`."""
    tape_kept: int
    """How many of the base's newest prints stay."""
    tape_new: tuple[TapePrint, ...]
    """The prints after them, newest last."""
    heat: HeatPart | None
    same: tuple[str, ...] = ()
    """The fields of the detail that are as in the base, some of `_STEADY`."""


class Select(msgspec.Struct, tag="s", array_like=True, frozen=True):
    """The viewer looks at something else; a whole frame of it follows."""

    selection: Selection


class Pace(msgspec.Struct, tag="p", array_like=True, frozen=True):
    """The viewer shows no more pictures a second than this, so more need not be sent; None lifts that."""

    fps: float | None


class Resync(msgspec.Struct, tag="r", array_like=True, frozen=True):
    """The viewer has lost the thread; a whole frame follows."""


_STEADY: dict[str, Any] = {"skill": None, "divergence": (), "totals": (), "known": ()}
"""Fields of the detail that seldom change, and what stands for one that has not: they are half of what is decoded."""

FromEngine = Welcome | Beat | Frame
FromViewer = Select | Pace | Resync


def _as_plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"{type(value).__name__} has no place in a message")


_encoder = msgspec.msgpack.Encoder(enc_hook=_as_plain)
_from_engine: msgspec.msgpack.Decoder[FromEngine] = msgspec.msgpack.Decoder(FromEngine)
_from_viewer: msgspec.msgpack.Decoder[FromViewer] = msgspec.msgpack.Decoder(FromViewer)


def encode(message: FromEngine | FromViewer) -> bytearray:
    """Return a message with its length in front."""
    buffer = bytearray(HEADER.size)
    _encoder.encode_into(message, buffer, HEADER.size)
    HEADER.pack_into(buffer, 0, len(buffer) - HEADER.size)
    return buffer


def body_bytes(header: bytes | memoryview, most: int) -> int:
    """Return the length of the message behind a header; raises ProtocolError if it is more than `most`."""
    size: int = HEADER.unpack(header)[0]
    if size > most:
        raise ProtocolError(f"a frame of {size} bytes")
    return size


def decode_from_engine(data: bytes) -> FromEngine:
    """Return the engine's message; its arrays are views into `data`. Raises ProtocolError."""
    try:
        return _from_engine.decode(data)
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error


def decode_from_viewer(data: bytes) -> FromViewer:
    """Return the viewer's message. Raises ProtocolError."""
    try:
        return _from_viewer.decode(data)
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error


class FrameWriter:
    """The engine's memory of one viewer: what that viewer was sent last."""

    def __init__(self) -> None:
        self._number = 0
        self._base: Snapshot | None = None

    def forget(self) -> None:
        """Send the next snapshot whole."""
        self._base = None

    def frame(self, snapshot: Snapshot) -> Frame:
        """Return the frame that takes the viewer from its last snapshot to this one."""
        base = self._base
        if base is not None and base.detail.selection != snapshot.detail.selection:
            base = None
        kept = 0 if base is None else _kept(base.detail.tape, snapshot.detail.tape)
        same = () if base is None else _same(base.detail, snapshot.detail)
        steady = {name: _STEADY[name] for name in same}
        frame = Frame(
            number=self._number + 1,
            base=None if base is None else self._number,
            rest=replace(snapshot, detail=replace(snapshot.detail, heat=None, tape=(), **steady)),
            tape_kept=kept,
            tape_new=snapshot.detail.tape[kept:],
            heat=heat_part(None if base is None else base.detail.heat, snapshot.detail.heat),
            same=same,
        )
        self._number, self._base = self._number + 1, snapshot
        return frame


def _same(old: Detail, new: Detail) -> tuple[str, ...]:
    """Return which of the fields that seldom change have not."""
    return tuple(name for name in _STEADY if getattr(old, name) == getattr(new, name))


def _kept(old: tuple[TapePrint, ...], new: tuple[TapePrint, ...]) -> int:
    """Return the greatest n for which the last n of `old` are the first n of `new`, by the prints' numbers."""
    if not old or not new:
        return 0
    kept = next((len(new[: i + 1]) for i in range(len(new) - 1, -1, -1) if new[i].seq == old[-1].seq), 0)
    return kept if kept <= len(old) and old[len(old) - kept :] == new[:kept] else 0


class FrameReader:
    """The viewer's memory of what it was sent last."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._base: Snapshot | None = None
        self._memory = CellMemory()

    def read(self, frame: Frame) -> Snapshot | None:
        """Return the snapshot; None where the frame's base is not at hand, so that Resync must be sent."""
        if frame.base is not None and (frame.base != self._number or self._base is None):
            return None
        base = None if frame.base is None or self._base is None else self._base.detail
        tape = base.tape[len(base.tape) - frame.tape_kept :] if base and frame.tape_kept else ()
        detail = frame.rest.detail
        heat = apply_heat(base.heat if base else None, frame.heat, detail.selection, self._memory)
        # Nobody else has what was decoded just now: it is completed, not copied.
        object.__setattr__(detail, "heat", heat)
        object.__setattr__(detail, "tape", tape + frame.tape_new)
        for name in frame.same if base else ():
            object.__setattr__(detail, name, getattr(base, name))
        self._number, self._base = frame.number, frame.rest
        return self._base
