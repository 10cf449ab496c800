"""The bytes of painting: text into cells, styles into inks, and the shortest sequences between inks and places.

An ink is the body of an SGR sequence (`1;38;2;255;0;0`), followed for a hyperlink by a line feed and the body of its
OSC 8 sequence (`id=7;https://...`). The empty ink is the terminal's default.
Formats: ECMA-48 (SGR, CUP, CUU, CUD, CUF, CUB, CHA, VT), xterm's 256 colours (SGR 38;5 and 48;5), and the
OSC 8 hyperlink proposal.
"""

import re
import sys
from functools import cache, lru_cache
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes
from rich.color import ColorSystem
from rich.style import Style

DEFAULT_INK = ""
_LINK_MARK = "\n"
_DROPS = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"}
"""What turns an attribute off."""


def cells(text: str) -> tuple[str, ...]:
    """Return what each cell shows: a wide character is followed by an empty string.

    Control characters are left out, because they would move the cursor; combining characters stay with their base.
    """
    if text.isascii() and text.isprintable():
        return tuple(text)
    found: list[str] = []
    shown = "".join(char for char in text if not _is_control(char))
    for start, end, width in split_graphemes(shown)[0]:
        if width:
            found += [sys.intern(shown[start:end]), *[""] * (width - 1)]
    return tuple(found)


_NARROW = re.compile("[ -~·×≤≥\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*").fullmatch
"""Whether all are a cell each, whatever stands beside them: ASCII, dashes, arrows, lines, blocks, braille."""


def width_of(text: str) -> int:
    """Return how many cells a text takes.

    Rich remembers each text that it measures, and figures hardly come again.
    """
    return len(text) if _NARROW(text) else cell_len(text)


def _is_control(char: str) -> bool:
    return char < " " or "\x7f" <= char < "\xa0"


def ink_of(style: Style | None, system: ColorSystem) -> str:
    """Return the ink in which Textual would write a style."""
    if style is None:
        return DEFAULT_INK
    # Textual asks the style the same, but never forgets one that it has asked.
    sgr = style._make_ansi_codes(system)
    return f"{sgr}{_LINK_MARK}id={style._link_id};{style._link}" if style._link else sgr


class _Pen(NamedTuple):
    """An ink taken apart."""

    attributes: frozenset[str]
    foreground: str
    background: str
    link: str
    has_colours: bool
    """Whether neither colour is the terminal's own."""


@lru_cache(maxsize=256)
def _pen(ink: str) -> _Pen:
    sgr, _, link = ink.partition(_LINK_MARK)
    attributes, colours = set(), {"3": "39", "4": "49"}
    codes = iter(sgr.split(";") if sgr else ())
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes)
            colours[code[0]] = ";".join([code, kind, *(next(codes) for _ in range(3 if kind == "2" else 1))])
        elif _is_colour(code):
            colours["3" if code[:-1] in ("3", "9") else "4"] = code
        else:
            attributes.add(code)
    front, back = colours["3"], colours["4"]
    return _Pen(frozenset(attributes), front, back, link, front != "39" and back != "49")


def shortest_ink(ink: str) -> str:
    """Return an ink whose colours are called by number (38;5;n for 38;2;r;g;b) where they are exactly one of xterm's.

    The first 16 of these differ by terminal and are not used.
    """
    pen = _pen(ink)
    colours = (_numbered(colour) for colour in pen[1:3] if colour not in ("39", "49"))
    sgr = ";".join([*sorted(pen.attributes), *colours])
    return f"{sgr}{_LINK_MARK}{pen.link}" if pen.link else sgr


def _numbered(colour: str) -> str:
    kind, _, rgb = colour.partition(";2;")
    number = _xterm_numbers().get(rgb)
    return colour if number is None else f"{kind};5;{number}"


@cache
def _xterm_numbers() -> dict[str, int]:
    """Return the numbers of xterm's colour cube and greys by their `r;g;b`."""
    return {";".join(map(str, xterm_rgb(number))): number for number in range(16, 256)}


def xterm_rgb(number: int) -> tuple[int, int, int]:
    """Return the colour of a number 16..255: a 6x6x6 cube, then 24 greys (xterm's 256colres.h)."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return grey, grey, grey
    steps = (0, 95, 135, 175, 215, 255)
    cube = number - 16
    return steps[cube // 36], steps[cube // 6 % 6], steps[cube % 6]


class Colours(NamedTuple):
    """The colours of an ink, by the bodies of their sequences."""

    front: str
    back: str
    is_plain: bool
    """Whether the ink has neither attributes nor a link."""


def colours_of(ink: str) -> Colours:
    """Return the colours of an ink."""
    pen = _pen(ink)
    return Colours(pen.foreground, pen.background, not (pen.attributes or pen.link))


def _is_colour(code: str) -> bool:
    return code[:-1] in ("3", "4", "9", "10")


@lru_cache(maxsize=256)
def change_ink(before: str, after: str) -> str:
    """Return the shortest sequence that turns one ink into another."""
    if before == after:
        return ""
    old, new = _pen(before), _pen(after)
    if new.has_colours and old.attributes == new.attributes and old.link == new.link:
        # A map has more pairs of such than can be remembered; what differs is never longer than all of it.
        changed = (own for own, was in zip(new[1:3], old[1:3], strict=True) if own != was)
        return f"\x1b[{';'.join(changed)}m"
    link = "" if old.link == new.link else f"\x1b]8;{new.link or ';'}\x1b\\"
    sgr, _, _ = after.partition(_LINK_MARK)
    afresh = f"0;{sgr}" if sgr else ""
    step = _step(old, new)
    if step is None or len(afresh) < len(step):
        return f"{link}\x1b[{afresh}m"
    return f"{link}\x1b[{step}m" if step else link


def _step(old: _Pen, new: _Pen) -> str | None:
    """Return the SGR body that changes only what differs, or None when an attribute has no code to turn it off."""
    gone = old.attributes - new.attributes
    if not gone <= _DROPS.keys():
        return None
    drops = {_DROPS[code] for code in gone}
    kept = {code for code in old.attributes & new.attributes if _DROPS.get(code) not in drops}
    parts = sorted(drops) + sorted(new.attributes - kept)
    if new.foreground != old.foreground:
        parts.append(new.foreground)
    if new.background != old.background:
        parts.append(new.background)
    return ";".join(parts)


def move_to(x: int, y: int) -> str:
    """Return the sequence that moves the cursor to a cell, counted from 0."""
    return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"


@lru_cache(maxsize=1024)
def move(at: tuple[int, int] | None, x: int, y: int) -> str:
    """Return the shortest sequence from a cell (None when unknown) to another."""
    absolute = move_to(x, y)
    if at is None:
        return absolute
    return min(absolute, f"{_along_column(at[1], y)}{_along_row(at[0], x)}", key=len)


@lru_cache(maxsize=256)
def _along_column(y: int, to: int) -> str:
    """Return the shortest sequence along a column."""
    if to == y:
        return ""
    if to > y:
        return min("\v" * (to - y), f"\x1b[{to - y}B", key=len)
    return "\x1b[A" if to == y - 1 else f"\x1b[{y - to}A"


@lru_cache(maxsize=512)
def _along_row(x: int, to: int) -> str:
    """Return the shortest sequence along a row."""
    if to == x:
        return ""
    if to == 0:
        return "\r"
    if to > x:
        return "\x1b[C" if to == x + 1 else f"\x1b[{to - x}C"
    return min("\b" * (x - to), f"\x1b[{x - to}D", f"\x1b[{to + 1}G", key=len)
