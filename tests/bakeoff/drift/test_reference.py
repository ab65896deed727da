"""The profile of training rows: bins of numbers, categories, texts, dates and gaps, within a bounded size."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.drift.counts import DriftCounter
from bakeoff.drift.profile import PredictionProfile
from bakeoff.drift.reference import make_profile, profile_predictions
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature

NONE = PredictionProfile([1], [], [], [], [])


def profile_of(cells, kind, dtype="float64"):
    """The profile of one column."""
    column = pd.Series(cells, name="x")
    if kind in ("category", "text"):
        column = column.astype(TEXT)
    feature = Feature("x", dtype, kind).with_training_values(column)
    return feature, make_profile(column.to_frame(), [feature], NONE)


def test_numbers_have_bins_of_a_twentieth_each_and_an_empty_one_beyond_either_end():
    """The empty ones begin a tenth of the range's width outside the range."""
    column = profile_of(np.arange(1000.0), "number")[1].columns[0]
    assert [0, *[50] * 20, 0] == column.counts
    assert pytest.approx((-99.9, 1098.9)) == (column.cuts[0], column.cuts[-1])


def test_a_number_with_few_values_has_a_bin_for_each():
    """So a share that moves from one value to another is seen."""
    assert [0, 3, 2, 1, 0] == profile_of([0.0, 0, 0, 1, 1, 7], "number")[1].columns[0].counts


def test_a_constant_number_is_told_from_any_other():
    """Below, equal, above."""
    assert [0, 3, 0] == profile_of([5.0, 5, 5], "number")[1].columns[0].counts


def test_gaps_are_counted_beside_the_values():
    """Also where nothing else is."""
    assert 2 == profile_of([np.nan, 1.0, np.nan], "number")[1].columns[0].missing
    empty = profile_of([np.nan, np.nan], "number")[1].columns[0]
    assert ([0], 2) == (empty.counts, empty.missing)


def test_a_category_that_occurs_once_counts_as_unseen():
    """As many new rows have an unseen category (Good and Turing): a column of ids is expected to have nothing else."""
    column = profile_of(["a"] * 3 + ["b"] * 2 + ["c"], "category")[1].columns[0]
    assert (["a", "b"], [3, 2, 0, 1]) == (column.categories, column.counts)
    ids = profile_of([f"id {row}" for row in range(50)], "category")[1].columns[0]
    assert ([], [0, 50]) == (ids.categories, ids.counts)


def test_text_is_profiled_by_its_length_and_dates_by_their_gaps():
    """Dates move on by themselves."""
    assert [0, 1, 1, 0] == profile_of(["ab", "abcd"], "text")[1].columns[0].counts
    dates = profile_of(pd.to_datetime(["2026-01-01", None]), "datetime")[1].columns[0]
    assert ([], [1], 1) == (dates.cuts, dates.counts, dates.missing)


def test_a_profile_of_a_hundred_columns_takes_less_than_100_kb():
    """Of numbers with all their digits, and of categories with long names."""
    rows = np.random.default_rng(0).standard_normal((2000, 100))
    names = [f"column number {position}" for position in range(100)]
    numbers = [Feature(name, "float64", "number") for name in names]
    texts = [Feature(name, "str", "category", categories=()) for name in names]
    categories = pd.DataFrame({name: [f"{'é' * 40} {row % 60} {name}" for row in range(2000)] for name in names})
    for X, features in ((pd.DataFrame(rows, columns=names), numbers), (categories.astype(TEXT), texts)):
        assert len(make_profile(X, features, NONE).to_json().encode()) < 100_000


def test_the_training_rows_themselves_are_counted_as_they_are_profiled():
    """But for a category that occurs once, which is seen there."""
    rows = {"number": [1.0, 2.0, np.nan, 2.0], "boolean": [1.0, 0.0, 1.0, np.nan], "category": ["a", "a", "b", None]}
    X = pd.DataFrame(rows).astype({"category": TEXT})
    features = [Feature(kind, "", kind).with_training_values(X[kind]) for kind in rows]
    profile = make_profile(X, features, NONE)
    counter = DriftCounter(profile, features)
    *columns, classes, confidence, totals = counter.split(counter.count(X, np.zeros(4, dtype=int), None))
    assert [[*column.counts, column.missing] for column in profile.columns[:2]] == [
        each.tolist() for each in columns[:2]
    ]
    assert [2, 1, 0, 1] == columns[2].tolist()
    assert ([4], [], [4, 0]) == (classes.tolist(), confidence.tolist(), totals.tolist())


def test_confidence_has_bins_of_equally_many_held_out_rows_with_their_right_predictions():
    """The test rows are counted in the same bins."""
    judged = np.arange(100) / 100
    found = profile_predictions(np.array([3, 1]), np.array([0.1, 0.5, 0.5, 0.99]), judged, judged > 0.5)
    assert ([5] * 10, 20, 100) == (found.judged[:10], len(found.judged), sum(found.judged))
    assert (4, 49, [3, 1]) == (sum(found.confidence), sum(found.right), found.classes)
    assert [0] * 10 == found.right[:10]
