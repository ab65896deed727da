"""How far a long step is, as a progress artifact on Prefect's pages."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture, as_completed

from bakeoff.progress import Progress
from tasks.outcome import shown_or_not

SECONDS = 5.0  # between two updates, however fast it goes: each is a request to the server


class Shown:
    """A progress artifact; a server that can't show it is no reason to stop."""

    def __init__(self, key: str, description: str) -> None:
        """Show that nothing is done yet."""
        self._id: UUID | None = None
        with shown_or_not("the progress"):
            self._id = cast(  # outside a coroutine Prefect returns the id itself
                "UUID", create_progress_artifact(0.0, key=key, description=description)
            )

    def update(self, share: float, description: str) -> None:
        """Show how much is done, from 0 to 1."""
        if self._id is not None:
            with shown_or_not("the progress"):
                update_progress_artifact(self._id, progress=100.0 * share, description=description)


def with_progress(futures: Iterable[PrefectFuture[Any]]) -> Iterator[PrefectFuture[Any]]:
    """Yield the folds' task runs as they end, and show how many have."""
    waiting = list(futures)
    artifact, due = Shown("cross-validation", f"{len(waiting)} folds to score"), time.monotonic() + SECONDS
    for done, future in enumerate(as_completed(waiting), start=1):
        if done == len(waiting) or time.monotonic() >= due:
            due = time.monotonic() + SECONDS
            artifact.update(done / len(waiting), f"{done} of {len(waiting)} folds scored")
        yield future


class RowsDone:
    """Shows the rows of a prediction as they are scored."""

    def __init__(self) -> None:
        """Show nothing before some are."""
        self._artifact: Shown | None = None
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show how far it is, if that is not what was just shown."""
        if time.monotonic() < self._next and progress.share < 1:
            return
        if self._artifact is None:
            self._artifact = Shown("prediction", "rows scored")
        self._artifact.update(progress.share, str(progress))
        self._next = time.monotonic() + SECONDS
