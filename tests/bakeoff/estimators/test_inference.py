"""One pass over the rows says what `predict` and `predict_proba` say."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from bakeoff.estimators import inference
from bakeoff.estimators.inference import predict_with_proba

MODELS = {
    "logistic regression": LogisticRegression(),
    "forest": RandomForestClassifier(7, random_state=0),
    "svm": SVC(),
    "linear svm": SVC(kernel="linear", decision_function_shape="ovo"),
    "svm that breaks ties": SVC(break_ties=True),
    "calibrated": CalibratedClassifierCV(SVC(), cv=2, ensemble=False),
}


@pytest.mark.parametrize("names", ["numbers", "text"])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("name", MODELS)
def test_both_answers_are_the_models_own(name, n_classes, names):
    """To the last bit, and with classes of either type."""
    X, y = make_classification(400, 8, n_informative=6, n_classes=n_classes, class_sep=0.4, flip_y=0.2, random_state=1)
    rows, y = pd.DataFrame(X), np.array(["z", "b", "c", "a", "q"])[y] if names == "text" else y * 3 - 2
    model = make_pipeline(StandardScaler(), MODELS[name]).fit(rows[:200], y[:200])
    codes, shares = predict_with_proba(model, rows)
    assert model.predict(rows).tolist() == model.classes_[codes].tolist()
    if hasattr(model, "predict_proba"):
        assert np.array_equal(model.predict_proba(rows), shares)
    else:
        assert shares is None


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_forest_in_blocks_and_threads_says_what_it_says_as_a_whole(monkeypatch, n_classes):
    """To the last bit; the last block has fewer rows, and rows of one block need no thread."""
    monkeypatch.setattr(inference, "FOREST_ROWS", 64)
    X, y = make_classification(400, 8, n_informative=6, n_classes=n_classes, flip_y=0.2, random_state=1)
    forest = RandomForestClassifier(9, max_depth=4, random_state=0)
    model = make_pipeline(StandardScaler(), forest).fit(X[:200], y[:200])
    used = []
    with ThreadPoolExecutor(3) as pool:

        def mapper(function, blocks):
            used.append([*blocks])
            return pool.map(function, used[-1])

        _, shares = predict_with_proba(model, X, mapper=mapper)
        predict_with_proba(model, X[:64], mapper=mapper)
    assert np.array_equal(model.predict_proba(X), shares)
    assert [[0, 64, 128, 192, 256, 320, 384]] == used


@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=6, max_size=30),
    st.sampled_from([2, 3, 4]),
    st.sampled_from(["linear", "rbf", "poly"]),
)
def test_an_svm_whose_classes_lie_evenly_votes_as_libsvm_does(points, n_classes, kernel):
    """Where rows lie exactly between two classes, the value of a pair is 0."""
    X = pd.DataFrame(points, columns=["a", "b"], dtype=float)
    y = np.arange(len(X)) % n_classes
    grid = pd.DataFrame([(a, b) for a in np.linspace(-3, 3, 13) for b in np.linspace(-3, 3, 13)], columns=["a", "b"])
    model = make_pipeline(SVC(kernel=kernel, gamma="auto").set_params())
    model.fit(X, y)
    codes, _ = predict_with_proba(model, grid)
    assert model.predict(grid).tolist() == model.classes_[codes].tolist()


def test_rows_exactly_between_two_classes_go_where_libsvm_sends_them():
    """A value of 0, of two classes and of three."""
    for y in ([0, 0, 1, 1], [0, 1, 2, 2]):
        X = pd.DataFrame({"a": [-1.0, -1.0, 1.0, 1.0], "b": [1.0, -1.0, 1.0, -1.0]})
        model = make_pipeline(SVC(kernel="linear", C=100)).fit(X, y)
        between = pd.DataFrame({"a": [0.0, 0.0, -1.0], "b": [0.0, 5.0, 0.0]})
        assert model.predict(between).tolist() == model.classes_[predict_with_proba(model, between)[0]].tolist()
