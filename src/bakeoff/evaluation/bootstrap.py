"""Bootstrap scores of several models on the same held-out rows."""

import numpy as np

from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.evaluation.scoring import (
    mean_of_known,
    resampled_scores,
)
from bakeoff.metrics import METRICS, MetricName

CHUNK = 4_000_000  # most weights in memory at once: 32 MB


def bootstrap_scores(
    predictions: HeldOutPredictions, metric: MetricName, resamples: int, seed: int = 0
) -> dict[str, np.ndarray]:
    """Score every model on the same resamples, so that differences between models are those of a paired bootstrap.

    Rows are drawn with replacement within each class, which keeps the observed class shares in every resample (Efron
    and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 16). If the rows are grouped, whole groups
    are drawn instead. The models are not refitted.

    Args:
        predictions: the held-out predictions.
        metric: the metric to score by.
        resamples: the number of resamples.
        seed: the seed of the random numbers.

    Returns:
        The scores by model, each array of shape (resamples,).
    """
    reduced, counts = _distinct_rows(predictions, metric)
    generator = np.random.default_rng(seed)
    strata = [np.flatnonzero(reduced.y == column) for column in np.unique(reduced.y)]
    scores: dict[str, list[np.ndarray]] = {name: [] for name in predictions.by_model}
    chunk = max(1, CHUNK // len(counts))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        if reduced.groups is None:
            weights = np.empty((size, len(counts)))
            for rows in strata:
                total = counts[rows].sum()
                weights[:, rows] = generator.multinomial(total, counts[rows] / total, size)
        else:
            groups, codes = np.unique(reduced.groups, return_inverse=True)
            drawn = generator.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size)
            weights = drawn[:, codes].astype(float)
        for name, parts in scores.items():
            parts.append(_mean_over_folds(reduced, name, metric, weights))
    return {name: np.concatenate(parts) for name, parts in scores.items()}


def _mean_over_folds(predictions: HeldOutPredictions, name: str, metric: MetricName, weights: np.ndarray) -> np.ndarray:
    """Average a model's scores over the folds of all repeats, for each resample, shape (n_resamples,)."""
    fold_scores = [
        resampled_scores(metric, predictions.y[rows], predicted[rows], weights[:, rows])
        for predicted, folds in zip(predictions.by_model[name], predictions.folds)
        for rows in (np.flatnonzero(folds == fold) for fold in np.unique(folds))
    ]
    return mean_of_known(np.array(fold_scores))


def _distinct_rows(predictions: HeldOutPredictions, metric: MetricName) -> tuple[HeldOutPredictions, np.ndarray]:
    """Merge rows with the same class, folds and predictions, since resampling their counts is much faster.

    Probabilities hardly ever repeat, and grouped rows can't be merged: these are returned unchanged.

    Returns:
        The distinct rows, and how often each occurs, shape (n_distinct,).
    """
    if METRICS[metric].of_probabilities or predictions.groups is not None:
        return predictions, np.ones(len(predictions.y))
    signatures = np.concatenate([predictions.y[None], predictions.folds, *predictions.by_model.values()])
    _, rows, counts = np.unique(signatures, axis=1, return_index=True, return_counts=True)
    by_model = {name: predicted[:, rows] for name, predicted in predictions.by_model.items()}
    return HeldOutPredictions(predictions.y[rows], predictions.folds[:, rows], by_model, predictions.n_classes), counts
