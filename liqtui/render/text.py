"""Lines of text fields that are shown whole or not at all."""

from collections.abc import Sequence
from itertools import compress
from operator import ne
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from liqtui.painting.light_strip import LightStrip, Refilled, part_of, text_of
from liqtui.painting.sequences import width_of


class Field(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style
    rank: int = 0
    """The highest rank is left out first when the line is too narrow; rank 0 is left out last."""


def fit(fields: Sequence[Field], width: int) -> list[Field]:
    """Return the fields that fit in `width` cells, in order, leaving out whole ones by rank, rightmost first."""
    kept = list(fields)
    room = width - sum([width_of(field.text) for field in kept])
    while room < 0 and kept:
        index = max(range(len(kept)), key=lambda i: (kept[i].rank, i))
        room += width_of(kept.pop(index).text)
    return kept


def line(fields: Sequence[Field], width: int, base: Style) -> Strip:
    """Return exactly `width` cells of the fields that fit, padded at the right in the base style."""
    used = sum([width_of(field.text) for field in fields])
    if used > width:
        fields = fit(fields, width)
        used = sum([width_of(field.text) for field in fields])
    return _laid(fields, used, width, base)


def _laid(fields: Sequence[Field], used: int, width: int, base: Style) -> Strip:
    """Return a line of fields that fit and take `used` cells."""
    segments = [Segment(text, _on(base, style)) for text, style, _ in fields if text]
    if used < width:
        segments.append(Segment(" " * (width - used), base))
    return LightStrip(segments, width)


_JOINED_MOST = 512
_joined: dict[int, tuple[Style, Style, Style]] = {}
"""By the identity of a style: that style, which stays alive by it, what it was put on last, and what came of it."""


def _on(base: Style, style: Style) -> Style:
    """Return a style on a base, as adding them does; Rich would look both up by their hashes, which are Python's."""
    found = _joined.get(id(style))
    if found is None or found[1] is not base:
        if len(_joined) >= _JOINED_MOST:
            _joined.clear()
        found = _joined[id(style)] = (style, base, base + style)
    return found[2]


def spread(left: Sequence[Field], right: Sequence[Field], width: int, base: Style) -> Strip:
    """Return a line with one group at each end; what does not fit beside the other is left out by rank."""
    tagged = fit([*left, *right], width - 1)
    chosen = set(map(id, tagged))
    kept_left = [field for field in left if id(field) in chosen]
    kept_right = [field for field in right if id(field) in chosen]
    used = sum([width_of(field.text) for field in tagged])
    return _laid([*kept_left, Field(" " * max(width - used, 0), base), *kept_right], max(used, width), width, base)


def refill(strip: Strip, old: Sequence[str], new: Sequence[str], at_end: bool = False) -> Strip | None:
    """Return a line that begins, or ends, with the old texts with the new ones there, each in the old one's style.

    None where it has not these there, or where a text takes other cells than the one before.
    """
    segments, known = list(strip), strip.refilled if isinstance(strip, LightStrip) else None
    first = len(segments) - len(old) if at_end else 0
    if first < 0 or len(old) != len(new):
        return None
    is_sure = known is not None and known.texts is old
    if not is_sure and list(map(text_of, segments[first : first + len(old)])) != list(old):
        return None
    changed = list(compress(range(len(old)), map(ne, old, new)))
    if not changed:
        return strip
    for at in changed:
        now = new[at]
        if width_of(now) != width_of(old[at]):
            return None
        segments[first + at] = Segment(now, segments[first + at].style)
    start, stop = first + changed[0], first + changed[-1] + 1
    found = LightStrip(segments, strip.cell_length)
    found.refilled = Refilled(strip, new, part_of(segments, start, stop))
    if isinstance(strip, LightStrip):
        strip.refilled = None  # what was before it is not wanted any more
    return found


def over(strip: Strip, x: int, text: str, style: Style) -> Strip:
    """Return a strip with text laid over it from a cell on."""
    end = min(x + width_of(text), strip.cell_length)
    return Strip.join([strip.crop(0, x), Strip([Segment(text[: end - x], style)], end - x), strip.crop(end)])


def blank(width: int, base: Style) -> Strip:
    """Return an empty line in the base style."""
    return Strip([Segment(" " * width, base)] if width else [], width)
