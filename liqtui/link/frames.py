"""Length-prefixed frames on asyncio streams."""

import asyncio

from liqtui.link.codec import HEADER, body_bytes


async def read_frame(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Return the next frame's body; raises EOFError at the end, ProtocolError if it is too long, OSError."""
    try:
        return await reader.readexactly(body_bytes(await reader.readexactly(HEADER.size), max_bytes))
    except asyncio.IncompleteReadError as error:
        raise EOFError("the other side has closed the connection") from error
