"""Observations ascending in time, and bars joined into longer ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from liqtui.model.market import PriceBar


class Stamped(Protocol):
    """Anything with a time."""

    @property
    def ts_ms(self) -> int:
        """Return the time stamp, UTC epoch ms."""
        ...


T = TypeVar("T", bound=Stamped)


class Timeline(Generic[T]):
    """Observations ascending in time; equal stamps keep their order."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        self.values = list(values)
        self._ts_ms = [value.ts_ms for value in self.values]

    def extend(self, values: Iterable[T]) -> None:
        """Add values that are not older than those held."""
        for value in values:
            self.values.append(value)
            self._ts_ms.append(value.ts_ms)

    def forget(self, before_ms: int) -> None:
        """Drop what is stamped before `before_ms`."""
        count = bisect_left(self._ts_ms, before_ms)
        del self.values[:count], self._ts_ms[:count]

    def between(self, start_ms: int, end_ms: int) -> list[T]:
        """Return those with start_ms <= ts_ms < end_ms."""
        return self.values[bisect_left(self._ts_ms, start_ms) : bisect_left(self._ts_ms, end_ms)]

    def after(self, since_ms: int, until_ms: int) -> list[T]:
        """Return those with since_ms < ts_ms <= until_ms."""
        return self.between(since_ms + 1, until_ms + 1)

    def at(self, ts_ms: int) -> T | None:
        """Return the newest stamped at or before `ts_ms`."""
        count = bisect_right(self._ts_ms, ts_ms)
        return self.values[count - 1] if count else None

    def next_ms(self, ts_ms: int) -> int | None:
        """Return the stamp of the first after `ts_ms`."""
        at = bisect_right(self._ts_ms, ts_ms)
        return self._ts_ms[at] if at < len(self._ts_ms) else None


def coarser(bars: Sequence[PriceBar], step_ms: int) -> list[PriceBar]:
    """Return the bars joined into longer ones; a bucket with a hole in it is made of what there is."""
    buckets: dict[int, list[PriceBar]] = {}
    for bar in bars:
        buckets.setdefault(bar.ts_ms - bar.ts_ms % step_ms, []).append(bar)
    return [_joined(ts_ms, step_ms, parts) for ts_ms, parts in buckets.items()]


def _joined(ts_ms: int, step_ms: int, parts: Sequence[PriceBar]) -> PriceBar:
    taker = [part.taker_buy_base for part in parts if part.taker_buy_base is not None]
    return PriceBar(
        ts_ms,
        step_ms,
        parts[0].open_usd,
        max(part.high_usd for part in parts),
        min(part.low_usd for part in parts),
        parts[-1].close_usd,
        sum(part.volume_base for part in parts),
        sum(taker) if len(taker) == len(parts) else None,
    )
