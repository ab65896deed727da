"""Decisions by a threshold on the probability of one of two classes: what each threshold gives and costs."""

from collections.abc import Sequence

import numpy as np

from bakeoff.evaluation.results import ThresholdCurve

STEPS = 100  # between 0 and 1


def threshold_curve(y: np.ndarray, probabilities: np.ndarray) -> ThresholdCurve:
    """Count what decisions by each threshold give, for the rarer of two classes, or the second if they are equal.

    Args:
        y: class codes, 0 or 1, shape (n_rows,).
        probabilities: shape (n_rows, 2).
    """
    counts = np.bincount(y, minlength=2)
    positive = int(counts[1] <= counts[0])
    shares, thresholds = probabilities[:, positive], np.arange(1, STEPS) / STEPS

    def reaching(values: np.ndarray) -> list[int]:
        below = np.searchsorted(np.sort(values), thresholds)
        reached: list[int] = (len(values) - below).tolist()
        return reached

    right = reaching(shares[y == positive])
    return ThresholdCurve(positive, len(y), int(counts[positive]), thresholds.tolist(), reaching(shares), right)


def threshold_costs(curve: ThresholdCurve, costs: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean cost of a row's decision at each threshold.

    Args:
        curve: as returned by `threshold_curve`.
        costs: by true class (down) and predicted class (across).
    """
    p, q = curve.positive, 1 - curve.positive
    return [
        (
            costs[p][p] * right
            + costs[p][q] * (curve.positives - right)
            + costs[q][p] * (predicted - right)
            + costs[q][q] * (curve.rows - curve.positives - predicted + right)
        )
        / curve.rows
        for predicted, right in zip(curve.predicted, curve.right)
    ]


def least_cost_threshold(positive: int, costs: Sequence[Sequence[float]]) -> float | None:
    """Return the probability of a class from which predicting it has the least expected cost; None if none has.

    Args:
        positive: the class's code, 0 or 1.
        costs: by true class (down) and predicted class (across).
    """
    p, q = positive, 1 - positive
    false_alarm, miss = costs[q][p] - costs[q][q], costs[p][q] - costs[p][p]
    return false_alarm / (false_alarm + miss) if min(false_alarm, miss) >= 0 < false_alarm + miss else None
