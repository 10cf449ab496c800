"""Settings: precedence, and errors that say what to do."""

from pathlib import Path

import pytest

from liqtui.config import ConfigError, load


def written(folder: Path, text: str) -> Path:
    """Write a settings file and return its path."""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _no_user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


def test_defaults_need_no_file() -> None:
    config = load(environ={})
    assert config.watch.assets == ("BTC", "ETH", "SOL")
    assert config.watch.venues == ("binance", "bybit", "okx", "hyperliquid")


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[watch]\nassets = ["xrp"]\n[screen]\ntheme = "light"\nwindow = "4h"\n')
    config = load(path, {"LIQTUI_ASSETS": "doge, sol", "LIQTUI_THEME": "high-contrast"}, screen__theme="dark")
    assert config.watch.assets == ("DOGE", "SOL")
    assert config.screen.theme == "dark"
    assert config.screen.window == "4h"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[watch]\nasets = ['BTC']", ["watch.asets", "watch.assets"]),
        ("[scren]\ntheme = 'dark'", ["scren", "screen"]),
        ("[watch]\nvenues = ['bynance']", ["watch.venues", "bynance", "binance"]),
        ("[screen]\nwindow = '5h'", ["screen.window", "4h"]),
        ("[network]\ntimeout_s = 'soon'", ["network.timeout_s", "float"]),
        ("[network]\nresolve_to = 'nowhere'", ["network.resolve_to", "host:port"]),
        ("[watch]\nassets = []", ["watch.assets"]),
        ("[journal]\nkeep_day = 3", ["journal.keep_day", "journal.keep_days"]),
        ("[journal]\nkeep_days = 1", ["journal.keep_days", "3"]),
        ("config_version = 2", ["config_version"]),
        ("watch = 3", ["watch"]),
        ("[watch\n", ["]"]),
    ],
)
def test_a_wrong_key_or_value_names_the_file_the_key_and_the_mend(tmp_path: Path, text: str, names: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert str(path) in str(caught.value)
    for name in names:
        assert name in str(caught.value)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "absent.toml", {})


def test_a_wrong_environment_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="LIQTUI_VENUES"):
        load(environ={"LIQTUI_VENUES": "mtgox"})


def test_an_address_is_split_at_its_last_colon() -> None:
    assert load(environ={}, network__resolve_to="127.0.0.1:8443").network.address == ("127.0.0.1", 8443)
