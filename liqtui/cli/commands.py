"""The commands and their options."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from liqtui import __version__
from liqtui.cli.exit_codes import EXPECTED, INTERRUPTED, OK, code_of
from liqtui.cli.spec import DEMO_SEED, DEMO_SPEED, REPLAY_SPEED, EngineSpec, demo_spec, live_spec, replay_spec
from liqtui.config import Config
from liqtui.config_sources import load, split_list
from liqtui.model.selection import WINDOWS

MAX_SPEED = 100_000.0

_EPILOG = """Exit codes: 0 fine, 1 failed, 2 usage or configuration, 3 retryable (venue or network), 130 interrupted.
Settings: flag > LIQTUI_* environment > ~/.config/liqtui/config.toml > /etc/liqtui/config.toml > default."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code; what went wrong is said on stderr."""
    try:
        result = cli.main(args=arguments, prog_name="liqtui", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt as error:
        return code_of(error)
    except EXPECTED as error:
        click.echo(f"liqtui: {error}", err=True)
        return code_of(error)
    return result if isinstance(result, int) else OK


class Span(click.ParamType[int]):
    """A length of time such as 15m, 1h or 1d, in ms."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return milliseconds."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+)([mhd])", value)
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is not a span such as 5m, 15m, 1h or 1d", param, ctx)
        return int(match[1]) * {"m": 60_000, "h": 3_600_000, "d": 86_400_000}[match[2]]


def _screen_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that draws."""
    options = [
        click.option("--config", "config_path", type=click.Path(path_type=Path), help="Settings file to read."),
        click.option("--theme", help="Theme: dark, light, high-contrast, colour-blind."),
        click.option(
            "--color", type=click.Choice(["auto", "truecolor", "256", "16", "none"]), help="What the terminal can show."
        ),
        click.option("--window", type=click.Choice(WINDOWS), help="Time window at the start."),
        click.option("--plain", is_flag=True, help="Print a line for each interval and event instead of a screen."),
        click.option(
            "--every",
            "every_ms",
            type=Span(),
            default="1m",
            show_default=True,
            help="Interval of --plain, market time.",
        ),
        click.option("--no-mouse", is_flag=True, help="Do not track the mouse (its motion costs traffic over SSH)."),
        click.option("--fps", type=float, help="Pictures a second at most, 0.1 to 30; 4 by default."),
        click.option(
            "--low-bandwidth",
            is_flag=True,
            help="Price and venues each second, all else every two minutes, five colours a side, no mouse (key: B).",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _loaded(config_path: Path | None, no_mouse: bool, low_bandwidth: bool, **flags: Any) -> Config:
    screen = {f"screen__{key}": flags.pop(key) for key in ("theme", "color", "window", "fps")}
    return load(
        config_path,
        screen__mouse=False if no_mouse else None,
        screen__low_bandwidth=low_bandwidth or None,
        **screen,
        **flags,
    )


def _show(spec: EngineSpec, config: Config, plain: bool, every_ms: int) -> int:
    if plain:
        from liqtui.cli.plain import speak

        return speak(spec, config, every_ms)
    in_browser = bool(os.environ.get("TEXTUAL_DRIVER"))
    if not in_browser and not (sys.stdout.isatty() and sys.stdin.isatty()):
        raise click.UsageError("the screen needs a terminal, and stdin or stdout is not one; --plain prints text")
    from liqtui.cli.viewer import view

    return view(spec, config)


@click.group(invoke_without_command=True, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="liqtui")
@_screen_options
@click.option("--assets", help="Base coins to watch, such as BTC,ETH,SOL.")
@click.option("--venues", help="Venues to ask: binance,bybit,okx,hyperliquid.")
@click.option("--hyperliquid-addresses", "addresses", help="Accounts whose positions are looked up on Hyperliquid.")
@click.option("--hyperliquid-addresses-file", "addresses_file", help="A file with more of them, one a line.")
@click.pass_context
def cli(
    context: click.Context,
    /,
    assets: str | None,
    venues: str | None,
    addresses: str | None,
    addresses_file: str | None,
    plain: bool,
    every_ms: int,
    **screen: Any,
) -> int:
    """Watch where leveraged positions in perpetual futures would be forced out. Without a command: live."""
    if context.invoked_subcommand is not None:
        return OK
    config = _loaded(
        **screen,
        watch__assets=split_list(assets) if assets else None,
        watch__venues=split_list(venues) if venues else None,
        watch__hyperliquid_addresses=split_list(addresses) if addresses else None,
        watch__hyperliquid_addresses_file=addresses_file,
    )
    return _show(live_spec(config), config, plain, every_ms)


@cli.command()
@_screen_options
@click.option("--seed", type=int, default=DEMO_SEED, show_default=True, help="Seed of the market.")
@click.option(
    "--speed", type=click.FloatRange(0.1, MAX_SPEED), default=DEMO_SPEED, show_default=True, help="Times real time."
)
def demo(seed: int, speed: float, plain: bool, every_ms: int, **screen: Any) -> int:
    """Run on an embedded synthetic market; needs no network. Marked DEMO on every frame."""
    config = _loaded(**screen)
    return _show(demo_spec(config, seed, speed), config, plain, every_ms)


@cli.command()
@_screen_options
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--speed", type=click.FloatRange(0.1, MAX_SPEED), default=REPLAY_SPEED, show_default=True, help="Times real time."
)
def replay(folder: Path, speed: float, plain: bool, every_ms: int, **screen: Any) -> int:
    """Play a folder of public daily dumps (SYMBOL-1m|5m-*, -metrics-*, -fundingRate-*, -liquidationSnapshot-*)."""
    from liqtui.cli.export_map import symbols_in
    from liqtui.feeds.dump_files import symbols_by_asset

    config = _loaded(**screen)
    assets = tuple(sorted(symbols_by_asset(symbols_in(folder))))
    return _show(replay_spec(config, folder, assets, speed), config, plain, every_ms)


@cli.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port on 127.0.0.1.")
@click.argument("words", metavar="[COMMAND [OPTIONS]...]", nargs=-1, type=click.UNPROCESSED)
def serve(port: int, words: tuple[str, ...]) -> int:
    """Show the screen in a browser on this machine: `serve demo`, `serve replay DIR`, or without a command live.

    Needs the extra "web". From elsewhere: ssh -L 8000:127.0.0.1:8000 HOST.
    """
    try:
        from liqtui.cli.serve import serve as serve_page
    except ImportError as error:
        raise click.UsageError(f"{error}: pip install 'liqtui[web]'") from error
    return serve_page(words, port)


_LEARN = click.option(
    "--learn/--no-learn",
    default=True,
    show_default=True,
    help="Learn from the folder's prints or totals as they come, or keep to what is assumed.",
)


@cli.command("map")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--symbol", help="Symbol of the dumps, such as BTCUSDT; needed if there are several.")
@click.option("--every", "every_ms", type=Span(), default="15m", show_default=True, help="One row of the map each.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write (npz).")
@_LEARN
def map_(folder: Path, symbol: str | None, every_ms: int, out: Path, learn: bool) -> int:
    """Write the map as it was known at each time: t [n], edges [k+1], long and short [n, k] USD."""
    from liqtui.cli.export_map import export_map

    return export_map(folder, symbol, every_ms, out, learn=learn)


@cli.command("score")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--symbol", help="Symbol of the dumps, such as BTCUSDT; needed if there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_LEARN
def score_(folder: Path, symbol: str | None, as_json: bool, learn: bool) -> int:
    """Score the map on recorded liquidations: gain over price alone with its interval, tests, verdict."""
    from liqtui.cli.score import score

    return score(folder, symbol, as_json=as_json, learn=learn)


@cli.command()
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Settings file to read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--offline", is_flag=True, help="Look at this machine only, ask no venue.")
def doctor(config_path: Path | None, as_json: bool, offline: bool) -> int:
    """Check terminal, colours, tmux, byte code, venues and clock; the exit code says how it went."""
    from liqtui.doctor import examine

    return examine(load(config_path), as_json=as_json, offline=offline)
