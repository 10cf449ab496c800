"""Write docs/screen.svg: the screen at 120x36 on the demo market, taken from a running engine and viewer.

python -m tools.picture docs/screen.svg
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from liqtui.app import LiqtuiApp
from liqtui.cli.spec import DEMO_SEED, DEMO_SPEED, demo_spec
from liqtui.cli.starter import EngineStarter
from liqtui.config_sources import load
from liqtui.link.socket import SocketLink
from liqtui.model.selection import Selection
from liqtui.screens.pictures import tightened
from liqtui.widgets.ladder import Ladder

SIZE = (120, 36)
PATIENCE_S = 120.0
WARM_UP_S = 20.0
"""How long the market goes on once all is loaded, so that the tape and its totals have something to show."""


async def take() -> str:
    """Run the app headless until the map and the zones are there, and return its picture."""
    spec = demo_spec(load(), DEMO_SEED, DEMO_SPEED)
    link = SocketLink(spec.socket_path, EngineStarter(spec), log_path=spec.log_path)
    app = LiqtuiApp(link, Selection(spec.assets[0]))
    async with app.run_test(size=SIZE) as pilot:
        await until_loaded(app, pilot)
        await pilot.pause(WARM_UP_S)
        return tightened(app.export_screenshot(title="liqtui demo"))


async def until_loaded(app: LiqtuiApp, pilot: Pilot[None]) -> None:
    """Wait until every history is modelled; raises TimeoutError where it never is."""
    async with asyncio.timeout(PATIENCE_S):
        while (snapshot := app.query_one(Ladder).snapshot) is None or snapshot.note or not snapshot.detail.clusters:
            await pilot.pause(0.2)


def main() -> None:
    """Take the picture with folders of its own, so that no other engine or setting plays a part."""
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "HOME"):
            os.environ[name] = home
        picture = asyncio.run(take())
    Path(sys.argv[1]).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
