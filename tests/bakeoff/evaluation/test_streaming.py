"""Counts that add up batch by batch give the figures of all rows together."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from bakeoff.evaluation.classification_report import classification_report, count_predictions
from bakeoff.evaluation.streaming import MAX_UNKNOWN, OTHER, StreamingEvaluation
from bakeoff.tables.target import encode_target
from tests.bakeoff.evaluation.conftest import CLASSES, tally_of

ROWS = st.lists(st.tuples(st.sampled_from([*CLASSES, "x", "y"]), st.integers(0, 2)), min_size=1, max_size=40)


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
