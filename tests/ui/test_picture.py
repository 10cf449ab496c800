"""The picture of the screen in the documentation."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from liqtui.screens.pictures import tightened
from tests.ui.running import running

SCREEN = Path(__file__).parents[2] / "docs" / "screen.svg"


async def test_a_picture_keeps_every_word_and_needs_nothing_from_elsewhere() -> None:
    async with running((120, 36)) as (app, _, _pilot):
        raw = app.export_screenshot(title="liqtui")
    picture = tightened(raw)
    assert "@font-face" in raw and "@font-face" not in picture
    assert not re.search(r"url\((?!#)", picture), "nothing is loaded"
    ET.fromstring(picture)
    texts = re.findall(r"<text[^>]*textLength[^>]*>([^<]*)<", picture)
    assert not [text for text in texts if text.startswith("&#160;") or text.endswith("&#160;")]
    assert words(picture) == words(raw)


def words(picture: str) -> str:
    """Return the texts of a picture without blanks."""
    return re.sub(r"&#160;|\s", "", "".join(re.findall(r"<text[^>]*>([^<]*)<", picture)))


async def test_texts_stay_where_they_stood() -> None:
    raw = '<text class="r" x="0" y="20" textLength="48.8" clip-path="url(#a)">&#160;&#160;A&#160;</text>'
    assert ">A<" in tightened(raw) and 'x="24.4" y="20" textLength="12.2"' in tightened(raw)


def test_the_picture_in_the_documentation_is_small_and_marked() -> None:
    text = SCREEN.read_text(encoding="utf-8")
    assert len(text) < 400_000
    assert "DEMO" in text and "ATR" in text and "loading" not in text
