"""What is in the wheel, and that an installed copy and an editable one both find their data."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

import liqtui

ROOT = Path(__file__).parents[1]
PROBE = """
import json
from importlib.resources import files
import liqtui
from liqtui.feeds.brackets import binance_brackets
from liqtui.theming import load_theme, theme_folder, theme_names
names = theme_names()
print(json.dumps({
    "package": liqtui.__file__,
    "folder": str(theme_folder()),
    "themes": {name: load_theme(name).name for name in names},
    "css": files("liqtui").joinpath("app.tcss").read_text(encoding="utf-8"),
    "first_rate": binance_brackets("BTC")[0].rate,
}))
"""


def themes_in_checkout() -> set[str]:
    return {path.stem for path in (ROOT / "themes").glob("*.toml")}


def run(command: list[str | Path], cwd: Path, environment: dict[str, str] | None = None) -> str:
    """Run a command outside the checkout and return what it printed; its complaint if it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(
        command, cwd=cwd, env={**kept, **(environment or {})}, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout, without network."""
    out = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT], out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment that borrows only the libraries of this one; return its bin folder."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    scripts = home / "bin"
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        scripts / "python",
        "--disable-pip-version-check",
        "--quiet",
    ]
    run([*pip, "install", "--no-index", "--no-deps", "--no-compile", wheel], home)
    (site,) = home.glob("lib/python*/site-packages")
    # A folder named in a .pth is searched, but its own .pth files, the editable install among them, are not read.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts


def probe(python: str | Path, cwd: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run([python, "-c", PROBE], cwd))
    return found


def test_the_wheel_holds_the_code_and_the_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = ROOT / "liqtui"
    sources = {path for path in package.rglob("*") if path.suffix in {".py", ".tcss", ".csv"}}
    themes = {f"liqtui/themes/{name}.toml" for name in themes_in_checkout()}
    assert themes
    assert {f"liqtui/{path.relative_to(package).as_posix()}" for path in sources} | themes <= names
    assert {"liqtui/app.tcss", "liqtui/feeds/binance_brackets.csv"} <= names
    assert {name.split("/")[0] for name in names} == {"liqtui", f"liqtui-{liqtui.__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name]


def test_an_installed_copy_finds_its_data(installed: Path, tmp_path: Path) -> None:
    found = probe(installed / "python", tmp_path)
    package = Path(found["package"]).parent
    assert package.is_relative_to(installed.parent)
    assert Path(found["folder"]) == package / "themes"
    assert set(found["themes"]) == themes_in_checkout()
    assert found["css"] == (ROOT / "liqtui" / "app.tcss").read_text(encoding="utf-8")
    assert found["first_rate"] == 0.004


def test_the_installed_command_runs(installed: Path, tmp_path: Path) -> None:
    assert liqtui.__version__ in run([installed / "liqtui", "--version"], tmp_path)


def test_the_editable_copy_finds_its_data(tmp_path: Path) -> None:
    found = probe(sys.executable, tmp_path)
    assert Path(found["package"]).parent == ROOT / "liqtui"
    assert Path(found["folder"]) == ROOT / "themes"
    assert set(found["themes"]) == themes_in_checkout()
    assert found["first_rate"] == 0.004
