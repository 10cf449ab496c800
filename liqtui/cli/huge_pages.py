"""Memory that is in use as a whole in huge pages: one entry of the processor's tables instead of 512.

A picture touches some 2,000 small pages all over the heap, seldom enough for the processor to have forgotten where each
of them lies.
"""

import ctypes
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SETTLED_S = 10.0
"""After so long a viewer holds what it will hold."""
_COLLAPSE = 25
"""MADV_COLLAPSE, since Linux 6.1."""
_SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")
_DENSE = 0.9
"""Part of a block that must be in memory already: little is added to it."""
_PRESENT_BIT = 63


def gather_later() -> None:
    """Gather dense memory once the process has settled, beside whatever it does."""
    timer = threading.Timer(SETTLED_S, gather_dense_memory)
    timer.daemon = True
    timer.start()


def gather_dense_memory() -> int:
    """Put blocks of memory that are nearly all in use into huge pages, and return how many blocks these were.

    None where the system has no such pages, or its owner wants none.
    """
    with suppress(OSError, ValueError, AttributeError):
        if "[never]" in (_SETTINGS / "enabled").read_text():
            return 0
        size = int((_SETTINGS / "hpage_pmd_size").read_text())
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        return sum([madvise(at, size, _COLLAPSE) == 0 for at in list(_dense_blocks(size))])
    return 0


def _dense_blocks(size: int) -> Iterator[int]:
    """Yield the addresses of aligned blocks of the process's own memory that are nearly all in use."""
    page = os.sysconf("SC_PAGE_SIZE")
    entries = struct.Struct(f"={size // page}Q")
    with open("/proc/self/pagemap", "rb", buffering=0) as pages:
        for start, end in _own_memory():
            for at in range(-(-start // size) * size, end - size + 1, size):
                pages.seek(at // page * 8)
                present = [entry >> _PRESENT_BIT for entry in entries.unpack(pages.read(entries.size))]
                if sum(present) >= _DENSE * len(present):
                    yield at


def _own_memory() -> Iterator[tuple[int, int]]:
    """Yield where memory that is of no file begins and ends."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, access, *_, name = (*line.split(maxsplit=5), "")[:6]
        if access.startswith("rw-p") and name in ("", "[heap]"):
            start, end = (int(part, 16) for part in where.split("-"))
            yield start, end
