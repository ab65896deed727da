"""A pipeline takes raw columns."""

import numpy as np
import pandas as pd

from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.tables.schema import Feature


def test_rare_ones_of_more_than_100_categories_share_a_column():
    """150 categories become 100 columns at most."""
    X = pd.DataFrame({"t": pd.Series([f"c{i % 150}" for i in range(1000)], dtype="str")})
    y = np.arange(1000) % 2
    contestant = Contestant("logistic_regression", {}, "auto", "accuracy", "auto")
    model = build_pipeline(contestant, [Feature("t", "str", "category")]).fit(X, y)
    assert 100 == model["preprocessing"].transform(X).shape[1]
