"""How far the cross-validation is, as a progress artifact on Prefect's pages."""

from collections.abc import Iterable, Iterator
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture, as_completed

from tasks.outcome import shown_or_not

STEPS = 10  # each update is a request to the server: ten of them, however many folds there are


def with_progress(futures: Iterable[PrefectFuture[Any]]) -> Iterator[PrefectFuture[Any]]:
    """Yield the folds' task runs as they end, and show how many have."""
    waiting = list(futures)
    artifact, shown = None, 0
    with shown_or_not("the progress"):
        artifact = cast(  # outside a coroutine Prefect returns the id itself
            "UUID", create_progress_artifact(0.0, key="cross-validation", description=f"{len(waiting)} folds to score")
        )
    for done, future in enumerate(as_completed(waiting), start=1):
        if artifact and (step := done * STEPS // len(waiting)) > shown:
            shown = step
            with shown_or_not("the progress"):
                update_progress_artifact(
                    artifact, progress=100.0 * done / len(waiting), description=f"{done} of {len(waiting)} folds scored"
                )
        yield future
