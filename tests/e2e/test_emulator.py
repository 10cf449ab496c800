"""The quick emulator leaves the screen that pyte leaves."""

import pyte
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.emulator import QuickScreen, QuickStream

PIECES = st.one_of(
    st.sampled_from(
        ["ab", "▀▀▄", "世", "e\u0301", "x" * 25, "\r", "\n", "\b", "\v", "\x1b[K", "\x1b[2J", "\x1b7", "\x1b8"]
    ),
    st.lists(st.integers(0, 108) | st.just(38), max_size=3).map(lambda codes: f"\x1b[{';'.join(map(str, codes))}m"),
    st.tuples(st.integers(0, 255), st.integers(0, 255)).map(lambda ab: f"\x1b[1;38;2;{ab[0]};0;9;48;5;{ab[1]}m"),
    st.tuples(st.integers(0, 9), st.integers(0, 25)).map(lambda place: f"\x1b[{place[0]};{place[1]}H"),
)


@given(st.lists(PIECES, max_size=30).map("".join), st.integers(0, 200))
def test_it_is_pyte(text: str, cut: int) -> None:
    quick, plain = QuickScreen(20, 6), pyte.Screen(20, 6)
    stream, slow = QuickStream(quick), pyte.Stream(plain)
    stream.feed(text[:cut])
    stream.feed(text[cut:])
    slow.feed(text)
    cells = [[(screen.buffer[y][x]) for y in range(6) for x in range(20)] for screen in (quick, plain)]
    assert cells[0] == cells[1]
    assert (quick.cursor.x, quick.cursor.y, quick.cursor.attrs) == (plain.cursor.x, plain.cursor.y, plain.cursor.attrs)
