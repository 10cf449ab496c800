"""Instrument lists on disk: one JSON file a venue, written whole or not at all."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from liqtui.feeds.calls import Listing

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class _File:
    format: int
    saved_ms: int
    listings: dict[str, Listing]


def load_listings(folder: Path, venue: str) -> tuple[dict[str, Listing], int] | None:
    """Return (listings by asset, when they were saved), or None where there is no whole and well-formed file."""
    try:
        found = msgspec.json.decode(_path(folder, venue).read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError):
        return None
    return (found.listings, found.saved_ms) if found.format == _FORMAT and found.listings else None


def save_listings(folder: Path, venue: str, listings: dict[str, Listing], saved_ms: int) -> None:
    """Write the file by renaming a finished one over it; a disk that refuses is no reason to stop."""
    data = msgspec.json.encode(_File(_FORMAT, saved_ms, listings))
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _replace(_path(folder, venue), data)


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _path(folder: Path, venue: str) -> Path:
    return folder / f"markets-{venue}.json"
