"""What a run, a batch of rows and a race have done, and how long they will take yet."""

import pytest

from bakeoff.runtime.progress import Pace, Progress, RaceProgress


def test_the_time_left_follows_from_the_rows_that_this_run_has_done(monkeypatch):
    """Also of a run that is continued, whose first rows took it no time."""
    now = [100.0]
    monkeypatch.setattr("bakeoff.runtime.progress.time.monotonic", lambda: now[0])
    pace = Pace(1000, 600, 0.5, 5.0)
    assert not pace.due()
    now[0] += 10
    progress = pace.at(800, 0.7)
    assert Progress(800, 1000, 0.8, 20.0, pytest.approx(10.0)) == progress
    assert "800 of 1,000 rows, 20 rows/s, 10 s left" == str(progress)
    assert pace.due()
    assert not pace.due()


def test_without_a_known_number_of_rows_the_share_of_the_input_tells(monkeypatch):
    """As of a CSV."""
    now = [0.0]
    monkeypatch.setattr("bakeoff.runtime.progress.time.monotonic", lambda: now[0])
    pace = Pace(None, 0, 0.0, 5.0)
    now[0] = 30.0
    assert "1,500 (25% of the input) rows, 50 rows/s, 90 s left" == str(pace.at(1500, 0.25))
    assert pace.at(0, 0.0).seconds_left is None


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
