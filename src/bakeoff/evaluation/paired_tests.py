"""Paired significance tests with confidence intervals of the difference."""

import math
from typing import Literal

import numpy as np

from bakeoff.evaluation.results import Comparison

Alternative = Literal["two-sided", "greater"]
LEVEL = 0.95  # the confidence level of intervals


def mcnemar_test(
    wins: int, losses: int, n_rows: int, alternative: Alternative = "two-sided", level: float = LEVEL
) -> Comparison:
    """Perform McNemar's test on the rows that only one of two models predicts correctly.

    The two-sided test is the mid-p test, whose type I error is close to the nominal level even with few rows
    (Fagerland, Lydersen and Laake, The McNemar test for binary matched-pairs data, 2013). The one-sided test is exact:
    its type I error never exceeds the level. The interval is Bonett and Price's (Adjusted Wald confidence interval for
    a difference of binomial proportions based on paired data, 2012).

    Args:
        wins: the number of rows that only the first model predicts correctly.
        losses: the number of rows that only the second model predicts correctly.
        n_rows: the number of all rows.
        alternative: `greater` tests whether the first is better.
        level: the confidence level of the interval.
    """
    from scipy import stats

    discordant = wins + losses
    if alternative == "greater":
        p_value = float(stats.binom.sf(wins - 1, discordant, 0.5))
    elif wins == losses:
        p_value = 1.0  # the formula gives slightly less, and 0.5 without discordant rows
    else:
        fewer = min(wins, losses)
        p_value = float(2 * stats.binom.cdf(fewer, discordant, 0.5) - stats.binom.pmf(fewer, discordant, 0.5))
    more, less = (wins + 1) / (n_rows + 2), (losses + 1) / (n_rows + 2)
    margin = float(stats.norm.isf((1 - level) / 2)) * math.sqrt((more + less - (more - less) ** 2) / (n_rows + 2))
    difference = (wins - losses) / n_rows
    interval = max(-1.0, more - less - margin), min(1.0, more - less + margin)
    return Comparison("mcnemar", difference, interval, math.sqrt(discordant) / n_rows, p_value, wins, losses)


def paired_t_test(
    differences: np.ndarray,
    alternative: Alternative = "two-sided",
    level: float = LEVEL,
    groups: np.ndarray | None = None,
) -> Comparison:
    """Perform Student's paired t-test on the rows' differences, or with groups on the totals of the groups.

    Rows of a group are not independent, so the groups are the sampling units: the variance is that of a ratio of totals
    (Cochran, Sampling Techniques, 1977, section 9A.2), with one degree of freedom fewer than groups.

    Args:
        differences: the difference of the two models' scores on each row, shape (n_rows,).
        alternative: `greater` tests whether the first is better.
        level: the confidence level of the interval.
        groups: the group of each row, shape (n_rows,).
    """
    mean = float(np.mean(differences))
    totals = (
        differences - mean
        if groups is None
        else np.bincount(np.unique(groups, return_inverse=True)[1], differences - mean)
    )
    count = len(totals)
    error = math.sqrt(count / (count - 1) * float(np.sum(totals**2))) / len(differences) if count > 1 else math.nan
    return _student("paired_t" if groups is None else "grouped_t", mean, error, count - 1, alternative, level)


def corrected_resampled_t_test(differences: np.ndarray, test_share: float) -> Comparison:
    """Perform the corrected resampled t-test on the folds of repeated cross-validation.

    It includes the variation from the choice of training rows. The variance of the differences is multiplied by
    1/J + n_test/n_train, since folds share training rows (Nadeau and Bengio, Inference for the generalization error,
    2003; Bouckaert and Frank, Evaluating the replicability of significance tests for comparing learning algorithms,
    2004).

    Args:
        differences: the difference of the two models' scores in each of the J folds of all repeats, shape (J,).
        test_share: n_test / n_train.
    """
    count = len(differences)
    error = math.sqrt((1 / count + test_share) * float(np.var(differences, ddof=1)))
    return _student("nadeau_bengio", float(np.mean(differences)), error, count - 1, "two-sided", LEVEL)


def paired_bootstrap_test(
    difference: float, resampled: np.ndarray, alternative: Alternative = "two-sided", level: float = LEVEL
) -> Comparison:
    """Perform a paired test by the percentile bootstrap.

    The p-value is the smallest alpha whose 1 - alpha interval (one-sided: whose lower bound) excludes 0, counting the
    observed rows as one more resample (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section
    4.2).

    Args:
        difference: the difference on the observed rows.
        resampled: the differences on the resamples, shape (resamples,).
        alternative: `greater` tests whether the first is better.
        level: the confidence level of the interval.
    """
    known = resampled[~np.isnan(resampled)]
    if not len(known):  # the AUC, which is undefined if all rows are of one class
        return Comparison("bootstrap", difference, (math.nan, math.nan), math.nan, 1.0)
    below = (1 + int(np.sum(known <= 0))) / (1 + len(known))
    above = (1 + int(np.sum(known >= 0))) / (1 + len(known))
    p_value = below if alternative == "greater" else min(1.0, 2 * min(below, above))
    tail = (1 - level) / 2
    low, high = (float(value) for value in np.quantile(known, [tail, 1 - tail]))
    return Comparison("bootstrap", difference, (low, high), float(np.std(known, ddof=1)), p_value)


def _student(test: str, mean: float, error: float, freedom: int, alternative: Alternative, level: float) -> Comparison:
    """Make the comparison from a mean difference, its standard error and the degrees of freedom."""
    from scipy import stats

    if math.isnan(error):  # a single row has no variance
        return Comparison(test, mean, (math.nan, math.nan), math.nan, 1.0)
    if error == 0:  # the differences are all equal
        significant = mean > 0 if alternative == "greater" else mean != 0
        return Comparison(test, mean, (mean, mean), 0.0, 0.0 if significant else 1.0)
    t = mean / error
    p_value = stats.t.sf(t, freedom) if alternative == "greater" else 2 * stats.t.sf(abs(t), freedom)
    margin = float(stats.t.isf((1 - level) / 2, freedom)) * error
    return Comparison(test, mean, (mean - margin, mean + margin), error, float(p_value))
