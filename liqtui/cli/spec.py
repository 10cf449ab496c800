"""What an engine is to do: the one value that a viewer hands to the process that it starts."""

import hashlib
from pathlib import Path

import msgspec

from liqtui import __version__
from liqtui.config import Config, Journal, Network, runtime_dir, state_dir
from liqtui.model.selection import Mode

DEMO_SEED = 7
DEMO_SPEED = 60.0
REPLAY_SPEED = 60.0


class EngineSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One engine's task; two viewers with equal specs share an engine."""

    mode: Mode
    assets: tuple[str, ...]
    venues: tuple[str, ...] = ()
    """Venues asked, in live mode."""
    accounts: tuple[str, ...] = ()
    """Accounts looked up on Hyperliquid, in live mode."""
    network: Network = Network()
    seed: int = DEMO_SEED
    """Seed of the demo market."""
    speed: float = 1.0
    """Market seconds in a real one, in demo and replay."""
    folder: str = ""
    """Absolute folder of the dumps that are replayed."""
    linger_s: float = 3.0
    history_days: float = 3.0
    """How far back the venues are asked at the start, in live mode."""
    journal: Journal = Journal(enabled=False)
    """What is kept: nothing in demo and replay."""
    version: str = __version__

    @property
    def key(self) -> str:
        """Return a short name that equal specs share."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]

    @property
    def socket_path(self) -> Path:
        """Return where this engine listens."""
        return runtime_dir() / f"{self.mode}-{self.key}.sock"

    @property
    def log_path(self) -> Path:
        """Return where this engine's stderr goes."""
        return state_dir() / "log" / f"{self.mode}-{self.key}.log"


def live_spec(config: Config) -> EngineSpec:
    """Return the task of watching the venues; ConfigError where the accounts to watch cannot be read."""
    return EngineSpec(
        mode="live",
        assets=config.watch.assets,
        venues=config.watch.venues,
        accounts=config.watch.accounts if "hyperliquid" in config.watch.venues else (),
        network=config.network,
        journal=config.journal,
        linger_s=config.engine.linger_s,
        history_days=config.engine.history_days,
    )


def demo_spec(config: Config, seed: int, speed: float) -> EngineSpec:
    """Return the task of running the embedded market."""
    return EngineSpec(
        mode="demo", assets=("BTC", "ETH", "SOL"), seed=seed, speed=speed, linger_s=config.engine.linger_s
    )


def replay_spec(config: Config, folder: Path, assets: tuple[str, ...], speed: float) -> EngineSpec:
    """Return the task of replaying a folder of dumps."""
    return EngineSpec(
        mode="replay", assets=assets, folder=str(folder.resolve()), speed=speed, linger_s=config.engine.linger_s
    )
