"""What a connected viewer and its engine say to each other; loaded at the first connection, since it brings numpy."""

import asyncio

from liqtui.link.base import LinkState
from liqtui.link.codec import (
    MAX_FRAME_BYTES,
    PROTOCOL,
    Frame,
    FrameReader,
    FromViewer,
    Pace,
    Resync,
    Select,
    Welcome,
    decode_from_engine,
    encode,
)
from liqtui.link.errors import Hangs, Refused
from liqtui.link.frames import read_frame
from liqtui.link.mailbox import Mailbox
from liqtui.model.selection import Selection


class Conversation:
    """One connection to an engine, from its first word to its end."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mailbox: Mailbox, silence_s: float
    ) -> None:
        self._reader, self._writer, self._mailbox, self._silence_s = reader, writer, mailbox, silence_s
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
            while True:
                self._take(await self._next())
        finally:
            self._writer.transport.abort()

    def _send(self, message: FromViewer) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode(message))

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._silence_s):
                return await read_frame(self._reader, MAX_FRAME_BYTES)
        except TimeoutError as error:
            raise Hangs(f"the engine has not spoken for {self._silence_s:g} s") from error

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
