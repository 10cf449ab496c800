"""Settings: precedence, and errors that say what to do."""

from pathlib import Path

import pytest

from liqtui.cli.spec import live_spec
from liqtui.config import MOST_ACCOUNTS, ConfigError
from liqtui.config_sources import load


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


def test_the_pace_is_a_number_in_the_environment_too(tmp_path: Path) -> None:
    assert load(environ={"LIQTUI_FPS": "0.5"}).screen.fps == 0.5
    for text in ("fast", "99"):
        with pytest.raises(ConfigError, match=r"environment LIQTUI_FPS.*fps"):
            load(environ={"LIQTUI_FPS": text})


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
        ("[journal]\nkeep_days = 8\n[engine]\nhistory_days = 9", ["journal.keep_days", "9, engine.history_days"]),
        ("[engine]\nhistory_days = 2", ["engine.history_days", "3 and 30"]),
        ("[engine]\nhistory_days = 31", ["engine.history_days", "3 and 30"]),
        ("[watch]\nhyperliquid_addresses = ['0x12']", ["watch.hyperliquid_addresses", "'0x12'", "40 hex"]),
        (f"[watch]\nhyperliquid_addresses = ['{'0' * 42}']", ["watch.hyperliquid_addresses", "'00", "0x"]),
        (f"[watch]\nhyperliquid_addresses = ['0x{'g' * 40}']", ["watch.hyperliquid_addresses", "gg'"]),
        ("[watch]\nhyperliquid_addresses = '0x'", ["watch.hyperliquid_addresses", "array"]),
        (
            "[watch]\nhyperliquid_addresses_file = '/no/such'",
            ["watch.hyperliquid_addresses_file", "/no/such", "No such"],
        ),
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


ONE, TWO = "0x" + "Ab" * 20, "0x" + "0" * 40


def test_accounts_are_those_of_the_list_and_of_the_file(tmp_path: Path) -> None:
    """Each once, whatever its case and order; comments and empty lines are none."""
    addresses = tmp_path / "whales.txt"
    addresses.write_text(f"# whales\n\n  {ONE.lower()}  # the large one\n{TWO}\n", encoding="utf-8")
    path = written(tmp_path, f"[watch]\nhyperliquid_addresses = ['{ONE}']\nhyperliquid_addresses_file = '{addresses}'")
    assert load(path, {}).watch.accounts == (TWO, ONE.lower())
    assert load(environ={}).watch.accounts == ()


def test_accounts_may_come_from_the_environment_and_from_flags(tmp_path: Path) -> None:
    addresses = tmp_path / "whales.txt"
    addresses.write_text(TWO, encoding="utf-8")
    told = {"LIQTUI_HYPERLIQUID_ADDRESSES": f"{ONE}, {TWO}", "LIQTUI_HYPERLIQUID_ADDRESSES_FILE": str(addresses)}
    assert load(environ=told).watch.accounts == (TWO, ONE.lower())
    assert load(environ=told, watch__hyperliquid_addresses=(TWO,)).watch.accounts == (TWO,)
    with pytest.raises(ConfigError, match=r"LIQTUI_HYPERLIQUID_ADDRESSES: .*'whale'"):
        load(environ={"LIQTUI_HYPERLIQUID_ADDRESSES": "whale"})


def test_a_wrong_line_in_the_file_of_accounts_is_named(tmp_path: Path) -> None:
    addresses = tmp_path / "whales.txt"
    addresses.write_text(f"{ONE}\n# comment\n0xdead\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(environ={}, watch__hyperliquid_addresses_file=str(addresses))
    for part in ("--hyperliquid-addresses-file", "watch.hyperliquid_addresses_file", f"{addresses} line 3", "'0xdead'"):
        assert part in str(caught.value)


def test_more_accounts_than_can_be_asked_for_are_refused() -> None:
    many = tuple(f"0x{number:040x}" for number in range(MOST_ACCOUNTS + 1))
    assert len(load(environ={}, watch__hyperliquid_addresses=many[:-1]).watch.accounts) == MOST_ACCOUNTS
    with pytest.raises(ConfigError, match=f"{MOST_ACCOUNTS + 1} are too many"):
        load(environ={}, watch__hyperliquid_addresses=many)


def test_a_longer_past_is_another_engine(tmp_path: Path) -> None:
    longer = live_spec(load(written(tmp_path, "[engine]\nhistory_days = 7.5"), {}))
    assert longer.history_days == 7.5 and longer.key != live_spec(load(environ={})).key


def test_another_list_of_accounts_is_another_engine() -> None:
    """The same accounts in another order are not; nor is a list where Hyperliquid is not asked."""
    plain = load(environ={})
    watching = load(environ={}, watch__hyperliquid_addresses=(ONE, TWO))
    turned = load(environ={}, watch__hyperliquid_addresses=(TWO, ONE.lower()))
    assert live_spec(watching).accounts == (TWO, ONE.lower())
    assert live_spec(watching).key == live_spec(turned).key != live_spec(plain).key
    elsewhere = load(environ={}, watch__venues=("bybit",))
    ignored = load(environ={}, watch__venues=("bybit",), watch__hyperliquid_addresses=(ONE,))
    assert live_spec(ignored).key == live_spec(elsewhere).key
