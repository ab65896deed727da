"""Curves from a sketch of the probabilities, batch by batch."""

import json

import numpy as np
import pytest

from bakeoff.evaluation.calibration_curve import reliability_curve
from bakeoff.evaluation.curves import MOST_CONFUSED, evaluate_ranking
from bakeoff.evaluation.streaming import StreamingEvaluation
from tests.bakeoff.evaluation.conftest import CLASSES, tally_of


def drawn(rows, classes, spread, seed=0):
    """Classes, the first half of them rare, and probabilities that know something of them."""
    generator = np.random.default_rng(seed)
    weights = np.where(np.arange(classes) < classes // 2, 0.1, 1.0)
    truth = generator.choice(classes, rows, p=weights / weights.sum())
    odds = generator.normal(size=(rows, classes))
    odds[np.arange(rows), truth] += 1
    shares = np.exp(spread * (odds - odds.max(axis=1, keepdims=True)))
    return truth, shares / shares.sum(axis=1, keepdims=True)


def in_batches(truth, shares, rows):
    """Through JSON, as a run that is continued reads them."""
    names = [str(position) for position in range(shares.shape[1])]
    tally = StreamingEvaluation(names)
    for start in range(0, len(truth), rows):
        batch, part = StreamingEvaluation(names), slice(start, start + rows)
        batch.add(truth[part], names, shares[part].argmax(axis=1), shares[part])
        tally.merge(json.loads(json.dumps(batch.to_dict())))
    return tally.probabilities, names


@pytest.mark.parametrize("spread", [1e-9, 1e-3, 1, 30])
def test_areas_of_few_rows_are_scikit_learns(spread):
    """Exactly, wherever the probabilities lie, though no row is held; rounded, as those of a forest are, too."""
    truth, shares = drawn(3000, 3, spread)
    for given_shares in (shares, np.round(shares, 2)):
        counted, names = in_batches(truth, given_shares, 700)
        expected = evaluate_ranking(truth, truth, given_shares, names)
        found = counted.describe(names)
        for figure in ("roc_auc", "average_precision"):
            assert expected[figure] == pytest.approx(found[figure], abs=1e-12)
            assert expected[f"{figure}_macro"] == pytest.approx(found[f"{figure}_macro"], abs=1e-12)
        assert [*expected["curves"]] == [*found["curves"]]
        curve = vars(reliability_curve(truth, given_shares))
        assert curve == {name: pytest.approx(values) for name, values in vars(counted.reliability()).items()}


@pytest.mark.parametrize(("classes", "spread"), [(2, 1e-9), (4, 1), (4, 30), (20, 30)])
def test_areas_of_many_rows_are_within_a_thousandth_of_scikit_learns(classes, spread):
    """Also of rows that come sorted, and of rare classes."""
    truth, shares = drawn(150_000, classes, spread)
    order = np.argsort(truth, kind="stable")
    expected = evaluate_ranking(truth, truth, shares, [str(position) for position in range(classes)])
    for rows in (np.arange(len(truth)), order):
        counted, names = in_batches(truth[rows], shares[rows], 65_536)
        found = counted.describe(names)
        assert expected["roc_auc"] == pytest.approx(found["roc_auc"], abs=1e-3)
        assert expected["average_precision"] == pytest.approx(found["average_precision"], abs=1e-3)


def test_what_is_held_stays_small(monkeypatch):
    """However many batches there are."""
    monkeypatch.setattr("bakeoff.evaluation.probability_sketch.HELD", 16 * 1000)
    truth, shares = drawn(20_000, 3, 1)
    counted, names = in_batches(truth, shares, 500)
    assert all(sum(part.shape[1] for part in parts) <= 1000 for parts in counted._classes)
    found, expected = counted.describe(names), evaluate_ranking(truth, truth, shares, names)
    assert expected["roc_auc"] == pytest.approx(found["roc_auc"], abs=1e-3)


def test_a_row_whose_probabilities_are_no_numbers_is_in_no_curve():
    """And costs nothing else; nor does a hair more than 1."""
    truth, shares = drawn(300, 3, 1)
    odd = np.vstack([shares, [[np.nan, 0.5, 0.5], [1 + 2e-16, -1e-17, 0.0]]])
    counted, names = in_batches(np.append(truth, [0, 0]), odd, 100)
    plain, _ = in_batches(np.append(truth, 0), np.vstack([shares, [[1.0, 0.0, 0.0]]]), 100)
    assert plain.describe(names) == counted.describe(names)
    assert plain.reliability() == counted.reliability()


def test_what_lies_at_one_point_counts_as_tied():
    """Certainties, and a class that never occurs, are no trouble; a perfect ranking has an area of 1."""
    shares = np.array([[1.0, 0.0, 0.0], [1 - 1e-12, 1e-12, 0.0], [0.0, 1.0, 0.0]])
    found = tally_of(["a", "a", "b"], [0, 0, 1], shares).probabilities.describe(CLASSES)
    assert {"a": 1.0, "b": 1.0} == found["roc_auc"]
    same = np.full((4, 3), 1 / 3)
    found = tally_of(["a", "b", "a", "b"], [0] * 4, same).probabilities.describe(CLASSES)
    assert {"a": 0.5, "b": 0.5} == found["roc_auc"]
    assert {"a": 0.5, "b": 0.5} == found["average_precision"]


def test_without_probabilities_or_of_very_many_classes_there_are_no_curves():
    assert {} == tally_of(["a", "b"], [0, 1]).probabilities.describe(CLASSES)
    assert tally_of(["a", "b"], [0, 1]).probabilities.reliability() is None
    many = [str(place) for place in range(MOST_CONFUSED + 1)]
    tally = StreamingEvaluation(many)
    tally.add(np.array([0, 1]), many, np.array([0, 1]), np.eye(len(many))[:2])
    assert {} == tally.probabilities.describe(many)
    assert tally.probabilities.reliability() is None
    assert 0 == pytest.approx(tally.log_loss)
