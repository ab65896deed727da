"""Folds leave no row to learn from the future or from its group."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bakeoff.config import CrossValidationConfig
from bakeoff.data.folds import make_folds


def test_shuffled_folds_of_one_round_need_no_repeats():
    """A random_state alone shuffles the rows into folds; each row is scored once."""
    folds = make_folds(CrossValidationConfig(random_state=3), np.array([0, 1] * 20))
    assert list(range(40)) == sorted(np.concatenate([scored for _, scored in folds]).tolist())
    assert folds[0][1].tolist() != list(range(8))


@given(st.lists(st.integers(0, 40), min_size=30, max_size=80), st.integers(2, 5))
def test_folds_by_time_are_fitted_on_the_past_alone(times, folds):
    """Each is scored on what comes next; each row at most once, and the oldest never."""
    times = np.sort(times)
    assume(len(np.unique(times)) > folds)
    found = make_folds(CrossValidationConfig(folds=folds), np.arange(len(times)) % 2, "time", times)
    assert folds == len(found)
    for fitted, scored in found:
        assert times[fitted].max() < times[scored].min()
    assert np.array_equal(np.arange(len(found[0][0]), len(times)), np.concatenate([scored for _, scored in found]))


@pytest.mark.parametrize("config", [{}, {"random_state": 3}, {"random_state": 3, "repeats": 3}])
def test_folds_by_group_keep_groups_whole(config):
    """In every repeat each row is scored once; repeats differ."""
    groups = np.random.default_rng(0).integers(0, 20, 200)
    folds = make_folds(CrossValidationConfig(**config), np.arange(200) % 2, "group", groups)
    for fitted, scored in folds:
        assert not set(groups[fitted]) & set(groups[scored])
    repeats = [folds[start : start + 5] for start in range(0, len(folds), 5)]
    for repeat in repeats:
        assert list(range(200)) == sorted(np.concatenate([scored for _, scored in repeat]).tolist())
    assert len(repeats) == len({tuple(repeat[0][1]) for repeat in repeats})
