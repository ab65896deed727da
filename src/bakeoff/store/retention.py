"""Decide which versions of a model pruning removes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bakeoff.store.history import History
from bakeoff.store.layout import Layout


@dataclass(frozen=True)
class RetentionPlan:
    """What pruning would do.

    Attributes:
        kept: the reason to keep each version, by id.
        pruned: the versions to remove, oldest first.
        abandoned: the ids of exports to an object store that were never finished; what they left is removed, too.
        bytes: the size of the files to remove.
    """

    kept: dict[str, str]
    pruned: list[str]
    abandoned: list[str]
    bytes: int


def plan_retention(layout: Layout, history: History, last: int, days: float) -> RetentionPlan:
    """Keep the champion, the newest versions, and those that were champion within the last days.

    Args:
        layout: the model's files.
        history: the model's history.
        last: the number of newest versions to keep.
        days: versions that were champion within this many days are kept.
    """
    now = datetime.now(UTC)
    kept = history.kept(last, now - timedelta(days=days), now)
    pruned = [version for version in history.versions if version not in kept]
    abandoned = layout.abandoned(history)
    size = sum(layout.files.total_size(layout.key(version)) for version in [*pruned, *abandoned])
    return RetentionPlan(kept, pruned, abandoned, size)
