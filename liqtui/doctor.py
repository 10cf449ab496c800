"""`liqtui doctor`: what this terminal can show, whether the install is sound, and which venues can be reached."""

import asyncio
import importlib.util
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from liqtui import __version__
from liqtui.config import Config, cache_dir, runtime_dir, user_file
from liqtui.feeds.base import Blocked, FeedError
from liqtui.feeds.clock import WallClock
from liqtui.journal.store import size_bytes
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.known_positions import round_ms
from liqtui.terminal import facts

if TYPE_CHECKING:
    from liqtui.feeds.exchange import ExchangeFeed

Verdict = Literal["ok", "note", "bad"]
MAX_SKEW_MS = 2_000


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at."""

    subject: str
    verdict: Verdict
    text: str
    retryable: bool = False
    """Whether a bad finding may pass by itself (a venue that is down)."""


def examine(config: Config, *, as_json: bool, offline: bool) -> int:
    """Print what was found, on stdout, and return 0, 1 (something here is bad) or 3 (only venues are)."""
    findings = [*_terminal(), *_install(), *_folders(), _journal(config), *_accounts(config)]
    if not offline:
        findings += asyncio.run(_venues(config))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(findings)).decode())
    else:
        _print(findings)
    return _exit_code(findings)


def _print(findings: Iterable[Finding]) -> None:
    for finding in findings:
        click.echo(f"{finding.verdict:<5}{finding.subject:<22}{finding.text}")


def _exit_code(findings: Iterable[Finding]) -> int:
    bad = [finding for finding in findings if finding.verdict == "bad"]
    if not bad:
        return 0
    return 3 if all(finding.retryable for finding in bad) else 1


def _terminal() -> list[Finding]:
    return [Finding(fact.subject, "note" if fact.advice else "ok", _joined(fact.text, fact.advice)) for fact in facts()]


def _joined(text: str, advice: str) -> str:
    return f"{text}; {advice}" if advice else text


def _install() -> list[Finding]:
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return [
        Finding("liqtui", "ok", __version__),
        Finding("python", "ok" if sys.version_info >= (3, 11) else "bad", version),
        *(_byte_code(package) for package in ("textual", "ccxt")),
    ]


def _byte_code(package: str) -> Finding:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return Finding(f"{package}", "bad", "not installed: install liqtui again")
    cached = Path(importlib.util.cache_from_source(found.origin))
    if cached.exists():
        return Finding(f"{package} byte code", "ok", "present")
    advice = f"{sys.executable} -m compileall -q {Path(found.origin).parent}"
    return Finding(f"{package} byte code", "note", f"absent, so every start is seconds slower; run {advice}")


def _folders() -> list[Finding]:
    settings = user_file()
    found = [Finding("settings", "ok", f"{settings}{'' if settings.exists() else ' (absent: defaults hold)'}")]
    for subject, folder in (("cache", cache_dir()), ("sockets", runtime_dir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".doctor"
            probe.touch()
            probe.unlink()
        except OSError as error:
            found.append(Finding(subject, "bad", f"{folder} cannot be written: {error.strerror}"))
        else:
            found.append(Finding(subject, "ok", str(folder)))
    return found


def _journal(config: Config) -> Finding:
    path = config.journal.file
    if not config.journal.enabled:
        return Finding("journal", "note", "off (journal.enabled): prints and skill are forgotten with the engine")
    try:
        size = size_bytes(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(path if path.exists() else path.parent, os.W_OK)
    except OSError as error:
        return Finding("journal", "bad", f"{path} cannot be used: {error.strerror}; set journal.path")
    if not writable:
        return Finding("journal", "bad", f"{path} cannot be written; set journal.path, or journal.enabled = false")
    kept = f"{size / 1e6:.1f} MB" if size else "absent: begun by the first live engine"
    return Finding("journal", "ok", f"{path}, {kept}, {config.journal.keep_days:g} days are kept")


def _accounts(config: Config) -> list[Finding]:
    accounts = config.watch.accounts if "hyperliquid" in config.watch.venues else ()
    if not accounts:
        return []
    every_s = round_ms(len(accounts), Cadence()) / 1000
    return [Finding("watched accounts", "ok", f"{len(accounts)} on Hyperliquid, each looked at every {every_s:.0f} s")]


async def _venues(config: Config) -> list[Finding]:
    from liqtui.feeds.exchange import ExchangeFeed
    from liqtui.feeds.limits import Limits
    from liqtui.feeds.network import make_session

    network, clock, limits = config.network, WallClock(), Limits(request_s=config.network.timeout_s)
    session = make_session(network.address, network.ca_path, network.proxy, network.trust_env)
    async with session:
        feeds = [ExchangeFeed(venue, session, clock, limits=limits) for venue in config.watch.venues]
        return list(await asyncio.gather(*(_venue(feed) for feed in feeds)))


async def _venue(feed: "ExchangeFeed") -> Finding:
    subject = f"venue {feed.venue}"
    asked_ms, began = time.time() * 1000, time.monotonic()
    try:
        server_ms = await feed.server_time_ms()
    except Blocked as error:
        return Finding(subject, "bad", f"BLOCKED here: {error}; set network.proxy, or leave the venue out", True)
    except FeedError as error:
        return Finding(subject, "bad", f"not reached: {error}", True)
    finally:
        await feed.close()
    took_ms = (time.monotonic() - began) * 1000
    skew_ms = server_ms - (asked_ms + took_ms / 2)
    text = f"reached in {took_ms:.0f} ms, this clock is {-skew_ms:+.0f} ms off"
    if abs(skew_ms) > MAX_SKEW_MS + took_ms / 2:
        return Finding(subject, "bad", f"{text}; set the time of this machine (NTP)")
    return Finding(subject, "ok", text)
