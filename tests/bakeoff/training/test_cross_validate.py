"""Fold scores equal those of scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score

from bakeoff.classifiers import CLASSIFIERS
from bakeoff.config import TrainingConfig
from bakeoff.data.folds import make_folds
from bakeoff.data.parts import forget_parts, read_part, write_mapped
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.estimators.preprocessing import BOOSTING
from bakeoff.metrics import METRICS
from bakeoff.training.cross_validate import score_fold
from tests.bakeoff.conftest import ORDERS, calibrated_by_scikit_learn

SMALL = {"random_forest": {"n_estimators": 10}, "hist_gradient_boosting": {"max_iter": 3}}
SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here
TABLES = {
    "breast_cancer": {"source": "bundled", "bundled": "breast_cancer"},
    "digits": {"source": "bundled", "bundled": "digits"},
    "wine": {"source": "bundled", "bundled": "wine"},
    "orders": ORDERS,
    "synthetic": {"n_samples": 600},
}


MIXED = ("orders", "synthetic")  # with gaps and categories, and without
RACES = [(table, name) for table in TABLES for name in CLASSIFIERS if name != BOOSTING or table in MIXED]


@pytest.mark.parametrize(("table", "classifier"), RACES)
def test_fold_scores_equal_cross_val_score(tmp_path, table, classifier):
    """On the same training rows, folds and Pipeline, to the last bit."""
    config = TrainingConfig.model_validate(
        {"dataset": TABLES[table], "engine": "scikit-learn", "classifiers": {classifier: SMALL.get(classifier, {})}}
    )
    ref = prepare_dataset(config, tmp_path / "data")
    X, y = read_part(ref, "train")
    contestant = Contestant.of(config, classifier, SIZE)
    expected = cross_val_score(build_pipeline(contestant, ref.features), X, y, cv=5)
    assert expected.tolist() == [
        score_fold(ref, contestant, config.cross_validation, fold, tmp_path / "answers").score for fold in range(1, 6)
    ]


@pytest.mark.parametrize("table", ["wine", "breast_cancer"])
@pytest.mark.parametrize("scoring", [metric for metric in METRICS if metric != "accuracy"])
def test_repeated_folds_and_other_scores_equal_scikit_learns(tmp_path, scoring, table):
    """Repeats are those of RepeatedStratifiedKFold; with three classes and with two; the SVM is calibrated inside."""
    config = TrainingConfig.model_validate(
        {"dataset": TABLES[table], "cross_validation": {"repeats": 2, "random_state": 0, "scoring": scoring}}
    )
    ref = prepare_dataset(config, tmp_path / "data")
    X, y = read_part(ref, "train")
    contestant = Contestant.of(config, "svm", SIZE)
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
    pipeline = build_pipeline(contestant, ref.features)
    if METRICS[scoring].of_probabilities:
        pipeline = calibrated_by_scikit_learn(contestant, ref.features, "sigmoid")
    expected = cross_val_score(pipeline, X, y, cv=folds, scoring=scoring)
    assert expected.tolist() == [
        score_fold(ref, contestant, config.cross_validation, fold, tmp_path / "answers").score for fold in range(1, 11)
    ]


def test_preprocessing_learns_nothing_from_the_scored_fold(tmp_path):
    """An absurd cell spoils the scale of the folds that fit on it, not of the one that is scored with it."""
    rows = pd.DataFrame({"a": np.tile([0.0, 1.0], 50), "y": np.tile(["u", "v"], 50)})
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path)
    config = TrainingConfig.model_validate({"dataset": {"source": "file", "path": str(path), "target": "y"}})
    ref = prepare_dataset(config, tmp_path / "data")
    X, y = read_part(ref, "train")
    train = X.assign(y=y)
    train.loc[0, "a"] = 1e9
    forget_parts()
    write_mapped(train, ref.part("train"))
    folds = make_folds(config.cross_validation, train["y"].to_numpy())
    (spoilt,) = [number for number, (_, scored) in enumerate(folds, start=1) if 0 in scored]
    contestant = Contestant("logistic_regression", {}, "auto", "accuracy", "auto")
    scores = {
        fold: score_fold(ref, contestant, config.cross_validation, fold, tmp_path / "answers").score
        for fold in range(1, 6)
    }
    assert scores[spoilt] >= 1 - 1 / len(folds[spoilt - 1][1])
    assert max(score for fold, score in scores.items() if fold != spoilt) < 0.8


def test_a_class_too_rare_to_calibrate_on_is_named(tmp_path):
    """In the words of the config, and not of the calibration inside."""
    rows = pd.DataFrame({"a": np.arange(100) / 2, "y": ["u"] * 93 + ["v"] * 7})
    rows.to_parquet(tmp_path / "rows.parquet")
    config = TrainingConfig.model_validate(
        {
            "dataset": {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"},
            "cross_validation": {"scoring": "neg_log_loss"},
        }
    )
    ref = prepare_dataset(config, tmp_path / "data")
    with pytest.raises(ValueError, match="calibrated on 5 folds, and class 'v' has 4 of the rows"):
        score_fold(ref, Contestant.of(config, "svm", SIZE), config.cross_validation, 1, tmp_path / "answers")
