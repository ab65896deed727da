"""Checks of class counts: too few rows of a class, or nearly all rows in one."""

import numpy as np

from bakeoff.errors import DataError
from bakeoff.metrics import MetricName

MAJORITY = 0.9  # always predicting such a class reaches a higher accuracy


def warn_of_majority(y: np.ndarray, scoring: MetricName) -> str | None:
    """Return a warning if accuracy decides and over 90 % of the rows are of one class, else None.

    Args:
        y: the classes of the training rows, shape (n_rows,).
        scoring: the metric of the race.
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
    """Refuse rows of a single class, on which no classifier can be fitted and no AUC computed.

    Args:
        y: the classes of the rows, shape (n_rows,).
        where: the name of the rows, for the message.

    Raises:
        DataError: all rows are of one class.
    """
    if len(np.unique(y)) < 2:
        raise DataError(
            f"{where} are all of class {str(y[0])!r}; use rows in which the classes occur together, other shares, or "
            "fewer folds (at least 2)"
        )
