"""What pictures are drawn from."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score

from bakeoff.evaluation.curves import (
    MOST_CURVES,
    POINTS,
    downsample,
    evaluate_ranking,
)


@pytest.fixture
def answers():
    """200 rows of three classes, and probabilities that are right more often than not."""
    generator = np.random.default_rng(1)
    y = generator.integers(3, size=200)
    shares = generator.dirichlet(np.ones(3), size=200) + 0.6 * np.eye(3)[y]
    return y, shares / shares.sum(axis=1, keepdims=True)


def test_the_figures_are_scikit_learns(answers):
    y, shares = answers
    found = evaluate_ranking(y, shares.argmax(axis=1), shares, ["a", "b", "c"])
    assert confusion_matrix(y, shares.argmax(axis=1)).tolist() == found["confusion"]
    areas = roc_auc_score(y, shares, multi_class="ovr", average=None)
    assert areas == pytest.approx([*found["roc_auc"].values()])
    assert areas.mean() == pytest.approx(found["roc_auc_macro"])
    precisions = [average_precision_score(y == code, shares[:, code]) for code in range(3)]
    assert precisions == pytest.approx([*found["average_precision"].values()])
    assert np.mean(precisions) == pytest.approx(found["average_precision_macro"])


def test_curves_hold_the_whole_of_it_in_few_points(answers):
    """From one end to the other, and close to the whole curve in between."""
    y, shares = answers
    curve = evaluate_ranking(y, y, shares, ["a", "b", "c"])["curves"]["b"]
    assert len(curve["roc"][0]) <= POINTS
    assert ([0, 0], [1, 1]) == tuple([axis[end] for axis in curve["roc"]] for end in (0, -1))
    assert curve["roc_auc"] == pytest.approx(np.trapezoid(curve["roc"][1], curve["roc"][0]), abs=0.005)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=300), st.lists(st.floats(0, 1), min_size=300, max_size=300))
def test_a_thinned_curve_is_of_the_curves_points_in_their_order(x, y):
    x, y = np.sort(x), np.array(y[: len(x)])
    kept = np.transpose(downsample(x, y, (0.0, 1.0), 20))
    whole = np.round(np.transpose([x, y]), 5).tolist()
    assert 1 <= len(kept) <= 20
    assert whole[-1] == kept[-1].tolist()
    position = -1
    for point in kept.tolist():
        position = whole.index(point, position + 1)


def test_what_there_is_no_curve_of():
    """A class that no row is of, and a model without probabilities."""
    y = np.array([0, 0, 1])
    found = evaluate_ranking(y, y, np.eye(3)[y], ["a", "b", "never"])
    assert ["a", "b"] == [*found["curves"]]
    assert [[2, 0, 0], [0, 1, 0], [0, 0, 0]] == found["confusion"]
    assert {"classes", "confusion"} == {*evaluate_ranking(y, y, None, ["a", "b", "c"])}
    assert {"classes", "confusion"} == {*evaluate_ranking(y[:2], y[:2], np.eye(2)[y[:2]], ["a", "b"])}


def test_of_many_classes_the_worst_have_curves():
    """And all of them figures."""
    generator = np.random.default_rng(2)
    y = np.tile(np.arange(30), 10)
    shares = generator.dirichlet(np.ones(30), size=300) + np.linspace(0.01, 1, 30)[y][:, None] * np.eye(30)[y]
    found = evaluate_ranking(y, y, shares, [str(name) for name in range(30)])
    assert 30 == len(found["roc_auc"])
    assert MOST_CURVES == len(found["curves"])
    others = set(found["roc_auc"]) - set(found["curves"])
    areas = found["roc_auc"]
    assert max(areas[name] for name in found["curves"]) <= min(areas[name] for name in others)


@given(st.integers(2, 5), st.integers(0, 99))
@example(2, 57)
@settings(deadline=None)
def test_the_mean_curve_is_the_mean_at_each_rate(n_classes, seed):
    """By a plain loop over the classes' own curves; under it lies the mean of the areas."""
    generator = np.random.default_rng(seed)
    y = np.concatenate([np.arange(n_classes), generator.integers(0, n_classes, 30)])
    shares = generator.dirichlet(np.ones(n_classes), len(y)).round(1)
    found = evaluate_ranking(y, shares.argmax(axis=1), shares, [str(code) for code in range(n_classes)])
    curves, mean = found["curves"].values(), found["mean_curve"]
    fpr, tpr = map(np.array, mean["roc"])
    recall, precision = map(np.array, mean["precision_recall"])
    assert (0, 0, 1, 1) == (fpr[0], tpr[0], fpr[-1], tpr[-1])
    for rate, height in zip(fpr[1:], tpr[1:]):
        heights = [[y for x, y in zip(*curve["roc"]) if abs(x - rate) < 1e-9] for curve in curves]
        between = [np.interp(rate, *curve["roc"]) for curve in curves]
        ends = [np.mean([end(here or [there]) for here, there in zip(heights, between)]) for end in (min, max)]
        assert min(abs(height - end) for end in ends) < 2e-4
    for rate, height in zip(recall, precision):
        each = [[p for r, p in zip(*curve["precision_recall"]) if r >= rate - 1e-9][-1] for curve in curves]
        assert height == pytest.approx(np.mean(each), abs=2e-4)
    assert np.trapezoid(tpr, fpr) == pytest.approx(found["roc_auc_macro"], abs=0.02)
    assert -np.sum(np.diff(recall) * precision[:-1]) == pytest.approx(found["average_precision_macro"], abs=0.02)
