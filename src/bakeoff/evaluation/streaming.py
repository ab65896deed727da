"""Evaluating predictions batch by batch: counts that add up, without holding the rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.evaluation.classification_report import classification_report
from bakeoff.evaluation.probability_sketch import ProbabilitySketch
from bakeoff.evaluation.results import Evaluation

OTHER = "(other)"
MAX_UNKNOWN = 100  # classes counted by name that the model doesn't know; the rest are counted together


class StreamingEvaluation:
    """How often each true class was predicted as each class, the sum of the rows' log loss, and their probabilities."""

    def __init__(self, classes: Sequence[str]) -> None:
        """Begin with no rows.

        Args:
            classes: as text, in the order of the model's.
        """
        self.classes = tuple(classes)
        self._names = list(classes)  # and behind them those that the model doesn't know
        self._counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._loss, self._judged = 0.0, 0
        self.probabilities = ProbabilitySketch(len(classes))

    def add(self, truth: np.ndarray, names: Sequence[str], predicted: np.ndarray, shares: np.ndarray | None) -> None:
        """Count some rows.

        Args:
            truth: the true classes' positions in `names`, shape (n_rows,).
            names: the model's classes, and behind them others that occur.
            predicted: the predicted classes' positions, shape (n_rows,).
            shares: the classes' probabilities, shape (n_rows, n_classes), or None.
        """
        lines = np.array([*range(len(self.classes)), *map(self._line, names[len(self.classes) :])])
        np.add.at(self._counts, (lines[truth], predicted), 1)
        known = truth < len(self.classes)
        if shares is not None and known.any():
            given = shares[np.flatnonzero(known), truth[known]]
            tiny = np.finfo(given.dtype).eps  # as scikit-learn's log_loss clips
            self._loss -= float(np.log(np.clip(given, tiny, 1 - tiny)).sum())
            self._judged += len(given)
            self.probabilities.add(truth[known], shares[known])

    def merge(self, counted: Mapping[str, Any]) -> None:
        """Add what `to_dict` gave for other rows."""
        for name, row in counted["counts"].items():
            line = self.classes.index(name) if name in self.classes else self._line(name)
            for predicted, count in row:
                self._counts[line, predicted] += count
        self._loss += counted["loss"]
        self._judged += counted["judged"]
        self.probabilities.merge(counted["probabilities"])

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain values."""
        counts = {
            name: [[int(predicted), int(row[predicted])] for predicted in np.flatnonzero(row)]
            for name, row in zip(self._names, self._counts)
            if row.any()
        }
        probabilities = self.probabilities.to_dict()
        return {"counts": counts, "loss": self._loss, "judged": self._judged, "probabilities": probabilities}

    @property
    def rows(self) -> int:
        """How many rows were counted."""
        return int(self._counts.sum())

    @property
    def unknown_class_rows(self) -> int:
        """How many of these rows are of a class that the model doesn't know, so that no prediction can be right."""
        return int(self._counts[len(self.classes) :].sum())

    @property
    def log_loss(self) -> float | None:
        """The mean over the rows whose class the model knows; None without probabilities."""
        return self._loss / self._judged if self._judged else None

    def mean_cost(self, costs: np.ndarray) -> float | None:
        """What a row of a class that the model knows costs on average.

        Args:
            costs: by true and predicted class, shape (n_classes, n_classes).
        """
        known = self._counts[: len(self.classes)]
        return float((known * costs).sum() / known.sum()) if known.any() else None

    def confusion_matrix(self) -> tuple[list[str], np.ndarray]:
        """The classes that occur, and the rows of each true class (down) that were predicted as each (across)."""
        names = self._names
        whole = np.pad(self._counts, ((0, 0), (0, len(names) - len(self.classes))))
        there = np.flatnonzero(whole.sum(axis=0) + whole.sum(axis=1))
        return [names[position] for position in there], whole[np.ix_(there, there)]

    def evaluation(self) -> Evaluation | None:
        """The figures for all rows that were counted; None for no rows."""
        return classification_report(*self.confusion_matrix()) if self.rows else None

    def _line(self, name: str) -> int:
        """Where a class is counted that the model doesn't know."""
        strange = self._names[len(self.classes) :]
        if name not in strange:
            name = name if len(strange) < MAX_UNKNOWN else OTHER
        if name not in strange:
            self._names.append(name)
            self._counts = np.pad(self._counts, ((0, 1), (0, 0)))
            strange.append(name)
        return len(self.classes) + strange.index(name)
