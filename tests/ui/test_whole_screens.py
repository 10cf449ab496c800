"""Whole screens, piece by piece as they were when somebody last looked at them.

`LIQTUI_RENEW_PICTURES=1 make test ARGS=tests/ui/test_whole_screens.py` writes them anew: look at each that changes.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from liqtui.app import LiqtuiApp
from liqtui.model.snapshot import Snapshot
from liqtui.screens.pictures import tightened
from liqtui.theming import ColourSystem
from tests.ui.drawn import differences, drawn
from tests.ui.running import BTC, settle
from tests.ui.scene import SceneLink, make_snapshot

FOLDER = Path(__file__).parent / "pictures"
RENEW = "LIQTUI_RENEW_PICTURES"
LEAST_PIECES = 60
"""A screen of fewer pieces would be an empty one."""


@dataclass(frozen=True)
class Scene:
    """How a screen comes about."""

    name: str
    size: tuple[int, int]
    colour: ColourSystem
    theme: str = "dark"
    keys: tuple[str, ...] = ()
    events: tuple[Snapshot, ...] = field(default=(), repr=False)


def live() -> Snapshot:
    """Return a live state: no mark of demo or replay, and the age of the data."""
    return make_snapshot(BTC, 9, mode="live")


SCENES = (
    Scene("80x24 without colours", (80, 24), "none"),
    Scene("100x30 in 16 colours with the crosshair", (100, 30), "16", keys=("c", "left", "left", *["up"] * 5)),
    Scene("120x36 live", (120, 36), "truecolor", events=(live(),)),
    Scene("120x36 two assets", (120, 36), "truecolor", "colour-blind", ("g",)),
    Scene("160x45 profile in 256 colours", (160, 45), "256", "light", ("m", "j")),
    Scene("220x60 of the past", (220, 60), "truecolor", "high-contrast", ("comma",)),
    Scene("80x24 help", (80, 24), "truecolor", keys=("question_mark",)),
)


async def taken(scene: Scene) -> str:
    """Return the screen of a scene as SVG."""
    link = SceneLink()
    app = LiqtuiApp(link, BTC, scene.theme, scene.colour, links=SceneLink)
    async with app.run_test(size=scene.size) as pilot:
        await settle(pilot)
        for event in scene.events:
            link.put(event)
        await pilot.press(*scene.keys)
        await settle(pilot)
        return tightened(app.export_screenshot(title=scene.name))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_whole_screen_is_drawn_as_it_was(scene: Scene, tmp_path: Path) -> None:
    path, picture = FOLDER / f"{scene.name.replace(' ', '-')}.svg", await taken(scene)
    if os.environ.get(RENEW):
        path.write_text(picture, encoding="utf-8")
    found = differences(path.read_text(encoding="utf-8"), picture)
    if found:
        (tmp_path / path.name).write_text(picture, encoding="utf-8")
        pytest.fail(
            f"{path.name} differs from {tmp_path / path.name}; if that is right: {RENEW}=1\n" + "\n".join(found)
        )
    assert sum(drawn(picture).values()) > LEAST_PIECES


async def test_a_colour_a_place_and_a_letter_that_change_are_seen() -> None:
    picture = await taken(SCENES[0])
    assert differences(picture, picture) == []
    for pattern, other in ((r"fill: #\w{6}", "fill: #123456"), (r' y="(\d)', r' y="9\1'), (r">liqtui<", ">liqtul<")):
        changed = re.sub(pattern, other, picture)
        assert changed != picture and differences(picture, changed), pattern


def test_no_picture_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {scene.name.replace(" ", "-") for scene in SCENES}
