"""How many cells a text takes."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from liqtui.painting.sequences import width_of

NARROW = [chr(code) for code in range(0x20, 0x2900) if width_of(chr(code)) == 1]


def test_every_character_is_as_wide_as_rich_says() -> None:
    assert [chr(code) for code in range(0x20, 0x3000) if width_of(chr(code)) != cell_len(chr(code))] == []


@given(st.lists(st.one_of(st.sampled_from(NARROW), st.sampled_from("世é\ufe0f\u0301\u200d◾⌚"))).map("".join))
def test_a_text_is_as_wide_as_rich_says(text: str) -> None:
    assert width_of(text) == cell_len(text)
