"""Running the app headless on a scene."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.screen import Screen

from liqtui.app import LiqtuiApp
from liqtui.model.selection import Selection
from liqtui.theming import ColourSystem
from liqtui.widgets.panel import Panel
from tests.ui.scene import SceneLink

BTC = Selection("BTC")


@asynccontextmanager
async def running(
    size: tuple[int, int] = (120, 36), link: SceneLink | None = None, colour: ColourSystem = "truecolor"
) -> AsyncIterator[tuple[LiqtuiApp, SceneLink, Pilot[None]]]:
    """Run the app headless on a scene."""
    link = link or SceneLink()
    app = LiqtuiApp(link, BTC, colour=colour)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, link, pilot


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the link's events are drawn."""
    for _ in range(3):
        await pilot.pause()
        await asyncio.sleep(0.005)
    await pilot.pause()


def lines_of(app: LiqtuiApp | Screen[object], kind: type[Panel]) -> list[str]:
    """Return the text of a pane's lines."""
    pane = app.query_one(kind)
    return [pane.render_line(y).text for y in range(pane.size.height)]
