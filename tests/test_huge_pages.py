"""Memory in huge pages, as the kernel tells of this process."""

import ctypes
import mmap
import platform
import re
from pathlib import Path

import pytest

from liqtui.cli import huge_pages
from liqtui.cli.huge_pages import gather_dense_memory

BLOCK = 2 * 1024 * 1024


def huge_kb(memory: mmap.mmap) -> int:
    """Return how much of some memory, and of what lies beside it, is in huge pages."""
    found, inside = 0, False
    start = address(memory)
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if where := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(where[1], 16) < start + len(memory) and int(where[2], 16) > start
        elif inside and line.startswith("AnonHugePages:"):
            found += int(line.split()[1])
    return found


def resident_pages(memory: mmap.mmap) -> int:
    """Return how many pages of some memory are there."""
    with open("/proc/self/pagemap", "rb") as pages:
        pages.seek(address(memory) // mmap.PAGESIZE * 8)
        entries = pages.read(len(memory) // mmap.PAGESIZE * 8)
    return sum(last >> 7 for last in entries[7::8])


def address(memory: mmap.mmap) -> int:
    """Return where memory lies."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def can_collapse() -> bool:
    """Return whether the kernel gathers pages when asked, and then only."""
    release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    settings = huge_pages._SETTINGS / "enabled"
    return release >= (6, 1) and settings.exists() and "[madvise]" in settings.read_text()


@pytest.mark.skipif(not can_collapse(), reason="the kernel does not gather pages when asked, and then only")
def test_memory_in_use_is_gathered_and_memory_hardly_used_is_not() -> None:
    dense, sparse = (mmap.mmap(-1, 6 * BLOCK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(2))
    for at in range(0, len(dense), mmap.PAGESIZE):
        dense[at] = at % 251
    for at in range(0, len(sparse), 2 * mmap.PAGESIZE):
        sparse[at] = 1
    assert gather_dense_memory() >= 5
    assert huge_kb(dense) >= 5 * BLOCK // 1024, "an unaligned block may be left at the ends"
    assert resident_pages(sparse) == 3 * BLOCK // mmap.PAGESIZE, "it would take twice the memory"
    assert all(dense[at] == at % 251 for at in range(0, len(dense), mmap.PAGESIZE))


@pytest.mark.parametrize("setting", ["always madvise [never]\n", None])
def test_nothing_is_done_where_huge_pages_are_not_wanted_or_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str | None
) -> None:
    monkeypatch.setattr(huge_pages, "_SETTINGS", tmp_path)
    monkeypatch.setattr(huge_pages, "_dense_blocks", lambda size: pytest.fail("memory is looked at"))
    if setting is not None:
        (tmp_path / "enabled").write_text(setting)
        (tmp_path / "hpage_pmd_size").write_text(f"{BLOCK}\n")
    assert gather_dense_memory() == 0
