"""In which order the inks of a frame are written: the sequences between them are most of its bytes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from liqtui.painting.glyphs import Ink, change


def ink_chain(inks: Iterable[Ink], ink: Ink) -> Iterator[Ink]:
    """Yield inks so that each is the cheapest to change to after the one before, the first after `ink`.

    Only those that share a colour with the one before are looked at, where there are any.
    """
    left = dict.fromkeys(sorted(inks, key=lambda one: one.order))
    by_back, by_front = defaultdict[str, list[Ink]](list), defaultdict[str, list[Ink]](list)
    for one in left:
        by_back[one.order.back].append(one)
        by_front[one.order.front].append(one)
    while left:
        near = [one for one in (*by_back[ink.order.back], *by_front[ink.order.front]) if one in left]
        ink = _cheapest(ink, near or left)
        del left[ink]
        yield ink


def _cheapest(before: Ink, inks: Iterable[Ink]) -> Ink:
    found, least = before, 1_000
    for ink in inks:
        length = len(change(before, ink))
        if length < least:
            found, least = ink, length
    return found
