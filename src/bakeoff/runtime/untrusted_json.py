"""Parse JSON that may be forged: bounds on its depth and on the memory it takes."""

import json
from typing import Any

MOST_BYTES = 1 << 29  # of memory for a parsed text
# Bytes of memory for each occurrence of a character, roughly and at most: an empty list takes 2 bytes in a file, 100 in
# memory.
COSTS = {b"{": 232, b"[": 100, b":": 150, b",": 40}


def is_shallow(value: Any, levels: int) -> bool:
    """Whether lists and mappings are nested at most `levels` deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(is_shallow(item, levels - 1) for item in inner)


def parse_json(content: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: it is not JSON, is nested too deep, or would take more than half a gigabyte of memory.
    """
    size = 4 * len(content) + sum(cost * content.count(mark) for mark, cost in COSTS.items())
    if size > MOST_BYTES:
        raise ValueError(f"it would take {size / 1e9:.1f} GB of memory, and {MOST_BYTES / 1e9:.1f} are the most")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
