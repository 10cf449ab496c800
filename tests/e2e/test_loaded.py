"""What a viewer that has shown the map and answered keys goes without: each is memory that nobody looks at."""

import sys

import pytest

from tests.e2e.terminal import PtyApp, app_environment

TOLD = """
import atexit, sys
from pathlib import Path
path, *words = sys.argv[1:]
sys.argv = ["liqtui", *words]
atexit.register(lambda: Path(path).write_text("\\n".join(sys.modules)))
from liqtui.cli.main import main
main()
"""
ABSENT = (
    "aiohttp",
    "ccxt",
    "email",
    "html",
    "http",
    "liqtui.model.experts",
    "liqtui.model.skill",
    "liqtui.screens.side_by_side",
    "liqtui.screens.skill",
    "markdown_it",
    "multiprocessing",
    "numpy.fft",
    "numpy.ma",
    "numpy.polynomial",
    "numpy.random",
    "numpy.testing",
    "pydoc",
    "pygments",
    "rich.markdown",
    "rich.syntax",
    "sqlite3",
    "textual.widgets._markdown",
    "tree_sitter",
    "unittest",
    "xml",
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules of a viewer of the demo that has shown two assets in two windows."""
    home = tmp_path_factory.mktemp("loaded")
    path = home / "modules.txt"
    command = (sys.executable, "-c", TOLD, str(path))
    with PtyApp(["demo"], app_environment(home), 120, 36, command) as app:
        app.wait_for(lambda text: "ATR" in text and "loading" not in text, 60)
        app.press("2", "]")
        app.wait_for(lambda text: "ETH all" in text and "3d" in text and "loading" not in text)
        app.press("q")
        app.process.wait(10)
    return set(path.read_text().split())


@pytest.mark.parametrize("module", ABSENT)
def test_a_viewer_goes_without(module: str, loaded: set[str]) -> None:
    assert "liqtui.widgets.heatmap" in loaded, "the map has not been shown"
    assert module not in loaded
