"""What the first screen is painted without, in a process of its own."""

import json
import subprocess
import sys

import pytest

from liqtui.app import LiqtuiApp
from tests.e2e.terminal import ROOT
from tests.ui.painted import CSS
from tests.ui.running import BTC
from tests.ui.scene import SceneLink

SCRIPT = """
import gc, json, subprocess, sys
from functools import partial
from pathlib import Path

from liqtui.app import LiqtuiApp
from liqtui.link.socket import SocketLink
from liqtui.model.selection import Selection

found = {}

def watched(self):
    found["painted"] = [strip.text for strip in self.screen._compositor.render_strips()]
    found["loaded"] = sorted(sys.modules)
    self.set_timer(0.3, partial(leave, self))
    ready(self)

def leave(self):
    found["later"] = sorted(sys.modules)
    found["collects"] = gc.isenabled()
    self.exit()

ready, LiqtuiApp.on_ready = LiqtuiApp.on_ready, watched

def start():
    return subprocess.Popen(["sleep", "30"])

link = SocketLink(Path(sys.argv[1]), start)
gc.disable()
LiqtuiApp(link, Selection("BTC")).run(headless=True)
link._process.kill()
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return what was painted and loaded at the first paint and a moment later, while no engine answers."""
    path = tmp_path_factory.mktemp("no-engine") / "engine.sock"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_the_first_screen_is_whole_but_for_the_data(start: dict[str, list[str]]) -> None:
    text = "\n".join(start["painted"])
    for part in ("starting the engine", "Liquidation map", "Zones", "Liquidated", "? help", "q quit"):
        assert part in text


@pytest.mark.parametrize(
    "module", ["numpy", "liqtui.link.codec", "liqtui.widgets.heatmap", "liqtui.screens.skill", "ccxt", "aiohttp"]
)
def test_the_first_screen_does_not_wait_for(module: str, start: dict[str, list[str]]) -> None:
    assert module not in start["loaded"]


def test_the_map_is_loaded_after_it(start: dict[str, list[str]]) -> None:
    assert "liqtui.widgets.heatmap" in start["later"]
    assert start["collects"], "a start without collections ends with it"


class Left(LiqtuiApp):
    """An app that its user leaves while the first screen is painted."""

    CSS_PATH = str(CSS)

    def on_ready(self) -> None:
        """Leave."""
        super().on_ready()
        self.exit()


async def test_one_may_leave_before_the_map_is_loaded() -> None:
    app = Left(SceneLink(), BTC)
    async with app.run_test() as pilot:
        await pilot.pause()
    assert app.return_code == 0
