"""95 % intervals of accuracies and other scores."""

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
    """The 95 % score interval of a share (Wilson, Probable inference, the law of succession, 1927).

    With groups as many rows count as would vary like the groups do, fewer for there being few groups (Korn and
    Graubard, Confidence intervals for proportions with small expected number of positive counts estimated from survey
    data, 1998).

    Args:
        right: which rows are, shape (n_rows,).
        groups: each row's group, shape (n_rows,).
    """
    from scipy import stats

    share, count, z = float(np.mean(right)), float(len(right)), float(stats.norm.isf((1 - LEVEL) / 2))
    if groups is not None:
        grouped = paired_t_test(right.astype(float), groups=groups)
        n_groups = len(np.unique(groups))
        alike = share * (1 - share) / grouped.standard_error**2 if grouped.standard_error > 0 else n_groups
        t = float(stats.t.isf((1 - LEVEL) / 2, n_groups - 1)) if n_groups > 1 else math.inf
        count = max(1.0, min(count, alike) * (z / t) ** 2)
    return wilson_of_share(share, count)


def wilson_of_share(share: float, count: float) -> tuple[float, float]:
    """The same of a share that is known already.

    Args:
        count: of how many rows it is the share.
    """
    from scipy import stats

    z = float(stats.norm.isf((1 - LEVEL) / 2))
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return min(share, max(0.0, middle - reach)), max(share, min(1.0, middle + reach))


def score_interval(answers: HeldOutPredictions, name: str, metric: MetricName, resamples: int) -> tuple[float, float]:
    """The 95 % interval of one model's metric on rows that it was not fitted on.

    Accuracy: Wilson's. Log loss: Student's. The others: the percentile bootstrap.
    """
    if metric == "accuracy":
        return wilson_interval(answers.mean_row_scores(name, metric), answers.groups)
    if METRICS[metric].is_mean_over_rows:
        return paired_t_test(answers.mean_row_scores(name, metric), groups=answers.groups).interval
    alone = replace(answers, by_model={name: answers.by_model[name]})
    return paired_bootstrap_test(0.0, bootstrap_scores(alone, metric, resamples)[name]).interval
