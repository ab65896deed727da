"""The baseline: what scikit-learn's `DummyClassifier(strategy="prior")` predicts, from class counts alone."""

from collections.abc import Sequence

import numpy as np

from bakeoff.classifiers import title
from bakeoff.metrics import METRICS, MetricName

UNEVEN = 1.2  # the largest class, in even shares, from which on balanced accuracy weighs the classes otherwise


def predict_baseline(y: np.ndarray, n_rows: int, n_classes: int, metric: MetricName) -> np.ndarray:
    """Predict the most frequent class for every row, or if the metric needs probabilities the class shares.

    Args:
        y: class codes of the rows that the baseline is fitted on.
        n_rows: the number of rows to predict.
        n_classes: the number of classes.
        metric: the metric that takes the predictions.

    Returns:
        Class codes, shape (n_rows,), or probabilities, shape (n_rows, n_classes).
    """
    counts = np.bincount(y, minlength=n_classes)
    if METRICS[metric].of_probabilities:
        return np.tile(counts / counts.sum(), (n_rows, 1))
    return np.full(n_rows, counts.argmax())


def warn_of_baseline(
    answer: str, share: float, n_classes: int, metric: MetricName, winner: str, leader: str, beaten_by: Sequence[str]
) -> str | None:
    """Return a warning if the winner is not better than the baseline beyond chance, else None.

    Args:
        answer: the most frequent class.
        share: its share of the rows.
        n_classes: the number of classes.
        metric: the metric of the race.
        winner: the contestant that was chosen.
        leader: the contestant with the highest score.
        beaten_by: the contestants that are better than the baseline beyond chance.
    """
    if winner in beaten_by:
        return None
    baseline = f"always answering {answer!r}"
    if METRICS[metric].of_probabilities:
        baseline = f"giving every row the class shares ({answer!r} {100 * share:.1f} %)"
    if beaten_by:
        better = leader if leader in beaten_by else beaten_by[0]
        advice = "selection.rule: best_mean" if better == leader else "more rows"
        return f"{title(winner)} does not beat {baseline}, {title(better)} does; try {advice}"
    advice = "more rows, or columns that tell the classes apart"
    if metric == "accuracy" and share * n_classes > UNEVEN:
        advice = "cross_validation.scoring: balanced_accuracy"
    elif metric == "neg_log_loss":
        advice = "cross_validation.scoring: roc_auc_ovr"
    return f"no contestant beats {baseline}; try {advice}"
