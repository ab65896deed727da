"""Decisions by what they cost, rather than by what is likeliest."""

from collections.abc import Mapping, Sequence

import numpy as np

from bakeoff.errors import DataError
from bakeoff.evaluation.paired_tests import paired_t_test
from bakeoff.evaluation.results import CostReduction

BOOLEANS = ("false", "true")
SHOWN = 20  # of the classes that there are, in a message


def cost_matrix(costs: Mapping[str, float | Mapping[str, float]], classes: Sequence[str]) -> np.ndarray:
    """What each prediction costs for each true class, shape (n_classes true, n_classes predicted).

    Args:
        costs: for a true class what any wrong prediction costs, or a mapping from predicted class to cost. What is not
            named costs 1 when wrong and 0 when right.
        classes: as text, in the order of the matrix.

    Raises:
        DataError: a class is named that isn't there.
    """
    matrix = 1.0 - np.eye(len(classes))
    number = {name: code for code, name in enumerate(classes)}
    for name, cost in costs.items():
        for other in (name, *cost) if isinstance(cost, Mapping) else (name,):
            if other not in number:
                there = ", ".join(map(repr, classes[:SHOWN])) + (" and others" if len(classes) > SHOWN else "")
                hint = "; in YAML, no and yes mean false and true: put quotes around them" if other in BOOLEANS else ""
                raise DataError(
                    f"costs names class {other!r}, which the target doesn't have; its classes are {there}{hint}"
                )
        row = number[name]
        if isinstance(cost, Mapping):
            for predicted, value in cost.items():
                matrix[row, number[predicted]] = value
        else:
            matrix[row, np.arange(len(classes)) != row] = cost
    return matrix


def min_expected_cost(probabilities: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The class of each row that costs least on average, shape (n_rows,), counted from 0; on a tie the first.

    Predicting j costs R(j|x) = sum over i of P(i|x) C[i, j] (Elkan, The foundations of cost-sensitive learning, 2001).

    Args:
        probabilities: shape (n_rows, n_classes).
        matrix: of `cost_matrix`, shape (n_classes true, n_classes predicted).
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
    """What the decisions cost beside the predictions.

    The interval is Student's on the rows' paired differences. A row that several repeats scored counts once, with its
    mean over them; of groups it is the groups' totals that vary.

    Args:
        matrix: of `cost_matrix`.
        y: the true classes, shape (n_rows,), counted from 0.
        predicted: the classifier's own predictions, shape (n_repeats, n_rows).
        probabilities: shape (n_repeats, n_rows, n_classes).
        groups: each row's, shape (n_rows,), where rows of a group belong together.
    """
    before = np.mean([matrix[y, codes] for codes in predicted], axis=0)
    after = np.mean([matrix[y, min_expected_cost(shares, matrix)] for shares in probabilities], axis=0)
    compared = paired_t_test(before - after, groups=groups)
    return CostReduction(
        matrix.tolist(),
        float(before.mean()),
        float(after.mean()),
        compared.difference,
        compared.interval if np.isfinite(compared.interval).all() else None,
        len(y),
    )
