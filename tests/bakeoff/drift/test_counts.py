"""Batches are counted in the bins of a profile, and their counts add up."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.drift import counts
from bakeoff.drift.counts import DriftCounter, bin_numbers
from bakeoff.drift.profile import PredictionProfile
from bakeoff.drift.reference import make_profile
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature

PREDICTION = PredictionProfile([2, 2], [0.7], [1, 1], [2, 2], [1, 2])


def counter_of(X):
    """A counter of the profile of these rows."""
    kinds = {name: "number" if X[name].dtype == float else "category" for name in X}
    features = [Feature(name, "", kind).with_training_values(X[name]) for name, kind in kinds.items()]
    return DriftCounter(make_profile(X, features, PREDICTION), features)


@pytest.fixture
def rows():
    """A thousand rows with gaps."""
    generator = np.random.default_rng(0)
    X = pd.DataFrame({"x": generator.standard_normal(1000), "region": generator.choice(["north", "south"], 1000)})
    return X.mask(generator.random(X.shape) < 0.1).astype({"region": TEXT})


def test_numbers_are_counted_as_numpy_would_and_nan_last():
    """A value that equals a cut belongs to the bin that it ends."""
    values = np.concatenate([np.random.default_rng(1).standard_normal(50_000), [np.nan, 0.5, np.inf]])
    cuts = [-1.0, 0.5, 2.0]
    assert np.bincount(np.searchsorted(cuts, values[~np.isnan(values)]), minlength=4).tolist() == (
        bin_numbers(values, cuts)[:-1].tolist()
    )
    assert 1 == bin_numbers(values, cuts)[-1]


def test_the_counts_of_batches_add_up_to_those_of_all_rows(rows):
    """In whatever pieces the rows come; none included."""
    counter, codes = counter_of(rows), np.arange(1000) % 2
    shares = np.column_stack([np.linspace(0.5, 1, 1000), np.linspace(0.5, 0, 1000)])
    whole = counter.count(rows, codes, shares)
    parts = [
        counter.count(rows.iloc[low:high], codes[low:high], shares[low:high])
        for low, high in ((0, 10), (10, 10), (10, 1000))
    ]
    assert whole.tolist() == sum(parts).tolist()
    assert (counter.size, 1000) == (len(whole), whole[-2])


def test_rows_unlike_all_training_rows_are_counted_once_each(rows):
    """A number far outside the range, an unseen category, or both."""
    counter = counter_of(rows)
    strange = pd.DataFrame({"x": [0.0, 99.0, 0.0, -99.0], "region": ["north", "west", "west", None]})
    counted = counter.count(strange.astype({"region": TEXT}), np.zeros(4, dtype=int), None)
    assert [4, 3] == counted[-2:].tolist()


def test_of_a_large_batch_some_rows_are_counted(rows, monkeypatch):
    """The number of rows says how many, the same ones every time; rows that come in pairs are counted alike."""
    monkeypatch.setattr(counts, "MOST_ROWS", 500)
    counter, pairs = counter_of(rows), np.arange(1000) % 2
    counted = counter.count(rows, pairs, None)
    assert 500 == counted[-2]
    *_, classes, _, _ = counter.split(counted)
    assert 200 < classes[0] < 300
    assert counted.tolist() == counter.count(rows, pairs, None).tolist()


@pytest.mark.parametrize(("count", "most"), [(1, 1), (10, 3), (999, 100), (1000, 1000)])
def test_rows_are_spread_over_the_table(count, most):
    """One of each stretch, in order, and none twice."""
    rows = counts.spread_rows(count, most)
    assert len(rows) <= most
    assert 0 <= rows[0] <= rows[-1] < count
    assert (np.diff(rows) > 0).all()
