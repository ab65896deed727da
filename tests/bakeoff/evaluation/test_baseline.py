"""The baseline is scikit-learn's DummyClassifier, and the warning says what to do if nothing beats it."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_score

from bakeoff.data.parts import read_folds, read_part
from bakeoff.evaluation.baseline import predict_baseline, warn_of_baseline
from bakeoff.evaluation.results import BASELINE
from bakeoff.metrics import METRICS
from bakeoff.training.pick import pick_winner
from tests.bakeoff.conftest import run_race

LR, RF = "logistic_regression", "random_forest"


@pytest.mark.parametrize("metric", METRICS)
def test_predictions_are_those_of_the_dummy_classifier(metric):
    """Of equally frequent classes the first; a class that is unknown to it has probability 0."""
    y = np.array([2, 1, 2, 1, 0])
    dummy, X = DummyClassifier(strategy="prior").fit(np.zeros((5, 1)), y), np.zeros((3, 1))
    found = predict_baseline(y, 3, 4, metric)
    if METRICS[metric].of_probabilities:
        assert [[*row, 0.0] for row in dummy.predict_proba(X).tolist()] == found.tolist()
    else:
        assert dummy.predict(X).tolist() == found.tolist()


@pytest.mark.parametrize("metric", METRICS)
def test_scores_are_those_of_the_dummy_classifier_on_the_same_folds(tmp_path, metric):
    """On every fold and on the test rows, by every metric."""
    race = run_race(
        tmp_path,
        dataset={"source": "bundled", "bundled": "wine"},
        cross_validation={"scoring": metric},
        selection={"resamples": 200},
    )
    found = pick_winner(race.config, race.ref, race.scorecards).baseline
    (X, y), (X_test, y_test) = read_part(race.ref, "train"), read_part(race.ref, "test")
    folds = read_folds(race.ref, race.config.cross_validation)
    dummy = DummyClassifier(strategy="prior")
    assert cross_val_score(dummy, X, y, cv=folds, scoring=metric).tolist() == pytest.approx(found.cv_scores)
    dummy.fit(X, y)
    assert dummy.score(X_test, y_test) == pytest.approx(found.test.evaluation.accuracy)
    held_out = [(np.arange(len(y)), len(y) + np.arange(len(y_test)))]
    scores = cross_val_score(dummy, np.r_[X, X_test], np.r_[y, y_test], scoring=metric, cv=held_out)
    assert scores == pytest.approx([found.test.score])
    assert str(dummy.predict(X_test)[0]) == found.answer
    assert ([LR], None) == (found.beaten_by, found.warning)
    comparison, (card,) = found.to_leader.comparison, race.scorecards
    assert np.mean(found.cv_scores) - card.cv_mean == pytest.approx(comparison.difference, abs=0.01)


@pytest.mark.parametrize(
    ("split", "folds", "selection", "test"),
    [
        ({"by": "time", "column": "day"}, {}, {}, "mcnemar"),
        ({"by": "group", "column": "day"}, {}, {}, "grouped_t"),
        ({}, {"repeats": 2, "random_state": 0}, {}, "paired_t"),
        ({}, {"repeats": 2, "random_state": 0}, {"test": "nadeau_bengio"}, "nadeau_bengio"),
    ],
)
def test_each_folds_baseline_is_fitted_on_that_folds_rows(tmp_path, split, folds, selection, test):
    """By time, by group and with repeats; the comparison is the one that contestants get."""
    lines = [f"{1000 + i // 10},{i % 7},{'ab'[i * i % 11 > 4 - i // 70]}" for i in range(280)]
    (tmp_path / "rows.csv").write_text("\n".join(["day,x,y", *lines]))
    file = {"source": "file", "path": str(tmp_path / "rows.csv"), "target": "y"}
    race = run_race(tmp_path, dataset=file, split=split, cross_validation=folds, selection=selection)
    found = pick_winner(race.config, race.ref, race.scorecards).baseline
    X, y = read_part(race.ref, "train")
    expected = cross_val_score(DummyClassifier(), X, y, cv=read_folds(race.ref, race.config.cross_validation))
    assert expected.tolist() == pytest.approx(found.cv_scores)
    assert test == found.to_leader.comparison.test


def test_the_baseline_changes_no_figure_of_the_contestants():
    """It is constant within folds, so that the bootstrap draws the same resamples with it and without it."""
    from bakeoff.evaluation.bootstrap import bootstrap_scores
    from bakeoff.evaluation.predictions import HeldOutPredictions

    generator = np.random.default_rng(0)
    y, folds = generator.integers(3, size=90), np.arange(90)[None] % 3
    alone = {"a": generator.integers(3, size=(1, 90)), "b": generator.integers(3, size=(1, 90))}
    with_baseline = alone | {BASELINE: np.array([2, 0, 2])[folds]}
    first, second = (
        bootstrap_scores(HeldOutPredictions(y, folds, each, 3), "f1_macro", 200) for each in (alone, with_baseline)
    )
    assert {name: scores.tolist() for name, scores in first.items()} == {name: second[name].tolist() for name in first}


@pytest.mark.parametrize(
    ("metric", "share", "beaten_by", "sentence"),
    [
        ("accuracy", 0.8, [LR, RF], None),
        (
            "accuracy",
            0.8,
            [],
            "no contestant beats always answering 'No'; try cross_validation.scoring: balanced_accuracy",
        ),
        (
            "accuracy",
            0.5,
            [],
            "no contestant beats always answering 'No'; try more rows, or columns that tell the classes apart",
        ),
        (
            "balanced_accuracy",
            0.8,
            [],
            "no contestant beats always answering 'No'; try more rows, or columns that tell the classes apart",
        ),
        (
            "neg_log_loss",
            0.8,
            [],
            "no contestant beats giving every row the class shares ('No' 80.0 %); try cross_validation.scoring: "
            "roc_auc_ovr",
        ),
        (
            "roc_auc_ovr",
            0.8,
            [],
            "no contestant beats giving every row the class shares ('No' 80.0 %); try more rows, or columns that tell "
            "the classes apart",
        ),
        (
            "accuracy",
            0.8,
            [RF],
            "logistic regression does not beat always answering 'No', random forest does; try selection.rule: "
            "best_mean",
        ),
    ],
)
def test_the_warning_names_the_class_and_what_to_try(metric, share, beaten_by, sentence):
    """Whether none beats the baseline, or only the winner doesn't; advice follows the metric and the class shares."""
    assert sentence == warn_of_baseline("No", share, 2, metric, LR, RF, beaten_by)


def test_a_race_of_three_classes_that_teaches_nothing_says_so(tmp_path):
    """The leader always answers one class, as the baseline does: recalls 1, 0 and 0."""
    generator = np.random.default_rng(1)
    lines = [f"{x:.3f},{'abc'[(i % 5 > 2) + (i % 5 > 3)]}" for i, x in enumerate(generator.normal(size=150))]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y", *lines]))
    file = {"source": "file", "path": str(tmp_path / "rows.csv"), "target": "y"}
    race = run_race(tmp_path, dataset=file, classifiers={LR: {"C": 1e-6}, RF: {"n_estimators": 5}})
    selection = pick_winner(race.config, race.ref, race.scorecards)
    winner = next(card for card in race.scorecards if card.classifier == selection.winner)
    assert [1, 0, 0] == [line.recall for line in winner.test.evaluation.report.values()]
    assert winner.test.evaluation == selection.baseline.test.evaluation
    assert (
        "no contestant beats always answering 'a'; try cross_validation.scoring: balanced_accuracy"
        == selection.baseline.warning
    )
