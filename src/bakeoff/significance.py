"""How sure it is that a model is better than another, and what one model may be expected to reach."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bakeoff.answers import Answers, bootstrap_scores
from bakeoff.handover import Comparison
from bakeoff.metrics import METRICS, MetricName
from bakeoff.paired import LEVEL, Alternative, compare_counts, compare_means, compare_resampled


def compare(
    answers: Answers,
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
        return compare_counts(*counts, len(answers.y), alternative, level)
    if METRICS[metric].is_mean_over_rows:
        differences = answers.mean_row_scores(first, metric) - answers.mean_row_scores(second, metric)
        found = compare_means(differences, alternative, level, answers.groups)
    else:
        assert resampled is not None
        difference = answers.score(first, metric) - answers.score(second, metric)
        found = compare_resampled(difference, resampled[first] - resampled[second], alternative, level)
    return replace(found, wins=counts[0], losses=counts[1]) if counts else found


def _count_rows(answers: Answers, first: str, second: str, metric: MetricName) -> tuple[int, int] | None:
    """How many rows the first alone and the second alone has right; None for probabilities, and for repeats."""
    if METRICS[metric].of_probabilities or len(answers.folds) > 1:
        return None
    ours, theirs = (answers.given[name][0] == answers.y for name in (first, second))
    return int(np.sum(ours & ~theirs)), int(np.sum(theirs & ~ours))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number, so that any of them is wrongly small in at most the level's share of cases.

    Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]


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
        grouped = compare_means(right.astype(float), groups=groups)
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


def score_interval(answers: Answers, name: str, metric: MetricName, resamples: int) -> tuple[float, float]:
    """The 95 % interval of one model's metric on rows that it was not fitted on.

    Accuracy: Wilson's. Log loss: Student's. The others: the percentile bootstrap.
    """
    if metric == "accuracy":
        return wilson_interval(answers.mean_row_scores(name, metric), answers.groups)
    if METRICS[metric].is_mean_over_rows:
        return compare_means(answers.mean_row_scores(name, metric), groups=answers.groups).interval
    alone = replace(answers, given={name: answers.given[name]})
    return compare_resampled(0.0, bootstrap_scores(alone, metric, resamples)[name]).interval
