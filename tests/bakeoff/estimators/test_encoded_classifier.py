"""A classifier that sees numbers alone gives the labels back."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin

from bakeoff.estimators.encoded_classifier import EncodedClassifier

X = np.repeat([[0.0], [1.0], [2.0]], 20, axis=0) + np.random.RandomState(0).normal(0, 0.1, (60, 1))
LABELS = {"text": np.repeat(["no", "perhaps", "yes"], 20), "integers": np.repeat([-1, 7, 30], 20)}


class Codes(ClassifierMixin, BaseEstimator):
    """Refuses labels other than 0, 1, …, as XGBoost, and predicts a column, as CatBoost; it has no scores."""

    def __init__(self, class_weight=None, complaint=None):
        self.class_weight = class_weight
        self.complaint = complaint

    def fit(self, X, y):
        if self.complaint:
            raise self.complaint
        assert isinstance(X, np.ndarray)
        assert sorted(set(y)) == list(range(len(set(y))))
        self.classes_ = np.unique(y)
        self.centres_ = np.array([X[y == code].mean() for code in self.classes_])
        return self

    def predict(self, X):
        return np.abs(X - self.centres_).argmin(axis=1)[:, None]


class SinglePrecision(Codes):
    """Gives probabilities as XGBoost does."""

    def predict_proba(self, X):
        closeness = np.exp(-((X - self.centres_) ** 2)).astype(np.float32)
        return closeness / closeness.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("form", [np.asarray, csr_matrix, lambda X: pd.DataFrame(X, columns=["[x]"])])
def test_predictions_are_the_original_labels(labels, form):
    """Whatever they are, and in whatever form the columns come."""
    y = LABELS[labels]
    model = EncodedClassifier(Codes()).fit(form(X), y)
    assert y.tolist() == model.predict(form(X)).tolist()
    assert sorted(set(y)) == model.classes_.tolist()


def test_probabilities_add_up_in_double_precision():
    """Scores of probabilities ask for it."""
    probabilities = EncodedClassifier(SinglePrecision()).fit(X, LABELS["text"]).predict_proba(X)
    assert np.float64 == probabilities.dtype
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)


def test_a_classifier_without_scores_scores_its_prediction():
    """So that it can be calibrated; for two classes the score is the second's."""
    three = EncodedClassifier(Codes()).fit(X, LABELS["text"])
    assert [[1, -1, -1], [-1, -1, 1]] == three.decision_function(X[[0, -1]]).tolist()
    two = EncodedClassifier(Codes()).fit(X[:40], LABELS["text"][:40])
    assert [-1, 1] == two.decision_function(X[[0, 39]]).tolist()
    assert not hasattr(three, "predict_proba")
    assert not hasattr(EncodedClassifier(SinglePrecision()), "decision_function")


def test_class_weights_follow_the_labels():
    """A config in JSON has them as text; those of a class that a fold lacks are left out."""
    weighted = EncodedClassifier(Codes(class_weight={"-1": 1, "7": 2, "30": 3}))
    assert {0: 1, 1: 2, 2: 3} == weighted.fit(X, LABELS["integers"]).classifier_.class_weight
    assert {0: 1, 1: 2} == weighted.fit(X[:40], LABELS["integers"][:40]).classifier_.class_weight


def test_an_error_of_any_kind_becomes_one_that_a_step_expects():
    """Libraries have errors of their own."""
    with pytest.raises(ValueError, match="RuntimeError: no device"):
        EncodedClassifier(Codes(complaint=RuntimeError("no device"))).fit(X, LABELS["text"])
