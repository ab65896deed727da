"""What several models answered for the same rows, and how their scores vary when the rows are drawn again."""

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
    """Several models' answers for the same rows, none of which the answering model was fitted on.

    Attributes:
        y: the rows' classes, counted from 0, shape (n_rows,).
        folds: in which fold each row was answered, a line a repeat, shape (n_repeats, n_rows); each fold's answers come
            from one fitted model, so a metric that ranks rows is never taken across folds.
        by_model: for each model its answers, shape (n_repeats, n_rows) or (n_repeats, n_rows, n_classes).
        n_classes: how many classes there are.
        groups: each row's group, shape (n_rows,), where rows of a group belong together.
    """

    y: np.ndarray
    folds: np.ndarray
    by_model: Mapping[str, np.ndarray]
    n_classes: int
    groups: np.ndarray | None = None

    def mean_row_scores(self, name: str, metric: MetricName) -> np.ndarray:
        """A model's mean score on each row over the repeats, shape (n_rows,). The metric is a mean over the rows."""
        mean: np.ndarray = np.mean([row_scores(metric, self.y, answers) for answers in self.by_model[name]], axis=0)
        return mean

    def score(self, name: str, metric: MetricName) -> float:
        """The mean over all folds of a model's score in each."""
        return float(
            np.mean(
                [
                    score(metric, self.y[rows], answers[rows], self.n_classes)
                    for answers, folds in zip(self.by_model[name], self.folds)
                    for rows in (folds == fold for fold in np.unique(folds))
                ]
            )
        )


def encode_labels(values: np.ndarray, classes: Sequence[str], spelling: Callable[[str], str] = str) -> np.ndarray:
    """Classes as their numbers, shape (n_rows,); -1 for one that is not among them.

    Args:
        values: shape (n_rows,), whole numbers or text.
        classes: as text.
        spelling: makes a value what it is called among the classes.
    """
    number = {name: code for code, name in enumerate(classes)}
    unique, inverse = np.unique(values, return_inverse=True)
    return np.array([number.get(spelling(str(value)), -1) for value in unique], dtype=int)[inverse]


def response_values(
    model: Any, X: pd.DataFrame, classes: Sequence[str], metric: MetricName, spelling: Callable[[str], str] = str
) -> np.ndarray:
    """What a fitted model answers, in the form that the metric takes.

    Args:
        X: shape (n_rows, n_features).
        classes: as text; those that the model doesn't know have probability 0.
        spelling: makes a class of the model what it is called among the classes.
    """
    if not METRICS[metric].of_probabilities:
        return encode_labels(model.predict(X), classes, spelling)
    shares = np.zeros((len(X), len(classes)))
    shares[:, encode_labels(model.classes_, classes, spelling)] = model.predict_proba(X)
    return shares


def common_label_format(*lists: list[str]) -> Callable[[str], str]:
    """What classes are called, whichever others stand beside them: a column of 1.0 alone is read as 1."""
    plain = all(len(set(map(_plain_class, classes))) == len(classes) for classes in lists)
    return _plain_class if plain else str


def _plain_class(name: str) -> str:
    text = str(name).strip()
    if text.lower() in {"true", "false"}:
        return text.lower()
    whole = re.fullmatch(r"(-?\d+)\.0*", text)
    return whole[1] if whole else text
