"""Calibration in the flow: by held-out scores, as the config asks."""

import json
import logging
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
from forging import read_card
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_blobs
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.svm import SVC
from versions import needs_temperature

from bakeoff.config import TrainingConfig
from bakeoff.data.parts import read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.calibration import CalibratedClassifier, raw_scores
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import base_classifier, build_pipeline, fit_for_scoring
from bakeoff.report.version_markdown import render_markdown
from bakeoff.training.calibrate import calibrate_classifier, evaluate_calibration
from bakeoff.training.cross_validate import score_fold
from bakeoff.training.evaluate import warn_of_disagreement
from bakeoff.training.fit import fit_classifier
from bakeoff.training.held_out.out_of_fold import OutOfFoldScores, ScoredRows, read_out_of_fold
from tests.bakeoff.conftest import calibrated_by_scikit_learn, run_race

SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here


def test_repeats_are_judged_each_by_its_own_folds():
    """A row counts once, with the mean over its repeats."""
    generator = np.random.default_rng(1)
    y, folds = np.tile([0, 1], 50), np.stack([np.arange(100) % 5 + 1, np.arange(100) // 2 % 5 + 6])
    scores = (y + generator.normal(0, 1, (2, 100)))[..., None]
    found = OutOfFoldScores(ScoredRows(y, folds, None), y[None].repeat(2, 0), None, scores)
    both = evaluate_calibration(found, 2, "sigmoid", None)
    each = [
        evaluate_calibration(
            OutOfFoldScores(ScoredRows(y, folds[[i]], None), y[None], None, scores[[i]]), 2, "sigmoid", None
        )
        for i in (0, 1)
    ]
    assert 100 == both.rows
    assert np.mean([one.brier_after for one in each]) == pytest.approx(both.brier_after)


@pytest.mark.parametrize("name", ["svm", "logistic_regression", "random_forest"])
@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "neg_log_loss"])
@pytest.mark.parametrize(
    ("calibration", "method"),
    [("isotonic", "sigmoid"), pytest.param("temperature", "temperature", marks=needs_temperature)],
)
def test_fold_scores_of_calibrated_contestants_equal_cross_val_score(tmp_path, scoring, name, calibration, method):
    """Nested in each fold; what the outer folds keep is the plain classifier's, from the same fit.

    For isotonic regression there are too few rows.
    """
    config = TrainingConfig.model_validate(
        {
            "dataset": {"source": "bundled", "bundled": "wine"},
            "calibration": calibration,
            "engine": "scikit-learn",
            "cross_validation": {"scoring": scoring},
            "classifiers": {name: {"n_estimators": 10} if name == "random_forest" else {}},
        }
    )
    ref = prepare_dataset(config, tmp_path / "data")
    X, y = read_part(ref, "train")
    contestant = Contestant.of(config, name, SIZE)
    theirs = calibrated_by_scikit_learn(contestant, ref.features, method)
    expected = cross_val_score(theirs, X, y, cv=5, scoring=scoring)
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
    assert card["calibration"].pop("thresholds") is None  # of two classes alone
    before, after = (card["calibration"][f"brier_{when}"] for when in ("before", "after"))
    assert {"method": "sigmoid", "own_probabilities": False, "rows": 140, "brier_before": before, "brier_after": after
            } == card["calibration"]  # fmt: skip
    assert {"method": "sigmoid", "before": before, "after": after} == card["classifiers"]["svm"]["brier"]
    said = f"SVM's probabilities are calibrated by a sigmoid (Platt's method): Brier score {after:.4f} on 140 out-of-"
    assert said in render_markdown(read_card(version), "models/x")
    assert not card["brier_halved"]


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


@needs_temperature
def test_with_many_classes_the_probabilities_go_with_the_predictions(tmp_path):
    """Of 30 classes, where a sigmoid's often don't; so deciding by costs that are all alike costs nothing."""
    X, y = make_blobs(450, 4, centers=30, center_box=(-8, 8), random_state=0)
    pd.DataFrame(X, columns=list("abcd")).assign(y=y + 1).to_csv(tmp_path / "rows.csv", index=False)
    found = {}
    for calibration in ("auto", "sigmoid"):
        workspace = tmp_path / calibration
        workspace.mkdir()
        dataset = {"source": "file", "path": str(tmp_path / "rows.csv"), "target": "y"}
        costs = {"1": 1}  # what is not named costs 1, too
        race = run_race(workspace, dataset=dataset, classifiers={"svm": {}}, calibration=calibration, costs=costs)
        found[calibration] = race.scorecards[0]
    auto, sigmoid = (found[name].calibration for name in ("auto", "sigmoid"))
    assert ("temperature", "sigmoid") == (auto.method, sigmoid.method)
    assert auto.brier_after < sigmoid.brier_after / 2
    assert auto.decision.gain > -0.01 > sigmoid.decision.gain
    assert found["auto"].test.disagreement <= 0.01
    share = found["sigmoid"].test.disagreement
    assert share > 0.05
    assert [] == warn_of_disagreement([found["auto"]], 30)
    (warning,) = warn_of_disagreement([found["sigmoid"], found["auto"]], 30)
    assert warning.startswith(f"SVM: in {100 * share:.1f} % of the test rows the predicted class is not the most ")
    assert warning.endswith("; calibration: temperature brings the two together")


@pytest.mark.parametrize("calibration", ["sigmoid", "temperature"])
def test_the_classifier_inside_a_fold_is_fitted_on_labels(calibration):
    """By which its class_weight names the classes, and not on scikit-learn's codes of them."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 2)), columns=["a", "b"])
    y = np.tile(["u", "v", "w"], 30)
    contestant = Contestant("svm", {"class_weight": {"u": 2, "v": 1, "w": 1}}, "none", "neg_log_loss", calibration)
    pipeline = fit_for_scoring(contestant, [], X, y)
    assert ["u", "v", "w"] == base_classifier(pipeline[-1]).classes_.tolist() == pipeline.classes_.tolist()
    assert (90, 3) == pipeline.predict_proba(X).shape


def test_a_temperature_of_two_classes_is_a_sigmoid(tmp_path, caplog):
    """Which can shift, too; the log says so."""
    race = run_race(tmp_path, dataset={"n_samples": 200, "n_classes": 2}, calibration="temperature")
    assert "sigmoid" == race.models["logistic_regression"].calibration.method
    assert "calibrated by sigmoid, since temperature is for more than two classes" in caplog.text
