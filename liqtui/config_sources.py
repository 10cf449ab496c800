"""Where settings come from: TOML files, the environment and flags, checked and put together.

Precedence: flag > `LIQTUI_*` environment > user file > system file > default. The program never writes these files.
"""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from liqtui.config import VENUES, ColourChoice, Config, ConfigError, Network, user_file
from liqtui.model.selection import WINDOWS

SYSTEM_FILE = Path("/etc/liqtui/config.toml")
HISTORY_DAYS = 3, 30
"""Fewest and most days that the venues may be asked for at the start."""
_CHOICES: dict[str, tuple[str, ...]] = {"screen.window": WINDOWS, "screen.color": get_args(ColourChoice)}


def split_list(text: str) -> tuple[str, ...]:
    """Return the parts of a comma- or space-separated list."""
    return tuple(part for part in text.replace(",", " ").split() if part)


def _number(text: str) -> float | str:
    """Return a number; what is none stays text, which the check of the settings refuses."""
    try:
        return float(text)
    except ValueError:
        return text


_ENVIRONMENT: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "LIQTUI_ASSETS": ("watch", "assets", split_list),
    "LIQTUI_VENUES": ("watch", "venues", split_list),
    "LIQTUI_HYPERLIQUID_ADDRESSES": ("watch", "hyperliquid_addresses", split_list),
    "LIQTUI_HYPERLIQUID_ADDRESSES_FILE": ("watch", "hyperliquid_addresses_file", str),
    "LIQTUI_THEME": ("screen", "theme", str),
    "LIQTUI_COLOR": ("screen", "color", str),
    "LIQTUI_WINDOW": ("screen", "window", str),
    "LIQTUI_FPS": ("screen", "fps", _number),
    "LIQTUI_PROXY": ("network", "proxy", str),
}
"""Variable -> table, key, what its text is turned into."""


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ, **flags: Any) -> Config:
    """Read all sources and return the checked settings.

    `path` replaces the user's file and must exist. `flags` are `table__key=value`; None means not given.
    Raises ConfigError.
    """
    config = Config()
    for file in [SYSTEM_FILE, user_file()] if path is None else [SYSTEM_FILE, path]:
        if file.is_file():
            config = _merged(config, _read(file), str(file))
        elif file == path:
            raise ConfigError(f"{file}: no such file")
    for name, (table, key, read) in _ENVIRONMENT.items():
        if text := environ.get(name, "").strip():
            config = _merged(config, {table: {key: read(text)}}, f"environment {name}")
    for flag, value in flags.items():
        if value is not None:
            table, key = flag.split("__")
            config = _merged(config, {table: {key: value}}, f"--{key.replace('_', '-')}")
    return config


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error


def _merged(config: Config, found: dict[str, Any], source: str) -> Config:
    _refuse_unknown(found, source)
    tree = msgspec.to_builtins(config)
    for key, value in found.items():
        tree[key] = {**tree[key], **value} if isinstance(value, dict) and isinstance(tree[key], dict) else value
    try:
        merged = msgspec.convert(tree, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source}: {_plain(str(error))}") from error
    return _checked(merged, source)


def _refuse_unknown(found: dict[str, Any], source: str) -> None:
    tables = {field.name: field.type for field in msgspec.structs.fields(Config)}
    for key, value in found.items():
        _refuse(key, tables, source, "")
        if isinstance(value, dict) and isinstance(tables[key], type) and issubclass(tables[key], msgspec.Struct):
            known = [field.name for field in msgspec.structs.fields(tables[key])]
            for inner in value:
                _refuse(inner, known, source, f"{key}.")


def _refuse(key: str, known: Sequence[str] | Mapping[str, Any], source: str, prefix: str) -> None:
    if key in known:
        return
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.4)
    hint = f"did you mean {prefix}{near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"
    raise ConfigError(f"{source}: unknown key {prefix}{key}; {hint}")


def _plain(text: str) -> str:
    """Turn msgspec's `... - at `$.a.b`` into `a.b: ...`."""
    reason, _, place = text.partition(" - at `$.")
    place = place.rstrip("`")
    if place in _CHOICES:
        reason = f"{reason}; it is one of {', '.join(_CHOICES[place])}"
    return f"{place}: {reason}" if place else reason


def _checked(config: Config, source: str) -> Config:
    assets = tuple(dict.fromkeys(asset.upper() for asset in config.watch.assets))
    venues = tuple(dict.fromkeys(venue.lower() for venue in config.watch.venues))
    if not assets or not venues:
        raise ConfigError(f"{source}: watch.assets and watch.venues need at least one name each")
    for asset in assets:
        if not asset.isalnum():
            raise ConfigError(f"{source}: watch.assets: {asset!r} is not a base coin such as BTC")
    for venue in venues:
        _known("watch.venues", venue, VENUES, source)
    try:
        _ = config.watch.accounts
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error
    if config.network.timeout_s <= 0 or config.engine.linger_s < 0:
        raise ConfigError(f"{source}: network.timeout_s must be positive and engine.linger_s not negative")
    least, most = HISTORY_DAYS
    if not least <= config.engine.history_days <= most:
        raise ConfigError(f"{source}: engine.history_days must be between {least} and {most}")
    if not 0.1 <= config.screen.fps <= 30:
        raise ConfigError(f"{source}: screen.fps must be between 0.1 and 30, not {config.screen.fps:g}")
    if not config.journal.keep_days >= config.engine.history_days:
        days = f"{config.engine.history_days:g}, engine.history_days"
        raise ConfigError(f"{source}: journal.keep_days must be at least {days}: the map looks so far back")
    _check_network(config.network, source)
    watch = msgspec.structs.replace(config.watch, assets=assets, venues=venues)
    return msgspec.structs.replace(config, watch=watch)


def _known(key: str, value: str, choices: Sequence[str], source: str) -> None:
    if value not in choices:
        near = difflib.get_close_matches(value, choices, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(choices)}"
        raise ConfigError(f"{source}: {key}: {value!r} is not known; {hint}")


def _check_network(network: Network, source: str) -> None:
    if network.ca_file is not None and not Path(network.ca_file).expanduser().is_file():
        raise ConfigError(f"{source}: network.ca_file: {network.ca_file}: no such file")
    address = network.resolve_to
    if address is None:
        return
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigError(f"{source}: network.resolve_to: {address!r} is not host:port")
