"""What can be made to go wrong at a loopback venue."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Edit = Callable[[Any], Any]
"""Changes an answer before it is written as JSON."""


@dataclass
class Fault:
    """One way to fail. Its parts are applied in the order of the fields; the first that ends the answer wins."""

    delay_s: float = 0.0
    reset: bool = False
    """Cut the TCP connection without an answer."""
    silent: bool = False
    """Streams only: accept, acknowledge nothing, send nothing, answer no ping."""
    status: int = 200
    """Anything else is answered with `headers` and `text`; a stream's handshake is refused with it."""
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    """Sent as the whole body."""
    edit: Edit | None = None
    cut: bool = False
    """Send the first half of the body."""
    times: int | None = None
    """How many answers it spoils; None for all."""


CLOUDFRONT_HTML = (
    "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>"
    "The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>"
)

PORTAL_HTML = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Accept the terms to go on.</body></html>"


def rate_limited(retry_after_s: float | None = None, times: int | None = None) -> Fault:
    """429 in the manner of Binance."""
    return _limit(429, -1003, retry_after_s, times)


def banned(retry_after_s: float, times: int | None = None) -> Fault:
    """418 in the manner of Binance."""
    return _limit(418, -1003, retry_after_s, times)


def geoblocked(times: int | None = None) -> Fault:
    """451 in the manner of Binance."""
    text = '{"code":0,"msg":"Service unavailable from a restricted location according to b. Eligibility."}'
    return Fault(status=451, text=text, times=times)


def cloudfront(times: int | None = None) -> Fault:
    """403 in the manner of CloudFront's country block."""
    return Fault(status=403, headers={"Content-Type": "text/html"}, text=CLOUDFRONT_HTML, times=times)


def portal(times: int | None = None) -> Fault:
    """200 with a log-in page."""
    return Fault(headers={"Content-Type": "text/html"}, text=PORTAL_HTML, times=times)


def broken(status: int, times: int | None = None) -> Fault:
    """5xx with a gateway's page."""
    return Fault(status=status, headers={"Content-Type": "text/html"}, text=f"<h1>{status}</h1>", times=times)


def _limit(status: int, code: int, retry_after_s: float | None, times: int | None) -> Fault:
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    return Fault(status=status, headers=headers, text=f'{{"code":{code},"msg":"Too many requests."}}', times=times)


def put(value: object, *path: str | int) -> Edit:
    """Return an edit that puts `value` at the end of `path`; `*` stands for every entry of a list."""

    def edit(answer: Any) -> Any:
        _put(answer, path, value)
        return answer

    return edit


def _put(node: Any, path: tuple[str | int, ...], value: object) -> None:
    head, rest = path[0], path[1:]
    keys = range(len(node)) if head == "*" else [head]
    for key in keys:
        if rest:
            _put(node[key], rest, value)
        else:
            node[key] = value
