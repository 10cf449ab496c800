"""Where an engine listens: a path short enough for a Unix socket, in a folder of this user alone."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

MAX_PATH_BYTES = 103
"""Longest socket path that every system takes, with room for the lock's suffix (the kernel's limit is 104 to 108)."""


class AddressError(Exception):
    """The folder of the socket cannot be used; the text says why."""


def socket_path(wanted: Path) -> Path:
    """Return the path, or one in the temporary folder that stands for it if it is too long for a Unix socket."""
    if len(os.fsencode(wanted)) <= MAX_PATH_BYTES:
        return wanted
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"liqtui-{os.getuid()}" / f"{name}.sock"
    return short if len(os.fsencode(short)) <= MAX_PATH_BYTES else Path("/tmp") / f"liqtui-{os.getuid()}" / short.name


def private_folder(folder: Path) -> None:
    """Make the folder with mode 0700. Raises AddressError if it belongs to somebody else or others may write to it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
            raise AddressError(f"{folder}: is not a folder of this user")
        if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise AddressError(f"{folder}: others may write to it")
        if facts.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise AddressError(f"{folder}: {error.strerror or error}") from error
