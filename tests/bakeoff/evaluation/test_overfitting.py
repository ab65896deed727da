"""What is learned by heart is told from what is learned, and a fall from chance."""

import math

import pytest

from bakeoff.evaluation.intervals import wilson_interval
from bakeoff.evaluation.overfitting import warn_of_drop, warn_of_memory


def interval(right: int, rows: int = 200) -> tuple[float, float]:
    """Wilson's, of so many right rows."""
    return wilson_interval([True] * right + [False] * (rows - right))


def test_what_does_not_hold_on_test_rows_is_memory():
    """All training rows right, and half of the test rows, where half are of one class."""
    warning = warn_of_memory(1.0, 0.5, interval(100), 0.5)
    assert warning is not None
    assert warning.startswith(
        "the winner's accuracy is 1.0000 on training rows and 0.5000 on the test rows (95 % interval 0.4"
    )
    assert "0.5000: most of what it learned doesn't hold (overfitting)" in warning
    assert warn_of_memory(0.75, 0.52, interval(104), 0.5) is not None


@pytest.mark.parametrize(
    ("train", "right", "majority"),
    [
        (1.0, 190, 0.5),  # a forest has its training rows right, whatever it is worth
        (1.0, 150, 0.5),
        (0.85, 164, 0.8),  # little was learned, and little is lost
        (1.0, 5, 0.1),  # of 8 rows nothing can be told
    ],
)
def test_what_holds_or_may_hold_on_test_rows_is_no_memory(train, right, majority):
    """Nor is it what a few rows can't tell."""
    rows = 8 if right == 5 else 200
    assert warn_of_memory(train, right / rows, interval(right, rows), majority) is None


@pytest.mark.parametrize(
    ("scoring", "folds", "test", "bounds", "warned"),
    [
        ("accuracy", 0.95, 0.80, interval(160), True),
        ("accuracy", 0.85, 0.80, interval(160), False),  # within what chance explains
        ("accuracy", 0.80, 0.95, interval(190), False),  # better is no drop
        ("accuracy", 0.812, 0.800, (0.799, 0.801), False),  # sure, and small
        ("roc_auc_ovr", 0.99, 0.90, (0.87, 0.93), True),
        ("neg_log_loss", -0.2, -0.6, (-0.7, -0.5), True),
        ("neg_log_loss", -0.2, -0.6, (math.nan, math.nan), False),  # a single row has no interval
    ],
)
def test_a_score_that_falls_beyond_chance_is_warned_of(scoring, folds, test, bounds, warned):
    """From the folds to the test rows, by any metric."""
    assert warned == (warn_of_drop(scoring, folds, test, bounds, (700, 200)) is not None)
