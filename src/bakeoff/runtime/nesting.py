"""The depth of nested lists and mappings."""

from typing import Any


def is_shallow(value: Any, levels: int) -> bool:
    """Whether lists and mappings are nested at most `levels` deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(is_shallow(each, levels - 1) for each in inner)
