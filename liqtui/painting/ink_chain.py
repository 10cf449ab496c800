"""In which order the inks of a frame are written: the sequences between them are most of its bytes."""

from collections.abc import Collection, Iterable, Iterator

from liqtui.painting.glyphs import Ink, change


def ink_chain(inks: Iterable[Ink], ink: Ink) -> Iterator[Ink]:
    """Yield inks so that each is the cheapest to change to after the one before, the first after `ink`.

    Only those that share the background with the one before are looked at, else the foreground, where there are any.
    """
    left = dict.fromkeys(inks)
    by_back: dict[str, list[Ink]] = {}
    by_front: dict[str, list[Ink]] = {}
    for one in left:
        by_back.setdefault(one.back, []).append(one)
        by_front.setdefault(one.front, []).append(one)
    while left:
        near = by_back.get(ink.back) or by_front.get(ink.front) or left
        ink = _cheapest(ink, near) if len(near) > 1 else next(iter(near))
        del left[ink]
        by_back[ink.back].remove(ink)
        by_front[ink.front].remove(ink)
        yield ink


def _cheapest(before: Ink, inks: Collection[Ink]) -> Ink:
    return min(inks, key=lambda ink: len(change(before, ink)))
