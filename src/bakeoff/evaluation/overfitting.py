"""Warnings of a winner that is worse on the test rows than on the rows it was fitted or chosen on."""

from math import sqrt

from bakeoff.metrics import METRICS, MetricName

LEFT = 0.5  # of what is learned beyond the most frequent class; where less holds on the test rows, it is memory
LEARNED = 0.1  # the least gain in accuracy, on training rows, over always answering the most frequent class
DEVIATIONS = 3.0  # standard errors between cross-validation and test beyond which chance doesn't explain it
MARGINS = 4.0  # of a tie, that the two differ by at least


def may_be_memory(majority: float, interval: tuple[float, float], train: float = 1.0) -> bool:
    """Return whether most of what the model learned doesn't hold on test rows, even at the interval's upper end.

    Args:
        majority: the share of the most frequent class of the training rows.
        interval: the 95 % interval of the accuracy on the test rows.
        train: the accuracy on training rows; by default the highest there is.
    """
    return train - majority >= LEARNED and interval[1] - majority < LEFT * (train - majority)


def warn_of_memory(train: float, test: float, interval: tuple[float, float], majority: float) -> str | None:
    """Return a warning if the accuracy on training rows is far above that on test rows, else None.

    Forests have nearly all of their training rows right, so a higher accuracy there alone says nothing.
    """
    if not may_be_memory(majority, interval, train):
        return None
    return (
        f"the winner's accuracy is {train:.4f} on training rows and {test:.4f} on the test rows (95 % interval "
        f"{interval[0]:.4f} to {interval[1]:.4f}), where always answering the most frequent class has about "
        f"{majority:.4f}: most of what it learned doesn't hold (overfitting); use more rows, fewer columns, or simpler "
        "classifiers"
    )


def warn_of_drop(
    scoring: MetricName, folds: float, test: float, interval: tuple[float, float], rows: tuple[int, int]
) -> str | None:
    """Return a warning if the score falls from cross-validation to test beyond what chance explains, else None.

    Args:
        scoring: the metric of the race.
        folds: the mean score of the folds.
        test: the score on the test rows.
        interval: its 95 % interval; NaN if there is none.
        rows: the numbers of training and test rows.
    """
    metric, (n_train, n_test) = METRICS[scoring], rows
    error = (interval[1] - interval[0]) / (2 * 1.96)
    beyond = DEVIATIONS * error * sqrt(1 + n_test / n_train)  # the folds' mean varies, too
    if not folds - test > max(beyond, MARGINS * metric.tie_margin) or not error > 0:
        return None
    return (
        f"the winner's {metric.title} falls from {folds:.4f} in cross-validation to {test:.4f} on the test rows (95 % "
        f"interval {interval[0]:.4f} to {interval[1]:.4f}), more than chance explains: test rows are unlike training "
        "rows (newer, say), or rows that belong together lie in several folds; see split.by"
    )
