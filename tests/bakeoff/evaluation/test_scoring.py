"""Scores on rows and on resamples."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from bakeoff.evaluation.predictions import encode_labels
from bakeoff.evaluation.scoring import resampled_scores, row_scores, score

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


@given(LABELS)
def test_resampled_scores_of_classes_equal_scikit_learns_with_weights(rows):
    """A weight is how often a row was drawn."""
    y, answers, weights = (np.array(column) for column in zip(*rows))
    weights[0] += 1
    for metric, function in (("balanced_accuracy", "balanced_accuracy_score"), ("f1_macro", "f1_score")):
        drawn = np.repeat(np.arange(len(y)), weights)
        more = (
            {"average": "macro", "labels": np.union1d(y, answers), "zero_division": 0} if metric == "f1_macro" else {}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = getattr(metrics, function)(y[drawn], answers[drawn], **more)
        assert expected == pytest.approx(resampled_scores(metric, y, answers, weights[None].astype(float))[0])


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.integers(0, 3)), min_size=2))
def test_resampled_aucs_equal_scikit_learns_with_weights(rows):
    """Ties count half; without two classes there is none."""
    y, shares, weights = (np.array(column) for column in zip(*rows))
    y = (y > 0).astype(int)
    answers = np.stack([1 - shares, shares], axis=1)
    found = resampled_scores("roc_auc_ovr", y, answers, weights[None].astype(float))[0]
    if len(np.unique(y[weights > 0])) < 2:
        assert np.isnan(found)
    else:
        assert metrics.roc_auc_score(y, shares, sample_weight=weights) == pytest.approx(found)


def test_a_class_that_no_row_has_does_not_count():
    """As by group or time a fold may lack one: the mean is of the others."""
    y = np.array([0, 0, 1, 1])
    shares = np.array([[0.6, 0.3, 0.1], [0.2, 0.4, 0.4], [0.1, 0.8, 0.1], [0.3, 0.35, 0.35]])
    expected = np.mean([metrics.roc_auc_score(y == column, shares[:, column]) for column in (0, 1)])
    assert expected == pytest.approx(score("roc_auc_ovr", y, shares, 3))
    assert 0.5 == score("balanced_accuracy", y, np.array([0, 2, 1, 2]), 3)
    assert metrics.log_loss(y, shares, labels=[0, 1, 2]) == pytest.approx(-score("neg_log_loss", y, shares, 3))


def test_a_probability_of_0_costs_much_and_not_everything():
    """As scikit-learn clips it."""
    y, shares = np.array([0, 1]), np.array([[0.0, 1.0], [0.5, 0.5]])
    assert -metrics.log_loss(y, shares) == pytest.approx(row_scores("neg_log_loss", y, shares).mean())


def test_classes_become_numbers_whatever_their_type():
    """A class that is not on the list is -1."""
    assert [1, 0, -1] == encode_labels(np.array([7, 3, 5]), ["3", "7"]).tolist()
    assert [1, 0, -1] == encode_labels(np.array(["7", "3", "x"], dtype=object), ["3", "7"]).tolist()
