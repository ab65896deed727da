"""Bootstrap scores of several models on the same held-out rows."""

import numpy as np

from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.evaluation.scoring import (
    mean_of_known,
    resampled_scores,
)
from bakeoff.metrics import METRICS, MetricName

CHUNK = 4_000_000  # weights held at once while resampling: 32 MB


def bootstrap_scores(
    answers: HeldOutPredictions, metric: MetricName, resamples: int, seed: int = 0
) -> dict[str, np.ndarray]:
    """Every model's score on resampled rows, the same ones for all: their differences are a paired bootstrap.

    The rows are drawn with replacement within each class, so that every resample has the classes' observed shares
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 16); where rows belong to groups,
    whole groups are drawn instead. The models are not fitted again.

    Returns:
        for each model an array of shape (resamples,).
    """
    reduced, counts = _cells(answers, metric)
    generator = np.random.default_rng(seed)
    strata = [np.flatnonzero(reduced.y == column) for column in np.unique(reduced.y)]
    scores: dict[str, list[np.ndarray]] = {name: [] for name in answers.by_model}
    chunk = max(1, CHUNK // len(counts))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        if reduced.groups is None:
            weights = np.empty((size, len(counts)))
            for rows in strata:
                total = counts[rows].sum()
                weights[:, rows] = generator.multinomial(total, counts[rows] / total, size)
        else:
            names, places = np.unique(reduced.groups, return_inverse=True)
            drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size)
            weights = drawn[:, places].astype(float)
        for name, parts in scores.items():
            parts.append(_mean_over_folds(reduced, name, metric, weights))
    return {name: np.concatenate(parts) for name, parts in scores.items()}


def _mean_over_folds(answers: HeldOutPredictions, name: str, metric: MetricName, weights: np.ndarray) -> np.ndarray:
    parts = [
        resampled_scores(metric, answers.y[rows], given[rows], weights[:, rows])
        for given, folds in zip(answers.by_model[name], answers.folds)
        for rows in (np.flatnonzero(folds == fold) for fold in np.unique(folds))
    ]
    return mean_of_known(np.array(parts))


def _cells(answers: HeldOutPredictions, metric: MetricName) -> tuple[HeldOutPredictions, np.ndarray]:
    """Rows that all models answered alike in the same folds drawn into one, and how many they are.

    With probabilities, and in groups, there are no such rows.
    """
    if METRICS[metric].of_probabilities or answers.groups is not None:
        return answers, np.ones(len(answers.y))
    signatures = np.concatenate([answers.y[None], answers.folds, *answers.by_model.values()])
    _, rows, counts = np.unique(signatures, axis=1, return_index=True, return_counts=True)
    given = {name: several[:, rows] for name, several in answers.by_model.items()}
    return HeldOutPredictions(answers.y[rows], answers.folds[:, rows], given, answers.n_classes), counts
