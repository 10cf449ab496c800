"""What importing a part loads, seen from a fresh interpreter: the contracts that a linter cannot see at run time."""

import json
import pkgutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

MODEL_FORBIDS = ("textual", "rich", "ccxt", "aiohttp", "asyncio", "msgspec", "click")
VIEWER_FORBIDS = ("ccxt", "aiohttp", "liqtui.engine", "liqtui.monitor.monitor", "liqtui.feeds.exchange")
LINK_FORBIDS = ("aiohttp", "ccxt", "textual")
SCRIPT = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
json.dump(sorted(sys.modules), sys.stdout)
"""


def modules_of(package: str) -> list[str]:
    """Return the names of a package and of all modules below it."""
    spec = find_spec(package)
    assert spec is not None
    below = pkgutil.walk_packages(spec.submodule_search_locations or [], package + ".")
    return [package, *(module.name for module in below)]


def loaded_by(*names: str) -> set[str]:
    """Return all that is loaded after importing these modules, in one fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("liqtui.model", MODEL_FORBIDS),
        ("liqtui.link", LINK_FORBIDS),
        ("liqtui.app", VIEWER_FORBIDS),
        ("liqtui.screens", VIEWER_FORBIDS),
        ("liqtui.widgets", VIEWER_FORBIDS),
        ("liqtui.render", (*VIEWER_FORBIDS, "liqtui.model", "textual.app")),
        ("liqtui.monitor", ("ccxt", "aiohttp", "textual", "rich")),
        ("liqtui.cli.main", ("ccxt", "aiohttp", "textual", "numpy")),
    ],
)
def test_importing(package: str, forbidden: tuple[str, ...]) -> None:
    names = modules_of(package)
    loaded = loaded_by(*names)
    assert set(names) <= loaded
    assert not loaded & set(forbidden)


def test_an_engine_of_the_demo_or_a_replay_loads_no_exchange() -> None:
    loaded = loaded_by("liqtui.cli.engine_process", "liqtui.feeds.demo", "liqtui.feeds.dumps")
    assert "liqtui.monitor.monitor" in loaded
    assert not loaded & {"ccxt", "aiohttp", "requests", "textual", "rich"}


def test_the_model_is_more_than_one_module() -> None:
    """Guards the list itself: an empty walk would prove nothing."""
    assert {"liqtui.model.margin", "liqtui.model.clusters", "liqtui.model.divergence"} <= set(
        modules_of("liqtui.model")
    )


def test_the_check_sees_what_is_loaded() -> None:
    assert {"aiohttp", "asyncio"} <= loaded_by("aiohttp")
