"""The training flow: rows → folds and fits in parallel → calibration → evaluation → winner → version → promotion."""

if __name__ == "__main__":
    import functools

    # Before the slow imports below, so that both servers start in the meantime: `main` imports this module.
    from bakeoff.runtime.processes import run_in_process
    from bakeoff.runtime.workers import start_fork_server
    from tasks import PRELOAD

    start_fork_server(PRELOAD)
    from bakeoff.cli.show_training import show_training
    from bakeoff.config import TrainingConfig
    from flows.local.command_line import exit_process, main

    check = functools.partial(run_in_process, "bakeoff.training.preflight:check_training")
    exit_process(main("training", TrainingConfig, check, show_training, picture="flows.local.display:live_race"))

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.slices.counted import needs_slice
from bakeoff.estimators.slices.timed import measure_contestants
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.workers import start_fork_server
from bakeoff.runtime.workspace import RunFolder, run_folder
from bakeoff.store.load import open_store
from bakeoff.training.earlier_runs.unchanged import describe_unchanged, find_exported, find_unchanged, is_decided
from bakeoff.training.leaderboard import (
    Scorecard,
    require_finisher,
    score_contestant,
)
from bakeoff.training.preflight import check_contestants, check_places
from bakeoff.training.results import PromotionDecision
from bakeoff.training.time_budget import order_contestants, race_deadline, skip_over_budget
from tasks import PRELOAD
from tasks.calibrate import calibrate
from tasks.cross_validate import cross_validate
from tasks.evaluate import evaluate
from tasks.export import export, show
from tasks.fit import fit
from tasks.generate import generate
from tasks.pick import pick
from tasks.promote import promote
from tasks.runs.cancellation import published, require_wanted
from tasks.runs.contestant_run import ContestantRun
from tasks.runs.cooldown import cool_down
from tasks.runs.dask import RaceRunner, race_runner
from tasks.runs.events import emit_decision
from tasks.runs.follow_up import ask_for_prediction, catch_up
from tasks.runs.heartbeat import send_heartbeats
from tasks.runs.logs import follow_library
from tasks.runs.parameters import named, read_parameter
from tasks.runs.progress import show_race
from tasks.runs.schedule import scheduled_second, supersede_missed_runs
from tasks.runs.secrets import take_secret
from tasks.runs.states import end_of, failed_state_on_error, result_of, steps_end_first
from tasks.runs.steps import untraversed, upstream
from tasks.runs.tried_again import crash_on_outage
from tasks.time_svm import time_svm

SPARE = 2  # threads beyond one per core, so that no core idles while Prefect records a task run


@flow(
    name="training",
    flow_run_name=named("train {name}", TrainingConfig),
    validate_parameters=False,  # `read_parameter` does it, with a one-line error
    task_runner=ThreadPoolTaskRunner(max_workers=cpu_count() + SPARE),  # type: ignore[arg-type]  # its futures are a subtype
)
@failed_state_on_error
@send_heartbeats
@crash_on_outage
def training(config: TrainingConfig = TrainingConfig()) -> str | State[Any]:
    """Race the contestants on the same folds, keep the best, and export it as a sealed version.

    Returns:
        The version's folder; or the state to end with, if a newer scheduled run supersedes this one, if drift has
        started a run lately, or if a version of the same rows, split and config exists: its folder is the state's data.
    """
    follow_library()
    config = read_parameter(TrainingConfig, config)
    take_secret(config.dataset.url_env)
    start_fork_server(PRELOAD)
    if superseded := supersede_missed_runs() or cool_down(config.drift_cooldown):
        return superseded
    catch_up()
    config = config.at(scheduled_second())
    check_places(config)
    check_contestants(config)
    with run_folder(config.workspace) as run, steps_end_first():
        dataset = result_of(generate.submit(config, run))
        config = config.with_folds(dataset.folds)
        by = f"flow run {flow_run.id}"
        own = find_exported(config, by) if flow_run.run_count > 1 else None
        if (made := own or find_unchanged(config, dataset)) and is_decided(config, made):
            ask_for_prediction()
            return str(config.store / config.name / made) if own else nothing_new(config, made)
        version = config.store / config.name / made if made else make_version(config, dataset, run, by)
        dataset = untraversed(dataset)
        published[:] = [version]
        require_wanted(f"its version was exported, but not compared with the champion: {version}")
        decision = result_of(promote.submit(config, dataset, version.name, by))
        emit_decision(config, version.name, decision)
        ask_for_prediction()
        end_of(show.submit(config, dataset, version.name))  # the version exists, shown or not
    return str(version)


def make_version(config: TrainingConfig, dataset: DatasetRef, run: RunFolder, by: str) -> Path | Address:
    """Run the race, and export the winner; returns the version's folder or address."""
    scorecards, runs = race(config, dataset, run)
    require_finisher(scorecards)
    dataset = untraversed(dataset)
    selection = result_of(pick.submit(config, dataset, scorecards))
    winner = result_of(runs[selection.winner].model)
    require_wanted("nothing was exported")
    return result_of(export.submit(config, dataset, scorecards, selection, winner, run.path, by))


def nothing_new(config: TrainingConfig, version: str) -> State[Any]:
    """Return the state of a run that ends before fitting, since the version exists that it would make again."""
    message = describe_unchanged(version)
    emit_decision(config, version, PromotionDecision("keep", message, {}, open_store(config).champion()))
    logging.getLogger("bakeoff.training").info("%s; --retrain always trains all the same", message)
    return Completed(name="Nothing new", message=message, data=str(config.store / config.name / version))


def race(
    config: TrainingConfig, dataset: DatasetRef, run: RunFolder
) -> tuple[list[Scorecard], dict[str, ContestantRun]]:
    """Run all contestants in parallel, except those that can't finish within the time budget.

    Returns:
        The scorecards of all contestants, in the config's order, and the task runs of those that ran, by name.
    """
    size, deadline = ProblemSize.of(dataset), race_deadline(config)
    svm_seconds = end_of(time_svm.submit(untraversed(dataset), config)).value if needs_slice(config, size) else None
    contestants = {name: Contestant.of(config, name, size, svm_seconds) for name in config.classifiers}
    if deadline is not None:
        contestants = measure_contestants(dataset, contestants, deadline)
    with race_runner(config, dataset, replace(run, deadline=deadline)) as runner:
        skipped = skip_over_budget(contestants, config, runner.workers)
        running = {name: contestant for name, contestant in contestants.items() if name not in skipped}
        runs = fan_out(config, dataset, running, runner)
        show_race(config.name, running, {name: contestant_run.folds for name, contestant_run in runs.items()})
        cards = {name: contestant_run.scorecard(contestants[name], run.path) for name, contestant_run in runs.items()}
    for name, reason in skipped.items():
        cards[name] = score_contestant(contestants[name], [], None, None, reason, "skipped")
    return [cards[name] for name in contestants], runs


def fan_out(
    config: TrainingConfig, dataset: DatasetRef, contestants: Mapping[str, Contestant], runner: RaceRunner
) -> dict[str, ContestantRun]:
    """Submit all steps of the contestants, the longest fits and folds first, or the shortest if time is short.

    Returns:
        The task runs by contestant.
    """
    fits: dict[str, Any] = {}
    folds: dict[str, Any] = {}
    if config.runner == "threads":  # Dask would turn the wrapper into a plain tuple
        dataset = untraversed(dataset)
    with runner.submitting():
        for contestant in order_contestants(contestants.values(), config):
            fits[contestant.name] = fit.submit(dataset, contestant, runner.run)
            folds[contestant.name] = [
                cross_validate.submit(dataset, contestant, config.cross_validation, fold, runner.run)
                for fold in range(1, config.cross_validation.n_splits + 1)
            ]
    # Prefect replaces the futures among arguments by their results.
    models = {
        name: calibrate.submit(dataset, contestants[name], config, upstream(fits[name]), folds[name], runner.run.path)
        for name in fits
    }
    tests = {
        name: evaluate.submit(dataset, contestants[name], upstream(model), config.selection.resamples, runner.run.path)
        for name, model in models.items()
    }
    return {name: ContestantRun(folds[name], fits[name], models[name], tests[name]) for name in fits}
