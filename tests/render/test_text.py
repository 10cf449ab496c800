"""Lines of whole fields."""

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from liqtui.painting import light_strip
from liqtui.render.text import Field, fit, line, refill, spread

PLAIN = Style()


def fields(*pairs: tuple[str, int]) -> list[Field]:
    """Return fields by (text, rank)."""
    return [Field(text, PLAIN, rank) for text, rank in pairs]


def test_fields_are_left_out_whole_by_rank_and_rightmost_first() -> None:
    row = fields(("price ", 0), ("97,123.4 ", 0), ("ATR ", 2), ("446.8 ", 1), ("3% ", 2))
    assert line(row, 30, PLAIN).text == "price 97,123.4 ATR 446.8 3%   "
    assert line(row, 25, PLAIN).text == "price 97,123.4 ATR 446.8 "
    assert line(row, 24, PLAIN).text == "price 97,123.4 446.8    "
    assert line(row, 16, PLAIN).text == "price 97,123.4  "
    assert line(row, 8, PLAIN).text == "price   "


def test_a_line_spreads_its_groups_to_the_ends() -> None:
    left, right = fields(("BTC", 0), (" all venues", 2)), fields(("14:03 ", 1), ("UTC", 0))
    assert spread(left, right, 26, PLAIN).text == "BTC all venues   14:03 UTC"
    assert spread(left, right, 20, PLAIN).text == "BTC        14:03 UTC"
    assert spread(left, right, 9, PLAIN).text == "BTC   UTC"


@given(st.lists(st.tuples(st.text("ab12", max_size=6), st.integers(0, 3)), max_size=6), st.integers(0, 20))
def test_a_line_is_as_wide_as_it_should_be_and_cuts_nothing(pairs: list[tuple[str, int]], width: int) -> None:
    row = fields(*pairs)
    kept = fit(row, width)
    assert line(row, width, PLAIN).cell_length == width
    assert line(row, width, PLAIN).text.rstrip() == "".join(f.text for f in kept).rstrip()
    assert all(any(f is g for g in row) for f in kept)


def test_wide_characters_count_twice() -> None:
    assert line(fields(("日本", 0)), 6, PLAIN).cell_length == 6
    assert line(fields(("日本", 0)), 3, PLAIN).text == "   "


def test_styles_are_put_on_the_ground_of_their_own_line() -> None:
    """Whatever was drawn before: the same style on other grounds, equal ones, and more than are remembered."""
    grounds = [Style(bgcolor=colour) for colour in ("red", "blue")]
    styles = [Style(color=f"#{k:06x}", bold=bool(k % 2)) for k in range(700)]
    for turn in range(2):
        for k, style in enumerate(styles):
            ground = grounds[(k + turn) % 2]
            shown = next(iter(line([Field("x", style)], 1, ground)))
            assert shown.style == ground + style, (turn, k)
    for ground in (*grounds, *grounds):
        assert next(iter(line([Field("x", styles[0])], 1, ground))).style == ground + styles[0]


def test_new_texts_take_the_places_and_styles_of_the_old_ones() -> None:
    red, bold = Style(color="red"), Style(bold=True)
    old, new = (" 97,123.4", " 世界", " 4%"), (" 97,124.0", " 時間", " 5%")
    laid = line([Field(text, style) for text, style in zip(old, (red, bold, PLAIN), strict=True)], 24, PLAIN)
    wanted = line([Field(text, style) for text, style in zip(new, (red, bold, PLAIN), strict=True)], 24, PLAIN)
    found = refill(laid, old, new)
    assert found is not None and list(found) == list(wanted) and found.cell_length == 24
    assert refill(laid, old, (" 7,124.0", " 時間", " 5%")) is None, "all that follows would move"
    assert refill(laid, (*old[:2], " 3%"), new) is None, "another line"
    narrow = line([Field(text, red, rank) for text, rank in zip(old, (0, 1, 0), strict=True)], 13, PLAIN)
    assert refill(narrow, old, new) is None, "a text was left out"
    assert refill(laid, old, new[:2]) is None, "another number of texts"


def test_new_texts_take_the_places_of_the_last_ones_too() -> None:
    red = Style(color="red")
    laid, wanted = (
        spread([Field("left", red)], [Field(" 2025-01-01", red), Field(text, PLAIN)], 30, PLAIN)
        for text in (" 14:03:22", " 14:03:23")
    )
    found = refill(laid, [" 14:03:22"], [" 14:03:23"], at_end=True)
    assert found is not None and list(found) == list(wanted)
    assert refill(laid, [" 14:03:21"], [" 14:03:23"], at_end=True) is None, "another line"


@pytest.mark.parametrize("knows_strip", [True, False])
def test_a_light_strip_becomes_whole_when_textual_asks_for_more(
    monkeypatch: pytest.MonkeyPatch, knows_strip: bool
) -> None:
    monkeypatch.setattr(light_strip, "_KNOWS_STRIP", knows_strip)
    segments = [Segment("ab", Style(bold=True)), Segment("世界"), Segment(" ")]
    light, stock = light_strip.LightStrip(segments, 7), Strip(segments, 7)
    with pytest.raises(AttributeError) if knows_strip else nullcontext():
        object.__getattribute__(light, "_crop_cache")
    assert light == stock and light.text == "ab世界 " and light.cell_length == 7
    assert light.crop(1, 4) == stock.crop(1, 4) and light.divide([3, 7]) == stock.divide([3, 7])
    assert light.render(Console(color_system="truecolor")) == stock.render(Console(color_system="truecolor"))
    assert light.apply_style(Style(dim=True)) == stock.apply_style(Style(dim=True))
    assert light_strip.LightStrip(segments, 7).extend_cell_length(9) == stock.extend_cell_length(9)
    with pytest.raises(AttributeError):
        _ = light.nothing
