"""Whether what is sent goes through a terminal multiplexer, which draws by itself what the outer terminal shows."""

import os
from collections.abc import Mapping


def in_tmux(env: Mapping[str, str] = os.environ) -> bool:
    """Return whether this runs inside tmux or screen."""
    return bool(env.get("TMUX")) or env.get("TERM", "").startswith(("tmux", "screen"))
