"""What a connected viewer and its engine say to each other; loaded at the first connection, since it brings numpy."""

import asyncio
from typing import cast

from liqtui.link.base import LinkState
from liqtui.link.codec import (
    HEADER,
    MAX_FRAME_BYTES,
    PROTOCOL,
    Frame,
    FrameReader,
    FromViewer,
    Pace,
    Resync,
    Select,
    Welcome,
    body_bytes,
    decode_from_engine,
    encode,
)
from liqtui.link.errors import Hangs, Refused
from liqtui.link.mailbox import Mailbox
from liqtui.model.selection import Selection

_ROOM_BYTES = 65_536
"""Room for what comes; more is made for a message that needs it, and given back after it."""


class Conversation(asyncio.BufferedProtocol):
    """One connection to an engine, from its first word to its end.

    A message is taken when its last byte comes; a stream would wake a task for its length, and again for the rest.
    """

    def __init__(self, mailbox: Mailbox, silence_s: float) -> None:
        self._mailbox, self._silence_s = mailbox, silence_s
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._heard_s = self._loop.time()
        self._watch = self._loop.call_later(silence_s, self._look)
        self._transport: asyncio.Transport | None = None
        self._came, self._filled = bytearray(_ROOM_BYTES), 0
        self._frames = FrameReader()
        self._selection: Selection | None = None
        self.has_shown = False
        """Whether a snapshot has come."""

    def select(self, selection: Selection) -> None:
        """Ask for another asset, venue or window; snapshots of what was asked before are dropped from now on."""
        self._selection = selection
        self._send(Select(selection))

    def pace(self, fps: float | None) -> None:
        """Ask for so many snapshots a second at most."""
        self._send(Pace(fps))

    async def hear(self) -> None:
        """Put what the engine says into the mailbox.

        Something ends it: EOFError, OSError, Hangs, Refused, ProtocolError, ValueError.
        """
        try:
            await self._ended
        finally:
            self._watch.cancel()
            if self._transport is not None:
                self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._end(exc or EOFError("the other side has closed the connection"))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to put what comes."""
        return memoryview(self._came)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Take the messages that are whole."""
        self._filled += nbytes
        try:
            self._take_whole()
        except Exception as error:
            self._end(error)

    def _take_whole(self) -> None:
        at, filled, came = 0, self._filled, memoryview(self._came)
        need = HEADER.size
        while filled - at >= HEADER.size and not self._ended.done():
            need = HEADER.size + body_bytes(came[at : at + HEADER.size], MAX_FRAME_BYTES)
            if filled - at < need:
                break
            self._heard_s = self._loop.time()
            self._take(bytes(came[at + HEADER.size : at + need]))
            at, need = at + need, HEADER.size
        if at or need > len(came):
            room, rest = max(need, _ROOM_BYTES), came[at:filled]
            self._filled = len(rest)
            if room != len(came):
                self._came = bytearray(room)
            self._came[: len(rest)] = bytes(rest)

    def _look(self) -> None:
        """End if the engine has been silent for too long, else look again when it might have been."""
        due_s = self._heard_s + self._silence_s
        if self._loop.time() >= due_s:
            self._end(Hangs(f"the engine has not spoken for {self._silence_s:g} s"))
        else:
            self._watch = self._loop.call_at(due_s, self._look)

    def _end(self, why: Exception) -> None:
        if not self._ended.done():
            self._ended.set_exception(why)

    def _send(self, message: FromViewer) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode(message))

    def _take(self, data: bytes) -> None:
        message = decode_from_engine(data)
        if isinstance(message, Welcome):
            if message.protocol != PROTOCOL:
                raise Refused(
                    f"the running engine (process {message.pid}) speaks protocol {message.protocol}, "
                    f"this viewer {PROTOCOL}: end that engine"
                )
            self._mailbox.put(LinkState("connected"))
        elif isinstance(message, Frame):
            self.has_shown = True
            snapshot = self._frames.read(message)
            if snapshot is None:
                self._send(Resync())
            elif snapshot.detail.selection == self._selection:
                self._mailbox.put(snapshot)
