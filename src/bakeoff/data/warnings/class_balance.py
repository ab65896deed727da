"""Checks of class counts: too few rows of a class, or nearly all rows in one."""

import numpy as np

from bakeoff.errors import DataError
from bakeoff.formatting import format_count, list_first
from bakeoff.metrics import MAJORITY, MetricName

FEW, FEWEST = 30, 5  # test rows below which a class is warned of: usually, and in a table where no class has `FEW`
SHOWN = 5  # classes in a warning


def warn_of_majority(y: np.ndarray, scoring: MetricName) -> str | None:
    """Return a warning if the metric is accuracy and more than 90 % of the rows are of one class, else None.

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


def warn_of_few_test_rows(y: np.ndarray, test: np.ndarray) -> str | None:
    """Return a warning of the classes with too few test rows to judge them by, else None.

    If there are 30 test rows, but no class has as many, only classes with fewer than 5 are warned of: the interval of
    the accuracy shows already how little the others tell.

    Args:
        y: the classes of all rows, shape (n_rows,).
        test: the positions of the test rows.
    """
    names, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes[test], minlength=len(names))
    least = FEW if counts.max() >= FEW or len(test) < FEW else FEWEST
    few = [
        (int(counts[place]), str(names[place])) for place in np.argsort(counts, kind="stable") if counts[place] < least
    ]
    if not few:
        return None
    count, name = few[0]
    named = f"class {name!r} has {format_count(count, 'test row')}"
    if len(few) > 1:
        listed = list_first([f"{name!r} ({count})" for count, name in few], SHOWN)
        named = f"{len(few)} classes have few test rows: {listed}"
    return (
        f"{named}; fewer than {FEW} tell little of how well a class is recognised: add rows, hold out more by "
        "split.test_size, or go by the cross-validation"
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
