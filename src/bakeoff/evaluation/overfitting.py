"""Warnings of a winner that is worse on the test rows than on the rows it was fitted or chosen on."""

from math import sqrt

from bakeoff.metrics import METRICS, MetricName

LEFT = 0.5  # if less than this share of the gain on training rows is left on test rows, the model has memorized rows
LEARNED = 0.1  # the least such gain: the accuracy beyond that of always predicting the most frequent class
DEVIATIONS = 3.0  # standard errors by which a score must fall from cross-validation to test to be warned of
MARGINS = 4.0  # margins of a tie by which it must fall, too


def warn_of_memory(train: float, test: float, interval: tuple[float, float], majority: float) -> str | None:
    """Return a warning if the accuracy on training rows is far above that on test rows, else None.

    It is returned if most of the gain on training rows is lost on test rows, even at the interval's upper end. Forests
    predict nearly all of their training rows correctly, so a higher accuracy there alone is no sign of it.

    Args:
        train: the accuracy on training rows.
        test: the accuracy on test rows.
        interval: the 95 % interval of `test`.
        majority: the share of the most frequent class of the training rows.
    """
    if train - majority < LEARNED or interval[1] - majority >= LEFT * (train - majority):
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
        interval: the 95 % interval of `test`; NaN if there is none.
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
