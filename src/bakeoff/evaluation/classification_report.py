"""Precision, recall and F1 by class, and the means over the classes."""

from collections.abc import Sequence

import numpy as np

from bakeoff.evaluation.results import ClassMetrics, Evaluation


def count_predictions(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The classes that occur, truly or predicted, and scikit-learn's confusion matrix of them.

    Args:
        y_true: the true classes, shape (n_rows,).
        y_pred: the predicted classes, shape (n_rows,), of the same type.

    Returns:
        names and counts, as `classification_report` takes them.
    """
    from sklearn.metrics import confusion_matrix

    names, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    true, predicted = np.split(codes, 2)
    counts = confusion_matrix(true, predicted, labels=range(len(names) + 1))  # of one label alone it would warn
    return [str(name) for name in names], counts[:-1, :-1]


def classification_report(names: Sequence[str], counts: np.ndarray) -> Evaluation:
    """Accuracy, precision, recall and F1 from a confusion matrix, as scikit-learn's function of that name gives them.

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
