"""Paired tests against published figures, scipy and their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bakeoff.evaluation.paired_tests import (
    corrected_resampled_t_test,
    mcnemar_test,
    paired_t_test,
)


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
