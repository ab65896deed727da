"""The time of an exact SVM, predicted from slices of the rows."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_classification
from sklearn.svm import SVC

from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import SVM_SECONDS, ProblemSize
from bakeoff.estimators.slices.counted import (
    ITERATION,
    SKIP_BELOW,
    PairCounts,
    count_pairs,
    extrapolate,
    needs_slice,
    predict_exact_svm,
    predict_race_svm,
    value_seconds,
    worst_seconds,
)
from bakeoff.runtime.processes import run_in_process
from bakeoff.tables.schema import Feature

DEFAULT = ProblemSize(7_000, 10, 4)
COLUMNS = [Feature(f"feature_{number}", "float64", "number") for number in range(10)]


def predict(flip_y=0.0, rows=4_000, scale=1.0, preprocessing="auto", **parameters):
    """Predict the time of an SVM on rows of which a share has a random class."""
    X, y = make_classification(rows, n_features=10, n_informative=6, flip_y=flip_y, class_sep=2, random_state=0)
    frame = pd.DataFrame(X * scale, columns=[feature.name for feature in COLUMNS])
    svm = Contestant("svm", parameters, preprocessing, "accuracy", "auto")
    return predict_exact_svm(svm, COLUMNS, frame, y)


def test_pairs_of_classes_are_counted_as_libsvm_separates_them():
    """Each pair by itself: its rows, iterations and support vectors."""
    X, y = load_iris(return_X_y=True)
    svm = SVC(gamma=0.5).fit(X, y)
    expected = []
    for pair in combinations(range(3), 2):
        alone = SVC(gamma=0.5).fit(X[np.isin(y, pair)], y[np.isin(y, pair)])
        expected.append(PairCounts(100, int(alone.n_iter_[0]), int(alone.n_support_.sum())))
    assert expected == list(count_pairs(svm, y))


def test_seconds_follow_from_counts():
    """Rows times iterations, and rows times support vectors, each by its growth from one slice to the other."""
    small, large = [PairCounts(300, 400, 100)], [PairCounts(900, 1200, 300)]
    value = 1e-8
    expected = 9_000 * (ITERATION * 12_000 + value * 3_000)
    assert expected == pytest.approx(extrapolate(small, large, 10, value))
    fewer = [PairCounts(900, 1200, 300 * 3**-0.5)]  # growth by the root of the rows
    expected = 9_000 * (ITERATION * 12_000 + value * 300 * 3**-0.5 * 10**0.5)
    assert expected == pytest.approx(extrapolate(small, fewer, 10, value))
    expected = 9_000 * (ITERATION * 1_200_000 + value * 3_000)
    assert expected == pytest.approx(extrapolate(small, large, 10, value, stopped=True))


def test_support_vectors_beyond_the_kernel_cache_cost_more_than_their_square():
    """libsvm computes values again that its cache has no room for."""
    small, large = [PairCounts(300, 300, 300)], [PairCounts(900, 900, 900)]
    times = [extrapolate(small, large, factor, 1e-8) for factor in (1, 2, 50)]
    assert times[1] == pytest.approx(4 * times[0])
    assert times[2] > 1.1 * 50**2 * times[0]


def test_a_value_of_the_kernel_takes_longer_with_more_columns():
    """Of sparse rows those beside 0 count, most of all where two rows have different ones."""
    from scipy.sparse import csr_matrix

    dense = np.ones((4, 6))
    assert value_seconds(dense[:, :3]) < value_seconds(dense)
    same, different = csr_matrix(np.tile([1.0, 0, 0, 0], (4, 1))), csr_matrix(np.eye(4))
    assert value_seconds(same) < value_seconds(different)


def test_rows_that_are_mostly_support_vectors_are_predicted_to_take_longer():
    """Rows, columns and classes are the same: a formula in them can't tell."""
    easy, hard = predict(), predict(flip_y=1.0)
    assert hard > 5 * easy
    assert hard == predict(flip_y=1.0)
    assert predict(flip_y=1.0, probability=True) == pytest.approx(6 * (hard - SVM_SECONDS) + SVM_SECONDS, rel=0.05)


def test_an_svm_that_does_not_converge_is_predicted_to_take_long():
    """Its slices are stopped after some iterations; with a max_iter the SVM itself is."""
    endless = {"scale": 1e5, "preprocessing": "none", "kernel": "linear", "C": 100.0, "flip_y": 0.3, "rows": 1_800}
    assert predict(**endless) > 10
    assert predict(**endless, max_iter=100) < 1


@pytest.mark.parametrize("parameters", [{"C": -1}, {"max_iter": "x"}, {"class_weight": {"no such class": 2}}])
def test_an_svm_that_cannot_be_fitted_has_no_prediction(parameters):
    """The fit on all rows says why."""
    assert predict(**parameters) is None


def test_few_rows_have_no_prediction():
    assert predict(rows=999) is None


@pytest.mark.parametrize(
    ("config", "size", "needed"),
    [
        ({}, DEFAULT, False),
        ({}, ProblemSize(12_000, 10, 4), True),
        ({}, ProblemSize(12_000, 10, 2), True),
        ({}, ProblemSize(7_000, 150, 4), True),
        ({"time_budget": 100}, DEFAULT, True),
        ({"time_budget": 100}, ProblemSize(999, 10, 4), False),
        ({"svm": {"budget_seconds": 1}}, DEFAULT, True),
        ({"classifiers": {"svm": {"C": 100.0}}}, DEFAULT, True),
        ({"classifiers": {"svm": {"kernel": "linear"}}}, DEFAULT, True),
        ({"preprocessing": "none"}, DEFAULT, True),
        ({"svm": {"approximation": "nystroem"}}, ProblemSize(100_000, 10, 4), False),
        ({"svm": {"approximation": "exact"}}, ProblemSize(100_000, 10, 4), True),
        ({"classifiers": {"random_forest": {}}}, ProblemSize(100_000, 10, 4), False),
    ],
)
def test_slices_are_fitted_where_the_race_depends_on_the_time(config, size, needed):
    """Not where even rows that are all support vectors take a moment, as of the default config."""
    assert needed == needs_slice(TrainingConfig(**config), size)


def test_a_short_fit_is_short_whatever_the_rows():
    """The worst case is one of the same constants: no prediction of ordinary rows is above it."""
    assert predict(flip_y=1.0) <= worst_seconds(ProblemSize(4_000, 10, 2))
    assert worst_seconds(DEFAULT) < SKIP_BELOW


def test_the_choice_is_the_same_in_every_run(tmp_path):
    """In this process and in others; it depends on counts, not on the clock."""
    dataset = {"n_samples": 3_000, "class_sep": 0.1}
    found = set()
    for budget in (1e-3, 1_000):
        config = TrainingConfig(dataset=dataset, classifiers={"svm": {}}, svm={"budget_seconds": budget}, time_budget=9)
        ref = prepare_dataset(config, tmp_path / f"{budget}")
        seconds = predict_race_svm(ref, config)
        again = [run_in_process("bakeoff.estimators.slices.counted:predict_race_svm", ref, config) for _ in range(2)]
        assert [seconds] * 2 == again
        contestant = Contestant.of(config, "svm", ProblemSize.of(ref), seconds)
        found.add(contestant.approximation is None)
        if contestant.approximation is None:
            assert (seconds, True) == (contestant.predicted_seconds, contestant.sliced)
        else:
            assert seconds == contestant.approximation.exact_seconds
    assert {True, False} == found
