"""Settings as frozen values, and the folders of this user."""

import os
import re
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs

from liqtui.model.selection import Window

APP = "liqtui"
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
    history_days: float = 3.0
    """How far back the venues are asked at the start, live."""


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
