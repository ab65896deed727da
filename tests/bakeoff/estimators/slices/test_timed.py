"""The time of a fit is measured where there is no formula."""

from dataclasses import replace
from time import time

import pytest

from bakeoff.config import TrainingConfig
from bakeoff.errors import OutOfTimeError
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.slices import timed
from bakeoff.estimators.slices.timed import extrapolate, measure_contestants, measure_fit_seconds
from bakeoff.training.time_budget import skip_over_budget

TREE = {"class": "sklearn.tree.DecisionTreeClassifier"}


def test_the_time_grows_with_the_power_that_was_measured():
    """Of the last two slices, within bounds, and with one alone in proportion to the rows."""
    assert pytest.approx(16.0) == extrapolate([(250, 9.0), (500, 0.25), (1000, 1.0)], 4000)
    assert pytest.approx(4.0) == extrapolate([(1000, 1.0)], 4000)
    assert pytest.approx(2.0) == extrapolate([(500, 1.0), (1000, 1.0)], 4000)
    assert pytest.approx(64.0) == extrapolate([(500, 0.01), (1000, 1.0)], 4000)
    assert 0.005 == extrapolate([(500, 0.0001)], 500)


def test_a_contestant_without_a_formula_is_measured_before_a_race_with_a_budget(race):
    """In a process of its own; the others keep their prediction, and one that can't be fitted has none."""
    config = TrainingConfig.model_validate(
        {
            "dataset": {"n_samples": 200},
            "classifiers": {
                "logistic_regression": {},
                "tree": TREE,
                "broken": {"class": "sklearn.tree.DecisionTreeClassifier", "max_depth": -3},
                "hist_gradient_boosting": {"max_iter": 5},
            },
            "time_budget": 1e-3,
        }
    )
    contestants = {name: Contestant.of(config, name, ProblemSize.of(race.ref)) for name in config.classifiers}
    measured = measure_contestants(race.ref, contestants, time() + 600)
    assert contestants["logistic_regression"] == measured["logistic_regression"]
    assert measured["tree"].predicted_seconds >= 0.005
    assert measured["hist_gradient_boosting"].predicted_seconds >= 0.005
    assert measured["broken"].predicted_seconds is None
    assert {"tree", "hist_gradient_boosting", "logistic_regression"} == set(skip_over_budget(measured, config, 2))
    assert replace(measured["tree"], predicted_seconds=None) == contestants["tree"]


def test_a_fit_that_takes_too_long_to_be_measured_counts_for_what_it_took(race, monkeypatch):
    """And more where there are more rows than in its slice."""

    def stopped(*_, **__):
        raise OutOfTimeError("stopped")

    monkeypatch.setattr(timed, "run_in_process", stopped)
    config = TrainingConfig.model_validate({"classifiers": {"tree": TREE}})
    contestants = {"tree": Contestant.of(config, "tree", ProblemSize.of(race.ref))}
    measured = measure_contestants(replace(race.ref, rows=race.ref.rows | {"train": 5000}), contestants, time() + 600)
    assert pytest.approx(600, rel=0.1) == measured["tree"].predicted_seconds


def test_a_measurement_ends_with_all_rows(race):
    """A small table is measured whole."""
    config = TrainingConfig.model_validate({"classifiers": {"tree": TREE}})
    seconds = measure_fit_seconds(race.ref, Contestant.of(config, "tree", ProblemSize.of(race.ref)))
    assert 0.005 <= seconds < 60
