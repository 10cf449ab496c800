"""An engine that plays scenes: `python -m bench.playing_engine SOCKET SCENES_PER_S LOG`.

It speaks the real wire format. After the first snapshot it sends another so many times a second (0: none, only signs
of life), and writes the monotonic time of each sending to LOG, one a line.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from liqtui.link.codec import PROTOCOL, Beat, FrameWriter, Welcome, encode
from tests.ui.painted import varied

BEAT_S = 2.0


async def play(writer: asyncio.StreamWriter, scenes_per_s: float, log: TextIO) -> None:
    """Send scenes until the viewer leaves."""
    frames, number = FrameWriter(), 0
    writer.write(encode(Welcome(PROTOCOL, os.getpid())))
    while not writer.is_closing():
        if number == 0 or scenes_per_s:
            data = encode(frames.frame(varied(number % 39)))
            print(time.monotonic(), file=log, flush=True)
        else:
            data = encode(Beat())
        number += 1
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(1 / scenes_per_s if scenes_per_s else BEAT_S)


async def serve(path: Path, scenes_per_s: float, log: TextIO) -> None:
    """Serve one viewer."""
    done = asyncio.Event()

    async def welcome(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(writer, scenes_per_s, log)
        except OSError:
            pass
        finally:
            done.set()

    async with await asyncio.start_unix_server(welcome, path):
        await done.wait()


def main() -> None:
    """Serve as the arguments say."""
    with open(sys.argv[3], "a", encoding="ascii") as log:
        asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2]), log))


if __name__ == "__main__":
    main()
