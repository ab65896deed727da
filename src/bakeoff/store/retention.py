"""Decide which versions of a model pruning removes."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bakeoff.store.history import History
from bakeoff.store.layout import Layout


@dataclass(frozen=True)
class RetentionPlan:
    """What pruning would do.

    Attributes:
        kept: the reason to keep each version, by id.
        pruned: the versions to remove, oldest first.
        bytes: the size of the files to remove.
    """

    kept: dict[str, str]
    pruned: list[str]
    bytes: int


def plan_retention(layout: Layout, history: History, last: int, days: float) -> RetentionPlan:
    """Keep the champion, the newest versions, and those that were champion within the last days.

    Args:
        layout: the model's folder.
        history: the model's history.
        last: the number of newest versions to keep.
        days: versions that were champion within this many days are kept.
    """
    now = datetime.now(UTC)
    kept = history.kept(last, now - timedelta(days=days), now)
    pruned = [version for version in history.versions if version not in kept]
    return RetentionPlan(kept, pruned, sum(_size(layout.path(version)) for version in pruned))


def _size(folder: Path) -> int:
    """Return the size of a folder's files in bytes, as far as it can be read: another process may be removing them."""
    size = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            size += path.lstat().st_size
    return size
