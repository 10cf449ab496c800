"""What lies below Textual: the splash, colours, tmux, the pane title, and a driver whose input thread sleeps."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from liqtui.painting.multiplexer import in_tmux

if TYPE_CHECKING:
    from textual.driver import Driver

ColourSystem = Literal["truecolor", "256", "16", "none"]

_TEXTUAL_SYSTEMS: dict[ColourSystem, str] = {
    "truecolor": "truecolor",
    "256": "256",
    "16": "standard",
    "none": "standard",
}
_TRUE_TERMS = ("kitty", "alacritty", "wezterm", "foot", "ghostty", "contour", "-direct")
_TRUE_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper")
TITLE_CELLS = 21
"""What tmux's default status line shows of a pane title."""
_TITLE_EVERY_S = 2.0


def splash(text: str) -> None:
    """Put a line on the terminal at once; the screen that follows covers it."""
    os.write(sys.__stdout__.fileno() if sys.__stdout__ else 1, f"{text}\r".encode())


def detect_colour(env: Mapping[str, str] = os.environ) -> ColourSystem:
    """Return what the terminal can show, judged by its environment."""
    term = env.get("TERM", "")
    if env.get("NO_COLOR") or term in ("dumb", ""):
        return "none"
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit") or any(name in term for name in _TRUE_TERMS):
        return "truecolor"
    if not in_tmux(env) and (env.get("TERM_PROGRAM") in _TRUE_PROGRAMS or "WT_SESSION" in env):
        return "truecolor"
    return "256" if "256" in term else "16"


def prepare(colour: ColourSystem) -> None:
    """Set what Textual reads from the environment; call it before Textual is imported."""
    os.environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL_SYSTEMS[colour]
    os.environ["TEXTUAL_ANIMATIONS"] = "none"


class PaneTitle:
    """The title of the terminal or tmux pane: written when it changes, at most every other second.

    tmux draws its status line anew for each.
    """

    def __init__(self, write: Callable[[str], None], monotonic: Callable[[], float]) -> None:
        self._write, self._monotonic = write, monotonic
        self._text: str | None = None
        self._last_s = -_TITLE_EVERY_S

    @property
    def is_due(self) -> bool:
        """Whether another title may be written: the last one is not too fresh."""
        return self._monotonic() - self._last_s >= _TITLE_EVERY_S

    def show(self, text: str) -> None:
        """Write a title unless it stands there already or the last one is too fresh."""
        if text == self._text or not self.is_due:
            return
        if self._text is None:
            self._write("\x1b[22;2t")
        self._text, self._last_s = text, self._monotonic()
        self._write(f"\x1b]2;{''.join(c for c in text if c.isprintable())}\x07")

    def restore(self) -> None:
        """Bring back the title that stood there before, where the terminal keeps titles."""
        if self._text is not None:
            self._write("\x1b]2;\x07\x1b[23;2t")
            self._text = None


class Fact(NamedTuple):
    """One finding about the terminal."""

    subject: str
    text: str
    advice: str = ""
    """What to do about it; empty when nothing is to be done."""


def facts(env: Mapping[str, str] = os.environ) -> list[Fact]:
    """Return what is known of the terminal, for `liqtui doctor`."""
    import shutil

    from liqtui.painting.direct import direct_fault
    from liqtui.painting.light import painting_fault

    columns, rows = shutil.get_terminal_size()
    small = "" if columns >= 80 and rows >= 24 else "80x24 shows every pane"
    kind = " ".join(env[name] for name in ("TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION") if env.get(name))
    fault, stock, detour = driver_fault(), painting_fault(env), direct_fault()
    return [
        Fact("terminal", kind or "TERM is not set", "" if kind else "set TERM"),
        _colour_fact(env),
        Fact("size", f"{columns}x{rows}", small),
        *_tmux_facts(env),
        Fact("input", f"stock thread: {fault}" if fault else "sleeping thread", "report this" if fault else ""),
        Fact("painting", f"stock: {stock}" if stock else _painting(detour), "report this" if detour else ""),
    ]


def _painting(detour: str | None) -> str:
    return f"only what differs, through Textual: {detour}" if detour else "only what differs"


def _colour_fact(env: Mapping[str, str]) -> Fact:
    colour = detect_colour(env)
    if colour == "256" and env.get("SSH_TTY"):
        return Fact("colours", colour, "ssh does not forward COLORTERM; --color truecolor if your terminal has it")
    if colour == "none":
        return Fact("colours", "none: NO_COLOR" if env.get("NO_COLOR") else f"none: TERM={env.get('TERM', '')}")
    return Fact("colours", colour, "TERM=xterm-256color would give more" if colour == "16" else "")


def _tmux_facts(env: Mapping[str, str]) -> list[Fact]:
    if not in_tmux(env):
        return [Fact("tmux", "not inside")]
    version = _ask_tmux("-V") or "version unknown"
    features = _ask_tmux("display-message", "-p", "#{client_termfeatures}")
    if detect_colour(env) == "truecolor" and features and "RGB" not in features.split(","):
        return [
            Fact("tmux", f"{version}, reduces colours to 256", "set -as terminal-features ',*:RGB' in ~/.tmux.conf")
        ]
    return [Fact("tmux", f"{version}, synchronised output left out")]


def _ask_tmux(*words: str) -> str:
    import subprocess

    try:
        done = subprocess.run(["tmux", *words], capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def driver_fault() -> str | None:
    """Return why the sleeping driver cannot be used with the installed Textual, or None."""
    try:
        from textual._xterm_parser import XTermParser
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError as error:
        return str(error)
    wanted: tuple[tuple[type, tuple[str, ...]], ...] = (
        (LinuxDriver, ("run_input_thread", "disable_input", "process_message", "_request_terminal_sync_mode_support")),
        (XTermParser, ("feed", "tick")),
    )
    missing = [f"{owner.__name__}.{name}" for owner, names in wanted for name in names if not hasattr(owner, name)]
    return f"Textual has no {', '.join(missing)}" if missing else None


def driver_class(env: Mapping[str, str] = os.environ) -> "type[Driver] | None":
    """Return the driver to use, or None for Textual's own."""
    if sys.platform == "win32" or driver_fault() is not None or env.get("TEXTUAL_DRIVER"):
        return None
    from liqtui.painting.quiet_driver import QuietDriver

    return QuietDriver
