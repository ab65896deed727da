"""Which versions of a model are old enough to go."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bakeoff.store.history import History
from bakeoff.store.layout import Layout


@dataclass(frozen=True)
class RetentionPlan:
    """What pruning keeps, each version with its reason, what it removes, and how many bytes that frees."""

    kept: dict[str, str]
    pruned: list[str]
    bytes: int


def plan_retention(layout: Layout, history: History, last: int, days: float) -> RetentionPlan:
    """Keep the champion, the last versions, and what was champion within so many days from now.

    Args:
        last: how many of the newest versions are kept.
    """
    now = datetime.now(UTC)
    kept = history.kept(last, now - timedelta(days=days), now)
    pruned = [version for version in history.versions if version not in kept]
    return RetentionPlan(kept, pruned, sum(_size(layout.path(version)) for version in pruned))


def _size(folder: Path) -> int:
    """In bytes, of what can be seen of it: another process may be removing it."""
    size = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            size += path.lstat().st_size
    return size
