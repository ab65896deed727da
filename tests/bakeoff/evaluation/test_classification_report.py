"""Precision, recall and F1 from the counts of a confusion matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from bakeoff.evaluation.classification_report import classification_report, count_predictions


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_figures_equal_the_classification_report(pairs):
    """On any labels, predicted or not."""
    y_true, y_pred = (np.array(column, dtype=object) for column in zip(*pairs))
    expected = metrics.classification_report(y_true, y_pred, output_dict=True, zero_division=0)
    evaluation = classification_report(*count_predictions(y_true, y_pred))
    assert (np.asarray(y_true) == np.asarray(y_pred)).mean() == pytest.approx(evaluation.accuracy)
    macro = expected["macro avg"]
    assert (macro["precision"], macro["recall"], macro["f1-score"]) == pytest.approx(
        (evaluation.precision_macro, evaluation.recall_macro, evaluation.f1_macro)
    )
    for name, line in evaluation.report.items():
        assert (expected[name]["precision"], expected[name]["support"]) == pytest.approx((line.precision, line.support))


def test_a_class_may_be_called_accuracy():
    """The report goes by class, whatever its name."""
    labels = np.array(["accuracy", "macro avg", "accuracy"], dtype=object)
    report = classification_report(*count_predictions(labels, labels)).report
    assert {"accuracy": 2, "macro avg": 1} == {name: line.support for name, line in report.items()}
