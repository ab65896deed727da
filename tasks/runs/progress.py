"""Show the progress of long steps as artifacts on Prefect's pages."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture, as_completed

from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.progress import Progress, RaceProgress
from tasks.runs.artifact_keys import artifact_key
from tasks.runs.outage import or_warn
from tasks.runs.states import end_of

SECONDS = 5.0  # the least time between two updates, each of which is a request to the server

_watchers: list[Callable[[RaceProgress], None]] = []


class ProgressArtifact:
    """A progress artifact; a failure to show it is only logged."""

    def __init__(self, key: str, description: str) -> None:
        """Create the artifact, at 0 %."""
        self._id: UUID | None = None
        with or_warn("the progress could not be shown"):
            self._id = cast(  # outside a coroutine Prefect returns the id itself
                "UUID", create_progress_artifact(0.0, key=key, description=description)
            )

    def update(self, share: float, description: str) -> None:
        """Show the share that is done, from 0 to 1."""
        if self._id is not None:
            # After a failed request, whose retries may take half a minute, no other is sent.
            artifact, self._id = self._id, None
            with or_warn("the progress could not be shown"):
                update_progress_artifact(artifact, progress=100.0 * share, description=description)
                self._id = artifact


@contextlib.contextmanager
def race_watcher(watcher: Callable[[RaceProgress], None]) -> Iterator[None]:
    """Call the watcher when a race begins within the block, and after each of its folds."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def show_race(
    model: str, contestants: Mapping[str, Contestant], folds: Mapping[str, Sequence[PrefectFuture[Any]]]
) -> None:
    """Wait for the folds of all contestants, and show meanwhile how many have ended.

    Args:
        model: the model's name in the store.
        contestants: the contestants by name.
        folds: the task runs of the folds by contestant.
    """
    racing = {future: name for name, runs in folds.items() for future in runs}
    n_folds = max((len(runs) for runs in folds.values()), default=0)
    race = RaceProgress(n_folds, {name: contestants[name].predicted_seconds for name in folds})
    artifact = ProgressArtifact(artifact_key("cross-validation", model), f"{len(racing)} folds to score")
    due = time.monotonic() + SECONDS
    _notify_watchers(race)
    for future in as_completed([*racing]):
        score = end_of(future).value
        race.end_fold(racing[future], getattr(score, "score", None))
        _notify_watchers(race)
        if race.done == race.total or time.monotonic() >= due:
            due = time.monotonic() + SECONDS
            artifact.update(race.share, str(race))


def _notify_watchers(race: RaceProgress) -> None:
    for watcher in _watchers:
        watcher(race)


class PredictionProgress:
    """Shows the progress of a prediction run."""

    def __init__(self, model: str) -> None:
        """Show nothing until the first rows are scored.

        Args:
            model: the model's name in the store.
        """
        self._key = artifact_key("prediction", model)
        self._artifact: ProgressArtifact | None = None
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show the progress, at most every `SECONDS`, and when all rows are scored."""
        if time.monotonic() < self._next and progress.share < 1:
            return
        if self._artifact is None:
            self._artifact = ProgressArtifact(self._key, "rows scored")
        self._artifact.update(progress.share, str(progress))
        self._next = time.monotonic() + SECONDS
