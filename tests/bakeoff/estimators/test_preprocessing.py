"""What the classifiers see of the columns; of gradient boosting, which learns from gaps and categories itself."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.pipeline import build_pipeline, fit_pipeline
from bakeoff.estimators.preprocessing import KeptGaps, categorical_columns
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature

FEATURES = [
    Feature("size", "float64", "number"),
    Feature("colour", "str", "category"),
    Feature("when", "datetime64[ns]", "datetime"),
    Feature("open", "bool", "boolean"),
    Feature("note", "str", "text"),
]
ROWS = pd.DataFrame(
    {
        "size": [1.5, None, 3.0, 4.0] * 10,
        "colour": pd.Series(["red", "blue", None, "red"] * 10, dtype=TEXT),
        "when": pd.to_datetime(["2026-01-01", "2026-02-03", None, "2025-03-01"] * 10),
        "open": [True, False, True, True] * 10,
        "note": ["how nice", "not nice", "nice indeed", "how bad"] * 10,
    }
)
Y = np.array(["yes", "no"] * 20)


def boosting(features=FEATURES, preprocessing="auto", **parameters):
    contestant = Contestant("hist_gradient_boosting", parameters, preprocessing, "accuracy", "auto")
    return build_pipeline(contestant, features)


def test_gradient_boosting_sees_gaps_and_codes_of_categories():
    """Nothing is imputed or scaled; the categories come first, and the classifier is told so."""
    pipeline = boosting().fit(ROWS, Y)
    seen = pipeline[:-1].transform(ROWS)
    assert [1.0, 0.0] == seen[:2, 0].tolist()
    assert np.isnan(seen[2, 0])
    assert [1.5, 3.0, 4.0] == seen[[0, 2, 3], 1].tolist()
    assert np.isnan(seen[1, 1])
    assert [1, 0, 1, 1] == seen[:4, 2].tolist()
    assert np.isnan(seen[2, 3:5]).all()
    assert [0] == pipeline[-1].categorical_features
    assert [True] == pipeline[-1].is_categorical_[:1].tolist()
    assert not pipeline[-1].is_categorical_[1:].any()


def test_an_unseen_category_is_a_gap_to_gradient_boosting():
    pipeline = boosting().fit(ROWS, Y)
    seen = pipeline[:-1].transform(ROWS.head(1).assign(colour="green"))
    assert np.isnan(seen[0, 0])
    assert "yes" == pipeline.predict(ROWS.head(1).assign(colour="green"))[0]


@pytest.mark.parametrize(("parameters", "most"), [({}, 255), ({"max_bins": 16}, 16)])
def test_rare_categories_share_a_code_beyond_what_gradient_boosting_takes(parameters, most):
    """It takes as many as it has bins."""
    names = [f"{number:03}" for number in range(300)] * 2 + ["000", "001"] * 50
    X = pd.DataFrame({"id": pd.Series(names, dtype=TEXT)})
    pipeline = boosting([Feature("id", "str", "category")], **parameters).fit(X, np.arange(len(X)) % 2)
    codes = pipeline[0].transform(X)
    assert most == len(np.unique(codes))
    assert codes.max() < most


@pytest.mark.parametrize("empty", ["size", "colour", "when"])
def test_a_column_may_be_empty_in_a_fold(empty):
    """As for the others."""
    X = ROWS.assign(**{empty: pd.Series([None] * len(ROWS), dtype=ROWS[empty].dtype)})
    assert len(X) == len(boosting().fit(X, Y).predict(ROWS))


def test_gradient_boosting_takes_numbers_as_they_are_without_preprocessing():
    """Categories are then none of Bakeoff's business."""
    pipeline = boosting(FEATURES[:1], preprocessing="none").fit(ROWS[["size"]], Y)
    assert ["classifier"] == [name for name, _ in pipeline.steps]
    assert None is categorical_columns(FEATURES[:1])


def test_a_class_of_a_single_row_does_not_stop_gradient_boosting():
    """From 10,000 rows on it holds some out, of each class, to see when to stop; with such a class it doesn't."""
    X = pd.DataFrame({"size": np.arange(10_020.0)})
    y = np.where(X["size"] < 5_000, "few", "many")
    alone = np.where(X["size"] == 0, "alone", y)
    stopping, plain = (fit_pipeline(boosting(FEATURES[:1], max_iter=2), X, each)[0][-1] for each in (y, alone))
    assert (True, False) == (stopping.do_early_stopping_, plain.do_early_stopping_)
    assert ["alone", "few", "many"] == plain.classes_.tolist()


def test_gaps_stay_and_a_column_that_was_empty_is_zero():
    """In rows that have a value there, too."""
    rows = pd.DataFrame({"size": [1, None, 3], "open": [True, False, True], "gone": [None] * 3}).astype({"gone": float})
    kept = KeptGaps().fit(rows)
    np.testing.assert_array_equal([[1, 1, 0], [np.nan, 0, 0], [3, 1, 0]], kept.transform(rows))
    np.testing.assert_array_equal([[1, 1, 0]], kept.transform(rows.head(1).assign(gone=5.0)))


@parametrize_with_checks([KeptGaps()])
def test_it_behaves_as_scikit_learns_do(estimator, check):
    """By scikit-learn's own checks."""
    check(estimator)
