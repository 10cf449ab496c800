"""Pictures of what is on screen, written where they were asked for."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pyte
import pytest

from liqtui.app import LiqtuiApp
from liqtui.screens.pictures import png
from tests.ui.running import BTC, settle
from tests.ui.scene import SceneLink, screen_lines

WIDTH, HEIGHT = 100, 30


async def exported(folder: Path, *keys: str) -> tuple[LiqtuiApp, list[str]]:
    """Run the app, press keys and the one for a picture, and return what was on screen before that."""
    app = LiqtuiApp(SceneLink(), BTC, export_folder=folder)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        lines = screen_lines(app)
        await pilot.press("s")
        await settle(pilot)
    return app, lines


@pytest.mark.parametrize("keys", [(), ("question_mark",), ("c",)])
async def test_the_files_show_what_was_on_screen(tmp_path: Path, keys: tuple[str, ...]) -> None:
    app, lines = await exported(tmp_path / "new" / "folder", *keys)
    found = {path.suffix: path for path in (tmp_path / "new" / "folder").iterdir()}
    assert {".svg", ".ansi", ".txt"} <= set(found)
    assert {path.stem for path in found.values()} == {f"liqtui-BTC-{app._newest and '20260921T140322Z'}"}
    assert found[".txt"].read_text("utf-8").splitlines() == [line.rstrip() for line in lines]
    screen = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(screen).feed(found[".ansi"].read_text("utf-8").rstrip("\n").replace("\n", "\r\n"))
    assert [line.rstrip() for line in screen.display] == [line.rstrip() for line in lines]
    assert screen.buffer[0][9].bg == "ffd75f", "the colour of the badge"
    assert "DEMO" in "".join(ET.fromstring(found[".svg"].read_text("utf-8")).itertext())
    said = [one.message for one in app._notifications]
    assert len(said) == 1 and str(found[".svg"].with_suffix("")) in said[0] and "svg, ansi, txt" in said[0]
    assert (".png" in found) is ("liqtui[png]" not in said[0])


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app, _ = await exported(tmp_path / "file" / "below")
    assert next(one.message for one in app._notifications).startswith("cannot write pictures: ")


def test_a_png_is_made_where_its_converter_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"><rect width="4" height="3"/></svg>'
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "resvg_py", None)
        assert png(svg) is None
    pytest.importorskip("resvg_py", reason="needs the extra png")
    data = png(svg)
    assert data is not None and data[:8] == b"\x89PNG\r\n\x1a\n" and data[16:24] == b"\0\0\0\4\0\0\0\3"
    assert png("<svg") is None
