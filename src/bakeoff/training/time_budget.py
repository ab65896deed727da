"""Skip the contestants that a race has no time for."""

import time
from collections.abc import Iterable, Mapping

from bakeoff.config import TrainingConfig
from bakeoff.estimators.contestant import CALIBRATION_FOLDS, Contestant
from bakeoff.formatting import format_seconds
from bakeoff.metrics import METRICS


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
