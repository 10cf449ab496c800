"""The newest of a kind of value, kept until what it was made from changes."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """The newest value made from a key."""

    def __init__(self) -> None:
        self._key: object = None
        self._value: T | None = None

    def get(self, key: object) -> T | None:
        """Return the value if it was made from an equal key."""
        return self._value if self._key == key else None

    def put(self, key: object, value: T) -> T:
        """Keep a value and return it."""
        self._key, self._value = key, value
        return value
