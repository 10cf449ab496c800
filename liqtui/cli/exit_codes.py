"""What the exit code says: 0 fine, 1 failed, 2 usage or configuration, 3 retryable, 130 interrupted."""

from liqtui.config import ConfigError
from liqtui.feeds.base import Blocked, FeedError, RateLimited, Unavailable
from liqtui.link.address import AddressError

OK, FAILED, USAGE, RETRYABLE, INTERRUPTED = 0, 1, 2, 3, 130

EXPECTED = (ConfigError, AddressError, FeedError, OSError)
"""Errors whose text is enough for a person; anything else is a defect and keeps its traceback."""


def code_of(error: BaseException) -> int:
    """Return the exit code for one of EXPECTED or an interruption."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, (ConfigError, AddressError)):
        return USAGE
    return RETRYABLE if isinstance(error, (RateLimited, Blocked, Unavailable)) else FAILED
