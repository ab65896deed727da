"""Accuracy without labels comes from how often predictions of like confidence were right."""

import numpy as np
import pytest

from bakeoff.drift.accuracy import estimate_accuracy
from bakeoff.drift.profile import PredictionProfile

PROFILE = PredictionProfile([500, 500], [0.6, 0.8], [200, 300, 500], [1000, 1000, 1000], [550, 700, 950])


def test_rows_as_confident_as_in_training_are_expected_to_be_as_accurate():
    """The estimate is the accuracy on held-out rows, within its interval."""
    found = estimate_accuracy(PROFILE, np.array([400, 400, 400]), 1200, 0)
    assert pytest.approx(2200 / 3000, abs=1e-3) == found.value
    assert found.interval[0] < found.value < found.interval[1]
    assert (None, 2200 / 3000) == (found.reason, found.held_out)


def test_less_confident_rows_are_expected_to_be_less_accurate():
    """All of them in the lowest bin: as often right as held-out rows of that bin."""
    assert pytest.approx(0.55, abs=1e-3) == estimate_accuracy(PROFILE, np.array([900, 0, 0]), 900, 0).value


def test_more_rows_narrow_the_interval_down_to_what_held_out_rows_leave_open():
    """Both samples are in it."""

    def width(rows):
        low, high = estimate_accuracy(PROFILE, np.full(3, rows), 3 * rows, 0).interval
        return high - low

    assert width(100) > width(10_000) > width(1_000_000) > 0.9 * width(10_000)


@pytest.mark.parametrize(
    ("confidence", "rows", "outside", "reason"),
    [
        ([100, 100, 100], 300, 16, "out of support"),
        ([9, 9, 9], 27, 0, "too few rows"),
        ([0, 0, 0], 300, 0, "no probabilities"),
    ],
)
def test_there_is_no_number_where_there_is_no_ground_for_one(confidence, rows, outside, reason):
    """Rows that are unlike all training rows, few rows, or rows without confidence: the reason instead."""
    found = estimate_accuracy(PROFILE, np.array(confidence), rows, outside)
    assert (None, None, reason) == (found.value, found.interval, found.reason)


def test_a_model_without_probabilities_has_no_estimate():
    """Its profile has no bins of confidence."""
    without = PredictionProfile([5, 5], [], [], [], [])
    assert "no probabilities" == estimate_accuracy(without, np.array([]), 900, 0).reason
