"""Brier score and reliability curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from bakeoff.evaluation.calibration_curve import brier_score, disagreement, reliability_curve


@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 99))
def test_brier_and_reliability_by_their_definitions(n_classes, n_rows, seed):
    """Summed over the classes, for two of them half of that, as scikit-learn has it; and bins by a plain loop."""
    generator = np.random.default_rng(seed)
    shares, y = generator.dirichlet(np.ones(n_classes), n_rows), generator.integers(0, n_classes, n_rows)
    expected = np.mean([sum((p - (k == j)) ** 2 for j, p in enumerate(row)) for row, k in zip(shares, y)])
    expected /= 2 if n_classes == 2 else 1
    assert expected == pytest.approx(brier_score(y, shares))
    if n_classes == 2:
        assert brier_score_loss(y, shares[:, 1], pos_label=1, labels=[0, 1]) == pytest.approx(expected)
    pairs = [(min(int(p * 10), 9), p, k == j) for row, k in zip(shares, y) for j, p in enumerate(row)]
    bins = sorted({place for place, _, _ in pairs})
    curve = reliability_curve(y, shares)
    assert [sum(place == one for place, _, _ in pairs) for one in bins] == curve.pairs
    assert [np.mean([p for place, p, _ in pairs if place == one]) for one in bins] == pytest.approx(curve.predicted)
    assert [np.mean([hit for place, _, hit in pairs if place == one]) for one in bins] == pytest.approx(curve.observed)


def test_a_tie_for_the_most_probable_class_is_no_disagreement():
    """As long as the predicted class is among the first."""
    shares = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [1 / 3, 1 / 3, 1 / 3]])
    assert 0.25 == disagreement(np.array([1, 1, 0, 2]), shares)
