"""pyte, with its commonest steps made short: the state of its parser and of its screen is what it would be."""

import re
from functools import cache

import pyte
from pyte import modes
from wcwidth import wcwidth

_COMMON = re.compile(r"\x1b\[([\d;]*)([mH])")
"""Colours and places to go to, whole."""


class QuickScreen(pyte.Screen):  # type: ignore[misc]
    """A screen that remembers what a change of colours makes of the pen, and draws plain text without asking."""

    def __init__(self, columns: int, lines: int) -> None:
        self._pens: dict[tuple[object, tuple[int, ...]], object] = {}
        super().__init__(columns, lines)

    def select_graphic_rendition(self, *attrs: int) -> None:
        """Set the pen."""
        key = (self.cursor.attrs, attrs)
        if key not in self._pens:
            super().select_graphic_rendition(*attrs)
            self._pens[key] = self.cursor.attrs
        self.cursor.attrs = self._pens[key]

    def draw(self, data: str) -> None:
        """Show text at the cursor."""
        cursor = self.cursor
        end = cursor.x + len(data)
        special = self.charset or modes.IRM in self.mode or end > self.columns
        if special or not all(map(_is_narrow, data)):
            super().draw(data)
            return
        line, pen = self.buffer[cursor.y], cursor.attrs
        looks = {char: pen._replace(data=char) for char in set(data)}
        line.update(zip(range(cursor.x, end), map(looks.__getitem__, data), strict=True))
        cursor.x = end
        self.dirty.add(cursor.y)


@cache
def _is_narrow(char: str) -> bool:
    """Return whether a character takes one cell."""
    return bool(wcwidth(char) == 1)


class QuickStream(pyte.Stream):  # type: ignore[misc]
    """A parser that recognises the commonest sequences at once where it stands between two."""

    _taking_plain_text: bool | None

    def feed(self, data: str) -> None:
        """Take in what came."""
        screen, offset = self.listener, 0
        assert screen is not None
        while offset < len(data):
            found = self._text_pattern.match(data, offset) if self._taking_plain_text else None
            common = _COMMON.match(data, offset) if self._taking_plain_text and found is None else None
            if found is not None:
                screen.draw(found.group())
                offset = found.end()
            elif common is not None:
                numbers = [int(number or 0) for number in common[1].split(";")]
                if common[2] == "m":
                    screen.select_graphic_rendition(*numbers)
                else:
                    screen.cursor_position(*numbers)
                offset = common.end()
            else:
                self._taking_plain_text = self._send_to_parser(data[offset])
                offset += 1
