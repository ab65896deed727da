"""The chart of accuracy over time."""

from datetime import UTC, datetime, timedelta

from bakeoff.cli.ui.accuracy_chart import VersionAccuracy, WeekAccuracy, draw_accuracy
from bakeoff.report.svg import SERIES

START = datetime(2026, 11, 2, tzinfo=UTC)


def version(day, accuracy=0.9, was_champion=False):
    """A version of a day."""
    return VersionAccuracy(START + timedelta(days=day), accuracy, (accuracy - 0.02, accuracy + 0.02), was_champion)


def test_a_single_version_has_no_chart():
    assert draw_accuracy([], [], [], []) is None
    assert draw_accuracy([version(0)], [], [], []) is None


def test_versions_are_circles_weeks_are_squares_and_drift_is_at_the_foot():
    """Each with its interval; stable runs have no mark."""
    weeks = [WeekAccuracy(START + timedelta(days=5), 0.88, (0.85, 0.9))]
    verdicts = [(START + timedelta(days=day), verdict) for day, verdict in enumerate(("stable", "watch", "drifted"))]
    picture = draw_accuracy([version(0), version(7, 0.92, True)], weeks, [START + timedelta(days=7)], verdicts)
    squares = [picture.svg.count(f'style="fill:{color}"') for color in (SERIES[1], SERIES[3])]
    assert (2, [1, 2]) == (picture.svg.count("<circle"), squares)
    assert "2 versions: accuracy from 0.9000 to 0.9200; 1 labelled week: accuracy from 0.8800 to 0.8800." == (
        picture.description
    )
    assert ">2026-11-02<" in picture.svg


def test_versions_of_one_moment_and_without_an_interval_are_drawn():
    """As an older store may hold them."""
    old = VersionAccuracy(START, 0.9, None, True)
    assert 2 == draw_accuracy([old, old], [], [], []).svg.count("<circle")
