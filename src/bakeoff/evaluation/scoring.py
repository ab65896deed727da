"""Scores on rows, and on many resamples of rows at once.

Classes are counted here: 0, 1, … in scikit-learn's order. What a model answers for some rows is either the class of
each, shape (n_rows,), -1 for none, or with a metric of probabilities each class's, shape (n_rows, n_classes).
"""

import numpy as np

from bakeoff.metrics import MetricName


def score(metric: MetricName, y: np.ndarray, answers: np.ndarray, n_classes: int) -> float:
    """The metric as scikit-learn's scorer of that name gives it.

    A class that none of the rows has does not count in an average over the classes.

    Args:
        y: the rows' classes, shape (n_rows,).
        answers: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
    """
    from sklearn import metrics

    if metric == "accuracy":
        value = metrics.accuracy_score(y, answers)
    elif metric == "balanced_accuracy":
        present = np.unique(y)
        value = np.average(metrics.recall_score(y, answers, labels=present, average=None, zero_division=0))
    elif metric == "f1_macro":
        value = metrics.f1_score(y, answers, labels=_classes(y, answers), average="macro", zero_division=0)
    elif metric == "neg_log_loss":
        value = -metrics.log_loss(y, answers, labels=np.arange(n_classes))
    elif len(np.unique(y)) < n_classes:
        return float(resampled_scores(metric, y, answers, np.ones((1, len(y))))[0])
    else:
        value = metrics.roc_auc_score(y, answers if n_classes > 2 else answers[:, 1], multi_class="ovr")
    return float(value)


def row_scores(metric: MetricName, y: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """What each row adds to a metric that is a plain mean over the rows, shape (n_rows,).

    Args:
        y: shape (n_rows,).
        answers: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
    """
    if metric == "accuracy":
        right: np.ndarray = (answers == y).astype(float)
        return right
    assert metric == "neg_log_loss"
    tiny = np.finfo(answers.dtype).eps  # as scikit-learn's log_loss clips
    logs: np.ndarray = np.log(np.clip(answers[np.arange(len(y)), y], tiny, 1 - tiny))
    return logs


def resampled_scores(metric: MetricName, y: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The metric of many resamples of the rows at once, for the metrics that are no mean over the rows.

    Args:
        y: shape (n_rows,).
        answers: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
        weights: how often each resample holds each row, shape (n_resamples, n_rows).

    Returns:
        shape (n_resamples,); NaN where a resample holds rows of one class only and the metric is an AUC.
    """
    if metric == "roc_auc_ovr":
        columns = range(answers.shape[1]) if answers.shape[1] > 2 else (1,)
        areas = [_auc(y == column, answers[:, column], weights) for column in columns]
        return mean_of_known(np.stack(areas))
    classes = np.unique(y) if metric == "balanced_accuracy" else _classes(y, answers)
    there, said = y[:, None] == classes, answers[:, None] == classes
    support, hits = weights @ there, weights @ (there & said)
    with np.errstate(invalid="ignore"):
        if metric == "balanced_accuracy":
            return mean_of_known((hits / support).T)
        f1: np.ndarray = np.nan_to_num(2 * hits / (support + weights @ said)).mean(axis=1)
    return f1


def _classes(y: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Those that occur, truly or as an answer; -1 is no answer."""
    return np.union1d(y, answers[answers >= 0])


def _auc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of pairs of a positive and a negative row that the scores order rightly, ties counting half.

    Args:
        positive: shape (n_rows,).
        scores: shape (n_rows,).
        weights: shape (n_resamples, n_rows).
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    ups = np.add.reduceat(weights[:, order] * positive[order], starts, axis=1)
    downs = np.add.reduceat(weights[:, order] * ~positive[order], starts, axis=1)
    below = np.cumsum(downs, axis=1) - downs / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        area: np.ndarray = (ups * below).sum(axis=1) / (ups.sum(axis=1) * downs.sum(axis=1))
    return area


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """The mean over the first axis, leaving out NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: np.ndarray = np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)
    return mean
