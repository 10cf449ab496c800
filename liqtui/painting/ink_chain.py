"""In which order the inks of a frame are written: the sequences between them are most of its bytes."""

from collections.abc import Collection, Iterable, Iterator

from liqtui.painting.glyphs import Ink, change


def ink_chain(inks: Iterable[Ink], ink: Ink) -> Iterator[Ink]:
    """Yield inks so that each is the cheapest to change to after the one before, the first after `ink`.

    Only those that share a colour with the one before are looked at, where there are any.
    """
    left = dict.fromkeys(inks)
    by_back: dict[str, list[Ink]] = {}
    by_front: dict[str, list[Ink]] = {}
    for one in left:
        by_back.setdefault(one.order.back, []).append(one)
        by_front.setdefault(one.order.front, []).append(one)
    while left:
        near = [one for one in by_back.get(ink.order.back, ()) if one in left]
        near += [one for one in by_front.get(ink.order.front, ()) if one in left]
        ink = _cheapest(ink, near or left)
        del left[ink]
        yield ink


def _cheapest(before: Ink, inks: Collection[Ink]) -> Ink:
    if len(inks) == 1:
        return next(iter(inks))
    return min(inks, key=lambda ink: len(change(before, ink)))
