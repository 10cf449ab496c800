"""Length-prefixed frames on asyncio streams."""

import asyncio

from liqtui.link.codec import HEADER
from liqtui.link.errors import ProtocolError


async def read_frame(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Return the next frame's body; raises EOFError at the end, ProtocolError if it is too long, OSError."""
    try:
        size = HEADER.unpack(await reader.readexactly(HEADER.size))[0]
        if size > max_bytes:
            raise ProtocolError(f"a frame of {size} bytes")
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as error:
        raise EOFError("the other side has closed the connection") from error
