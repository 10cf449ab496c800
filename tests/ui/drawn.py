"""What an SVG of a screen draws, whatever its classes and identifiers are called."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TypeAlias

Piece: TypeAlias = tuple[float, float, str]
"""Where a piece stands (y, x), and what is drawn there."""

_RULE = re.compile(r"\.[\w-]*?(r\d+) \{ ([^}]*?) ?\}")


def drawn(svg: str) -> Counter[Piece]:
    """Return the grounds and texts of an exported screen, each with its colours and style."""
    styles = dict(_RULE.findall(svg))
    found: Counter[Piece] = Counter()
    for element in ET.fromstring(svg).iter():
        kind = element.tag.rsplit("}", 1)[-1]
        if kind not in ("rect", "text") or "x" not in element.attrib:
            continue
        own = element.attrib
        name = own.get("class", "").rsplit("-", 1)[-1]
        look = styles.get(name, own.get("fill", ""))
        size = own.get("textLength") or f"{own.get('width')}x{own.get('height')}"
        found[float(own["y"]), float(own["x"]), f"{kind} {size} {look} {''.join(element.itertext())}"] += 1
    return found


def differences(old: str, new: str, most: int = 12) -> list[str]:
    """Return what two pictures differ in, from the top, at most so many pieces of each."""
    was, now = drawn(old), drawn(new)
    gone, come = sorted(was - now), sorted(now - was)
    return [
        f"{sign} y {y:g} x {x:g} {what}" for sign, pieces in (("-", gone), ("+", come)) for y, x, what in pieces[:most]
    ]
