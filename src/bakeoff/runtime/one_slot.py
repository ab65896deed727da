"""A cache of one value: the next step in the same process need not make it again."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class OneSlot(Generic[Key, Value]):
    """A thread-safe cache of the value that was made last, and of the key that it was made for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[Key, Value] | None = None

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the cached value if it was made for an equal key, else make a new one.

        While one thread makes it, others wait. The old value is dropped first, so that memory need not hold both; if
        `make` raises, nothing is cached.
        """
        with self._lock:
            if self._held is None or self._held[0] != key:
                self._held = None
                self._held = (key, make())
            return self._held[1]

    def forget(self) -> None:
        """Drop the cached value."""
        with self._lock:
            self._held = None
