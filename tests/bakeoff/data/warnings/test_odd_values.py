"""Classes written in two ways, and values that stand for a missing one, are named; others are not."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.data.warnings.odd_values import warn_of_classes, warn_of_sentinels

RNG = np.random.RandomState(0)
AGES = RNG.randint(0, 90, 300).astype(float)


@pytest.mark.parametrize(
    ("classes", "named"),
    [
        (["Yes", "yes", "YES", "no"], "'YES' and 'Yes' and 'yes'"),
        (["very high", "very  high", "low"], "'very  high' and 'very high'"),
        (["0", "1", "True", "False"], "'0' and '1' and 'False' and 'True'"),
    ],
)
def test_classes_written_in_several_ways_are_named(classes, named):
    """By capitals, by blanks, or as numbers and as words."""
    assert [f"the target 'y' has classes that may be the same: {named}; write each in one way"] == (
        warn_of_classes("y", np.array(classes * 9))
    )


@pytest.mark.parametrize("marker", ["?", "-", "unknown", "Missing", "n/a", "-999", "(blank)"])
def test_a_class_that_means_unknown_is_named(marker):
    """With its rows, and what to do."""
    assert [
        f"class {marker!r} of the target 'y' (3 rows) may mean that the class is unknown: if so, leave the target "
        "empty there"
    ] == warn_of_classes("y", np.array(["u", "v", marker] * 3))
    assert [] == warn_of_classes("y", np.array(["u", marker] * 3))


def test_numbers_are_classes_unless_they_are_codes():
    """-1 and 1 are the classes of many tables."""
    assert "class '-999' of" in warn_of_classes("y", np.array([0, 1, -999]))[0]
    for classes in ([-1, 1], [0, 1, 2, 9, 99], ["true", "false"], ["none", "minor", "major"]):
        assert [] == warn_of_classes("y", np.array(classes))


@pytest.mark.parametrize(
    ("marker", "share", "warned"),
    [(-999, 0.25, True), (9999, 0.06, True), (-1, 0.1, True), (-999, 0.02, False), (95, 0.2, False), (0, 0.2, False)],
)
def test_a_frequent_number_far_from_the_others_is_named(marker, share, warned):
    """If it is no part of their range."""
    column = np.where(np.arange(300) < 300 * share, marker, AGES)
    found = warn_of_sentinels(pd.DataFrame({"noise": RNG.randn(300), "age": column, "t": "x"}), np.arange(300))
    expected = (
        f"one number far from all others fills many cells of 'age' ({marker} in {share:.0%} of the rows): if it stands "
        "for a missing value, leave these cells empty"
    )
    assert ([expected] if warned else []) == found


def test_few_numbers_flags_and_gaps_have_no_markers():
    """They are too few to tell what is far."""
    columns = {"flag": AGES > 40, "code": AGES % 3 * 100, "empty": np.full(300, np.nan), "skewed": np.exp(AGES / 9)}
    assert [] == warn_of_sentinels(pd.DataFrame(columns), np.arange(300))
