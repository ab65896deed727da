"""Remember the value that was made last, so that the next step in the same process need not make it again."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class OneSlot(Generic[Key, Value]):
    """The value that was made last, and the key it was made for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[Key, Value] | None = None

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value for a key: the remembered one where it was made for an equal key, else a new one.

        Threads that ask at once wait for one that makes it. The value before it is forgotten first, so that memory
        need not hold both; where `make` raises, nothing is remembered.
        """
        with self._lock:
            if self._held is None or self._held[0] != key:
                self._held = None
                self._held = (key, make())
            return self._held[1]

    def forget(self) -> None:
        """Remember nothing."""
        with self._lock:
            self._held = None
