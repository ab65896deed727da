"""What a threshold on the probability of one of two classes gives."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from bakeoff.evaluation.costs import min_expected_cost
from bakeoff.evaluation.thresholds import least_cost_threshold, threshold_costs, threshold_curve

COSTS = [[0.0, 1.0], [5.0, 0.5]]


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
    for threshold, cost in zip(curve.thresholds, threshold_costs(curve, COSTS)):
        decided = np.where(probabilities[:, 0] >= threshold, 0, 1)
        assert pytest.approx(np.array(COSTS)[y, decided].mean()) == cost


@pytest.mark.parametrize("positive", [0, 1])
def test_the_threshold_of_least_cost_decides_as_predictions_do(positive):
    """From that probability on, and not below it."""
    threshold = least_cost_threshold(positive, COSTS)
    share = np.array([threshold - 1e-6, threshold + 1e-6])
    probabilities = np.stack([1 - share, share] if positive else [share, 1 - share], axis=1)
    assert [1 - positive, positive] == min_expected_cost(probabilities, np.array(COSTS)).tolist()


def test_costs_that_always_favour_one_class_have_no_threshold():
    """Such as a reward for a mistake."""
    assert least_cost_threshold(1, [[0.0, -1.0], [1.0, 0.0]]) is None
    assert least_cost_threshold(1, [[0.0, 0.0], [0.0, 0.0]]) is None
