"""Which contestants a race has time for."""

import time
from collections.abc import Iterable, Mapping

from bakeoff.config import TrainingConfig
from bakeoff.estimators.contestant import CALIBRATION_FOLDS, Contestant
from bakeoff.formatting import format_seconds
from bakeoff.metrics import METRICS


def predict_race_seconds(contestants: Iterable[Contestant], config: TrainingConfig, workers: int) -> float:
    """Seconds of all fits and folds on so many cores, none of which can be shared by one fit."""
    each = [contestant.predicted_seconds or 0.0 for contestant in contestants]
    fits = [
        1 + config.cross_validation.n_splits * fits_per_fold(contestant, config.cross_validation.folds)
        for contestant in contestants
    ]
    return max(sum(a * b for a, b in zip(each, fits)) / workers, *each, 0.0)


def skip_over_budget(contestants: Mapping[str, Contestant], config: TrainingConfig, workers: int) -> dict[str, str]:
    """Which contestants can't finish within `time_budget`, by what they are predicted to take; and why.

    Those that take least come first, each with what is left by those before it.

    Args:
        workers: how many fits run at once.
    """
    if config.time_budget is None:
        return {}
    running: list[Contestant] = []
    skipped = {}
    for name, contestant in sorted(
        contestants.items(), key=lambda item: predict_race_seconds([item[1]], config, workers)
    ):
        needed = predict_race_seconds([*running, contestant], config, workers)
        if needed <= config.time_budget:
            running.append(contestant)
            continue
        others = f" with {len(running)} before it" if running else ""
        alone = format_seconds(predict_race_seconds([contestant], config, workers))
        skipped[name] = f"predicted to take {alone}, more than time_budget ({config.time_budget:g} s) has{others}"
    return skipped


def race_deadline(config: TrainingConfig) -> float | None:
    """When a race that begins now is out of time, in seconds since 1970; None for never."""
    return None if config.time_budget is None else time.time() + config.time_budget


def fits_per_fold(contestant: Contestant, folds: int) -> float:
    """How much of a fit on all training rows a fold is, its scoring counted as the rows that it leaves out.

    Args:
        folds: of the cross-validation.
    """
    inside = METRICS[contestant.scoring].of_probabilities and contestant.calibration != "none"
    calibrated = inside and (contestant.calibration != "auto" or contestant.name == "svm")
    return 1 + (CALIBRATION_FOLDS - 1) * (1 - 1 / folds) if calibrated else 1.0
