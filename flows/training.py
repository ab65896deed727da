"""The training flow: rows → folds and fits, side by side → calibration → evaluation → winner → version → promotion."""

if __name__ == "__main__":
    import functools

    # Ahead of the slow imports below, so that both servers come up meanwhile: `main` imports this module.
    from bakeoff.apart import run_apart, start_server

    start_server()
    from bakeoff.config import TrainingConfig
    from bakeoff.showing import show_training
    from flows.command import leave, main

    check = functools.partial(run_apart, "bakeoff.checks:check_training")
    leave(main("training", TrainingConfig, check, show_training))

from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.checks import check_places
from bakeoff.classifiers import CLASSIFIERS
from bakeoff.config import TrainingConfig
from bakeoff.contestant import Contestant
from bakeoff.errors import TrainingError
from bakeoff.handover import DatasetRef
from bakeoff.leaderboard import Scorecard, score_contestant
from bakeoff.threads import cores
from bakeoff.workspace import RunFolder, run_folder
from tasks.calibrate import calibrate
from tasks.cross_validate import cross_validate
from tasks.evaluate import evaluate
from tasks.export import export, show
from tasks.fit import fit
from tasks.generate import generate
from tasks.heartbeat import beating
from tasks.logs import follow_library
from tasks.outcome import outcome, stated, value
from tasks.parameters import named, read_parameter
from tasks.pick import pick
from tasks.progress import with_progress
from tasks.promote import promote
from tasks.schedule import scheduled_second
from tasks.supersede import supersede_missed_runs


@flow(
    name="training",
    flow_run_name=named("train {name}", TrainingConfig),
    validate_parameters=False,  # `read_parameter` does it, in one sentence
    task_runner=ThreadPoolTaskRunner(max_workers=cores()),  # type: ignore[arg-type]  # its futures are a subtype of what is asked for
)
@stated
@beating
def training(config: TrainingConfig = TrainingConfig()) -> str | State[None]:
    """Race the contestants on the same folds, keep the best, export it as a sealed version; returns its folder."""
    follow_library()
    config = read_parameter(TrainingConfig, config)
    if superseded := supersede_missed_runs():
        return superseded
    config = config.with_batch(scheduled_second())
    check_places(config)
    with run_folder(config.workspace) as run:
        dataset = value(generate.submit(config, run))
        scorecards, models = race(config, dataset, run)
        if not any(card.status == "ok" for card in scorecards):
            reasons = "; ".join(f"{card.classifier}: {card.reason}" for card in scorecards)
            raise TrainingError(f"all contestants failed: {reasons}")
        selection = value(pick.submit(config, dataset, scorecards))
        winner, by = models[selection.winner], f"flow run {flow_run.id}"
        version = value(export.submit(config, dataset, scorecards, selection, winner, run.path, by))
        value(promote.submit(config, dataset, version.name, by))
        outcome(show.submit(config, version.name))  # the version stands, shown or not
    return str(version)


def race(config: TrainingConfig, dataset: DatasetRef, run: RunFolder) -> tuple[list[Scorecard], dict[str, Any]]:
    """Fan out every contestant's fit and folds, and draw together what comes of them."""
    numbers = range(1, config.cross_validation.n_splits + 1)
    fits, models, tests, folds = {}, {}, {}, {}
    contestants = {name: Contestant.of(config, name, dataset.rows["train"]) for name in config.classifiers}
    # The least simple first: what takes longest then does not come last, alone on one core.
    for name in sorted(contestants, key=list(CLASSIFIERS).index, reverse=True):
        contestant = contestants[name]
        fits[name] = fit.submit(dataset, contestant, run)
        folds[name] = [
            cross_validate.submit(dataset, contestant, config.cross_validation, fold, run) for fold in numbers
        ]
    for name, model in fits.items():  # Prefect puts results in the futures' places, here and below
        models[name] = calibrate.submit(dataset, contestants[name], config, model, folds[name], run.path)  # type: ignore[call-overload]  # see above
    for name, model in models.items():
        tests[name] = evaluate.submit(dataset, contestants[name], model, config.selection.resamples)
    for _ in with_progress(fold for several in folds.values() for fold in several):
        pass
    scorecards, exportable = [], {}
    for name in config.classifiers:
        parts = [*map(outcome, [*folds[name], fits[name], models[name], tests[name]])]
        reason = next((part.reason for part in parts if part.reason), None)
        *scores, _, model, test = (part.value for part in parts)
        exportable[name] = model
        scorecards.append(score_contestant(name, scores, model, test, reason))
    return scorecards, exportable
