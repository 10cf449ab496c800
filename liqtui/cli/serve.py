"""`liqtui serve`: the same screen in a browser on this machine, one viewer process a page."""

import os
import shlex
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path

import click
from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server
from yarl import URL

from liqtui.config import ConfigError

HOST = "127.0.0.1"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PAGE = Path(__file__).parent / "page"


def serve(words: Sequence[str], port: int) -> int:
    """Serve `liqtui WORDS` until interrupted and return the exit code; ConfigError where the port is taken."""
    browser_terminal(os.environ)
    command = shlex.join([sys.executable, "-P", "-m", "liqtui", *words])
    server = PageServer(command, HOST, port, "liqtui", templates_path=str(PAGE))
    try:
        server.serve()
    except OSError as error:
        raise ConfigError(f"cannot listen on {HOST}:{port}: {error.strerror}; choose another --port") from error
    return 0


def browser_terminal(env: MutableMapping[str, str]) -> None:
    """Describe the browser's terminal to the viewers, not the one that the server was started in."""
    for name in ("TMUX", "SSH_TTY"):
        env.pop(name, None)
    env["TERM"], env["COLORTERM"] = "xterm-256color", "truecolor"


class PageServer(Server):
    """Textual's server with a page of our own, which asks no other host for anything, for loopback only."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(only_loopback)
        return app

    def initialize_logging(self) -> None:
        """Leave the terminal to what `on_startup` says."""

    async def on_startup(self, app: web.Application) -> None:
        """Say where the page is."""
        click.echo(f"http://{self.host}:{self.port}/ shows liqtui; Ctrl+C ends it", err=True)


@web.middleware
async def only_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a page of another site asks for, by its origin or by a name of its own for this machine."""
    origin = request.headers.get("Origin")
    asked = URL.build(scheme="http", authority=request.host).host
    foreign = origin is not None and URL(origin).authority != request.host
    if asked not in LOOPBACK or foreign:
        raise web.HTTPForbidden(text="liqtui is shown to pages of this machine only\n")
    return await handler(request)
