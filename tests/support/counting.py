"""Count how often an object is asked for something that takes time with its size."""

from collections import Counter
from typing import Any


class Counted:
    """Another object, with a count of each attribute that was asked for."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._wrapped, name)

    def __getitem__(self, key: Any) -> Any:
        return self._wrapped[key]
