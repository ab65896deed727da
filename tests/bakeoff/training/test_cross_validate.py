"""Folds, fits and figures."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score

from bakeoff.classifiers import CLASSIFIERS, Classifier, build_classifier
from bakeoff.config import CrossValidationConfig, TrainingConfig
from bakeoff.data.folds import make_folds
from bakeoff.data.parts import forget_parts, read_part, write_mapped
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.metrics import METRICS
from bakeoff.tables.schema import Feature
from bakeoff.training.cross_validate import score_fold
from bakeoff.training.export import leaderboard_rows
from bakeoff.training.fit import fit_classifier
from bakeoff.training.leaderboard import Scorecard, rank, score_contestant
from bakeoff.training.results import FoldScore, Selection
from tests.bakeoff.conftest import ORDERS

SMALL = {"random_forest": {"n_estimators": 10}}
SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here
TABLES = {
    "breast_cancer": {"source": "bundled", "bundled": "breast_cancer"},
    "digits": {"source": "bundled", "bundled": "digits"},
    "wine": {"source": "bundled", "bundled": "wine"},
    "orders": ORDERS,
    "synthetic": {"n_samples": 600},
}


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("table", TABLES)
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
    method = "sigmoid" if METRICS[scoring].of_probabilities else None
    expected = cross_val_score(build_pipeline(contestant, ref.features, method), X, y, cv=folds, scoring=scoring)
    assert expected.tolist() == [
        score_fold(ref, contestant, config.cross_validation, fold, tmp_path / "answers").score for fold in range(1, 11)
    ]


def test_shuffled_folds_of_one_round_need_no_repeats():
    """A random_state alone shuffles the rows into folds; each row is scored once."""
    folds = make_folds(CrossValidationConfig(random_state=3), np.array([0, 1] * 20))
    assert list(range(40)) == sorted(np.concatenate([scored for _, scored in folds]).tolist())
    assert folds[0][1].tolist() != list(range(8))


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


def test_a_pipeline_takes_gaps_and_categories_that_training_never_saw(tmp_path):
    """Raw columns in, class out."""
    config = TrainingConfig.model_validate({"dataset": ORDERS})
    ref = prepare_dataset(config, tmp_path / "data")
    model = joblib.load(fit_classifier(ref, Contestant.of(config, "logistic_regression", SIZE), tmp_path).path)
    X, _ = read_part(ref, "test")
    strange = X.iloc[:2].copy()
    strange.loc[strange.index[0], "region"] = "atlantis"
    strange.loc[strange.index[1], ["amount", "channel", "age"]] = [np.nan, None, np.nan]
    assert set(model.predict(strange)) <= set(ref.classes)


def test_rare_ones_of_more_than_100_categories_share_a_column():
    """150 categories become 100 columns at most."""
    X = pd.DataFrame({"t": pd.Series([f"c{i % 150}" for i in range(1000)], dtype="str")})
    y = np.arange(1000) % 2
    contestant = Contestant("logistic_regression", {}, "auto", "accuracy", "auto")
    model = build_pipeline(contestant, [Feature("t", "str", "category")]).fit(X, y)
    assert 100 == model["preprocessing"].transform(X).shape[1]


def test_a_class_too_rare_to_calibrate_on_is_named(tmp_path):
    """In the words of the config, and not of the calibration inside."""
    rows = pd.DataFrame({"a": range(100), "y": ["u"] * 93 + ["v"] * 7})
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


def test_a_contestant_without_a_random_state_gets_42():
    """So that the same config gives the same model."""
    assert 42 == build_classifier("random_forest", {}).random_state
    assert 7 == build_classifier("svm", {"random_state": 7}).random_state


def test_a_new_classifier_is_one_entry(tmp_path, monkeypatch):
    """The table is all that has to change."""
    monkeypatch.setitem(
        CLASSIFIERS, "knn", Classifier("sklearn.neighbors", "KNeighborsClassifier", "nearest neighbours")
    )
    config = TrainingConfig.model_validate({"dataset": TABLES["wine"], "classifiers": {"knn": {"n_neighbors": 3}}})
    ref = prepare_dataset(config, tmp_path / "data")
    assert (
        score_fold(ref, Contestant.of(config, "knn", SIZE), config.cross_validation, 1, tmp_path / "answers").score
        > 0.8
    )


def test_the_leaderboard_shows_the_highest_mean_first():
    """On a tie by simplicity."""
    scores = {"random_forest": (0.3, 0.2, 0.1), "logistic_regression": (0.1, 0.1), "svm": (0.1, 0.2, 0.3)}
    cards = [
        Scorecard(
            name, "ok", folds=tuple(FoldScore(fold, score, 0.1, Path(), Path()) for fold, score in enumerate(several))
        )
        for name, several in scores.items()
    ]
    assert ["svm", "random_forest", "logistic_regression"] == [
        card.classifier for card in rank(cards, list(CLASSIFIERS))
    ]
    order = ["random_forest", "svm", "logistic_regression"]
    assert order == [card.classifier for card in rank(cards, order)]


def test_failed_contestants_stand_last_with_their_reason():
    """And in no order of score."""
    folds = [FoldScore(2, 0.5, 0.1, Path(), Path()), FoldScore(1, 0.7, 0.1, Path(), Path())]
    contestant = Contestant("svm", {}, "auto", "accuracy", "auto")
    failed = score_contestant(contestant, folds, None, None, "ValueError: no")
    assert ("failed", "ValueError: no", None) == (failed.status, failed.reason, failed.cv_mean)
    selection = Selection("random_forest", "best_mean", "", "random_forest", {})
    assert ["svm"] == [row["classifier"] for row in leaderboard_rows(rank([failed], list(CLASSIFIERS)), selection)]
