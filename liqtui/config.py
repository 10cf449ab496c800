"""Settings: one TOML file, the environment and flags, as frozen values.

Precedence: flag > `LIQTUI_*` environment > user file > system file > default. The program never writes these files.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import platformdirs

from liqtui.model.selection import WINDOWS, Window

APP = "liqtui"
SYSTEM_FILE = Path("/etc/liqtui/config.toml")
LEAST_KEEP_DAYS = 3
VENUES = ("binance", "bybit", "okx", "hyperliquid")
MOST_ACCOUNTS = 1_000
"""What a round of a quarter of an hour reaches, at a request a second."""
ColourChoice = Literal["auto", "truecolor", "256", "16", "none"]


class ConfigError(Exception):
    """A setting is wrong; the text names the file, the key and what would be right."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file; a key that it does not have is an error."""


class Watch(_Section, frozen=True):
    """What is watched."""

    assets: tuple[str, ...] = ("BTC", "ETH", "SOL")
    """Base coins, in the order of the keys 1 to 9."""
    venues: tuple[str, ...] = VENUES
    """Venues that are asked."""
    hyperliquid_addresses: tuple[str, ...] = ()
    """Accounts whose positions are looked up on Hyperliquid."""
    hyperliquid_addresses_file: str | None = None
    """A file with more of them, one a line; what follows `#` is a comment."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Return the addresses of both, each once, in lower case and sorted; ConfigError names what is wrong."""
        key = "watch.hyperliquid_addresses"
        found = [_address(one, key) for one in self.hyperliquid_addresses]
        if self.hyperliquid_addresses_file is not None:
            found += _addresses_in(Path(self.hyperliquid_addresses_file).expanduser())
        accounts = tuple(sorted(set(found)))
        if len(accounts) > MOST_ACCOUNTS:
            raise ConfigError(f"{key}: {len(accounts)} are too many, at most {MOST_ACCOUNTS} can be looked up in turn")
        return accounts


class Screen(_Section, frozen=True):
    """How it is shown."""

    theme: str = "dark"
    """Name of a theme file."""
    color: ColourChoice = "auto"
    """What the terminal can show."""
    window: Window = "24h"
    """Time window at the start."""
    mouse: bool = True
    """Whether the mouse is tracked."""
    fps: float = 4.0
    """Pictures a second at most."""
    low_bandwidth: bool = False
    """Whether as little as possible is sent: price and venues once a second, all else every two minutes, five colours a
    side, no mouse."""


class Network(_Section, frozen=True):
    """How the venues are reached."""

    proxy: str | None = None
    """`http://host:port` for every request and stream."""
    trust_env: bool = False
    """Whether HTTPS_PROXY and the like are honoured."""
    resolve_to: str | None = None
    """`host:port` to which every venue's host name resolves (a tunnel, or venues played on this machine)."""
    ca_file: str | None = None
    """A further certificate authority to trust (PEM)."""
    timeout_s: float = 10.0
    """How long one request may take."""

    @property
    def ca_path(self) -> Path | None:
        """Return `ca_file` as a path."""
        return Path(self.ca_file).expanduser() if self.ca_file else None

    @property
    def address(self) -> tuple[str, int] | None:
        """Return `resolve_to` as (host, port)."""
        if not self.resolve_to:
            return None
        host, _, port = self.resolve_to.rpartition(":")
        return host, int(port)


class Engine(_Section, frozen=True):
    """The engine's own process."""

    linger_s: float = 3.0
    """How long it stays after its last viewer has left."""


class Export(_Section, frozen=True):
    """Where pictures go."""

    folder: str | None = None
    """Folder of what the key `s` writes; None is `export` in the user's data folder."""

    @property
    def path(self) -> Path:
        """Return the folder."""
        return Path(self.folder).expanduser() if self.folder else Path(platformdirs.user_data_dir(APP)) / "export"


class Journal(_Section, frozen=True):
    """What is kept of the live market that cannot be asked for again."""

    enabled: bool = True
    """Whether anything is kept."""
    path: str | None = None
    """The file; by default `journal.db` in the state folder."""
    keep_days: float = 30.0
    """What is older is forgotten."""

    @property
    def file(self) -> Path:
        """Return the file that is written."""
        return Path(self.path).expanduser().absolute() if self.path else state_dir() / "journal.db"


class Config(_Section, frozen=True):
    """All settings."""

    config_version: Literal[1] = 1
    watch: Watch = Watch()
    screen: Screen = Screen()
    network: Network = Network()
    engine: Engine = Engine()
    export: Export = Export()
    journal: Journal = Journal()


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


def user_file() -> Path:
    """Return where the user's file is looked for."""
    return Path(platformdirs.user_config_dir(APP)) / "config.toml"


def state_dir() -> Path:
    """Return the folder of logs and of the journal."""
    return Path(platformdirs.user_state_dir(APP))


def cache_dir() -> Path:
    """Return the folder of what can be fetched again."""
    return Path(platformdirs.user_cache_dir(APP))


def runtime_dir() -> Path:
    """Return the folder of sockets and locks: the session's, or else the state folder."""
    session = os.environ.get("XDG_RUNTIME_DIR")
    return Path(session) / APP if session and Path(session).is_dir() else state_dir() / "run"


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
        if isinstance(value, dict) and isinstance(tables[key], type) and issubclass(tables[key], _Section):
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
    if not 0.1 <= config.screen.fps <= 30:
        raise ConfigError(f"{source}: screen.fps must be between 0.1 and 30, not {config.screen.fps:g}")
    if not config.journal.keep_days >= LEAST_KEEP_DAYS:
        raise ConfigError(f"{source}: journal.keep_days must be at least {LEAST_KEEP_DAYS}: the map looks so far back")
    _check_network(config.network, source)
    watch = msgspec.structs.replace(config.watch, assets=assets, venues=venues)
    return msgspec.structs.replace(config, watch=watch)


def _address(value: str, where: str) -> str:
    if re.fullmatch("0[xX][0-9a-fA-F]{40}", value) is None:
        raise ConfigError(f"{where}: {value!r} is not an address, which is 0x and 40 hexadecimal digits")
    return value.lower()


def _addresses_in(file: Path) -> list[str]:
    key = "watch.hyperliquid_addresses_file"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{key}: {file} cannot be read: {reason}") from error
    told = [(number, line.partition("#")[0].strip()) for number, line in enumerate(lines, 1)]
    return [_address(text, f"{key}: {file} line {number}") for number, text in told if text]


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
