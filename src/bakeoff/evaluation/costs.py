"""Cost-sensitive decisions: cost matrix, class of least expected cost, reduction in cost, thresholds."""

from collections.abc import Mapping, Sequence

import numpy as np

from bakeoff.errors import DataError
from bakeoff.evaluation.paired_tests import paired_t_test
from bakeoff.evaluation.results import CostReduction, ThresholdCurve

BOOLEANS = ("false", "true")
SHOWN = 20  # classes listed in an error
STEPS = 100  # of a threshold between 0 and 1


def cost_matrix(costs: Mapping[str, float | Mapping[str, float]], classes: Sequence[str]) -> np.ndarray:
    """Build the matrix of costs by true class (down) and predicted class (across), shape (n_classes, n_classes).

    Args:
        costs: by true class, either the cost of any wrong prediction or a mapping from predicted class to cost. What is
            left out costs 1 if it is wrong and 0 if it is right.
        classes: as text, in the order of the matrix.

    Raises:
        DataError: the costs name a class that the target doesn't have.
    """
    matrix = 1.0 - np.eye(len(classes))
    codes = {name: code for code, name in enumerate(classes)}
    for name, cost in costs.items():
        for other in (name, *cost) if isinstance(cost, Mapping) else (name,):
            if other not in codes:
                allowed = ", ".join(map(repr, classes[:SHOWN])) + (" and others" if len(classes) > SHOWN else "")
                hint = "; in YAML, no and yes mean false and true: put quotes around them" if other in BOOLEANS else ""
                raise DataError(
                    f"costs names class {other!r}, which the target doesn't have; its classes are {allowed}{hint}"
                )
        row = codes[name]
        if isinstance(cost, Mapping):
            for predicted, value in cost.items():
                matrix[row, codes[predicted]] = value
        else:
            matrix[row, np.arange(len(classes)) != row] = cost
    return matrix


def min_expected_cost(probabilities: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Choose the class of least expected cost for each row; the first of several that tie.

    Predicting j costs R(j|x) = sum over i of P(i|x) C[i, j] (Elkan, The foundations of cost-sensitive learning, 2001).

    Args:
        probabilities: shape (n_rows, n_classes).
        matrix: as returned by `cost_matrix`.

    Returns:
        Class codes from 0, shape (n_rows,).
    """
    codes: np.ndarray = np.argmin(probabilities @ matrix, axis=1)
    return codes


def cost_reduction(
    matrix: np.ndarray,
    y: np.ndarray,
    predicted: np.ndarray,
    probabilities: np.ndarray,
    groups: np.ndarray | None = None,
) -> CostReduction:
    """Compare the mean cost of the classifier's predictions with that of the decisions of least expected cost.

    Costs are averaged over the repeats first, so that each row counts once. The interval is that of the paired t-test,
    on the totals of groups if there are any.

    Args:
        matrix: as returned by `cost_matrix`.
        y: true class codes from 0, shape (n_rows,).
        predicted: the codes that the classifier predicts, shape (n_repeats, n_rows).
        probabilities: shape (n_repeats, n_rows, n_classes).
        groups: the group of each row, shape (n_rows,).
    """
    before = np.mean([matrix[y, codes] for codes in predicted], axis=0)
    after = np.mean([matrix[y, min_expected_cost(repeat, matrix)] for repeat in probabilities], axis=0)
    comparison = paired_t_test(before - after, groups=groups)
    return CostReduction(
        matrix.tolist(),
        float(before.mean()),
        float(after.mean()),
        comparison.difference,
        comparison.interval if np.isfinite(comparison.interval).all() else None,
        len(y),
    )


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
