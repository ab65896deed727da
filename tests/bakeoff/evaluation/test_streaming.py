"""Counts that add up batch by batch give the figures of all rows together."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from bakeoff.evaluation.calibration_curve import reliability_curve
from bakeoff.evaluation.classification_report import classification_report, count_predictions
from bakeoff.evaluation.curves import MOST_CONFUSED, evaluate_ranking
from bakeoff.evaluation.streaming import MAX_UNKNOWN, OTHER, StreamingEvaluation
from bakeoff.tables.target import encode_target

CLASSES = ["a", "b", "c"]
ROWS = st.lists(st.tuples(st.sampled_from([*CLASSES, "x", "y"]), st.integers(0, 2)), min_size=1, max_size=40)


def tally_of(truth, predicted, shares=None):
    codes, names = encode_target(pa.chunked_array([pa.array(truth)]), np.array(CLASSES))
    tally = StreamingEvaluation(CLASSES)
    tally.add(codes, names, np.array(predicted), shares)
    return tally


@given(ROWS, st.integers(1, 39))
def test_batches_add_up_to_scikit_learns_figures(rows, cut):
    """Also for classes that the model doesn't know; through JSON, as a run that is continued reads them."""
    tally = StreamingEvaluation(CLASSES)
    for part in (rows[:cut], rows[cut:]):
        if part:
            tally.merge(json.loads(json.dumps(tally_of(*zip(*part)).to_dict())))
    truth, predicted = np.array([name for name, _ in rows]), np.array(CLASSES)[[code for _, code in rows]]
    expected, found = classification_report(*count_predictions(truth, predicted)), tally.evaluation()
    assert expected.metrics == pytest.approx(found.metrics, abs=1e-15)
    assert {name: vars(line) for name, line in expected.report.items()} == {
        name: pytest.approx(vars(line)) for name, line in found.report.items()
    }
    names, matrix = tally.confusion_matrix()
    both = [*names, "not there"]  # of one class alone scikit-learn would warn
    assert metrics.confusion_matrix(truth, predicted, labels=both)[:-1, :-1].tolist() == matrix.tolist()
    assert len(rows) == tally.rows


def test_the_log_loss_is_scikit_learns_over_the_classes_that_the_model_knows():
    """Probabilities of 0 cost much and not everything."""
    generator = np.random.default_rng(0)
    shares = generator.dirichlet([1, 1, 1], 50)
    shares[0] = [0, 0, 1]
    truth = np.array(CLASSES)[generator.integers(0, 3, 50)]
    truth[0] = "a"
    tally = tally_of([*truth, "x"], [0] * 51, np.vstack([shares, shares[:1]]))
    assert metrics.log_loss(truth, shares, labels=CLASSES) == pytest.approx(tally.log_loss)
    assert tally_of(truth, [0] * 50).log_loss is None


def test_what_wrong_predictions_cost():
    """By true class, down, and predicted class, across."""
    costs = np.array([[0, 1, 2], [5, 0, 5], [1, 1, 0]])
    assert (0 + 2 + 5 + 1) / 4 == tally_of(["a", "a", "b", "c", "x"], [0, 2, 0, 1, 1]).mean_cost(costs)
    assert tally_of(["x"], [0]).mean_cost(costs) is None


def test_a_target_of_a_million_names_takes_no_more_memory_than_a_hundred():
    """As an id would be that is called like the target: the rest is counted together."""
    tally = StreamingEvaluation(CLASSES)
    for start in range(0, 300, 50):
        tally.merge(tally_of([f"id{number}" for number in range(start, start + 50)], [0] * 50).to_dict())
    names, matrix = tally.confusion_matrix()
    assert MAX_UNKNOWN + 2 == len(names)
    assert 300 - MAX_UNKNOWN == matrix[names.index(OTHER)].sum()
    assert 300 == tally.rows


@pytest.mark.parametrize(
    ("column", "classes", "expected"),
    [
        (pa.array(["1", " 2.0", "", "1.5", "x", "7"]), np.array([1, 2]), ["1", "2", None, None, None, "7"]),
        (pa.array([1, 2, None, 7]), np.array([1, 2]), ["1", "2", None, "7"]),
        (pa.array([2**53 + 1, 2]), np.array([2, 2**53 + 1]), [str(2**53 + 1), "2"]),
        (pa.array([True, False, None]), np.array(["false", "true"]), ["true", "false", None]),
        (pa.array(["TRUE", "False", "maybe"]), np.array(["false", "true"]), ["true", "false", "maybe"]),
        (pa.array(["a", "NA", "b"]), np.array(["a", "b"]), ["a", None, "b"]),
    ],
)
def test_classes_are_met_as_training_read_them(column, classes, expected):
    """None where a row has no class."""
    codes, names = encode_target(pa.chunked_array([column]), classes)
    assert expected == [None if code < 0 else names[code] for code in codes]


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
