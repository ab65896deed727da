"""The figures of docs/statistics.md are the library's own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from bakeoff.evaluation.calibration_curve import brier_score
from bakeoff.evaluation.comparison import holm_adjust
from bakeoff.evaluation.costs import cost_matrix, min_expected_cost
from bakeoff.evaluation.intervals import wilson_interval, wilson_of_share
from bakeoff.evaluation.paired_tests import mcnemar_test
from bakeoff.report.charts import label_ceiling
from bakeoff.training.promotion import needed_discordant_rows
from benchmarks.store_crash import describe

TEXT = Path("docs/statistics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wins", "losses", "n_rows", "p_value", "gap"),
    [(5, 3, 7000, "p = 0.51", "0.0003"), (11, 2, 7000, "p = 0.013", "0.0013"), (5, 2, 100, "p = 0.29", "0.03")],
)
def test_the_pairs_of_contestants(wins, losses, n_rows, p_value, gap):
    """McNemar's test, as it decides a race."""
    found = mcnemar_test(wins, losses, n_rows)
    assert p_value == f"p = {found.p_value:.2g}"
    assert gap == f"{found.difference:.4f}".rstrip("0")
    assert p_value in TEXT
    assert gap in TEXT


def test_the_correction_for_three_pairs():
    """The smallest of three p-values counts three times."""
    found = holm_adjust([mcnemar_test(*pair, 7000).p_value for pair in ((11, 2), (5, 3), (5, 3))])
    assert "0.039" == f"{found[0]:.3f}"
    assert "0.013 becomes 0.039" in TEXT


def test_the_margin_of_few_rows():
    """One standard error, where that is more than the least margin."""
    assert "0.026" == f"{mcnemar_test(5, 2, 100).standard_error:.3f}"
    assert "√(5 + 2) / 100 = 0.026" in TEXT


def test_the_intervals_of_accuracy():
    """Wilson's, of rows and of groups."""
    right, groups = np.repeat([True, False], [900, 100]), np.repeat(np.arange(20), 50)
    told = {
        "0.9902 to 0.9969": (wilson_of_share(1999 / 2010, 2010), 4),
        "0.886 to 1": (wilson_of_share(1.0, 30), 3),
        "0.880 to 0.917": (wilson_interval(right), 3),
        "0.675 to 0.975": (wilson_interval(right, groups), 3),
    }
    for words, (interval, digits) in told.items():
        low, high = (f"{end:.{digits}f}" if end < 1 else "1" for end in interval)
        assert words == f"{low} to {high}"
        assert words in TEXT


def test_the_challenger_that_is_promoted():
    """One-sided and exact, with the 90 % interval."""
    found = mcnemar_test(12, 3, 2010, "greater", 0.9)
    low, high = found.interval
    told = f"p = {found.p_value:.2g}, a gain of {found.difference:.4f}, 90 % interval {low:.4f} to {high:.4f}"
    assert told in TEXT
    assert 5 == needed_discordant_rows(0.05)


@pytest.mark.parametrize(("share", "score"), [(0.8, "0.16"), (1.0, "0.20"), (0.5, "0.25")])
def test_the_brier_score_of_four_in_five(share, score):
    """Who says 0.8 of four in five scores best."""
    assert score == f"{brier_score(np.array([0, 0, 0, 0, 1]), np.tile([share, 1 - share], (5, 1))):.2f}"
    assert f"scores {score}" in TEXT


def test_the_areas_of_five_rows():
    """The share of pairs in order, and the mean precision."""
    true, shares = [1, 1, 1, 0, 0], [0.9, 0.8, 0.4, 0.6, 0.2]
    assert ("0.83", "0.92") == (f"{roc_auc_score(true, shares):.2f}", f"{average_precision_score(true, shares):.2f}")
    assert "five of six pairs are right: 0.83" in TEXT
    assert "(1 + 1 + 3/4) / 3 = 0.92" in TEXT


def test_the_decision_by_cost():
    """Returned, though kept is likelier."""
    matrix = cost_matrix({"returned": 5}, ["kept", "returned"])
    shares = np.array([[0.8, 0.2]])
    assert [[1.0, 0.8]] == (shares @ matrix).round(12).tolist()
    assert [1] == min_expected_cost(shares, matrix).tolist()


def test_what_label_noise_leaves():
    """Of four classes, one in a hundred drawn anew."""
    card = replace(
        describe("m", "20261122T101500Z-c3943", "2026-11-22T10:15:00Z"), config={"dataset": {"flip_y": 0.01}}
    )
    assert f"1 − 0.01 × (1 − 1/4) = {label_ceiling(card):.4f}" in TEXT
