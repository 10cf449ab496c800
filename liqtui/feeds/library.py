"""ccxt, kept on a short lead: its clients are built here, and here its replies are proved before anybody reads them."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from liqtui.feeds.base import Garbled
from liqtui.feeds.ccxt_loading import load_ccxt
from liqtui.feeds.errors import check_status
from liqtui.feeds.limits import Limits
from liqtui.feeds.venues import Venue


class StrictReplies:
    """Refuses, before ccxt reads it, a reply whose status is a refusal or whose body is not JSON.

    ccxt takes a body that is not JSON for an answer without fields, and a geoblock for a failing network.
    """

    def handle_errors(
        self,
        status: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        reply: object,
        request_headers: object,
        request_body: object,
    ) -> object:
        """Raise FeedError for what can be told from status and form; leave the venue's own codes to ccxt."""
        venue = str(getattr(self, "venue_key", ""))
        check_status(venue, status, headers, body)
        if status == 200 and not isinstance(reply, dict | list):
            raise Garbled(f"{venue}: the answer is not JSON: {' '.join(body[:80].split())}")
        return super().handle_errors(  # type: ignore[misc]
            status, reason, url, method, headers, body, reply, request_headers, request_body
        )


def build_client(venue: Venue, session: aiohttp.ClientSession, limits: Limits, *hooks: type) -> Any:
    """Return a ccxt client for the venue, on the given session, with `hooks` mixed in before ccxt's class."""
    base = getattr(load_ccxt(), venue.ccxt_id)
    made = type(venue.ccxt_id, (*hooks, StrictReplies, base), {"venue_key": venue.key})
    return made(
        {
            "session": session,
            "ssl_context": False,  # the session has one; ccxt would load another
            "timeout": int(limits.request_s * 1000),
            "timeout_on_exit": 0,
            "enableRateLimit": limits.paced,
            "enableLastHttpResponse": False,
            "enableLastJsonResponse": False,
            "streaming": {
                "keepAlive": int(limits.keep_alive_s * 1000),
                "connectionTimeout": max(int(limits.connect_s * 1000), 1000),
            },
            **venue.ccxt_config,
        }
    )
