"""A search within the rows of a fit: that of scikit-learn's GridSearchCV and RandomizedSearchCV."""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedGroupKFold, cross_val_score

from bakeoff.config import TrainingConfig
from bakeoff.data.parts import read_groups, read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant, Search
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.estimators.search import list_candidates, search_parameters
from bakeoff.training.cross_validate import score_fold
from bakeoff.training.fit import fit_classifier
from bakeoff.training.pick import pick_winner
from tests.bakeoff.conftest import ORDERS, run_race

SPACES = {
    "svm": {"C": [0.1, 1, 10], "gamma": ["scale", 0.1]},
    "mine": {"max_depth": [1, 2, None]},
}
CLASSIFIERS = {
    "svm": {},
    "mine": {"class": "sklearn.tree.DecisionTreeClassifier"},
}
WINE = {"source": "bundled", "bundled": "wine"}


def make(folder, name, dataset=WINE, search=None, **values):
    config = TrainingConfig.model_validate(
        {
            "dataset": dataset,
            "engine": "scikit-learn",
            "classifiers": {name: CLASSIFIERS[name]},
            "search": {name: SPACES[name], **(search or {})},
            **values,
        }
    )
    ref = prepare_dataset(config, folder / "data")
    return config, ref, Contestant.of(config, name, ProblemSize.of(ref))


@pytest.mark.parametrize(("dataset", "scoring"), [(WINE, "neg_log_loss"), (ORDERS, "accuracy")])
def test_fold_scores_equal_scikit_learns_nested_search(tmp_path, dataset, scoring):
    """On the same training rows, folds, values and Pipeline, to the last bit."""
    config, ref, contestant = make(tmp_path, "mine", dataset, cross_validation={"scoring": scoring})
    X, y = read_part(ref, "train")
    grid = {"classifier__classifier__max_depth": SPACES["mine"]["max_depth"]}
    searching = GridSearchCV(build_pipeline(contestant, ref.features), grid, cv=3, scoring=scoring)
    assert cross_val_score(searching, X, y, cv=5, scoring=scoring).tolist() == [
        score_fold(ref, contestant, config.cross_validation, fold, tmp_path / "answers").score for fold in range(1, 6)
    ]


@pytest.mark.parametrize("split", [{"by": "random"}, {"by": "group", "column": "items"}])
def test_few_rows_are_searched_on_fewer_folds(tmp_path, split):
    """As many as the rarest class has rows, or as there are groups; the folds of a race are lowered, too."""
    _, ref, contestant = make(tmp_path, "mine", ORDERS, {"folds": 20}, split=split, cross_validation={"folds": 2})
    y = read_part(ref, "train")[1]
    few = np.sort(np.concatenate([np.flatnonzero(y == name)[:8] for name in np.unique(y)]))
    searched, result = search_parameters(ref, contestant, few)
    assert None is searched.search
    assert 3 == len(result.trials)
    assert [None] * 3 == [trial.reason for trial in result.trials]


@pytest.mark.parametrize(("name", "prefix"), [("svm", "classifier"), ("mine", "classifier__classifier")])
def test_the_exported_models_parameters_are_those_of_scikit_learns_search(tmp_path, name, prefix):
    """They are searched on all training rows; with more combinations than the budget they are drawn at random."""
    _, ref, contestant = make(tmp_path, name, search={"budget": 2, "random_state": 3, "folds": 4})
    X, y = read_part(ref, "train")
    space = {f"{prefix}__{parameter}": values for parameter, values in SPACES[name].items()}
    theirs = RandomizedSearchCV(build_pipeline(contestant, ref.features), space, n_iter=2, cv=4, random_state=3)
    theirs.fit(X, y)
    found = fit_classifier(ref, contestant, tmp_path / "models").search
    assert found.chosen == {key.removeprefix(f"{prefix}__"): value for key, value in theirs.best_params_.items()}
    assert theirs.cv_results_["mean_test_score"].tolist() == [trial.mean for trial in found.trials]
    assert theirs.cv_results_["std_test_score"].tolist() == [trial.std for trial in found.trials]


def test_groups_stay_together_within_a_search(tmp_path):
    """As they do in the race."""
    rows = pd.DataFrame({"a": np.arange(120) % 11, "g": np.arange(120) // 6, "y": ["u", "v", "v"] * 40})
    rows.to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    _, ref, contestant = make(tmp_path, "mine", dataset, split={"by": "group", "column": "g"})
    X, y = read_part(ref, "train")
    theirs = GridSearchCV(
        build_pipeline(contestant, ref.features),
        {"classifier__classifier__max_depth": SPACES["mine"]["max_depth"]},
        cv=StratifiedGroupKFold(3),
    )
    theirs.fit(X, y, groups=read_groups(ref, "train"))
    _, found = search_parameters(ref, contestant)
    assert theirs.cv_results_["mean_test_score"].tolist() == [trial.mean for trial in found.trials]


def test_nothing_is_searched_without_being_asked(tmp_path):
    """The contestant comes back as it was."""
    _, ref, contestant = make(tmp_path, "mine")
    plain = replace(contestant, search=None)
    assert (plain, None) == search_parameters(ref, plain)


def test_a_combination_that_fails_is_told_and_the_others_go_on(tmp_path, caplog):
    """Only where all fail has the contestant failed."""
    _, ref, contestant = make(tmp_path, "svm")
    half = replace(contestant, search=Search({"C": [-1, 1]}, 20, 3, 0))
    with caplog.at_level(logging.WARNING):
        chosen, found = search_parameters(ref, half)
    assert {"C": 1} == found.chosen
    assert 1 == chosen.parameters["C"]
    assert [True, False] == ["'C' parameter of SVC" in (trial.reason or "") for trial in found.trials]
    assert "1 of 2 combinations failed" in caplog.text
    with pytest.raises(ValueError, match="none of the 1 combinations of its search could be scored: The 'C' param"):
        search_parameters(ref, replace(contestant, search=Search({"C": [-1]}, 20, 3, 0)))


def test_a_search_is_as_many_fits_as_its_folds_and_combinations():
    """And one for the chosen one."""
    assert 1 + 3 * 4 == Search({"C": [1, 2], "gamma": [1, 2]}, 20, 3, 0).n_fits
    assert 1 + 5 * 3 == Search({"C": [1, 2], "gamma": [1, 2]}, 3, 5, 0).n_fits
    drawn = list_candidates(Search({"C": list(range(1000)), "gamma": list(range(1000))}, 7, 3, 1))
    assert 7 == len({tuple(values.items()) for values in drawn})


def test_the_card_tells_what_was_tried_and_chosen(tmp_path):
    """Of all training rows, and of each fold."""
    race = run_race(
        tmp_path,
        dataset=WINE,
        classifiers={"logistic_regression": {}, "mine": CLASSIFIERS["mine"]},
        search={"mine": SPACES["mine"]},
    )
    selection = pick_winner(race.config, race.ref, race.scorecards)
    plain, described = (card.describe(selection, "accuracy") for card in race.scorecards)
    assert SPACES["mine"]["max_depth"] == [trial.parameters["max_depth"] for trial in described.search.trials]
    assert 5 == len(described.search.by_fold)
    assert described.search.chosen in [trial.parameters for trial in described.search.trials]
    assert plain.search is None
