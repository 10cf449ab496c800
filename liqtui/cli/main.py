"""The entry point: something on screen at once, then the command, then its exit code."""

import gc
import os
import sys

_SCREENS = ("demo", "replay")


def main() -> None:
    """Run the command line and exit."""
    if sys.argv[1:2] == ["engine"]:
        from liqtui.cli.engine_process import engine_main

        sys.exit(engine_main(sys.argv[2:]))
    if _draws(sys.argv[1:]):
        from liqtui.terminal import splash

        splash("liqtui: starting")
        gc.disable()  # nothing that a start makes is garbage; the app turns it on again
    from liqtui.cli.commands import run

    code = run()
    sys.stdout.flush()
    sys.exit(code)


def _draws(arguments: list[str]) -> bool:
    """Whether these arguments lead to a screen, decided without parsing them in full."""
    if {"--help", "--version", "-h"} & set(arguments) or not (sys.stdout.isatty() and sys.stdin.isatty()):
        return False
    words = [word for word in arguments if not word.startswith("-")]
    return os.environ.get("TERM") != "dumb" and (not words or words[0] in _SCREENS or arguments[0].startswith("-"))
