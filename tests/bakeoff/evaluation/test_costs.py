"""What wrong predictions cost, and decisions by least expected cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import precision_score, recall_score

from bakeoff.config import TrainingConfig
from bakeoff.errors import DataError
from bakeoff.evaluation.costs import (
    cost_matrix,
    cost_reduction,
    least_cost_threshold,
    min_expected_cost,
    threshold_costs,
    threshold_curve,
)
from bakeoff.evaluation.paired_tests import paired_t_test
from bakeoff.training.preflight import check_training
from tests.bakeoff.conftest import ORDERS

CLASSES = ["exchanged", "kept", "returned"]
PRICES = [[0.0, 1.0], [5.0, 0.5]]


@st.composite
def priced(draw):
    """Probabilities of some rows, and a matrix of costs."""
    n_classes = draw(st.integers(2, 5))
    shape = (draw(st.integers(1, 8)), n_classes)
    weights = draw(arrays(float, shape, elements=st.floats(0.01, 1)))
    matrix = draw(arrays(float, (n_classes, n_classes), elements=st.integers(0, 9).map(float)))
    return weights / weights.sum(axis=1, keepdims=True), matrix


def test_what_is_not_named_costs_one_when_wrong():
    """A number is for any mistake of a class, a mapping for some."""
    costs = {"returned": {"kept": 5, "exchanged": 2}, "kept": 3}
    assert [[0, 1, 1], [3, 0, 3], [2, 5, 0]] == cost_matrix(costs, CLASSES).tolist()
    assert [[0, 1, 1], [1, 0, 1], [1, 1, 0]] == cost_matrix({}, CLASSES).tolist()
    assert [[0.5, 1], [4, 0]] == cost_matrix({"a": {"a": 0.5}, "b": {"a": 4}}, ["a", "b"]).tolist()


@pytest.mark.parametrize("costs", [{"lost": 5}, {"kept": {"lost": 5}}])
def test_a_class_that_there_is_none_of_is_refused_before_anything_is_written(tmp_path, monkeypatch, costs):
    """In one line that names the classes that there are."""
    config = TrainingConfig.model_validate({"dataset": ORDERS, "costs": costs, "store": tmp_path / "models"})
    with pytest.raises(DataError) as caught:
        check_training(config)
    expected = (
        "costs names class 'lost', which the target doesn't have; its classes are 'exchanged', 'kept', 'returned'"
    )
    assert expected == str(caught.value)
    assert not (tmp_path / "models").exists()


@given(priced())
def test_decisions_equal_a_search_of_all_classes(example):
    """Row by row, class by class; on a tie the first."""
    probabilities, matrix = example
    for shares, code in zip(probabilities, min_expected_cost(probabilities, matrix)):
        expected = [sum(share * matrix[i, j] for i, share in enumerate(shares)) for j in range(len(shares))]
        assert expected[code] == pytest.approx(min(expected))


def test_a_class_that_yaml_has_made_a_boolean_of_is_told_how_to_be_written():
    """`no` and `yes` are classes of many tables."""
    with pytest.raises(DataError, match="in YAML, no and yes mean false and true: put quotes around them"):
        cost_matrix(TrainingConfig.model_validate({"costs": {False: 5}}).costs, ["no", "yes"])


@given(priced())
def test_with_one_for_any_mistake_the_likeliest_class_is_decided_for(example):
    """So that no costs change nothing."""
    probabilities = example[0]
    decided = min_expected_cost(probabilities, cost_matrix({}, list("abcde")[: probabilities.shape[1]]))
    taken = probabilities[np.arange(len(decided)), decided]
    assert probabilities.max(axis=1).tolist() == pytest.approx(taken.tolist())


def test_on_a_tie_the_first_class_is_decided_for():
    """As argmax does."""
    assert [0, 1] == min_expected_cost(np.array([[0.5, 0.5], [0.2, 0.8]]), cost_matrix({}, ["a", "b"])).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_costs_lower_the_mean_cost_on_fresh_rows_of_a_known_truth(seed):
    """Where the probabilities are the true ones, by as much as is expected of them."""
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet([1, 1, 1], 20_000)
    y = (generator.random((len(shares), 1)) > np.cumsum(shares, axis=1)).sum(axis=1)
    matrix = cost_matrix({"returned": {"kept": 5, "exchanged": 2}}, CLASSES)
    found = cost_reduction(matrix, y, shares.argmax(axis=1)[None], shares[None])
    expected = (shares @ matrix).min(axis=1).mean()
    assert found.mean_cost_after < found.mean_cost_before
    assert expected == pytest.approx(found.mean_cost_after, abs=0.03)
    assert found.interval[0] > 0


def test_the_gain_counts_a_row_once_and_groups_as_groups():
    """However many repeats scored it; and rows that all hang together say less."""
    generator = np.random.default_rng(0)
    y, matrix = generator.integers(0, 2, 60), cost_matrix({"b": 5}, ["a", "b"])
    shares = generator.dirichlet([1, 1], 60)
    predicted = shares.argmax(axis=1)
    once = cost_reduction(matrix, y, predicted[None], shares[None])
    twice = cost_reduction(matrix, y, np.stack([predicted] * 2), np.stack([shares] * 2))
    assert once == twice
    assert 60 == once.rows
    differences = matrix[y, predicted] - matrix[y, min_expected_cost(shares, matrix)]
    groups = np.arange(60) // 10
    grouped = cost_reduction(matrix, y, predicted[None], shares[None], groups)
    assert paired_t_test(differences, groups=groups).interval == grouped.interval != once.interval
    assert differences.mean() == pytest.approx(grouped.gain)


def test_of_one_row_there_is_no_interval():
    """JSON has no NaN."""
    shares = np.array([[[0.4, 0.6]]])
    assert cost_reduction(cost_matrix({}, ["a", "b"]), np.array([0]), np.array([[1]]), shares).interval is None


@pytest.fixture
def rows():
    """Classes, of which the first is the rarer, and probabilities; some of them are thresholds."""
    generator = np.random.default_rng(0)
    y = (generator.random(400) < 0.8).astype(int)
    first = np.clip(np.where(y == 0, 0.6, 0.3) + generator.normal(0, 0.2, 400), 0, 1).round(2)
    return y, np.stack([first, 1 - first], axis=1)


def test_precision_and_recall_are_scikit_learns(rows):
    """Of the rarer class, at every threshold."""
    y, probabilities = rows
    curve = threshold_curve(y, probabilities)
    assert 0 == curve.positive
    for threshold, predicted, right in zip(curve.thresholds, curve.predicted, curve.right):
        decided = probabilities[:, 0] >= threshold
        assert pytest.approx(precision_score(y == 0, decided, zero_division=0)) == right / max(predicted, 1)
        assert pytest.approx(recall_score(y == 0, decided)) == right / curve.positives


def test_the_cost_of_a_threshold_is_the_mean_over_the_rows(rows):
    """Of every cell of the costs."""
    y, probabilities = rows
    curve = threshold_curve(y, probabilities)
    for threshold, cost in zip(curve.thresholds, threshold_costs(curve, PRICES)):
        decided = np.where(probabilities[:, 0] >= threshold, 0, 1)
        assert pytest.approx(np.array(PRICES)[y, decided].mean()) == cost


@pytest.mark.parametrize("positive", [0, 1])
def test_the_threshold_of_least_cost_decides_as_predictions_do(positive):
    """From that probability on, and not below it."""
    threshold = least_cost_threshold(positive, PRICES)
    share = np.array([threshold - 1e-6, threshold + 1e-6])
    probabilities = np.stack([1 - share, share] if positive else [share, 1 - share], axis=1)
    assert [1 - positive, positive] == min_expected_cost(probabilities, np.array(PRICES)).tolist()


def test_costs_that_always_favour_one_class_have_no_threshold():
    """Such as a reward for a mistake."""
    assert least_cost_threshold(1, [[0.0, -1.0], [1.0, 0.0]]) is None
    assert least_cost_threshold(1, [[0.0, 0.0], [0.0, 0.0]]) is None
