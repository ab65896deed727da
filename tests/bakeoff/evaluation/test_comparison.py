"""Differences are judged, against published figures and other implementations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.comparison import compare, holm_adjust
from bakeoff.evaluation.paired_tests import (
    mcnemar_test,
    paired_bootstrap_test,
    paired_t_test,
)
from bakeoff.evaluation.predictions import HeldOutPredictions
from tests.bakeoff.evaluation.conftest import one_pass


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 500))
def test_a_comparison_reversed_is_the_comparison_of_the_reversed(wins, losses, concordant):
    """Difference, interval and counts change sides; the p-value stays."""
    n = wins + losses + concordant + 1
    forward, back = mcnemar_test(wins, losses, n), mcnemar_test(losses, wins, n).reversed()
    assert (forward.p_value, forward.wins, forward.losses) == (back.p_value, back.wins, back.losses)
    assert (forward.difference, *forward.interval) == pytest.approx((back.difference, *back.interval))
    assert forward.interval[0] <= forward.interval[1]
    assert math.sqrt(wins + losses) / n == pytest.approx(forward.standard_error)


def test_holms_method():
    """The smallest p-value counts as often as there are tests, the next once less, and none falls below one before."""
    assert [0.03, 0.06, 0.06, 0.02] == pytest.approx(holm_adjust([0.01, 0.04, 0.03, 0.005]))
    assert [1.0, 1.0] == holm_adjust([0.8, 0.9])
    assert [] == holm_adjust([])


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
