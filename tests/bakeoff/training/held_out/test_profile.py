"""Every version is sealed with a profile of its training rows and of the winner's held-out predictions."""

import pytest

from bakeoff.drift.profile import PROFILE, read_profile
from tests.bakeoff.conftest import ORDERS, run_race


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A race of mixed types."""
    return run_race(tmp_path_factory.mktemp("orders"), dataset=ORDERS)


def test_a_version_is_sealed_with_the_profile_of_its_rows(orders, tmp_path):
    """All training rows, all test rows as predicted, all held-out rows as judged; the same bytes every time."""
    version = orders.export(tmp_path / "models")
    content = (version / PROFILE).read_bytes()
    profile, rows = read_profile(content), orders.ref.rows
    assert rows["train"] == profile.rows
    assert {rows["train"]} == {sum(column.counts) + column.missing for column in profile.columns}
    assert [feature.name for feature in orders.ref.features] == [column.name for column in profile.columns]
    assert {rows["test"]} == {sum(profile.prediction.classes), sum(profile.prediction.confidence)}
    assert rows["train"] + rows["test"] == sum(profile.prediction.judged)
    assert content == (orders.export(tmp_path / "again") / PROFILE).read_bytes()


def test_held_out_rows_are_as_often_right_as_the_race_says(orders, tmp_path):
    """Out-of-fold rows in the folds, test rows in the test."""
    prediction = read_profile((orders.export(tmp_path / "models") / PROFILE).read_bytes()).prediction
    card, rows = orders.scorecards[0], orders.ref.rows
    right = card.cv_mean * rows["train"] + card.test.evaluation.accuracy * rows["test"]
    assert pytest.approx(right, abs=1) == sum(prediction.right)


@pytest.mark.parametrize(("calibration", "has_confidence"), [("auto", True), ("none", False)])
def test_a_winner_without_probabilities_has_no_confidence(tmp_path, calibration, has_confidence):
    """An SVM has them when it is calibrated."""
    race = run_race(tmp_path / "work", classifiers={"svm": {}}, calibration=calibration)
    prediction = read_profile((race.export(tmp_path / "models") / PROFILE).read_bytes()).prediction
    assert has_confidence == bool(prediction.judged)
    assert race.ref.rows["test"] == sum(prediction.classes)


def test_decisions_by_costs_are_judged_as_they_are_made(tmp_path):
    """Where the costs forbid a class, no held-out row is predicted as one."""
    costs = {"0": {"1": 1000, "2": 1000, "3": 1000}}
    race = run_race(tmp_path / "work", costs=costs, calibration="sigmoid")
    prediction = read_profile((race.export(tmp_path / "models") / PROFILE).read_bytes()).prediction
    plain = run_race(tmp_path / "plain", calibration="sigmoid")
    without = read_profile((plain.export(tmp_path / "other") / PROFILE).read_bytes()).prediction
    assert prediction.classes[0] > without.classes[0]
    assert sum(prediction.right) < sum(without.right)
