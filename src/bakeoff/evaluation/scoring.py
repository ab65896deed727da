"""Score predictions on rows, and on many resamples of rows at once.

Classes are codes from 0 in scikit-learn's order; a predicted class that is unknown is -1. For metrics of probabilities
the predictions are probabilities.
"""

import numpy as np

from bakeoff.metrics import MetricName


def score(metric: MetricName, y: np.ndarray, predictions: np.ndarray, n_classes: int) -> float:
    """Compute a metric like scikit-learn's scorer of that name; macro averages leave out classes that don't occur.

    Args:
        metric: the metric's name.
        y: true class codes, shape (n_rows,).
        predictions: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
        n_classes: the number of classes, whether they occur or not.
    """
    from sklearn import metrics

    if metric == "accuracy":
        value = metrics.accuracy_score(y, predictions)
    elif metric == "balanced_accuracy":
        present = np.unique(y)
        value = np.average(metrics.recall_score(y, predictions, labels=present, average=None, zero_division=0))
    elif metric == "f1_macro":
        value = metrics.f1_score(y, predictions, labels=_classes(y, predictions), average="macro", zero_division=0)
    elif metric == "neg_log_loss":
        value = -metrics.log_loss(y, predictions, labels=np.arange(n_classes))
    elif len(np.unique(y)) < n_classes:
        return float(resampled_scores(metric, y, predictions, np.ones((1, len(y))))[0])
    else:
        value = metrics.roc_auc_score(y, predictions if n_classes > 2 else predictions[:, 1], multi_class="ovr")
    return float(value)


def row_scores(metric: MetricName, y: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Score each row by a metric that is a mean over the rows (accuracy or log loss), shape (n_rows,).

    Args:
        y: true class codes, shape (n_rows,).
        predictions: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
    """
    if metric == "accuracy":
        right: np.ndarray = (predictions == y).astype(float)
        return right
    assert metric == "neg_log_loss"
    tiny = np.finfo(predictions.dtype).eps  # as scikit-learn's log_loss clips
    logs: np.ndarray = np.log(np.clip(predictions[np.arange(len(y)), y], tiny, 1 - tiny))
    return logs


def resampled_scores(metric: MetricName, y: np.ndarray, predictions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute a metric that is not a mean over the rows for many resamples at once.

    Args:
        y: true class codes, shape (n_rows,).
        predictions: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
        weights: how often each resample contains each row, shape (n_resamples, n_rows).

    Returns:
        Shape (n_resamples,); the AUC of a resample with only one class is NaN.
    """
    if metric == "roc_auc_ovr":
        columns = range(predictions.shape[1]) if predictions.shape[1] > 2 else (1,)
        areas = [_auc(y == column, predictions[:, column], weights) for column in columns]
        return mean_of_known(np.stack(areas))
    classes = np.unique(y) if metric == "balanced_accuracy" else _classes(y, predictions)
    true, predicted = y[:, None] == classes, predictions[:, None] == classes
    support, hits = weights @ true, weights @ (true & predicted)
    with np.errstate(invalid="ignore"):
        if metric == "balanced_accuracy":
            return mean_of_known((hits / support).T)
        f1: np.ndarray = np.nan_to_num(2 * hits / (support + weights @ predicted)).mean(axis=1)
    return f1


def _classes(y: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the codes that occur among true or predicted classes, without -1."""
    return np.union1d(y, predictions[predictions >= 0])


def _auc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute the AUC as the share of positive-negative pairs in the right order; ties count half.

    Args:
        positive: shape (n_rows,).
        scores: shape (n_rows,).
        weights: shape (n_resamples, n_rows).
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    positives = np.add.reduceat(weights[:, order] * positive[order], starts, axis=1)
    negatives = np.add.reduceat(weights[:, order] * ~positive[order], starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        area: np.ndarray = (positives * below).sum(axis=1) / (positives.sum(axis=1) * negatives.sum(axis=1))
    return area


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Compute the mean over the first axis without NaN, like `np.nanmean` but without its warning."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: np.ndarray = np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)
    return mean
