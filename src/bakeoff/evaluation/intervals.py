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
from bakeoff.evaluation.scoring import mean_of_known, resampled_scores, row_scores
from bakeoff.metrics import METRICS, MetricName

BLOCKS = 20  # of the jackknife


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


def jackknife_blocks(y: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Divide rows at random among the jackknife's blocks: of each class as many rows to each, or whole groups.

    Args:
        y: class codes, shape (n_rows,).
        groups: the group of each row, shape (n_rows,).

    Returns:
        The block of each row, shape (n_rows,).
    """
    generator = np.random.default_rng(0)
    if groups is not None:
        codes = np.unique(groups, return_inverse=True)[1]
        of_groups: np.ndarray = generator.permutation(codes.max() + 1)[codes] % BLOCKS
        return of_groups
    mixed = generator.permutation(len(y))
    blocks = np.empty(len(y), dtype=int)
    blocks[mixed[np.argsort(y[mixed], kind="stable")]] = np.arange(len(y)) % BLOCKS
    return blocks


def drop_interval(
    metric: MetricName,
    y: np.ndarray,
    predictions: np.ndarray,
    shuffled: np.ndarray,
    orders: np.ndarray,
    blocks: np.ndarray,
) -> tuple[float, tuple[float, float]]:
    """Compute how far a score falls if a column is shuffled, with its 95 % interval over test rows and shuffles.

    A shuffled row is a pair of test rows, one that gives the column and one that gives the rest, so the mean over the
    shuffles is a U-statistic of pairs (Fisher, Rudin and Dominici, All models are wrong, but many are useful, 2019).
    The jackknife leaves out one block of rows at a time, with every pair that has a row of it (Arvesen, Jackknifing
    U-statistics, 1969); Student's t has one degree of freedom fewer than there are blocks. The model is not refitted.

    Args:
        metric: the metric of the score.
        y: class codes, shape (n_rows,).
        predictions: shape (n_rows,), or (n_rows, n_classes) for a metric of probabilities.
        shuffled: the predictions with the column shuffled, shape (n_shuffles, *predictions.shape).
        orders: for each shuffle the row that gives the column, shape (n_shuffles, n_rows).
        blocks: the block of each row, shape (n_rows,).

    Returns:
        The fall and its interval; NaN where they are not defined.
    """
    from scipy import stats

    kept = np.concatenate([np.ones((1, len(y))), np.unique(blocks)[:, None] != blocks])
    falls = []
    for values, order in zip(shuffled, orders):
        pairs = kept * kept[:, order]
        falls.append(_weighted_scores(metric, y, predictions, pairs) - _weighted_scores(metric, y, values, pairs))
    drops = mean_of_known(np.array(falls))
    drop, without = float(drops[0]), drops[1:][~np.isnan(drops[1:])]
    count = len(without)
    if count < 2 or math.isnan(drop):
        return drop, (math.nan, math.nan)
    error = math.sqrt((count - 1) / count * float(np.sum((without - without.mean()) ** 2)))
    margin = float(stats.t.isf((1 - LEVEL) / 2, count - 1)) * error
    return drop, (drop - margin, drop + margin)


def _weighted_scores(metric: MetricName, y: np.ndarray, predictions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    if not METRICS[metric].is_mean_over_rows:
        return resampled_scores(metric, y, predictions, weights)
    with np.errstate(invalid="ignore"):
        mean: np.ndarray = weights @ row_scores(metric, y, predictions) / weights.sum(axis=1)
    return mean
