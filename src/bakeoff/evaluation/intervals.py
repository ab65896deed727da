"""95 % confidence intervals of accuracy and other scores."""

import math
from dataclasses import replace

import numpy as np

from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.paired_tests import (
    LEVEL,
    paired_bootstrap_test,
    paired_t_test,
)
from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.metrics import METRICS, MetricName


def wilson_interval(right: np.ndarray, groups: np.ndarray | None = None) -> tuple[float, float]:
    """Compute Wilson's 95 % score interval of an accuracy (Wilson, Probable inference, the law of succession, 1927).

    With groups the interval uses the effective sample size, adjusted for the degrees of freedom (Korn and Graubard,
    Confidence intervals for proportions with small expected number of positive counts estimated from survey data,
    1998).

    Args:
        right: 1 for a row predicted correctly, else 0, or with repeats the mean of these; shape (n_rows,).
        groups: the group of each row, shape (n_rows,).
    """
    from scipy import stats

    share, count, z = float(np.mean(right)), float(len(right)), float(stats.norm.isf((1 - LEVEL) / 2))
    if groups is not None:
        grouped = paired_t_test(right.astype(float), groups=groups)
        n_groups = len(np.unique(groups))
        effective = share * (1 - share) / grouped.standard_error**2 if grouped.standard_error > 0 else n_groups
        t = float(stats.t.isf((1 - LEVEL) / 2, n_groups - 1)) if n_groups > 1 else math.inf
        count = max(1.0, min(count, effective) * (z / t) ** 2)
    return wilson_of_share(share, count)


def wilson_of_share(share: float, count: float) -> tuple[float, float]:
    """Compute Wilson's 95 % score interval of a share.

    Args:
        share: from 0 to 1.
        count: the number of rows, or the effective sample size.
    """
    from scipy import stats

    z = float(stats.norm.isf((1 - LEVEL) / 2))
    center = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    margin = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return min(share, max(0.0, center - margin)), max(share, min(1.0, center + margin))


def score_interval(
    predictions: HeldOutPredictions, name: str, metric: MetricName, resamples: int
) -> tuple[float, float]:
    """Compute the 95 % interval of a model's score on held-out rows.

    Accuracy: Wilson's interval. Log loss: Student's t. Other metrics: the percentile bootstrap, which is NaN if no
    resample has a score.

    Args:
        predictions: the held-out predictions.
        name: the model's name.
        metric: the metric of the score.
        resamples: the number of bootstrap resamples.
    """
    if metric == "accuracy":
        return wilson_interval(predictions.mean_row_scores(name, metric), predictions.groups)
    if METRICS[metric].is_mean_over_rows:
        return paired_t_test(predictions.mean_row_scores(name, metric), groups=predictions.groups).interval
    of_model = replace(predictions, by_model={name: predictions.by_model[name]})
    return paired_bootstrap_test(0.0, bootstrap_scores(of_model, metric, resamples)[name]).interval
