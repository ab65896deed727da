"""Checks of class counts: too few rows of a class, or nearly all rows in one."""

import numpy as np

from bakeoff.errors import DataError
from bakeoff.metrics import MetricName

MAJORITY = 0.9  # always answering such a class has an accuracy above it


def warn_of_majority(y: np.ndarray, scoring: MetricName) -> str | None:
    """A sentence where accuracy decides and over 90 % of the rows are of one class.

    Args:
        y: the training rows' classes, shape (n_rows,).
    """
    names, counts = np.unique(y, return_counts=True)
    share = counts.max() / len(y)
    if scoring != "accuracy" or share <= MAJORITY:
        return None
    return (
        f"class {str(names[counts.argmax()])!r} holds {100 * share:.1f} % of the training rows, so always answering it "
        "has that accuracy: set cross_validation.scoring: balanced_accuracy, or another metric"
    )


def refuse_single_class(y: np.ndarray, where: str) -> None:
    """Refuse rows from which nothing can be learned, or on which ranking them can't be scored.

    Args:
        y: their classes, shape (n_rows,).
        where: which rows they are.

    Raises:
        DataError: they are all of one class.
    """
    if len(np.unique(y)) < 2:
        raise DataError(
            f"{where} are all of class {str(y[0])!r}; use rows in which the classes occur together, other shares, or "
            "fewer folds (at least 2)"
        )
