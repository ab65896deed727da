"""A pipeline takes raw columns."""

import numpy as np
import pandas as pd

from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature


def test_rare_ones_of_more_than_100_categories_share_a_column():
    """150 categories become 100 columns at most."""
    X = pd.DataFrame({"t": pd.Series([f"c{i % 150}" for i in range(1000)], dtype=TEXT)})
    y = np.arange(1000) % 2
    contestant = Contestant("logistic_regression", {}, "auto", "accuracy", "auto")
    model = build_pipeline(contestant, [Feature("t", "str", "category")]).fit(X, y)
    assert 100 == model["preprocessing"].transform(X).shape[1]


def test_positions_select_the_columns_that_names_select(monkeypatch):
    """A table of many columns is transformed alike, also one whose columns come in another order."""
    rng = np.random.default_rng(0)
    notes = ["late and cold", "early and warm", "late and warm", "never again"]
    X = pd.DataFrame(
        {
            "note": pd.Series([notes[i % 4] for i in range(80)], dtype=TEXT),
            "n": rng.normal(size=80),
            "c": pd.Series([f"c{i % 3}" for i in range(80)], dtype=TEXT),
            "d": pd.date_range("2024-01-01", periods=80),
        }
    )
    kinds = {"note": "text", "n": "number", "c": "category", "d": "datetime"}
    features = [Feature(name, str(X[name].dtype), kinds[name]) for name in X]
    contestant = Contestant("logistic_regression", {}, "auto", "accuracy", "auto")
    y = np.arange(80) % 2
    by_name = build_pipeline(contestant, features).fit(X, y).predict_proba(X)
    monkeypatch.setattr("bakeoff.estimators.preprocessing.COLUMNS_BY_POSITION", 4)
    by_position = build_pipeline(contestant, features).fit(X, y)
    assert [[1], [2], [3], 0] == [columns for _, _, columns in by_position["preprocessing"].transformers]
    assert by_name.tolist() == by_position.predict_proba(X).tolist()
    assert by_name.tolist() == by_position.predict_proba(X[["d", "c", "n", "note"]]).tolist()
