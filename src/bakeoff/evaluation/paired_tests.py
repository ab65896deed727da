"""Paired tests and intervals of a difference, each with the source of its formula."""

import math
from typing import Literal

import numpy as np

from bakeoff.evaluation.results import Comparison

Alternative = Literal["two-sided", "greater"]
LEVEL = 0.95  # of intervals


def mcnemar_test(
    wins: int, losses: int, n_rows: int, alternative: Alternative = "two-sided", level: float = LEVEL
) -> Comparison:
    """McNemar's test: of the rows that one of two models has right and the other wrong, is it half and half?

    Two-sided it is the mid-p test, whose level is close to the nominal one with few rows too (Fagerland, Lydersen and
    Laake, The McNemar test for binary matched-pairs data, 2013); one-sided the exact test, whose level is never above.
    The interval is Bonett and Price's (Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data, 2012).

    Args:
        wins: rows that only the first has right.
        losses: rows that only the second has right.
        n_rows: all rows.
        level: of the interval.
    """
    from scipy import stats

    discordant = wins + losses
    if alternative == "greater":
        p_value = float(stats.binom.sf(wins - 1, discordant, 0.5))
    elif wins == losses:
        p_value = 1.0  # the formula gives a little less, and 0.5 where no row tells the two apart
    else:
        fewer = min(wins, losses)
        p_value = float(2 * stats.binom.cdf(fewer, discordant, 0.5) - stats.binom.pmf(fewer, discordant, 0.5))
    more, less = (wins + 1) / (n_rows + 2), (losses + 1) / (n_rows + 2)
    reach = float(stats.norm.isf((1 - level) / 2)) * math.sqrt((more + less - (more - less) ** 2) / (n_rows + 2))
    difference = (wins - losses) / n_rows
    interval = max(-1.0, more - less - reach), min(1.0, more - less + reach)
    return Comparison("mcnemar", difference, interval, math.sqrt(discordant) / n_rows, p_value, wins, losses)


def paired_t_test(
    differences: np.ndarray,
    alternative: Alternative = "two-sided",
    level: float = LEVEL,
    groups: np.ndarray | None = None,
) -> Comparison:
    """Student's paired t on the rows' differences; with groups, on the groups' totals.

    Rows of a group are alike, so it is groups that were drawn: the variance is that of a ratio of totals (Cochran,
    Sampling Techniques, 1977, section 9A.2), and there is a degree of freedom less than there are groups.

    Args:
        differences: of the two models' scores on each row, shape (n_rows,).
        level: of the interval.
        groups: each row's, as a number from 0, shape (n_rows,).
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
    """The corrected resampled t-test on repeated cross-validation: other training rows are part of what may vary.

    The variance of the folds' differences counts (1/J + n_test/n_train) times, since folds share training rows (Nadeau
    and Bengio, Inference for the generalization error, 2003; Bouckaert and Frank, Evaluating the replicability of
    significance tests for comparing learning algorithms, 2004).

    Args:
        differences: of the two models' scores in each of the J folds of all repeats, shape (J,).
        test_share: n_test / n_train.
    """
    count = len(differences)
    error = math.sqrt((1 / count + test_share) * float(np.var(differences, ddof=1)))
    return _student("nadeau_bengio", float(np.mean(differences)), error, count - 1, "two-sided", LEVEL)


def paired_bootstrap_test(
    difference: float, resampled: np.ndarray, alternative: Alternative = "two-sided", level: float = LEVEL
) -> Comparison:
    """The percentile bootstrap: the interval holds the middle of the resampled differences.

    The p-value is the smallest alpha at which the interval of level 1 - alpha (one-sided: all above its lower end)
    leaves out 0, with the observed rows counted as one resample more (Davison and Hinkley, Bootstrap Methods and their
    Application, 1997, section 4.2).

    Args:
        resampled: the differences of the resamples, shape (resamples,).
    """
    known = resampled[~np.isnan(resampled)]
    if not len(known):  # an AUC of rows of one class
        return Comparison("bootstrap", difference, (math.nan, math.nan), math.nan, 1.0)
    below = (1 + int(np.sum(known <= 0))) / (1 + len(known))
    above = (1 + int(np.sum(known >= 0))) / (1 + len(known))
    p_value = below if alternative == "greater" else min(1.0, 2 * min(below, above))
    tail = (1 - level) / 2
    low, high = (float(value) for value in np.quantile(known, [tail, 1 - tail]))
    return Comparison("bootstrap", difference, (low, high), float(np.std(known, ddof=1)), p_value)


def _student(test: str, mean: float, error: float, freedom: int, alternative: Alternative, level: float) -> Comparison:
    from scipy import stats

    if math.isnan(error):  # of one row nothing can be said
        return Comparison(test, mean, (math.nan, math.nan), math.nan, 1.0)
    if error == 0:  # no row differs, or all differ alike
        sure = mean > 0 if alternative == "greater" else mean != 0
        return Comparison(test, mean, (mean, mean), 0.0, 0.0 if sure else 1.0)
    t = mean / error
    p_value = stats.t.sf(t, freedom) if alternative == "greater" else 2 * stats.t.sf(abs(t), freedom)
    reach = float(stats.t.isf((1 - level) / 2, freedom)) * error
    return Comparison(test, mean, (mean - reach, mean + reach), error, float(p_value))
