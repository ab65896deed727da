"""Precision, recall and F1 by class, and the means over the classes."""

from collections.abc import Sequence

import numpy as np

from bakeoff.evaluation.results import ClassMetrics, Evaluation


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


def evaluate_counts(names: Sequence[str], counts: np.ndarray) -> Evaluation:
    """Accuracy, precision, recall and F1 from a confusion matrix.

    A class that is never predicted has precision 0, one that never occurs recall 0.

    Args:
        names: of the classes that occur, truly or predicted.
        counts: the rows by true class (down) and predicted class (across), shape (n_classes, n_classes).
    """
    hits, support, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall, f1 = (
        np.divide(above, below, out=np.zeros(len(hits)), where=below > 0)
        for above, below in ((hits, said), (hits, support), (2 * hits, support + said))
    )
    report = {
        name: ClassMetrics(float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
        for i, name in enumerate(names)
    }
    means = [float(np.average(column)) for column in (precision, recall, f1)]
    return Evaluation(float(hits.sum() / counts.sum()), means[0], means[1], means[2], report)
