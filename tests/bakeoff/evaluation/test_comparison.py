"""The tests and intervals by which differences are judged, against published figures and other implementations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.comparison import compare, holm_adjust
from bakeoff.evaluation.intervals import score_interval, wilson_interval
from bakeoff.evaluation.paired_tests import (
    corrected_resampled_t_test,
    mcnemar_test,
    paired_bootstrap_test,
    paired_t_test,
)
from bakeoff.evaluation.predictions import HeldOutPredictions


def one_pass(y, n_classes=2, **given):
    """Answers of one pass in one fold."""
    y = np.asarray(y)
    answers = {name: np.asarray(several)[None] for name, several in given.items()}
    return HeldOutPredictions(y, np.zeros((1, len(y)), dtype=int), answers, n_classes)


@pytest.mark.parametrize(
    ("wins", "losses", "p_value"),
    [
        (6, 3, 0.34375),  # 2 × P(X ≤ 3) - P(X = 3) of 9 tosses: (2 × 130 - 84) / 512
        (3, 6, 0.34375),
        (1, 7, 0.0390625),  # Fagerland, Lydersen and Laake 2013: airway hyper-responsiveness, mid-p 0.039
        (5, 5, 1.0),
        (0, 0, 1.0),
        (5, 0, 0.03125),
    ],
)
def test_the_mid_p_mcnemar_test_gives_the_published_figures(wins, losses, p_value):
    """From the discordant rows alone."""
    assert p_value == pytest.approx(mcnemar_test(wins, losses, 100).p_value)


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_one_sided_test_is_the_exact_sign_test(wins, losses):
    """As scipy has it."""
    if wins + losses:
        expected = stats.binomtest(wins, wins + losses, alternative="greater").pvalue
        assert expected == pytest.approx(mcnemar_test(wins, losses, 500, "greater").p_value)
    else:
        assert 1 == mcnemar_test(0, 0, 500, "greater").p_value


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 500))
def test_a_comparison_reversed_is_the_comparison_of_the_reversed(wins, losses, concordant):
    """Difference, interval and counts change sides; the p-value stays."""
    n = wins + losses + concordant + 1
    forward, back = mcnemar_test(wins, losses, n), mcnemar_test(losses, wins, n).reversed()
    assert (forward.p_value, forward.wins, forward.losses) == (back.p_value, back.wins, back.losses)
    assert (forward.difference, *forward.interval) == pytest.approx((back.difference, *back.interval))
    assert forward.interval[0] <= forward.interval[1]
    assert math.sqrt(wins + losses) / n == pytest.approx(forward.standard_error)


def test_bonett_and_prices_interval():
    """(b - c) / (n + 2), give or take 1.96 standard errors of it, with one row added to b and to c."""
    middle, reach = (2 - 8) / 23, 1.959964 * math.sqrt((10 / 23 - (6 / 23) ** 2) / 23)
    assert (middle - reach, middle + reach) == pytest.approx(mcnemar_test(1, 7, 21).interval)


def test_the_paired_t_test_is_students():
    """As scipy has it, interval included."""
    differences = np.random.default_rng(0).normal(0.1, 1, 50)
    for alternative in ("two-sided", "greater"):
        expected = stats.ttest_1samp(differences, 0, alternative=alternative)
        assert expected.pvalue == pytest.approx(paired_t_test(differences, alternative).p_value)
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx(paired_t_test(differences).interval)


@pytest.mark.parametrize(
    ("differences", "alternative", "p_value"),
    [([0, 0, 0], "two-sided", 1), ([0.1] * 3, "two-sided", 0), ([-0.1] * 3, "greater", 1), ([0.5], "two-sided", 1)],
)
def test_differences_that_do_not_vary_have_a_p_value(differences, alternative, p_value):
    """Nothing differs, or all rows alike; of one row alone nothing can be said."""
    assert p_value == pytest.approx(paired_t_test(np.array(differences, dtype=float), alternative).p_value, abs=1e-9)


def test_nadeau_and_bengios_test_widens_the_variance():
    """(1/J + n_test/n_train) in place of 1/J: for 10 × 5 folds the error is √(1/50 + 1/4) / √(1/50) times as large."""
    differences = np.random.default_rng(1).normal(0.01, 0.02, 50)
    plain, corrected = paired_t_test(differences), corrected_resampled_t_test(differences, 1 / 4)
    assert math.sqrt((1 / 50 + 1 / 4) * 50) == pytest.approx(corrected.standard_error / plain.standard_error)
    t = differences.mean() / corrected.standard_error
    assert 2 * stats.t.sf(t, 49) == pytest.approx(corrected.p_value)


def test_holms_method():
    """The smallest p-value counts as often as there are tests, the next once less, and none falls below one before."""
    assert [0.03, 0.06, 0.06, 0.02] == pytest.approx(holm_adjust([0.01, 0.04, 0.03, 0.005]))
    assert [1.0, 1.0] == holm_adjust([0.8, 0.9])
    assert [] == holm_adjust([])


@given(st.integers(1, 300), st.data())
def test_wilsons_interval_is_scipys(n_rows, data):
    """And holds the share."""
    hits = data.draw(st.integers(0, n_rows))
    low, high = wilson_interval(np.arange(n_rows) < hits)
    expected = stats.binomtest(hits, n_rows).proportion_ci(0.95, method="wilson")
    assert (expected.low, expected.high) == pytest.approx((low, high), abs=1e-12)
    assert 0 <= low <= hits / n_rows <= high <= 1


def test_rows_of_a_group_that_are_alike_count_as_one():
    """100 groups of ten equal rows tell as much as 100 rows, but for Student's t in place of the normal."""
    right = np.arange(100) % 5 > 0
    grouped = wilson_interval(np.repeat(right, 10), np.repeat(np.arange(100), 10))
    assert wilson_interval(right) == pytest.approx(grouped, abs=0.002)
    differences = np.random.default_rng(0).normal(0.1, 1, 100)
    alone = paired_t_test(differences)
    together = paired_t_test(np.repeat(differences, 10), groups=np.repeat(np.arange(100), 10))
    assert ("paired_t", "grouped_t") == (alone.test, together.test)
    assert (alone.p_value, *alone.interval) == pytest.approx((together.p_value, *together.interval))


def test_groups_of_one_row_are_no_groups():
    """Whatever they are called."""
    differences = np.random.default_rng(0).normal(0.1, 1, 50)
    groups = np.random.default_rng(1).permutation(50) * 3
    alone, grouped = paired_t_test(differences), paired_t_test(differences, groups=groups)
    assert (alone.p_value, *alone.interval) == pytest.approx((grouped.p_value, *grouped.interval))


@pytest.mark.parametrize("right", [True, False])
def test_groups_that_are_all_right_are_no_certainty(right):
    """20 groups of 50 rows are 20 observations, not 1,000."""
    low, high = wilson_interval(np.full(1000, right), np.repeat(np.arange(20), 50))
    assert high - low > 0.13


def test_equal_models_are_told_apart_by_groups_as_rarely_as_promised():
    """20 groups of 50 alike rows: the rows' test would find a difference in 29 of 100 tables, the groups' in 5."""
    generator = np.random.default_rng(0)
    groups, found = np.repeat(np.arange(20), 50), []
    for _ in range(400):
        leaning = generator.normal(0, 0.12, 20)[groups]  # in a group one of the two is better
        differences = np.sign(leaning + generator.normal(0, 0.3, 1000)) * (generator.random(1000) < 0.2)
        found.append([paired_t_test(differences, groups=several).p_value < 0.05 for several in (None, groups)])
    rows, grouped = np.mean(found, axis=0)
    assert rows > 0.12
    assert 0.02 < grouped < 0.08


@pytest.mark.parametrize("metric", ["f1_macro", "roc_auc_ovr"])
def test_a_bootstrap_of_groups_draws_whole_groups(metric):
    """So scores vary as much as those of as many rows as there are groups."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 100)
    up = np.clip(y * 0.3 + generator.random(100) * 0.7, 0.01, 0.99)
    given = np.stack([1 - up, up], axis=1) if metric == "roc_auc_ovr" else (up > 0.5).astype(int)
    alone = one_pass(y, one=given)
    together = one_pass(np.repeat(y, 10), one=np.repeat(given, 10, axis=0))
    grouped = replace(together, groups=np.repeat(np.arange(100), 10))
    spread = [np.std(bootstrap_scores(answers, metric, 2000)["one"]) for answers in (alone, grouped, together)]
    assert spread[0] == pytest.approx(spread[1], rel=0.15)
    assert spread[2] < spread[0] / 2


def test_wilsons_interval_gives_the_published_figure():
    """Newcombe 1998: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611."""
    assert (0.2553, 0.3662) == tuple(round(end, 4) for end in wilson_interval(np.arange(263) < 81))
    assert (0.0, 0.1611) == tuple(round(end, 4) for end in wilson_interval(np.zeros(20)))


def test_accuracy_is_compared_by_the_rows_that_one_of_two_has_right():
    """Rows that both have right or wrong say nothing."""
    answers = one_pass([0, 0, 1, 1, 1], one=[0, 0, 1, 1, 0], other=[0, 1, 0, 0, 0])
    found = compare(answers, "one", "other", "accuracy")
    assert ("mcnemar", 3, 0, 0.6) == (found.test, found.wins, found.losses, found.difference)


def test_accuracy_over_repeats_is_compared_by_the_rows_means():
    """A row that one has right in half of the repeats counts half."""
    y, folds = np.zeros(4, dtype=int), np.array([[1, 1, 2, 2], [3, 4, 3, 4]])
    given = {"one": np.array([[0, 0, 0, 0], [0, 0, 0, 1]]), "other": np.array([[1, 0, 0, 0], [0, 0, 1, 1]])}
    found = compare(HeldOutPredictions(y, folds, given, 2), "one", "other", "accuracy")
    assert ("paired_t", 0.25) == (found.test, found.difference)
    assert paired_t_test(np.array([0.5, 0, 0.5, 0])).p_value == found.p_value


@pytest.mark.parametrize("metric", ["balanced_accuracy", "f1_macro", "roc_auc_ovr"])
def test_the_bootstrap_tells_a_good_model_from_guesses_and_from_nothing(metric):
    """A clear difference is found, in the right direction; a model doesn't differ from itself."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, 400)
    sharp = (np.eye(3)[y] * 0.5 + generator.dirichlet([1, 1, 1], 400)) / 1.5
    blunt = generator.dirichlet([1, 1, 1], 400)
    given = {"sharp": sharp, "blunt": blunt, "same": sharp}
    if metric != "roc_auc_ovr":
        given = {name: shares.argmax(axis=1) for name, shares in given.items()}
    answers = one_pass(y, 3, **given)
    resampled = bootstrap_scores(answers, metric, 400)
    better = compare(answers, "sharp", "blunt", metric, resampled)
    assert better.p_value < 0.01
    assert 0 < better.interval[0] < better.difference < better.interval[1]
    assert 1 == compare(answers, "sharp", "same", metric, resampled).p_value
    assert compare(answers, "sharp", "blunt", metric, resampled, "greater").p_value < 0.01
    assert compare(answers, "blunt", "sharp", metric, resampled, "greater").p_value > 0.99


def test_an_auc_is_never_taken_across_folds():
    """Each fold's model may have a scale of its own: here both rank their own rows perfectly."""
    y, folds = np.array([0, 1, 0, 1]), np.array([[1, 1, 2, 2]])
    shares = np.array([0.1, 0.2, 0.8, 0.9])
    answers = HeldOutPredictions(y, folds, {"one": np.stack([1 - shares, shares], axis=1)[None]}, 2)
    assert 1.0 == answers.score("one", "roc_auc_ovr")
    resampled = bootstrap_scores(answers, "roc_auc_ovr", 50)["one"]
    assert {1.0} == set(resampled[~np.isnan(resampled)])  # NaN where each fold's rows happen to be of one class


def test_a_bootstrap_of_nothing_is_no_evidence():
    """An AUC of rows of one class is not a number."""
    found = paired_bootstrap_test(math.nan, np.full(10, math.nan), "greater")
    assert 1 == found.p_value
    assert math.isnan(found.interval[0])


def test_log_loss_is_compared_by_students_t_on_the_rows():
    """Higher is better: it is the logarithm of the probability that the true class was given."""
    y = np.array([0, 1, 1])
    one, other = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]), np.full((3, 2), 0.5)
    found = compare(one_pass(y, one=one, other=other), "one", "other", "neg_log_loss")
    expected = np.log([0.9, 0.8, 0.7]) - np.log(0.5)
    assert ("paired_t", expected.mean()) == (found.test, pytest.approx(found.difference))


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro"])
def test_a_models_own_interval_holds_its_score(metric):
    """Wilson's, Student's, or the bootstrap's."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 300)
    up = np.clip(0.5 + 0.2 * (2 * y - 1) + generator.normal(0, 0.25, 300), 0.01, 0.99)
    shares = np.stack([1 - up, up], axis=1)
    answers = one_pass(y, one=shares if metric in {"neg_log_loss", "roc_auc_ovr"} else shares.argmax(axis=1))
    low, high = score_interval(answers, "one", metric, 500)
    assert low < answers.score("one", metric) < high
    assert high - low < 0.2
