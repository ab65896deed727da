"""The steps of the training flow without Prefect: the same functions in the same processes, with the same result."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import BakeoffError, ConfigError, OutOfTimeError, StepLostError, describe, step_lost
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.slices.counted import needs_slice
from bakeoff.estimators.slices.timed import measure_contestants
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.progress import RaceProgress
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.workers import start_fork_server, stop_fork_server
from bakeoff.runtime.workspace import RunFolder, require_folder, run_folder
from bakeoff.training.earlier_runs.unchanged import find_unchanged, is_decided
from bakeoff.training.leaderboard import Scorecard, require_finisher, score_contestant
from bakeoff.training.results import CalibratedModel, FoldScore, PromotionDecision, Selection, TestResult
from bakeoff.training.time_budget import expect, order_contestants, race_deadline, skip_over_budget

DASK = "runner: dask needs Prefect: run it by python -m flows.training, or as a deployment"

Watcher = Callable[[RaceProgress], None]


@dataclass(frozen=True)
class RaceResult:
    """A race that was run, and what an export needs of it; its files last as long as the run's folder.

    Attributes:
        config: with the number of folds that the rows allow.
        models: the calibrated model of each contestant that finished, by name.
    """

    config: TrainingConfig
    dataset: DatasetRef
    scorecards: list[Scorecard]
    models: dict[str, CalibratedModel]
    selection: Selection
    folder: Path

    def export(self, config: TrainingConfig, by: str | None) -> Path | Address:
        """Export the winner to the store that a config names, and promote it if it is better; returns where it is.

        Args:
            config: the race's, perhaps with another store, name, signing or promotion.
            by: who exports it, for the journal.
        """
        version: Path | Address = run_in_process(
            "bakeoff.training.export:export_version",
            config,
            self.dataset,
            self.scorecards,
            self.selection,
            self.models[self.selection.winner],
            self.folder,
            by,
        )
        run_in_process("bakeoff.training.promote:promote_if_better", config, self.dataset, version.name, by)
        if config.report == "deep":
            run_in_process("bakeoff.report.write_report:add_inspection", config, self.dataset, version.name)
        return version


class UnchangedError(BakeoffError):
    """The race would make a version again.

    Attributes:
        version: that version's id.
        decision: the decision about it, if its own run ended before the comparison with the champion; else None.
    """

    def __init__(self, version: str, decision: PromotionDecision | None) -> None:
        super().__init__(f"version {version} is what the race would make again")
        self.version, self.decision = version, decision


@contextlib.contextmanager
def finished_race(
    config: TrainingConfig, watch: Watcher | None = None, *, stored_by: str | None = None
) -> Iterator[RaceResult]:
    """Run a race; within the block its files are there, and a version can be exported.

    Args:
        config: the run's config.
        watch: called when the race begins, and after each of its folds.
        stored_by: who is going to store a version; then a race that would make one again is not run.

    Raises:
        UserError: the config or the rows are wrong; nothing was written.
        UnchangedError: the race would make a version again, and `stored_by` is given.
        TrainingError: no contestant finished.
    """
    if config.runner == "dask":
        raise ConfigError(DASK)
    config = config.at(None)
    start_fork_server("bakeoff.training.preflight:preload")
    run_in_process("bakeoff.training.preflight:check_training", config)
    with run_folder(config.workspace) as run, _steps_end_first():
        dataset: DatasetRef = run_in_process("bakeoff.data.prepare:prepare_cached", config, run)
        config = config.with_folds(dataset.folds)
        if stored_by and (unchanged := find_unchanged(config, dataset)):
            raise UnchangedError(unchanged, _decide_late(config, dataset, unchanged, stored_by))
        scorecards, models = _race(config, dataset, run, watch)
        require_finisher(scorecards)
        selection: Selection = run_in_process("bakeoff.training.pick:pick_winner", config, dataset, scorecards)
        yield RaceResult(config, dataset, scorecards, models, selection, run.path)


def _decide_late(config: TrainingConfig, dataset: DatasetRef, version: str, by: str) -> PromotionDecision | None:
    """Compare a version with the champion, unless that was done; returns the decision."""
    if is_decided(config, version):
        return None
    path = "bakeoff.training.promote:promote_if_better"
    decision: PromotionDecision = run_in_process(path, config, dataset, version, by)
    if config.report == "deep":
        run_in_process("bakeoff.report.write_report:add_inspection", config, dataset, version)
    return decision


@contextlib.contextmanager
def _steps_end_first() -> Iterator[None]:
    """If the block is interrupted, end the processes of its steps, so that nobody waits for them."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        stop_fork_server()
        raise


def _race(
    config: TrainingConfig, dataset: DatasetRef, run: RunFolder, watch: Watcher | None
) -> tuple[list[Scorecard], dict[str, CalibratedModel]]:
    """Run all contestants in parallel, except those that can't finish within the time budget."""
    size, deadline = ProblemSize.of(dataset), race_deadline(config)
    path = "bakeoff.estimators.slices.counted:predict_race_svm"
    svm_seconds = run_in_process(path, dataset, config) if needs_slice(config, size) else None
    contestants = {name: Contestant.of(config, name, size, svm_seconds) for name in config.classifiers}
    if deadline is not None:
        contestants = measure_contestants(dataset, contestants, deadline)
    skipped = skip_over_budget(contestants, config, cpu_count())
    running = [contestants[name] for name in contestants if name not in skipped]
    cards = {name: score_contestant(contestants[name], [], None, None, why, "skipped") for name, why in skipped.items()}
    steps = _Steps(config, dataset, replace(run, deadline=deadline), len(running))
    try:
        futures = {contestant.name: steps.submit(contestant) for contestant in order_contestants(running, config)}
        if watch:
            _watch(watch, {name: folds for name, (folds, _) in futures.items()}, contestants)
        ends = {name: last.result() for name, (_, last) in futures.items()}
    except BaseException:
        steps.stop()
        raise
    steps.close()
    models = {name: model for name, (_, model) in ends.items() if model}
    cards |= {name: card for name, (card, _) in ends.items()}
    return [cards[name] for name in contestants], models


class _Steps:
    """The steps of a race: fits and folds on all cores, and for each contestant a thread that waits for them."""

    def __init__(self, config: TrainingConfig, dataset: DatasetRef, run: RunFolder, n_contestants: int) -> None:
        self._config, self._dataset, self._run, self._stopped = config, dataset, run, False
        # A step that is paused for a faster one keeps its thread.
        most = n_contestants * (1 + config.cross_validation.n_splits)
        self._pool = ThreadPoolExecutor(max(1, most if run.deadline is not None else min(most, cpu_count())))
        self._last = ThreadPoolExecutor(max(1, n_contestants))

    def submit(self, contestant: Contestant) -> tuple[list[Future[FoldScore]], Future[Any]]:
        """Submit a contestant's steps; returns the futures of its folds, and of its scorecard and model."""
        fit = self._step("bakeoff.training.fit:fit_cached", contestant)
        path, validation = "bakeoff.training.cross_validate:score_fold_cached", self._config.cross_validation
        folds = [self._step(path, contestant, validation, fold) for fold in range(1, validation.n_splits + 1)]
        return folds, self._last.submit(self._finish, contestant, fit, folds)

    def _step(self, path: str, contestant: Contestant, *args: Any) -> Future[Any]:
        return self._pool.submit(
            run_in_process,
            path,
            self._dataset,
            contestant,
            *args,
            self._run,
            deadline=self._run.deadline,
            expected=expect(contestant, self._run),
        )

    def _finish(
        self, contestant: Contestant, fit: Future[Any], folds: list[Future[FoldScore]]
    ) -> tuple[Scorecard, CalibratedModel | None]:
        """Calibrate and evaluate a contestant when its steps have ended; the first that failed gives the reason."""
        config, dataset, folder = self._config, self._dataset, self._run.path
        try:
            scores = [fold.result() for fold in folds]
            model: CalibratedModel = run_in_process(
                "bakeoff.training.calibrate:calibrate_classifier",
                dataset,
                contestant,
                config,
                fit.result(),
                scores,
                folder,
            )
            path, resamples = "bakeoff.training.evaluate:evaluate_classifier", config.selection.resamples
            test: TestResult = run_in_process(path, dataset, contestant, model, resamples, folder)
        except OutOfTimeError as error:
            return score_contestant(contestant, [], None, None, describe(error), "skipped"), None
        except Exception as error:  # whatever an estimator raises
            if self._stopped:  # not the contestant's failure
                raise
            if step_lost(error):
                raise StepLostError.of(contestant.name, describe(error)) from error
            require_folder(folder, error)
            return score_contestant(contestant, [], None, None, describe(error)), None
        return score_contestant(contestant, scores, model, test, None), model

    def stop(self) -> None:
        """End the steps that are under way, and drop the others."""
        self._stopped = True
        for pool in (self._pool, self._last):
            pool.shutdown(wait=False, cancel_futures=True)
        stop_fork_server()
        self.close()

    def close(self) -> None:
        """Wait for the threads."""
        for pool in (self._pool, self._last):
            pool.shutdown()


def _watch(watch: Watcher, folds: dict[str, list[Future[FoldScore]]], contestants: dict[str, Contestant]) -> None:
    racing = {future: name for name, futures in folds.items() for future in futures}
    n_folds = max(map(len, folds.values()), default=0)
    progress = RaceProgress(n_folds, {name: contestants[name].predicted_seconds for name in folds})
    watch(progress)
    for future in as_completed(racing):
        progress.end_fold(racing[future], None if future.exception() else future.result().score)
        watch(progress)
