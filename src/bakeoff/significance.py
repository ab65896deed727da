"""How sure a difference is: paired tests and intervals, each with the source of its formula."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bakeoff.answers import Answers, bootstrap_scores
from bakeoff.metrics import MetricName

Alternative = Literal["two-sided", "greater"]
LEVEL = 0.95  # of every interval


@dataclass(frozen=True)
class Comparison:
    """A model less another on the same rows.

    Attributes:
        test: `mcnemar`, `paired_t`, `bootstrap` or `nadeau_bengio`.
        difference: in the metric's unit; above 0 the first is better.
        interval: the difference's 95 % interval.
        standard_error: of the difference.
        p_value: how likely a difference like this one is where there is none.
        wins: for McNemar's test, how many rows only the first has right.
        losses: how many only the second has right.
    """

    test: str
    difference: float
    interval: tuple[float, float]
    standard_error: float
    p_value: float
    wins: int | None = None
    losses: int | None = None

    def reversed(self) -> "Comparison":
        """The second less the first; for a two-sided test."""
        low, high = self.interval
        return Comparison(
            self.test, -self.difference, (-high, -low), self.standard_error, self.p_value, self.losses, self.wins
        )


def compare(
    answers: Answers,
    first: str,
    second: str,
    metric: MetricName,
    resampled: dict[str, np.ndarray] | None = None,
    alternative: Alternative = "two-sided",
) -> Comparison:
    """Compare two models on the same rows.

    Accuracy on one pass of the rows: McNemar's test. Metrics that are a mean over the rows otherwise (log loss, and
    accuracy averaged over repeats): Student's paired t. The others: the paired bootstrap. All of them tell of the
    fitted models that gave the answers, and not of how much other training rows would have changed them (Dietterich,
    Approximate statistical tests for comparing supervised classification learning algorithms, 1998).

    Args:
        resampled: of `bootstrap_scores`; needed for a metric that is no mean over the rows.
        alternative: `greater` asks whether the first is better.
    """
    ours, theirs = answers.mean_row_scores(first, metric), answers.mean_row_scores(second, metric)
    if ours is None or theirs is None:
        assert resampled is not None
        difference = answers.score(first, metric) - answers.score(second, metric)
        return compare_resampled(difference, resampled[first] - resampled[second], alternative)
    if metric == "accuracy" and len(answers.folds) == 1:
        return compare_counts(int(np.sum(ours > theirs)), int(np.sum(theirs > ours)), len(ours), alternative)
    return compare_means(ours - theirs, alternative)


def compare_counts(wins: int, losses: int, n_rows: int, alternative: Alternative = "two-sided") -> Comparison:
    """McNemar's test: of the rows that one of two models has right and the other wrong, is it half and half?

    Two-sided it is the mid-p test, whose level is close to the nominal one with few rows too (Fagerland, Lydersen and
    Laake, The McNemar test for binary matched-pairs data, 2013); one-sided the exact test, whose level is never above.
    The interval is Bonett and Price's (Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data, 2012).

    Args:
        wins: rows that only the first has right.
        losses: rows that only the second has right.
        n_rows: all rows.
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
    reach = _normal() * math.sqrt((more + less - (more - less) ** 2) / (n_rows + 2))
    difference = (wins - losses) / n_rows
    interval = max(-1.0, more - less - reach), min(1.0, more - less + reach)
    return Comparison("mcnemar", difference, interval, math.sqrt(discordant) / n_rows, p_value, wins, losses)


def compare_means(differences: np.ndarray, alternative: Alternative = "two-sided") -> Comparison:
    """Student's paired t on the rows' differences.

    Args:
        differences: of the two models' scores on each row, shape (n_rows,).
    """
    error = float(np.std(differences, ddof=1) / math.sqrt(len(differences))) if len(differences) > 1 else math.nan
    return _student("paired_t", float(np.mean(differences)), error, len(differences) - 1, alternative)


def compare_folds(differences: np.ndarray, test_share: float) -> Comparison:
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
    return _student("nadeau_bengio", float(np.mean(differences)), error, count - 1, "two-sided")


def compare_resampled(difference: float, resampled: np.ndarray, alternative: Alternative = "two-sided") -> Comparison:
    """The percentile bootstrap: the interval holds the middle 95 % of the resampled differences.

    The p-value is the largest level at which the interval (one-sided: its lower half) leaves out 0, with the observed
    rows counted as one resample more (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 4.2).

    Args:
        resampled: the differences of the resamples, shape (resamples,).
    """
    known = resampled[~np.isnan(resampled)]
    if not len(known):  # an AUC of rows of one class
        return Comparison("bootstrap", difference, (math.nan, math.nan), math.nan, 1.0)
    below = (1 + int(np.sum(known <= 0))) / (1 + len(known))
    above = (1 + int(np.sum(known >= 0))) / (1 + len(known))
    p_value = below if alternative == "greater" else min(1.0, 2 * min(below, above))
    tail = (1 - LEVEL) / 2
    low, high = (float(value) for value in np.quantile(known, [tail, 1 - tail]))
    return Comparison("bootstrap", difference, (low, high), float(np.std(known, ddof=1)), p_value)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number, so that any of them is wrongly small in at most the level's share of cases.

    Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return [float(value) for value in adjusted]


def wilson_interval(hits: int, n_rows: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, Probable inference, the law of succession, 1927).

    Args:
        hits: how many of the rows have it.
    """
    from scipy import stats

    found = stats.binomtest(hits, n_rows).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def score_interval(answers: Answers, name: str, metric: MetricName, resamples: int) -> tuple[float, float]:
    """The 95 % interval of one model's metric on rows that it was not fitted on.

    Accuracy: Wilson's. Log loss: Student's. The others: the percentile bootstrap, stratified by class.
    """
    rows = answers.mean_row_scores(name, metric)
    if metric == "accuracy":
        assert rows is not None
        return wilson_interval(int(np.sum(rows)), len(rows))
    if rows is not None:
        return compare_means(rows).interval
    alone = Answers(answers.y, answers.folds, {name: answers.given[name]}, answers.n_classes)
    return compare_resampled(0.0, bootstrap_scores(alone, metric, resamples)[name]).interval


def _student(test: str, mean: float, error: float, freedom: int, alternative: Alternative) -> Comparison:
    from scipy import stats

    if not error > 0:  # no row differs, all differ alike, or there is one row only
        sure = mean > 0 if alternative == "greater" else mean != 0
        return Comparison(test, mean, (mean, mean), 0.0, 0.0 if sure and not math.isnan(error) else 1.0)
    t = mean / error
    p_value = stats.t.sf(t, freedom) if alternative == "greater" else 2 * stats.t.sf(abs(t), freedom)
    reach = float(stats.t.isf((1 - LEVEL) / 2, freedom)) * error
    return Comparison(test, mean, (mean - reach, mean + reach), error, float(p_value))


def _normal() -> float:
    from scipy import stats

    return float(stats.norm.isf((1 - LEVEL) / 2))
