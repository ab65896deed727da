"""Compare two models on the same rows, and adjust p-values for multiple comparisons."""

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
    predictions: HeldOutPredictions,
    first: str,
    second: str,
    metric: MetricName,
    resampled: dict[str, np.ndarray] | None = None,
    alternative: Alternative = "two-sided",
    level: float = LEVEL,
) -> Comparison:
    """Compare two models on the same rows with the test that fits the metric.

    - Accuracy, with one prediction for each row and no groups: McNemar's test.
    - Other means over the rows (log loss; accuracy with repeats or groups): the paired t-test.
    - All other metrics: the paired bootstrap.

    The tests are about these fitted models; they leave out the variation from the choice of training rows (Dietterich,
    Approximate statistical tests for comparing supervised classification learning algorithms, 1998).

    Args:
        predictions: the held-out predictions of both.
        first: the name of a model.
        second: the name of the other model.
        metric: the metric to compare by.
        resampled: the result of `bootstrap_scores`; required if the metric isn't a mean over the rows.
        alternative: `greater` tests whether the first model is better.
        level: the confidence level of the interval.
    """
    counts = _count_discordant(predictions, first, second, metric)
    if metric == "accuracy" and counts and predictions.groups is None:
        return mcnemar_test(*counts, len(predictions.y), alternative, level)
    if METRICS[metric].is_mean_over_rows:
        differences = predictions.mean_row_scores(first, metric) - predictions.mean_row_scores(second, metric)
        comparison = paired_t_test(differences, alternative, level, predictions.groups)
    else:
        assert resampled is not None
        difference = predictions.score(first, metric) - predictions.score(second, metric)
        comparison = paired_bootstrap_test(difference, resampled[first] - resampled[second], alternative, level)
    return replace(comparison, wins=counts[0], losses=counts[1]) if counts else comparison


def _count_discordant(
    predictions: HeldOutPredictions, first: str, second: str, metric: MetricName
) -> tuple[int, int] | None:
    """Count the rows that only the first model predicts correctly, and those that only the second does.

    Returns:
        Both counts; None for metrics of probabilities, and if there are several repeats.
    """
    if METRICS[metric].of_probabilities or len(predictions.folds) > 1:
        return None
    first_right, second_right = (predictions.by_model[name][0] == predictions.y for name in (first, second))
    return int(np.sum(first_right & ~second_right)), int(np.sum(second_right & ~first_right))


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for multiple comparisons, controlling the family-wise error rate.

    Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]
