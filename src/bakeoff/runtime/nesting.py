"""How deep lists and mappings of a file lie in each other."""

from typing import Any


def is_shallow(value: Any, levels: int) -> bool:
    """Whether lists and mappings lie no deeper in each other than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(is_shallow(each, levels - 1) for each in inner)
