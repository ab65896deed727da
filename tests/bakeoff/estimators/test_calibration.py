"""Probabilities from out-of-fold scores, and how good they are."""

import io
import json
import logging
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
from forging import read_card
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from bakeoff.cli.terminal import render_card
from bakeoff.config import TrainingConfig
from bakeoff.data.class_balance import warn_of_majority
from bakeoff.data.parts import read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.calibration import CalibratedClassifier, GivenScores, cross_fit, raw_scores
from bakeoff.estimators.contestant import Contestant, choose_method
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.evaluation.calibration_curve import brier_score, reliability_curve, softmax_or_sigmoid
from bakeoff.report.card_text import describe_calibration, explain_brier
from bakeoff.report.table_formats import markdown_text
from bakeoff.report.version_markdown import render_markdown
from bakeoff.training.calibrate import calibrate_classifier, judge
from bakeoff.training.cross_validate import score_fold
from bakeoff.training.fit import fit_classifier
from bakeoff.training.out_of_fold import OutOfFoldScores, ScoredRows, read_out_of_fold
from tests.bakeoff.conftest import run_race

CLASSIFIERS = {
    "svm": SVC(),
    "logistic_regression": LogisticRegression(),
    "random_forest": RandomForestClassifier(10, random_state=0),
}
METHODS = ["sigmoid", "isotonic"]

SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here


def rows_of(n_classes, n_rows=240, seed=0):
    X, y = make_classification(n_rows, n_informative=5, n_classes=n_classes, flip_y=0.1, random_state=seed)
    return X, np.array(["kept", "lost", "sold", "torn"])[y]


def out_of_fold(classifier, X, y, folds):
    parts = [(scored, raw_scores(clone(classifier).fit(X[fitted], y[fitted]), X[scored])) for fitted, scored in folds]
    scores = np.empty((len(y), parts[0][1].shape[1]))
    for scored, part in parts:
        scores[scored] = part
    return scores


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_classes", [2, 4])
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


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_classes", [2, 4])
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
    n_classes, method = data.draw(st.integers(2, 4)), data.draw(st.sampled_from(METHODS))
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


@pytest.mark.parametrize(
    ("asked", "has_probabilities", "rarest", "expected"),
    [
        ("auto", True, 5000, None),
        ("auto", False, 999, "sigmoid"),
        ("auto", False, 1000, "isotonic"),
        ("none", False, 5000, None),
        ("sigmoid", True, 5000, "sigmoid"),
        ("isotonic", True, 1000, "isotonic"),
        ("isotonic", True, 999, "sigmoid"),
    ],
)
def test_the_method_goes_by_the_rarest_class(asked, has_probabilities, rarest, expected):
    """Isotonic regression wants a thousand rows."""
    assert expected == choose_method(asked, has_probabilities, rarest)


@given(st.integers(1, 5), st.sampled_from(METHODS))
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
    calibration = judge(found, 2, method, None)
    best = brier_score(y, truth)
    assert calibration.brier_before > best + 0.01
    assert best - 0.0015 < calibration.brier_after < best + 0.0025
    curve = calibration.reliability_after
    assert np.average(np.abs(np.subtract(curve.predicted, curve.observed)), weights=curve.pairs) < 0.03
    assert 12000 == sum(curve.pairs)


def test_repeats_are_judged_each_by_its_own_folds():
    """A row counts once, with the mean over its repeats."""
    generator = np.random.default_rng(1)
    y, folds = np.tile([0, 1], 50), np.stack([np.arange(100) % 5 + 1, np.arange(100) // 2 % 5 + 6])
    scores = (y + generator.normal(0, 1, (2, 100)))[..., None]
    found = OutOfFoldScores(ScoredRows(y, folds, None), y[None].repeat(2, 0), None, scores)
    both = judge(found, 2, "sigmoid", None)
    each = [
        judge(OutOfFoldScores(ScoredRows(y, folds[[i]], None), y[None], None, scores[[i]]), 2, "sigmoid", None)
        for i in (0, 1)
    ]
    assert 100 == both.rows
    assert np.mean([one.brier_after for one in each]) == pytest.approx(both.brier_after)


@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 99))
def test_brier_and_reliability_by_their_definitions(n_classes, n_rows, seed):
    """Summed over the classes, for two of them half of that, as scikit-learn has it; and bins by a plain loop."""
    generator = np.random.default_rng(seed)
    shares, y = generator.dirichlet(np.ones(n_classes), n_rows), generator.integers(0, n_classes, n_rows)
    expected = np.mean([sum((p - (k == j)) ** 2 for j, p in enumerate(row)) for row, k in zip(shares, y)])
    expected /= 2 if n_classes == 2 else 1
    assert expected == pytest.approx(brier_score(y, shares))
    if n_classes == 2:
        assert brier_score_loss(y, shares[:, 1], pos_label=1, labels=[0, 1]) == pytest.approx(expected)
    pairs = [(min(int(p * 10), 9), p, k == j) for row, k in zip(shares, y) for j, p in enumerate(row)]
    bins = sorted({place for place, _, _ in pairs})
    curve = reliability_curve(y, shares)
    assert [sum(place == one for place, _, _ in pairs) for one in bins] == curve.pairs
    assert [np.mean([p for place, p, _ in pairs if place == one]) for one in bins] == pytest.approx(curve.predicted)
    assert [np.mean([hit for place, _, hit in pairs if place == one]) for one in bins] == pytest.approx(curve.observed)


@pytest.mark.parametrize("name", ["svm", "logistic_regression", "random_forest"])
@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "neg_log_loss"])
def test_fold_scores_of_calibrated_contestants_equal_cross_val_score(tmp_path, scoring, name):
    """Nested in each fold; what the outer folds keep is the plain classifier's, from the same fit."""
    config = TrainingConfig.model_validate(
        {
            "dataset": {"source": "bundled", "bundled": "wine"},
            "calibration": "isotonic",  # too few rows: sigmoid
            "engine": "scikit-learn",
            "cross_validation": {"scoring": scoring},
            "classifiers": {name: {"n_estimators": 10} if name == "random_forest" else {}},
        }
    )
    ref = prepare_dataset(config, tmp_path / "data")
    X, y = read_part(ref, "train")
    contestant = Contestant.of(config, name, SIZE)
    expected = cross_val_score(build_pipeline(contestant, ref.features, "sigmoid"), X, y, cv=5, scoring=scoring)
    folds = [score_fold(ref, contestant, config.cross_validation, k, tmp_path / "answers") for k in range(1, 6)]
    assert expected.tolist() == [fold.score for fold in folds]
    found = read_out_of_fold(ref, config.cross_validation, [fold.outputs for fold in folds])
    for fitted, scored in StratifiedKFold(5).split(X, y):
        plain = build_pipeline(contestant, ref.features).fit(X.iloc[fitted], y[fitted])
        scores = raw_scores(plain[-1], plain[:-1].transform(X.iloc[scored]))
        assert scores.tolist() == found.scores[0, scored].tolist()
        assert plain.predict(X.iloc[scored]).tolist() == np.array(ref.classes)[found.predicted[0, scored]].tolist()


def test_the_exported_model_is_the_plain_one_with_a_calibrator(tmp_path):
    """Also where the metric takes probabilities: no calibration of its own stands inside it."""
    race = run_race(tmp_path, classifiers={"svm": {}}, cross_validation={"scoring": "neg_log_loss"})
    model = joblib.load(race.models["svm"].path)
    assert isinstance(model[-1], CalibratedClassifier)
    assert isinstance(model[-1].classifier, SVC)
    X, y = read_part(race.ref, "train")
    folds = list(StratifiedKFold(5).split(X, y))
    theirs = CalibratedClassifierCV(build_pipeline(Contestant.of(race.config, "svm", SIZE), race.ref.features),
                                    cv=folds, ensemble=False).fit(X, y)  # fmt: skip
    np.testing.assert_allclose(theirs.predict_proba(X), model.predict_proba(X), atol=1e-9)
    version = race.export(tmp_path / "models")
    card = json.loads((version / "card.json").read_text())
    assert {"before", "after"} == set(card["calibration"].pop("reliability"))
    before, after = (card["calibration"][f"brier_{when}"] for when in ("before", "after"))
    assert {"method": "sigmoid", "own_probabilities": False, "rows": 140, "brier_before": before, "brier_after": after
            } == card["calibration"]  # fmt: skip
    assert {"method": "sigmoid", "before": before, "after": after} == card["classifiers"]["svm"]["brier"]
    said = f"SVM's probabilities are calibrated by a sigmoid (Platt's method): Brier score {after:.4f} on 140 out-of-"
    assert said in render_markdown(read_card(version), "models/x")
    assert not card["brier_halved"]


def test_an_older_card_of_two_classes_is_told_in_todays_convention(version):
    """It has the sum over both classes, and doesn't say so; of more classes nothing has changed."""
    found = {"method": "sigmoid", "own_probabilities": True, "rows": 9, "brier_before": 0.4, "brier_after": 0.3}
    card = replace(read_card(version, calibration=found, classes=["a", "b"]), brier_halved=None)
    assert "Brier score 0.1500 on 9 out-of-fold rows, 0.2000 before" in describe_calibration(card)
    assert "0 is perfect, 1 the worst" in explain_brier(card)
    assert "Brier score 0.3000 on 9 out-of-fold rows, 0.4000 before" in describe_calibration(
        replace(card, brier_halved=True)
    )
    card = replace(card, classes=["a", "b", "c"])
    assert "Brier score 0.3000 on 9 out-of-fold rows, 0.4000 before" in describe_calibration(card)
    assert "0 is perfect, 2 the worst" in explain_brier(card)


def test_nobody_is_calibrated_where_nobody_is_to_be(tmp_path):
    """The SVM then has no probabilities, and the others their own."""
    race = run_race(tmp_path, classifiers={"svm": {}, "logistic_regression": {}}, calibration="none")
    assert not hasattr(joblib.load(race.models["svm"].path), "predict_proba")
    assert race.models["svm"].calibration.brier_before is None
    own = race.models["logistic_regression"].calibration
    assert (None, None) == (own.method, own.brier_after)
    assert 0 < own.brier_before < 0.5


def test_isotonic_on_few_rows_falls_back_with_a_warning(tmp_path, caplog):
    """And the card has the method that was used."""
    caplog.set_level(logging.WARNING)
    race = run_race(tmp_path, calibration="isotonic")
    assert "calibrated by sigmoid, since isotonic needs 1,000 out-of-fold rows of each class" in caplog.text
    assert "sigmoid" == race.models["logistic_regression"].calibration.method


@pytest.mark.parametrize("classifier", ["svm", "random_forest", "logistic_regression"])
def test_scores_of_a_fold_that_lacks_a_class_are_not_calibrated_on(tmp_path, classifier):
    """Whether they are a decision function or probabilities: they are those of another problem."""
    days = pd.DataFrame({"day": range(300), "a": np.arange(300) % 7.0, "y": np.tile(["u", "v", "w"], 100)})
    days.loc[:160, "y"] = days.loc[:160, "y"].replace("w", "v")
    days.to_csv(tmp_path / "days.csv", index=False)
    config = TrainingConfig.model_validate({
        "dataset": {"source": "file", "path": str(tmp_path / "days.csv"), "target": "y"},
        "split": {"by": "time", "column": "day"},
        "classifiers": {classifier: {}},
        "cross_validation": {"folds": 4},
        "calibration": "sigmoid",
    })  # fmt: skip
    ref, contestant = prepare_dataset(config, tmp_path / "data"), Contestant.of(config, classifier, SIZE)
    folds = [score_fold(ref, contestant, config.cross_validation, k, tmp_path / "answers") for k in range(1, 5)]
    found = read_out_of_fold(ref, config.cross_validation, [fold.outputs for fold in folds])
    finite = np.isfinite(found.scores[0]).all(axis=1)
    assert [0, 0, 0, 42] == [int(finite[found.rows.folds[0] == k].sum()) for k in range(1, 5)]


def test_a_fold_that_lacks_a_class_has_no_part_in_the_calibration(tmp_path, caplog):
    """By time a class may come late; where none is left, the plain classifier is used, or refused where it must not."""
    days = pd.DataFrame({"day": range(300), "a": np.arange(300) % 7.0, "y": np.tile(["u", "v", "w"], 100)})
    days.loc[:160, "y"] = days.loc[:160, "y"].replace("w", "v")
    path = tmp_path / "days.csv"
    days.to_csv(path, index=False)
    source = {
        "dataset": {"source": "file", "path": str(path), "target": "y"},
        "split": {"by": "time", "column": "day"},
        "classifiers": {"svm": {}},
    }
    config = TrainingConfig.model_validate(source | {"cross_validation": {"folds": 4}})
    ref = prepare_dataset(config, tmp_path / "data")
    contestant = Contestant.of(config, "svm", SIZE)
    folds = [score_fold(ref, contestant, config.cross_validation, k, tmp_path / "answers") for k in range(1, 5)]
    found = read_out_of_fold(ref, config.cross_validation, [fold.outputs for fold in folds])
    assert [0, 0, 0, 42] == [int(np.isfinite(found.scores[0][found.rows.folds[0] == k, 0]).sum()) for k in range(1, 5)]
    fitted = fit_classifier(ref, contestant, tmp_path / "models")
    model = calibrate_classifier(ref, contestant, config, fitted, folds, tmp_path / "models")
    assert ("sigmoid", 0, None) == (model.calibration.method, model.calibration.rows, model.calibration.brier_after)
    priced = config.model_copy(update={"costs": {"u": 2.0}})
    model = calibrate_classifier(ref, contestant, priced, fitted, folds, tmp_path / "models")
    assert (2.0, None, 0) == (model.calibration.decision.costs[0][1], model.calibration.decision.gain, 0)
    with np.load(folds[3].outputs) as outputs:
        np.savez(tmp_path / "none.npz", predicted=outputs["predicted"], scores=np.full(outputs["scores"].shape, np.nan))
    folds[3] = replace(folds[3], outputs=tmp_path / "none.npz")
    plain = calibrate_classifier(ref, contestant, config, fitted, folds, tmp_path / "models")
    assert (None, fitted.path) == (plain.calibration.method, plain.path)
    assert "the plain classifier is used" in caplog.text
    with pytest.raises(ValueError, match="its scores can't be calibrated: a class has no rows"):
        calibrate_classifier(ref, contestant, priced, fitted, folds, tmp_path / "models")


def test_balanced_weights_are_for_those_that_take_them_and_have_none(tmp_path):
    """In one place, before anything is fitted."""
    classifiers = {
        "svm": {"class_weight": None},
        "logistic_regression": {},
        "random_forest": {"class_weight": {"0": 2}},
    }
    config = TrainingConfig.model_validate({"class_weight": "balanced", "classifiers": classifiers})
    assert [None, "balanced", {"0": 2}] == [
        Contestant.of(config, n, SIZE).parameters.get("class_weight") for n in classifiers
    ]
    plain = config.model_copy(update={"class_weight": "none"})
    assert {} == Contestant.of(plain, "logistic_regression", SIZE).parameters
    pipeline = build_pipeline(
        Contestant.of(config, "logistic_regression", SIZE), prepare_dataset(config, tmp_path).features
    )
    assert "balanced" == pipeline[-1].class_weight


def test_a_majority_of_nine_tenths_is_warned_of(tmp_path, caplog):
    """In the log, the card and whatever is made of it."""
    rows = pd.DataFrame({"a": np.arange(400) % 23, "y": ["sound"] * 372 + ["fraud"] * 28})
    rows.to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    race = run_race(tmp_path, dataset=dataset)
    card = read_card(race.export(tmp_path / "models"))
    expected = (
        "class 'sound' holds 92.9 % of the training rows, so always answering it has that accuracy: set "
        "cross_validation.scoring: balanced_accuracy, or another metric"
    )
    assert [expected] == card.warnings
    assert expected in caplog.text
    assert f"Beware: {expected}." in render_card(card)
    assert f"Beware: {markdown_text(expected)}." in render_markdown(card, "x")
    y = np.array(["sound"] * 90 + ["fraud"] * 10)
    assert warn_of_majority(y, "accuracy") is None
    assert warn_of_majority(y[:-5], "balanced_accuracy") is None
