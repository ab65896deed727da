"""Accuracy, precision, recall, F1 and the classification report on rows that a model has not seen."""

import logging
import time
from dataclasses import dataclass

import joblib
import numpy as np

from bakeoff.classifiers import title
from bakeoff.fitting import ModelRef
from bakeoff.splitting import DatasetRef, read_part

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClassMetrics:
    """One class's line of the classification report; `support` counts its rows."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """How well predictions fit the true classes. `macro` means: the plain mean over the classes."""

    accuracy: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    report: dict[str, ClassMetrics]

    @property
    def metrics(self) -> dict[str, float]:
        """The four headline figures by name."""
        return {name: getattr(self, name) for name in ("accuracy", "precision_macro", "recall_macro", "f1_macro")}


@dataclass(frozen=True)
class TestResult:
    """A fitted contestant on the test rows, and how many rows it predicts in a second."""

    evaluation: Evaluation
    rows_per_second: float


def evaluate_predictions(y_true: np.ndarray, y_pred: np.ndarray) -> Evaluation:
    """Compare predictions with the truth; the figures are those of scikit-learn's `classification_report`.

    A class that is never predicted has precision 0, one that never occurs recall 0.

    Args:
        y_true: the true classes, shape (n_rows,).
        y_pred: the predicted classes, shape (n_rows,), of the same type.
    """
    from sklearn.metrics import precision_recall_fscore_support

    names = np.unique(np.concatenate([y_true, y_pred]))
    columns = precision_recall_fscore_support(y_true, y_pred, labels=names, zero_division=0)
    report = {
        str(name): ClassMetrics(float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns)
    }
    precision, recall, f1 = (float(np.average(column)) for column in columns[:3])
    return Evaluation(float(np.average(y_true == y_pred)), precision, recall, f1, report)


def evaluate_classifier(ref: DatasetRef, name: str, model: ModelRef) -> TestResult:
    """Load a fitted contestant and evaluate it on the test rows."""
    X, y = read_part(ref, "test")
    pipeline = joblib.load(model.path)
    started = time.perf_counter()
    predicted = pipeline.predict(X)
    seconds = time.perf_counter() - started
    evaluation = evaluate_predictions(y, predicted)
    logger.info("%s on %s test rows: accuracy %.4f", title(name), f"{len(y):,}", evaluation.accuracy)
    return TestResult(evaluation, len(y) / seconds)
