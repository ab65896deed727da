"""How sure it is that a model is better than another, and what one model may be expected to reach."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bakeoff.evaluation.paired_tests import (
    LEVEL,
    Alternative,
    mcnemar_test,
    paired_bootstrap_test,
    paired_t_test,
)
from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.evaluation.results import Comparison
from bakeoff.metrics import METRICS, MetricName


def compare(
    answers: HeldOutPredictions,
    first: str,
    second: str,
    metric: MetricName,
    resampled: dict[str, np.ndarray] | None = None,
    alternative: Alternative = "two-sided",
    level: float = LEVEL,
) -> Comparison:
    """Compare two models on the same rows.

    Accuracy on one pass of the rows: McNemar's test. Metrics that are a mean over the rows otherwise (log loss, and
    accuracy averaged over repeats or told of groups): Student's paired t. The others: the paired bootstrap. All of them
    tell of the fitted models that gave the answers, and not of how much other training rows would have changed them
    (Dietterich, Approximate statistical tests for comparing supervised classification learning algorithms, 1998).

    Args:
        resampled: of `bootstrap_scores`; needed for a metric that is no mean over the rows.
        alternative: `greater` asks whether the first is better.
        level: of the interval.
    """
    counts = _count_rows(answers, first, second, metric)
    if metric == "accuracy" and counts and answers.groups is None:
        return mcnemar_test(*counts, len(answers.y), alternative, level)
    if METRICS[metric].is_mean_over_rows:
        differences = answers.mean_row_scores(first, metric) - answers.mean_row_scores(second, metric)
        found = paired_t_test(differences, alternative, level, answers.groups)
    else:
        assert resampled is not None
        difference = answers.score(first, metric) - answers.score(second, metric)
        found = paired_bootstrap_test(difference, resampled[first] - resampled[second], alternative, level)
    return replace(found, wins=counts[0], losses=counts[1]) if counts else found


def _count_rows(answers: HeldOutPredictions, first: str, second: str, metric: MetricName) -> tuple[int, int] | None:
    """How many rows the first alone and the second alone has right; None for probabilities, and for repeats."""
    if METRICS[metric].of_probabilities or len(answers.folds) > 1:
        return None
    ours, theirs = (answers.by_model[name][0] == answers.y for name in (first, second))
    return int(np.sum(ours & ~theirs)), int(np.sum(theirs & ~ours))


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number, so that any of them is wrongly small in at most the level's share of cases.

    Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]
