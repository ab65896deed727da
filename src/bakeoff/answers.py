"""What several models answered for the same rows, and how their scores vary when the rows are drawn again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.metrics import METRICS, MetricName
from bakeoff.scoring import mean_of_known, resampled_scores, row_scores, score

CHUNK = 4_000_000  # weights held at once while resampling: 32 MB


@dataclass(frozen=True)
class Answers:
    """Several models' answers for the same rows, none of which the answering model was fitted on.

    Attributes:
        y: the rows' classes, counted from 0, shape (n_rows,).
        folds: in which fold each row was answered, a line a repeat, shape (n_repeats, n_rows); each fold's answers come
            from one fitted model, so a metric that ranks rows is never taken across folds.
        given: for each model its answers, shape (n_repeats, n_rows) or (n_repeats, n_rows, n_classes).
        n_classes: how many classes there are.
        groups: each row's group, shape (n_rows,), where rows of a group belong together.
    """

    y: np.ndarray
    folds: np.ndarray
    given: Mapping[str, np.ndarray]
    n_classes: int
    groups: np.ndarray | None = None

    def mean_row_scores(self, name: str, metric: MetricName) -> np.ndarray:
        """A model's mean score on each row over the repeats, shape (n_rows,). The metric is a mean over the rows."""
        mean: np.ndarray = np.mean([row_scores(metric, self.y, answers) for answers in self.given[name]], axis=0)
        return mean

    def score(self, name: str, metric: MetricName) -> float:
        """The mean over all folds of a model's score in each."""
        return float(
            np.mean(
                [
                    score(metric, self.y[rows], answers[rows], self.n_classes)
                    for answers, folds in zip(self.given[name], self.folds)
                    for rows in (folds == fold for fold in np.unique(folds))
                ]
            )
        )


def to_codes(values: np.ndarray, classes: Sequence[str], spelling: Callable[[str], str] = str) -> np.ndarray:
    """Classes as their numbers, shape (n_rows,); -1 for one that is not among them.

    Args:
        values: shape (n_rows,), whole numbers or text.
        classes: as text.
        spelling: makes a value what it is called among the classes.
    """
    number = {name: code for code, name in enumerate(classes)}
    unique, inverse = np.unique(values, return_inverse=True)
    return np.array([number.get(spelling(str(value)), -1) for value in unique], dtype=int)[inverse]


def ask(
    model: Any, X: pd.DataFrame, classes: Sequence[str], metric: MetricName, spelling: Callable[[str], str] = str
) -> np.ndarray:
    """What a fitted model answers, in the form that the metric takes.

    Args:
        X: shape (n_rows, n_features).
        classes: as text; those that the model doesn't know have probability 0.
        spelling: makes a class of the model what it is called among the classes.
    """
    if not METRICS[metric].of_probabilities:
        return to_codes(model.predict(X), classes, spelling)
    shares = np.zeros((len(X), len(classes)))
    shares[:, to_codes(model.classes_, classes, spelling)] = model.predict_proba(X)
    return shares


def bootstrap_scores(answers: Answers, metric: MetricName, resamples: int, seed: int = 0) -> dict[str, np.ndarray]:
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
    scores: dict[str, list[np.ndarray]] = {name: [] for name in answers.given}
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


def _mean_over_folds(answers: Answers, name: str, metric: MetricName, weights: np.ndarray) -> np.ndarray:
    parts = [
        resampled_scores(metric, answers.y[rows], given[rows], weights[:, rows])
        for given, folds in zip(answers.given[name], answers.folds)
        for rows in (np.flatnonzero(folds == fold) for fold in np.unique(folds))
    ]
    return mean_of_known(np.array(parts))


def _cells(answers: Answers, metric: MetricName) -> tuple[Answers, np.ndarray]:
    """Rows that all models answered alike in the same folds drawn into one, and how many they are.

    With probabilities, and in groups, there are no such rows.
    """
    if METRICS[metric].of_probabilities or answers.groups is not None:
        return answers, np.ones(len(answers.y))
    signatures = np.concatenate([answers.y[None], answers.folds, *answers.given.values()])
    _, rows, counts = np.unique(signatures, axis=1, return_index=True, return_counts=True)
    given = {name: several[:, rows] for name, several in answers.given.items()}
    return Answers(answers.y[rows], answers.folds[:, rows], given, answers.n_classes), counts
