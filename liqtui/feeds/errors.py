"""What goes wrong on the way to a venue, said in the FeedError family."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

import aiohttp

from liqtui.feeds.base import Banned, Blocked, FeedError, Garbled, RateLimited, Unavailable, Unsupported
from liqtui.feeds.ccxt_loading import load_ccxt

_BREACH_WAIT_S = 600.0
"""Bybit keeps an address out for 10 minutes after too many requests (its docs, "Rate limit")."""

_ccxt = load_ccxt()
_KINDS: tuple[tuple[type[BaseException], type[FeedError]], ...] = (
    (_ccxt.NotSupported, Unsupported),
    (_ccxt.BadSymbol, Unsupported),
    (_ccxt.AuthenticationError, Unsupported),
    (_ccxt.RateLimitExceeded, RateLimited),
    (_ccxt.DDoSProtection, RateLimited),
    (_ccxt.RestrictedLocation, Blocked),
    (_ccxt.PermissionDenied, Blocked),
    (_ccxt.BadResponse, Garbled),
    (_ccxt.OperationFailed, Unavailable),
    (_ccxt.BaseError, Unavailable),
    (aiohttp.ClientError, Unavailable),
    (OSError, Unavailable),
    (TimeoutError, Unavailable),
    (LookupError, Garbled),
    (TypeError, Garbled),
    (ValueError, Garbled),
    (AttributeError, Garbled),
)
"""First match wins. The last four are what a venue library raises when an answer has another shape than it expects."""


def check_status(venue: str, status: int, headers: Mapping[str, str], body: str) -> None:
    """Raise the FeedError that an HTTP status stands for; statuses whose meaning is in the body pass."""
    said = f"{venue}: HTTP {status} {_excerpt(body)}".rstrip()
    wait_s = retry_after_s(headers)
    if status == 418:
        raise Banned(said, wait_s)
    if status == 429:
        raise RateLimited(said, wait_s)
    if status == 403 and "frequent" in body.lower():
        raise RateLimited(said, wait_s if wait_s is not None else _BREACH_WAIT_S)
    if status in (403, 451):
        raise Blocked(said)
    if status >= 500 or status in (404, 408):
        raise Unavailable(said)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110: seconds or a date), None without one."""
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), None)
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def as_feed_error(venue: str, error: BaseException) -> FeedError:
    """Return the FeedError that says the same."""
    if isinstance(error, FeedError):
        return error
    if refusal := _refused_handshake(venue, error):
        return refusal
    kind = next((kind for caught, kind in _KINDS if isinstance(error, caught)), Unavailable)
    return kind(f"{venue}: {_excerpt(_reason(error)) or type(error).__name__}")


@contextmanager
def feed_errors(venue: str) -> Iterator[None]:
    """Let nothing but FeedError (and cancellation) out of the block."""
    try:
        yield
    except Exception as error:
        found = as_feed_error(venue, error)
        if found is error:
            raise
        raise found from error


def _refused_handshake(venue: str, error: BaseException) -> FeedError | None:
    """A WebSocket that was answered with an HTTP status: ccxt wraps aiohttp's error as its argument."""
    inner = next((a for a in (error, *error.args) if isinstance(a, aiohttp.WSServerHandshakeError)), None)
    if inner is None:
        return None
    try:
        check_status(venue, inner.status, inner.headers or {}, inner.message)
    except FeedError as refusal:
        return refusal
    return Unavailable(f"{venue}: HTTP {inner.status} instead of a stream")


def _reason(error: BaseException) -> str:
    """What went wrong: where ccxt only repeats the request, what lay beneath it."""
    beneath = error.__cause__
    if isinstance(beneath, TimeoutError):
        return "no answer in time"
    return str(beneath) if isinstance(beneath, (aiohttp.ClientConnectionError, OSError)) else str(error)


def _excerpt(body: str) -> str:
    """The first line of an answer, for a person."""
    line = " ".join(body.split())
    return line if len(line) <= 120 else f"{line[:117]}..."
