"""Make the profile of a version from its training rows and its predictions for held-out rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from bakeoff.drift.counts import bin_numbers, spread_rows, to_text, to_values
from bakeoff.drift.profile import FORMAT, ColumnProfile, PredictionProfile, Profile
from bakeoff.tables.schema import Feature

BINS = 20  # of numbers: each has a twentieth of the training rows, where the column has so many values
MARGIN = 0.1  # beyond the training range, as a share of its width, from which a number is unlike all training rows
MOST_CATEGORIES = 20  # that have a bin each
MOST_BYTES = 600  # of their names together
MOST_ROWS = 100_000  # training rows that are counted


def make_profile(X: pd.DataFrame, features: Sequence[Feature], prediction: PredictionProfile) -> Profile:
    """Make a profile; of many training rows it takes some.

    Args:
        X: the features of the training rows, shape (n_rows, n_features).
        features: the schema.
        prediction: the predictions for held-out rows.
    """
    if len(X) > MOST_ROWS:
        X = X.iloc[spread_rows(len(X), MOST_ROWS)]
    columns = [_profile_column(feature, X[feature.name]) for feature in features]
    return Profile(FORMAT, len(X), columns, prediction)


def profile_predictions(
    classes: np.ndarray, confidence: np.ndarray | None, judged: np.ndarray | None, right: np.ndarray | None
) -> PredictionProfile:
    """Profile the predictions for held-out rows.

    Args:
        classes: the number of test rows by predicted class.
        confidence: the confidence of the test rows, shape (n_test,); None for a model without probabilities.
        judged: the confidence of all held-out rows, shape (n_held_out,).
        right: whether each of them was predicted correctly.
    """
    if confidence is None or judged is None or right is None or not len(judged):
        return PredictionProfile(classes.tolist(), [], [], [], [])
    cuts = _quantiles(judged)[:-1]
    counts = (bin_numbers(values, cuts)[:-1].tolist() for values in (confidence, judged, judged[right]))
    return PredictionProfile(classes.tolist(), cuts, *counts)


def _profile_column(feature: Feature, cells: pd.Series) -> ColumnProfile:
    if feature.kind == "category":
        return _profile_categories(feature, cells)
    values = to_values(feature.kind, cells)
    cuts: list[float] = []
    present = values[~np.isnan(values)]
    if feature.kind == "boolean":
        cuts = [0.0]
    elif feature.kind != "datetime" and len(present):
        low, high = float(present.min()), float(present.max())
        margin = MARGIN * (high - low)
        inner = [cut for cut in _quantiles(present) if cut < high]
        if feature.kind == "number" and low < high:
            high += margin
        cuts = [float(np.nextafter(low - margin, -np.inf)), *inner, high]
    *counts, missing = bin_numbers(values, cuts).tolist()
    return ColumnProfile(feature.name, feature.kind, cuts, [], counts, missing)


def _quantiles(values: np.ndarray) -> list[float]:
    """Return the values below which each further twentieth of them ends, each once; the last is the largest."""
    levels = np.arange(1, BINS + 1) / BINS
    return [float(cut) for cut in np.unique(np.quantile(values, levels, method="inverted_cdf"))]


def _profile_categories(feature: Feature, cells: pd.Series) -> ColumnProfile:
    text = to_text(cells)
    counted = sorted(
        ((entry["counts"], entry["values"]) for entry in pc.value_counts(text.drop_null()).to_pylist()),
        key=lambda entry: (-entry[0], entry[1]),
    )
    size, top = 0, []
    for rows, name in counted[:MOST_CATEGORIES]:
        size += len(name.encode())
        if rows > 1 and size <= MOST_BYTES:
            top.append((rows, name))
    others = sum(rows for rows, _ in counted) - sum(rows for rows, _ in top)
    # Of a column with more categories than a card lists, unseen ones can't be told from others.
    once = 0 if feature.categories is None else sum(1 for rows, _ in counted if rows == 1)
    counts = [*(rows for rows, _ in top), others - once, once]
    return ColumnProfile(feature.name, feature.kind, [], [name for _, name in top], counts, text.null_count)
