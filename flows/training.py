"""The training flow: rows → folds and fits, side by side → calibration → evaluation → winner → version → promotion."""

if __name__ == "__main__":
    import functools

    # Ahead of the slow imports below, so that both servers come up meanwhile: `main` imports this module.
    from bakeoff.runtime.processes import run_apart, start_server
    from tasks import PRELOAD

    start_server(PRELOAD)
    from bakeoff.cli.show_training import show_training
    from bakeoff.config import TrainingConfig
    from flows.local.command_line import leave, main

    check = functools.partial(run_apart, "bakeoff.training.preflight:check_training")
    leave(main("training", TrainingConfig, check, show_training, picture="flows.local.display:live_race"))

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import Size
from bakeoff.runtime.processes import start_server
from bakeoff.runtime.threads import cores
from bakeoff.runtime.transfer import unpack
from bakeoff.runtime.workspace import RunFolder, run_folder
from bakeoff.training.leaderboard import (
    Scorecard,
    Status,
    require_finisher,
    score_contestant,
)
from bakeoff.training.preflight import check_places
from bakeoff.training.time_budget import deadline_of, skip_slowest
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
from tasks.runs.dask import RECEIVED, Crew, crew
from tasks.runs.follow_up import ask_for_prediction, catch_up
from tasks.runs.heartbeat import beating
from tasks.runs.logs import follow_library
from tasks.runs.parameters import named, read_parameter
from tasks.runs.progress import show_race
from tasks.runs.schedule import scheduled_second, supersede_missed_runs
from tasks.runs.states import (
    Outcome,
    outcome,
    stated,
    steps_end_first,
    value,
)

SPARE = 2  # threads beyond the steps that run at once: what Prefect notes of a task run keeps no core waiting


@flow(
    name="training",
    flow_run_name=named("train {name}", TrainingConfig),
    validate_parameters=False,  # `read_parameter` does it, in one sentence
    task_runner=ThreadPoolTaskRunner(max_workers=cores() + SPARE),  # type: ignore[arg-type]  # its futures are a subtype of what is asked for
)
@stated
@beating
def training(config: TrainingConfig = TrainingConfig()) -> str | State[None]:
    """Race the contestants on the same folds, keep the best, export it as a sealed version; returns its folder."""
    follow_library()
    start_server(PRELOAD)
    config = read_parameter(TrainingConfig, config)
    if superseded := supersede_missed_runs():
        return superseded
    catch_up()
    config = config.with_batch(scheduled_second())
    check_places(config)
    with run_folder(config.workspace) as run, steps_end_first():
        dataset = value(generate.submit(config, run))
        scorecards, models = race(config, dataset, run)
        require_finisher(scorecards)
        selection = value(pick.submit(config, dataset, scorecards))
        winner, by = models[selection.winner], f"flow run {flow_run.id}"
        require_wanted("nothing was exported")
        version = value(export.submit(config, dataset, scorecards, selection, winner, run.path, by))
        published[:] = [version]
        require_wanted(f"its version stands, but has not met the champion: {version}")
        value(promote.submit(config, dataset, version.name, by))
        ask_for_prediction()
        outcome(show.submit(config, dataset, version.name))  # the version stands, shown or not
    return str(version)


def race(config: TrainingConfig, dataset: DatasetRef, run: RunFolder) -> tuple[list[Scorecard], dict[str, Any]]:
    """Fan out every contestant's fit and folds, and draw together what comes of them."""
    size = Size.of(dataset)
    contestants = {name: Contestant.of(config, name, size) for name in config.classifiers}
    run = replace(run, deadline=deadline_of(config))
    with crew(config, dataset, run) as racing:
        skipped = skip_slowest(contestants, config, racing.workers)
        running = [contestant for name, contestant in contestants.items() if name not in skipped]
        fits, folds = fan_out(config, dataset, running, racing)
        models: dict[str, Any] = {}
        tests: dict[str, Any] = {}
        for name, model in fits.items():  # Prefect puts results in the futures' places, here and below
            models[name] = calibrate.submit(dataset, contestants[name], config, model, folds[name], run.path)
        for name, model in models.items():
            tests[name] = evaluate.submit(dataset, contestants[name], model, config.selection.resamples, run.path)
        show_race(config.name, contestants, folds)
        ends = {name: [*map(outcome, [*folds[name], fits[name], models[name], tests[name]])] for name in models}
    scorecards = []
    for name, contestant in contestants.items():
        if name in skipped:
            scorecards.append(score_contestant(contestant, [], None, None, skipped[name], "skipped"))
            continue
        trouble = next((end for end in ends[name] if end.reason), Outcome())
        *scores, _, model, test = (end.value for end in ends[name])
        otherwise: Status = "skipped" if trouble.out_of_time else "failed"
        scores = [unpack(score, run.path / RECEIVED) for score in scores]
        scorecards.append(score_contestant(contestant, scores, model, test, trouble.reason, otherwise))
    return scorecards, {name: several[-2].value for name, several in ends.items()}


def fan_out(
    config: TrainingConfig, dataset: DatasetRef, contestants: Iterable[Contestant], racing: Crew
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Submit the fit and the folds of each contestant, those that take longest first."""
    fits, folds = {}, {}
    with racing.submitting():
        # What comes last would run alone, on one core.
        for each in sorted(contestants, key=lambda each: each.predicted_seconds or inf, reverse=True):
            fits[each.name] = fit.submit(dataset, each, racing.run)
            folds[each.name] = [
                cross_validate.submit(dataset, each, config.cross_validation, fold, racing.run)
                for fold in range(1, config.cross_validation.n_splits + 1)
            ]
    return fits, folds
