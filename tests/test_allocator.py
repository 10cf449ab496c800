"""Memory that is no longer used is the system's again."""

import ctypes
import subprocess
import sys

import pytest

_SCATTERED = """
import sys
import numpy as np
import psutil
from liqtui.allocator import give_large_memory_back
if sys.argv[1] == "given":
    give_large_memory_back()
for size in (1_000_000, 2_000_000, 4_000_000):
    np.ones(size, dtype=np.int8)
kept = []
def scatter():
    for _ in range(400):
        large = np.ones(200_000, dtype=np.int8)
        kept.append((bytes(2_000), large))
scatter()
full = psutil.Process().memory_info().rss
kept = [small for small, _ in kept]
print(full - psutil.Process().memory_info().rss)
"""


def given_back_bytes(how: str) -> int:
    """Return by how much a process shrinks when arrays of 80 MB go that lay between small things."""
    done = subprocess.run([sys.executable, "-c", _SCATTERED, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


_FRAYED = """
import psutil
from liqtui.allocator import give_free_memory_back
blocks = [bytes(20_000) for _ in range(2_000)]
kept = blocks[::50]
full = psutil.Process().memory_info().rss
del blocks
left = psutil.Process().memory_info().rss
give_free_memory_back()
print(full - left, left - psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the allocator is not glibc's")
def test_free_memory_between_what_is_used_goes_back_when_asked() -> None:
    done = subprocess.run([sys.executable, "-c", _FRAYED], capture_output=True, text=True, check=True)
    by_itself, when_asked = map(int, done.stdout.split())
    assert by_itself < 10e6
    assert when_asked > 25e6


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the allocator is not glibc's")
def test_large_arrays_leave_no_holes_behind() -> None:
    assert given_back_bytes("kept") < 20e6
    assert given_back_bytes("given") > 60e6
