"""Confusion matrix, and precision, recall and F1 by class with their macro averages."""

from collections.abc import Sequence

import numpy as np

from bakeoff.evaluation.results import ClassMetrics, Evaluation


def count_predictions(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Count the rows by true and predicted class.

    Args:
        y_true: shape (n_rows,).
        y_pred: shape (n_rows,), of the same type.

    Returns:
        The names of the classes that occur in either, as text, and the confusion matrix, by true class (down) and
        predicted class (across).
    """
    from sklearn.metrics import confusion_matrix

    names, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    true, predicted = np.split(codes, 2)
    # One label more, since scikit-learn warns about a single one.
    counts = confusion_matrix(true, predicted, labels=range(len(names) + 1))
    return [str(name) for name in names], counts[:-1, :-1]


def classification_report(names: Sequence[str], counts: np.ndarray) -> Evaluation:
    """Compute what scikit-learn's `classification_report` does, from a confusion matrix.

    The precision of a class that is never predicted is 0, and so is the recall of a class without true rows.

    Args:
        names: the classes, in the order of the matrix.
        counts: rows by true class (down) and predicted class (across), shape (n_classes, n_classes).
    """
    hits, support, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall, f1 = (
        np.divide(numerator, denominator, out=np.zeros(len(hits)), where=denominator > 0)
        for numerator, denominator in ((hits, predicted), (hits, support), (2 * hits, support + predicted))
    )
    report = {
        name: ClassMetrics(float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
        for i, name in enumerate(names)
    }
    means = [float(np.average(column)) for column in (precision, recall, f1)]
    return Evaluation(float(hits.sum() / counts.sum()), means[0], means[1], means[2], report)
