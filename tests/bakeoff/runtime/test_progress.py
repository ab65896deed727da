"""How far a long run is, and how long it will take yet."""

import pytest

from bakeoff.runtime.progress import Pace, Progress


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
