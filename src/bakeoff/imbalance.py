"""When one class is most of the rows, and accuracy says little."""

import numpy as np

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
