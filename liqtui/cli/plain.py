"""`--plain`: one line of text for each interval and event, for pipes, screen readers and dumb terminals."""

import asyncio
import sys

from liqtui.cli.exit_codes import FAILED, OK
from liqtui.cli.spec import EngineSpec
from liqtui.cli.starter import EngineStarter
from liqtui.config import Config
from liqtui.link.base import LinkState
from liqtui.link.socket import SocketLink
from liqtui.model.selection import Selection
from liqtui.model.snapshot import Snapshot
from liqtui.widgets.words import brief, news


def speak(spec: EngineSpec, config: Config, every_ms: int) -> int:
    """Print lines until interrupted, the reader leaves, a replay ends or the engine fails; return the exit code."""
    starter = EngineStarter(spec)
    starter.ahead()
    link = SocketLink(spec.socket_path, starter, log_path=spec.log_path)
    try:
        return asyncio.run(_speak(link, Selection(spec.assets[0], window=config.screen.window), every_ms))
    except BrokenPipeError:
        # What is left in the buffer has no reader, and must not raise again when Python closes it.
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115
        return OK


async def _speak(link: SocketLink, selection: Selection, every_ms: int) -> int:
    speaker = Speaker(every_ms)
    await link.select(selection)
    try:
        async for event in link.events():
            if isinstance(event, LinkState):
                print(f"liqtui: engine {event.state}{f', {event.text}' if event.text else ''}", file=sys.stderr)
                if event.state == "failed":
                    return FAILED
                continue
            for line in speaker.lines(event):
                print(line, flush=True)
            if event.mode == "replay" and event.label.endswith("END"):
                return OK
    finally:
        await link.close()
    return OK


class Speaker:
    """Says what is new, and how things stand once an interval of market time."""

    def __init__(self, every_ms: int) -> None:
        self._every_ms = every_ms
        self._before: Snapshot | None = None
        self._told: int | None = None

    def lines(self, snapshot: Snapshot) -> list[str]:
        """Return the lines for a snapshot, each without line breaks."""
        found = news(self._before, snapshot)
        self._before = snapshot
        interval = snapshot.ts_ms // self._every_ms
        if interval != self._told and (self._told is not None or snapshot.detail.heat is not None):
            self._told = interval
            found.append(brief(snapshot))
        return [" ".join(line.split()) for line in found]
