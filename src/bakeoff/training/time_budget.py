"""Skip the contestants that a race has no time for, and start the fast ones first where time is short."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from bakeoff.config import TrainingConfig
from bakeoff.estimators.contestant import CALIBRATION_FOLDS, Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.formatting import format_seconds
from bakeoff.metrics import METRICS
from bakeoff.runtime.cores import Expectation
from bakeoff.runtime.workspace import RunFolder

if TYPE_CHECKING:
    from bakeoff.data.dataset_ref import DatasetRef

UNKNOWN_SECONDS = 1.0  # expected of a fit that there is no formula for
IMPORTANCE_SHARE = 0.1  # of the race that permutation importance may take without being asked for
MOST_SHUFFLES, LEAST_SHUFFLES = 5, 3  # of each column
MOST_ROWS, LEAST_ROWS = 2_000, 100  # test rows that are shuffled
MOST_COLUMNS = 200
STEP_SECONDS = 0.05  # that a fit or a fold takes at least, with its process
PREDICTIONS = 2  # of a row that take no longer than its fit, for classifiers whose fits have no formula


def plan_importance(
    config: TrainingConfig, ref: "DatasetRef", fits: Mapping[str, float | None], winner: str, row_seconds: float | None
) -> tuple[int, int] | None:
    """Return on how many test rows, and how often, each column is shuffled; None if that would take too long.

    The predicted seconds depend on counts alone, so that the answer is the same on every machine.

    Args:
        config: the config of the race.
        ref: the dataset.
        fits: for each contestant that finished the predicted seconds of a fit; None without a formula.
        winner: the winner.
        row_seconds: the predicted seconds of a row's prediction by the winner; None if unknown.
    """
    n_columns, size = len(ref.features), ProblemSize.of(ref)
    if n_columns > MOST_COLUMNS or row_seconds is None:
        return None
    contestants = []
    for name, predicted in fits.items():
        contestant = Contestant.of(config, name, size)
        # With a time budget the given ones were measured on this machine.
        seconds = predicted if config.time_budget is None else contestant.predicted_seconds
        if seconds is None:
            seconds = PREDICTIONS * row_seconds * size.rows if name == winner else 0.0
        contestants.append(replace(contestant, predicted_seconds=STEP_SECONDS + seconds))
    affordable = IMPORTANCE_SHARE * predict_race_seconds(contestants, config, workers=1) / (n_columns * row_seconds)
    rows = min(MOST_ROWS, ref.rows["test"], int(affordable / LEAST_SHUFFLES))
    return (rows, min(MOST_SHUFFLES, int(affordable / rows))) if rows >= min(LEAST_ROWS, ref.rows["test"]) else None


def predict_race_seconds(contestants: Iterable[Contestant], config: TrainingConfig, workers: int) -> float:
    """Predict the seconds of all fits and folds on `workers` cores, each fit on one core."""
    fit_seconds = [contestant.predicted_seconds or 0.0 for contestant in contestants]
    n_fits = [
        1 + config.cross_validation.n_splits * fits_per_fold(contestant, config.cross_validation.folds)
        for contestant in contestants
    ]
    return max(sum(seconds * count for seconds, count in zip(fit_seconds, n_fits)) / workers, *fit_seconds, 0.0)


def skip_over_budget(contestants: Mapping[str, Contestant], config: TrainingConfig, workers: int) -> dict[str, str]:
    """Predict which contestants can't finish within `time_budget`.

    The fastest contestants are kept first, as long as all that are kept fit into the budget together.

    Args:
        workers: the number of fits that run at once.

    Returns:
        By name of each skipped contestant, the reason.
    """
    if config.time_budget is None:
        return {}
    kept: list[Contestant] = []
    skipped = {}
    for name, contestant in sorted(
        contestants.items(), key=lambda item: predict_race_seconds([item[1]], config, workers)
    ):
        needed = predict_race_seconds([*kept, contestant], config, workers)
        if needed <= config.time_budget:
            kept.append(contestant)
            continue
        others = f" with {len(kept)} before it" if kept else ""
        alone = format_seconds(predict_race_seconds([contestant], config, workers))
        skipped[name] = f"predicted to take {alone}, more than time_budget ({config.time_budget:g} s) has{others}"
    return skipped


def order_contestants(contestants: Iterable[Contestant], config: TrainingConfig) -> list[Contestant]:
    """Sort contestants in the order that they are started in.

    Without a budget those that are predicted to take longest come first, since the last step runs alone, on one core,
    and should be a short one. With a budget they come last, so that they hold no core that a faster one needs.
    """
    hurried = config.time_budget is not None
    unknown = UNKNOWN_SECONDS if hurried else inf
    return sorted(
        contestants,
        key=lambda contestant: unknown if contestant.predicted_seconds is None else contestant.predicted_seconds,
        reverse=not hurried,
    )


def expect(contestant: Contestant, run: RunFolder) -> Expectation | None:
    """Return what is expected of a contestant's steps, by which they share the cores; None without a budget."""
    if run.deadline is None:
        return None
    seconds = UNKNOWN_SECONDS if contestant.predicted_seconds is None else contestant.predicted_seconds
    return Expectation(f"{run.path}: {contestant.name}", seconds)


def race_deadline(config: TrainingConfig) -> float | None:
    """Return when a race that begins now runs out of time, in seconds since the epoch; None for never."""
    return None if config.time_budget is None else time.time() + config.time_budget


def fits_per_fold(contestant: Contestant, folds: int) -> float:
    """Return the cost of one fold of cross-validation, in fits on all training rows.

    Scoring the held-out rows is counted as if they were fitted, too.

    Args:
        contestant: the contestant; with a calibrator inside it, a fold takes several fits.
        folds: the number of folds of the cross-validation.
    """
    inside = METRICS[contestant.scoring].of_probabilities and contestant.calibration != "none"
    calibrated = inside and (contestant.calibration != "auto" or contestant.name == "svm")
    return 1 + (CALIBRATION_FOLDS - 1) * (1 - 1 / folds) if calibrated else 1.0
