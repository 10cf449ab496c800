"""The one HTTP session through which everything of a live engine goes out."""

import socket
import ssl
from pathlib import Path

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult


class FixedResolver(AbstractResolver):
    """Resolves every host to one address and port."""

    def __init__(self, address: str, port: int) -> None:
        self._address, self._port = address, port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the fixed address, whatever is asked."""
        return [
            ResolveResult(
                hostname=host,
                host=self._address,
                port=self._port,
                family=socket.AF_INET6 if ":" in self._address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Release nothing: there is nothing held."""


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return a context that trusts the bundled authorities, and those in `ca_file` besides.

    OSError or ssl.SSLError where the file cannot be read.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def make_session(
    resolve_to: tuple[str, int] | None = None,
    ca_file: Path | None = None,
    proxy: str | None = None,
    trust_env: bool = False,
) -> aiohttp.ClientSession:
    """Return the session. With `resolve_to` every host is reached at that address and port; TLS names stay the same.

    `proxy` is an http:// address; `trust_env` honours the proxy variables of the environment. Needs a running loop.
    """
    resolver = None if resolve_to is None else FixedResolver(*resolve_to)
    connector = aiohttp.TCPConnector(ssl=tls_context(ca_file), resolver=resolver, limit_per_host=20)
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), proxy=proxy, trust_env=trust_env
    )
