"""Held-out predictions of several models for the same rows, and the encoding of class labels."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.evaluation.scoring import (
    row_scores,
    score,
)
from bakeoff.metrics import METRICS, MetricName


@dataclass(frozen=True)
class HeldOutPredictions:
    """Predictions of several models for the same rows, each by a model that was not fitted on the row.

    Attributes:
        y: true class codes from 0, shape (n_rows,).
        folds: the fold in which each row was predicted, shape (n_repeats, n_rows). The predictions of a fold come from
            one fitted model, so metrics that rank rows are computed within folds only.
        by_model: the predicted codes of each model, shape (n_repeats, n_rows), or its probabilities, shape
            (n_repeats, n_rows, n_classes).
        n_classes: the number of classes.
        groups: the group of each row, shape (n_rows,), or None if rows are independent.
    """

    y: np.ndarray
    folds: np.ndarray
    by_model: Mapping[str, np.ndarray]
    n_classes: int
    groups: np.ndarray | None = None

    def mean_row_scores(self, name: str, metric: MetricName) -> np.ndarray:
        """Average a model's `row_scores` over the repeats, shape (n_rows,); for metrics that are a mean over rows."""
        repeats = [row_scores(metric, self.y, predicted) for predicted in self.by_model[name]]
        mean: np.ndarray = np.mean(repeats, axis=0)
        return mean

    def fold_scores(self, name: str, metric: MetricName) -> list[float]:
        """Score a model on each fold, in order."""
        return [
            score(metric, self.y[rows], predicted[rows], self.n_classes)
            for predicted, folds in zip(self.by_model[name], self.folds)
            for rows in (folds == fold for fold in np.unique(folds))
        ]

    def score(self, name: str, metric: MetricName) -> float:
        """Average a model's score over the folds of all repeats."""
        return float(np.mean(self.fold_scores(name, metric)))


def encode_labels(values: np.ndarray, classes: Sequence[str], spelling: Callable[[str], str] = str) -> np.ndarray:
    """Encode labels as class codes from 0, shape (n_rows,); -1 for a label that is not a class.

    Args:
        values: integers or text, shape (n_rows,).
        classes: as text.
        spelling: converts a label to the form that `classes` has.
    """
    codes = {name: code for code, name in enumerate(classes)}
    unique, inverse = np.unique(values, return_inverse=True)
    return np.array([codes.get(spelling(str(value)), -1) for value in unique], dtype=int)[inverse]


def response_values(
    model: Any, X: pd.DataFrame, classes: Sequence[str], metric: MetricName, spelling: Callable[[str], str] = str
) -> np.ndarray:
    """Predict class codes, shape (n_rows,), or if the metric needs them probabilities, shape (n_rows, n_classes).

    Args:
        model: a fitted classifier.
        X: shape (n_rows, n_features).
        classes: as text; classes that the model doesn't know get probability 0.
        metric: the metric that the predictions are scored by.
        spelling: converts a label of the model to the form that `classes` has.
    """
    if not METRICS[metric].of_probabilities:
        return encode_labels(model.predict(X), classes, spelling)
    probabilities = np.zeros((len(X), len(classes)))
    probabilities[:, encode_labels(model.classes_, classes, spelling)] = model.predict_proba(X)
    return probabilities


def score_model(model: Any, X: pd.DataFrame, y: np.ndarray, classes: Sequence[str], metric: MetricName) -> float:
    """Score a fitted classifier on rows by a metric; arguments as in `response_values`, and the true labels `y`."""
    return score(metric, encode_labels(y, classes), response_values(model, X, classes, metric), len(classes))


def common_label_format(*lists: list[str]) -> Callable[[str], str]:
    """Return a function that converts the labels of several tables to one form.

    The same class may be read as `1` from one table and as `1.0` from another, or as `True` and `true`. Labels are left
    as they are if the conversion would merge two classes of a table.

    Args:
        lists: the classes of each table, as text.
    """
    plain = all(len(set(map(_plain_class, classes))) == len(classes) for classes in lists)
    return _plain_class if plain else str


def _plain_class(name: str) -> str:
    """Convert a label: whole numbers lose their decimals, true and false their capitals."""
    text = str(name).strip()
    if text.lower() in {"true", "false"}:
        return text.lower()
    whole = re.fullmatch(r"(-?\d+)\.0*", text)
    return whole[1] if whole else text
