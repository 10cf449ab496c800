"""How glibc deals with the memory of large arrays."""

import ctypes

_M_MMAP_THRESHOLD, _LARGE_BYTES = -3, 131_072
"""glibc's name for the size from which memory is taken from the system by itself, and goes back to it by itself."""


def give_large_memory_back() -> None:
    """Keep glibc from raising that size with every large array freed: they would lie scattered among small things."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
