"""Contestants that can't finish in time are skipped."""

from dataclasses import replace
from pathlib import Path

import pytest

from bakeoff.config import TrainingConfig
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import FORMULAS, ProblemSize
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.time_budget import (
    expect,
    order_contestants,
    plan_importance,
    predict_race_seconds,
    skip_over_budget,
)

SMALL, LARGE = ProblemSize(7_000, 10, 4), ProblemSize(700_000, 10, 4)


def contestants(config, size=LARGE):
    return {name: Contestant.of(config, name, size) for name in config.classifiers}


def test_everyone_runs_without_a_budget():
    config = TrainingConfig(svm={"approximation": "exact"})
    assert {} == skip_over_budget(contestants(config), config, 2)


def test_what_cannot_finish_is_skipped_with_what_it_would_take():
    """The cheaper ones run; each counts with those before it."""
    config = TrainingConfig(svm={"approximation": "exact"}, engine="scikit-learn", time_budget=300)
    racing = contestants(config)
    skipped = skip_over_budget(racing, config, 2)
    assert {"svm", "random_forest"} == set(skipped)
    alone = predict_race_seconds([racing["svm"]], config, 2)
    assert (
        f"predicted to take {alone / 60:.0f} min, more than time_budget (300 s) has with 1 before it" == skipped["svm"]
    )
    enough = config.model_copy(update={"time_budget": 1e7})
    assert {} == skip_over_budget(racing, enough, 2)
    nothing = config.model_copy(update={"time_budget": 1e-3})
    assert set(config.classifiers) == set(skip_over_budget(racing, nothing, 2))


def test_more_workers_take_less_but_no_fit_is_shared():
    config = TrainingConfig()
    racing = contestants(config).values()
    one, two, many = (predict_race_seconds(racing, config, workers) for workers in (1, 2, 1_000))
    assert one == pytest.approx(2 * two)
    assert many == max(contestant.predicted_seconds for contestant in racing)


def test_what_nobody_has_measured_is_not_skipped(monkeypatch):
    """A classifier that someone adds has no formula."""
    monkeypatch.delitem(FORMULAS, ("logistic_regression", "scikit-learn"))
    config = TrainingConfig(time_budget=1e-3, engine="scikit-learn")
    assert {"svm", "random_forest"} == set(skip_over_budget(contestants(config), config, 2))


def test_the_fast_are_started_first_where_time_is_short():
    """And the slow where it is not, since the last step runs alone; of an unknown time, late or first."""
    config = TrainingConfig(engine="scikit-learn", svm={"approximation": "exact"})
    racing = contestants(config, ProblemSize(70_000, 10, 4))
    racing["unknown"] = replace(racing["svm"], name="unknown", predicted_seconds=None)
    slow_first = ["unknown", "random_forest", "svm", "logistic_regression"]
    assert slow_first == [contestant.name for contestant in order_contestants(racing.values(), config)]
    hurried = config.model_copy(update={"time_budget": 1e6})
    fast_first = ["logistic_regression", "unknown", "svm", "random_forest"]
    assert fast_first == [contestant.name for contestant in order_contestants(racing.values(), hurried)]


def test_steps_share_the_cores_by_prediction_only_under_a_budget():
    """Those of one run and contestant together."""
    contestant = contestants(TrainingConfig())["logistic_regression"]
    run = RunFolder(Path("run"), Path("cache"))
    assert expect(contestant, run) is None
    expected = expect(contestant, replace(run, deadline=1.0))
    assert contestant.predicted_seconds == expected.seconds
    assert expected.group != expect(contestant, RunFolder(Path("another"), Path("cache"), 1.0)).group
    assert expected.group != expect(replace(contestant, name="svm"), replace(run, deadline=1.0)).group


def plan(race, fits, row_seconds, winner="logistic_regression", **config):
    config = race.config.model_copy(update=config)
    return plan_importance(config, race.ref, fits, winner, row_seconds)


def test_importance_takes_a_tenth_of_the_race_at_most(race):
    """As many rows as fit, and at least so many that the figures say something."""
    fits, rows = {"logistic_regression": 1.0}, race.ref.rows["test"]
    assert (rows, 5) == plan(race, fits, 1e-6)
    assert plan(race, fits, 1.0) is None
    n_steps, n_columns = 1 + race.config.cross_validation.n_splits, len(race.ref.features)
    row_seconds = 0.1 * n_steps * 1.05 / n_columns / 3 / (rows + 0.5)
    assert (rows, 3) == plan(race, fits, row_seconds)
    assert plan(race, fits, 1.1 * row_seconds) is None
    two = {"logistic_regression": {}, "svm": {}}
    assert (rows, 3) == plan(race, fits | {"svm": 1.0}, 1.9 * row_seconds, classifiers=two)


def test_importance_of_what_has_no_formula(race):
    """A fit of its own is taken to last as long as two predictions of its rows, that of another as nothing."""
    assert plan(race, {"mine": None}, None, "mine") is None
    config = race.config.model_copy(update={"classifiers": {"mine": {"class": "sklearn.tree.DecisionTreeClassifier"}}})
    size = ProblemSize.of(race.ref)
    for row_seconds in (1e-5, 1e-3, 1e-1):
        same = plan_importance(config, race.ref, {"mine": 2 * row_seconds * size.rows}, "mine", row_seconds)
        assert same == plan_importance(config, race.ref, {"mine": None}, "mine", row_seconds)


def test_measured_times_do_not_decide_on_importance(race):
    """With a time budget the fits' predictions are measured, so those of the formulas count."""
    (known,) = (plan(race, {"logistic_regression": 1e-9}, 1e-4, time_budget=60),)
    assert known == plan(race, {"logistic_regression": 1e9}, 1e-4, time_budget=60)
    assert known != plan(race, {"logistic_regression": 1e9}, 1e-4)


def test_importance_of_wide_tables_is_left_to_a_deep_report(race):
    """However cheap a prediction is."""
    wide = replace(race.ref, features=race.ref.features * 30)
    assert plan_importance(race.config, wide, {"logistic_regression": 1e9}, "logistic_regression", 1e-9) is None
