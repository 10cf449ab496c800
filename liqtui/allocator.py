"""How glibc deals with memory that was freed; elsewhere nothing is done."""

from collections.abc import Callable
from functools import cache

_M_MMAP_THRESHOLD, _LARGE_BYTES = -3, 131_072
"""glibc's name for the size from which memory is taken from the system by itself, and goes back to it by itself."""


@cache
def _function(name: str) -> Callable[..., int] | None:
    """Return one of glibc's, loaded once: ctypes makes a class whenever it opens a library."""
    import ctypes  # numpy loads it too, but the first screen comes before that

    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found


def give_large_memory_back() -> None:
    """Keep glibc from raising that size with every large array freed: they would lie scattered among small things."""
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def give_free_memory_back() -> None:
    """Give the system all pages on which nothing is left (malloc_trim(3), 0.15 ms for 10 MB)."""
    malloc_trim = _function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)
