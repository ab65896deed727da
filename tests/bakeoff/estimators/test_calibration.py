"""Probabilities from out-of-fold scores, and how good they are."""

import io

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from bakeoff.estimators import calibration
from bakeoff.estimators.calibration import (
    HAS_TEMPERATURE,
    CalibratedClassifier,
    GivenScores,
    TemperatureScaling,
    cross_fit,
    raw_scores,
)
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.evaluation.calibration_curve import brier_score, softmax_or_sigmoid
from bakeoff.training.calibrate import evaluate_calibration
from bakeoff.training.held_out.out_of_fold import OutOfFoldScores, ScoredRows

CLASSIFIERS = {
    "svm": SVC(),
    "logistic_regression": LogisticRegression(),
    "random_forest": RandomForestClassifier(10, random_state=0),
}
METHODS = ["sigmoid", "isotonic"]  # for any number of classes
CASES = [
    *((n_classes, method) for n_classes in (2, 4) for method in METHODS),
    (4, "temperature"),
]  # the last is new in 1.8


def rows_of(n_classes, n_rows=240, seed=0):
    X, y = make_classification(n_rows, n_informative=5, n_classes=n_classes, flip_y=0.1, random_state=seed)
    return X, np.array(["kept", "lost", "sold", "torn"])[y]


def out_of_fold(classifier, X, y, folds):
    parts = [(scored, raw_scores(clone(classifier).fit(X[fitted], y[fitted]), X[scored])) for fitted, scored in folds]
    scores = np.empty((len(y), parts[0][1].shape[1]))
    for scored, part in parts:
        scores[scored] = part
    return scores


@pytest.mark.parametrize(("n_classes", "method"), CASES if HAS_TEMPERATURE else CASES[:-1])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_it_equals_scikit_learns_calibration_on_the_same_folds(name, n_classes, method):
    """To the last digits, though nothing is fitted but the calibrator; and its predictions stay the classifier's."""
    X, y = rows_of(n_classes)
    fresh, _ = rows_of(n_classes, seed=1)
    folds = list(StratifiedKFold(5).split(X, y))
    fitted = clone(CLASSIFIERS[name]).fit(X, y)
    model = CalibratedClassifier(fitted, method).fit_scores(out_of_fold(CLASSIFIERS[name], X, y, folds), y)
    theirs = CalibratedClassifierCV(CLASSIFIERS[name], method=method, cv=folds, ensemble=False).fit(X, y)
    np.testing.assert_allclose(theirs.predict_proba(fresh), model.predict_proba(fresh), atol=1e-9)
    assert fitted.predict(fresh).tolist() == model.predict(fresh).tolist()
    assert model.predict_proba(fresh).tolist() == model.calibrate(model.scores(fresh)).tolist()
    method_of_its_own = fitted.decision_function if name == "svm" else fitted.predict_proba
    if name != "logistic_regression":
        assert model.predict_proba(fresh).tolist() == model.calibrate(method_of_its_own(fresh)).tolist()
    assert hasattr(fitted, "decision_function") == hasattr(model, "decision_function")


@pytest.mark.parametrize(("n_classes", "method"), CASES)
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_one_pass_over_the_rows_answers_as_the_calibrated_pipeline_does(name, n_classes, method):
    """Its classes, and its probabilities."""
    X, y = rows_of(n_classes)
    model = CalibratedClassifier(clone(CLASSIFIERS[name]).fit(X[:120], y[:120]), method).fit(X[120:], y[120:])
    codes, shares = predict_with_proba(Pipeline([("classifier", model)]), X)
    assert model.predict(X).tolist() == model.classes_[codes].tolist()
    np.testing.assert_allclose(model.predict_proba(X), shares, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_probabilities_are_probabilities(data):
    """Whatever the scores: finite, from 0 to 1, adding up to 1, with a class of a single row, too."""
    n_classes = data.draw(st.integers(2, 4))
    method = data.draw(st.sampled_from([*METHODS, "temperature"] if n_classes > 2 else METHODS))
    extra = data.draw(st.lists(st.integers(0, n_classes - 1), max_size=12))
    y = np.array([*range(n_classes), *extra])
    width = 1 if n_classes == 2 else n_classes
    finite = st.floats(-1e6, 1e6, width=32)
    scores = data.draw(arrays(float, (len(y), width), elements=finite))
    asked = data.draw(arrays(float, (5, width), elements=finite))
    model = CalibratedClassifier(GivenScores().fit(scores, y), method).fit_scores(scores, y)
    shares = model.calibrate(asked)
    assert (5, n_classes) == shares.shape
    assert ((shares >= 0) & (shares <= 1)).all()
    np.testing.assert_allclose(1, shares.sum(axis=1))
    assert model.classifier.predict(asked).tolist() == model.predict(asked).tolist()


def test_a_row_that_no_class_wants_is_anybodys():
    """All one-vs-rest probabilities are 0."""
    scores, y = np.eye(3)[[0, 1, 2] * 10], np.array([0, 1, 2] * 10)
    model = CalibratedClassifier(GivenScores().fit(scores, y), "isotonic").fit_scores(scores, y)
    np.testing.assert_allclose(1 / 3, model.calibrate(np.zeros((1, 3))))


def test_it_is_an_estimator_like_others():
    """It survives a file, is copied unfitted, takes rows as well as scores, and refuses a class without rows."""
    X, y = rows_of(4)
    model = CalibratedClassifier(SVC().fit(X[:120], y[:120])).fit(X[120:], y[120:])
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    assert model.predict_proba(X).tolist() == joblib.load(file).predict_proba(X).tolist()
    assert not hasattr(clone(model), "calibrator_")
    assert {"classifier", "method"} == set(clone(model).get_params(deep=False))
    assert (0, 4) == model.calibrate(np.empty((0, 4))).shape
    with pytest.raises(ValueError, match="class 'torn' has no out-of-fold rows"):
        model.fit_scores(np.zeros((3, 4)), np.array(["kept", "lost", "sold"]))


@given(st.integers(1, 5), st.sampled_from([*METHODS, "temperature"]))
@settings(max_examples=10, deadline=None)
def test_a_row_has_no_part_in_the_probabilities_that_it_is_judged_by(fold, method):
    """Other labels in its fold change those of the other folds, not its own."""
    generator = np.random.default_rng(fold)
    y, folds = np.tile([0, 1, 2], 40), np.repeat([1, 2, 3, 4, 5], 24)
    scores = np.eye(3)[y] + generator.normal(0, 0.7, (120, 3))
    changed = np.where(folds == fold, (y + 1) % 3, y)
    before, after = (cross_fit(scores, labels, folds, 3, method) for labels in (y, changed))
    assert before[folds == fold].tolist() == after[folds == fold].tolist()
    assert not np.allclose(before[folds != fold], after[folds != fold])


def test_rows_without_scores_or_without_a_class_among_the_others_are_left_out():
    """Rather than guessed."""
    scores, folds = np.arange(12.0)[:, None], np.repeat([1, 2, 3], 4)
    scores[0] = np.nan
    y = np.array([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1])
    assert [0] == np.flatnonzero(np.isnan(cross_fit(scores, y, folds, 2, "sigmoid")[:, 0])).tolist()
    alone = np.where(folds == 1, 1, 0)  # the one class is in the first fold only
    missing = np.isnan(cross_fit(scores, alone, folds, 2, "sigmoid")[:, 0])
    assert [0, 1, 2, 3] == np.flatnonzero(missing).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_calibration_mends_an_overconfident_model(method):
    """Its scores are three times the true log-odds: calibrated, it comes near the truth, which nothing can beat."""
    generator = np.random.default_rng(0)
    odds = generator.normal(0, 1.5, 6000)
    truth = softmax_or_sigmoid(odds[:, None])
    y = (generator.random(6000) < truth[:, 1]).astype(int)
    rows = ScoredRows(y, np.tile([1, 2, 3, 4, 5], 1200)[None], None)
    found = OutOfFoldScores(rows, (odds > 0).astype(int)[None], None, 3 * odds[None, :, None])
    calibration = evaluate_calibration(found, 2, method, None)
    best = brier_score(y, truth)
    assert calibration.brier_before > best + 0.01
    assert best - 0.0015 < calibration.brier_after < best + 0.0025
    curve = calibration.reliability_after
    assert np.average(np.abs(np.subtract(curve.predicted, curve.observed)), weights=curve.pairs) < 0.03
    assert 12000 == sum(curve.pairs)


@pytest.mark.parametrize("labels", [["a", "b", "c"], [1, 2, 3], [10, 500, 501]])
def test_the_temperature_does_not_depend_on_the_labels(labels):
    """Nor on their type: scikit-learn's takes integer labels for codes from 0."""
    codes = np.tile([0, 1, 2], 40)
    scores = np.eye(3)[codes] + np.random.default_rng(0).normal(0, 0.7, (120, 3))
    y = np.array(labels)[codes]
    plain, named = (
        CalibratedClassifier(GivenScores().fit(scores, y), "temperature").fit_scores(scores, y) for y in (codes, y)
    )
    assert plain.calibrate(scores).tolist() == named.calibrate(scores).tolist()
    assert scores.argmax(axis=1).tolist() == named.calibrate(scores).argmax(axis=1).tolist()


SCORED_CODES = np.tile([0, 1, 2], 40)
SCORES = np.eye(3)[SCORED_CODES] + np.random.default_rng(0).normal(0, 0.7, (120, 3))
SHARES = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("given", [SCORES, SHARES, SHARES.round(1) / SHARES.round(1).sum(axis=1, keepdims=True)])
def test_the_factor_has_the_lowest_log_loss(given, monkeypatch):
    """Of scores and of probabilities, some of them 0; and where scikit-learn has a temperature, it is the same."""
    monkeypatch.setattr(calibration, "HAS_TEMPERATURE", False)
    model = CalibratedClassifier(GivenScores().fit(given, SCORED_CODES), "temperature").fit_scores(given, SCORED_CODES)
    own = model.calibrator_
    assert TemperatureScaling is type(own)

    def log_loss(factor):
        scaled = TemperatureScaling()
        scaled.beta_ = factor
        return -np.log(scaled.predict_proba(given)[np.arange(120), SCORED_CODES]).mean()

    assert log_loss(own.beta_) < min(log_loss(own.beta_ * 0.99), log_loss(own.beta_ * 1.01))
    assert given.argmax(axis=1).tolist() == own.predict(given).tolist()
    if HAS_TEMPERATURE:
        rows = np.arange(120)
        theirs = CalibratedClassifierCV(GivenScores(), method="temperature", cv=[(rows, rows)], ensemble=False)
        np.testing.assert_allclose(
            theirs.fit(given, SCORED_CODES).predict_proba(given), model.calibrate(given), atol=1e-7
        )
