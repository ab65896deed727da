"""Cost-sensitive decisions: the cost matrix, the class of least expected cost, and the reduction in cost."""

from collections.abc import Mapping, Sequence

import numpy as np

from bakeoff.errors import DataError
from bakeoff.evaluation.paired_tests import paired_t_test
from bakeoff.evaluation.results import CostReduction

BOOLEANS = ("false", "true")
SHOWN = 20  # classes listed in an error


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
