"""How far a race is."""

import pytest

from bakeoff.runtime.progress import RaceProgress


def test_folds_count_by_the_work_they_are():
    """A slow contestant's folds are most of the race."""
    race = RaceProgress(5, {"svm": 9.0, "logistic_regression": 1.0})
    assert (0, 10, 0.0, None) == (race.done, race.total, race.share, race.seconds_left)
    for score in (0.9, 0.8, 0.7, None):
        race.end_fold("logistic_regression", score)
    lane = race.lanes["logistic_regression"]
    assert (4, 1) == (lane.done, lane.failed)
    assert 0.8 == pytest.approx(lane.mean)
    assert 4 / 50 == pytest.approx(race.share)
    assert race.seconds_left > 0
    assert str(race).startswith("4 of 10 folds scored, ")


def test_what_nobody_predicts_counts_as_the_others_do():
    race = RaceProgress(2, {"svm": None, "logistic_regression": 2.0, "random_forest": 4.0})
    assert 3.0 == race.lanes["svm"].work
    for name in race.lanes:
        race.end_fold(name, 0.5)
        race.end_fold(name, 0.5)
    assert (1.0, "6 of 6 folds scored") == (race.share, str(race))
    assert {1.0} == {lane.work for lane in RaceProgress(1, {"svm": None, "random_forest": None}).lanes.values()}
