"""Evaluate predictions batch by batch, from counts that can be merged, without keeping the rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.evaluation.classification_report import classification_report
from bakeoff.evaluation.probability_sketch import ProbabilitySketch
from bakeoff.evaluation.results import Evaluation

MAX_UNKNOWN = 100  # most unknown classes that are counted by name
OTHER = "(other)"  # the name under which further ones are counted together


class StreamingEvaluation:
    """Confusion matrix, log loss and a sketch of the probabilities of all rows added so far."""

    def __init__(self, classes: Sequence[str]) -> None:
        """Start without rows.

        Args:
            classes: as text, in the model's order.
        """
        self.classes = tuple(classes)
        self._names = list(classes)  # followed by the unknown classes
        self._counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._loss, self._judged = 0.0, 0
        self.probabilities = ProbabilitySketch(len(classes))

    def add(self, truth: np.ndarray, names: Sequence[str], predicted: np.ndarray, shares: np.ndarray | None) -> None:
        """Add a batch of rows.

        Args:
            truth: the position of each row's true class in `names`, shape (n_rows,).
            names: the model's classes, followed by the unknown ones of this batch.
            predicted: predicted class codes, shape (n_rows,).
            shares: probabilities, shape (n_rows, n_classes), or None.
        """
        positions = np.array([*range(len(self.classes)), *map(self._unknown_position, names[len(self.classes) :])])
        np.add.at(self._counts, (positions[truth], predicted), 1)
        known = truth < len(self.classes)
        if shares is not None and known.any():
            of_truth = shares[np.flatnonzero(known), truth[known]]
            tiny = np.finfo(of_truth.dtype).eps  # as scikit-learn's log_loss clips
            self._loss -= float(np.log(np.clip(of_truth, tiny, 1 - tiny)).sum())
            self._judged += len(of_truth)
            self.probabilities.add(truth[known], shares[known])

    def merge(self, counted: Mapping[str, Any]) -> None:
        """Add the rows of another evaluation, as returned by its `to_dict`."""
        for name, row in counted["counts"].items():
            position = self.classes.index(name) if name in self.classes else self._unknown_position(name)
            for predicted, count in row:
                self._counts[position, predicted] += count
        self._loss += counted["loss"]
        self._judged += counted["judged"]
        self.probabilities.merge(counted["probabilities"])

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON values, for `merge`."""
        counts = {
            name: [[int(predicted), int(row[predicted])] for predicted in np.flatnonzero(row)]
            for name, row in zip(self._names, self._counts)
            if row.any()
        }
        probabilities = self.probabilities.to_dict()
        return {"counts": counts, "loss": self._loss, "judged": self._judged, "probabilities": probabilities}

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self._counts.sum())

    @property
    def unknown_class_rows(self) -> int:
        """The number of rows whose true class the model doesn't know, so that no prediction can be right."""
        return int(self._counts[len(self.classes) :].sum())

    @property
    def log_loss(self) -> float | None:
        """The log loss: the mean over the rows whose true class the model knows; None without probabilities."""
        return self._loss / self._judged if self._judged else None

    def mean_cost(self, costs: np.ndarray) -> float | None:
        """Compute the mean cost per row, over the rows whose true class the model knows; None without such rows.

        Args:
            costs: as returned by `cost_matrix`.
        """
        known = self._counts[: len(self.classes)]
        return float((known * costs).sum() / known.sum()) if known.any() else None

    def confusion_matrix(self) -> tuple[list[str], np.ndarray]:
        """Return the classes that occur, and their rows by true class (down) and predicted class (across)."""
        names = self._names
        square = np.pad(self._counts, ((0, 0), (0, len(names) - len(self.classes))))
        present = np.flatnonzero(square.sum(axis=0) + square.sum(axis=1))
        return [names[position] for position in present], square[np.ix_(present, present)]

    def evaluation(self) -> Evaluation | None:
        """Compute the classification report of all rows; None without rows."""
        return classification_report(*self.confusion_matrix()) if self.rows else None

    def _unknown_position(self, name: str) -> int:
        """Return the position of an unknown class in the counts, where it is added if it is new."""
        unknown = self._names[len(self.classes) :]
        if name not in unknown:
            name = name if len(unknown) < MAX_UNKNOWN else OTHER
        if name not in unknown:
            self._names.append(name)
            self._counts = np.pad(self._counts, ((0, 1), (0, 0)))
            unknown.append(name)
        return len(self.classes) + unknown.index(name)
