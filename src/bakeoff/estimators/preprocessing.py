"""What a contestant's Pipeline does to the columns before the classifier; exported models contain `KeptGaps`."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, get_args

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from bakeoff.classifiers import CLASS
from bakeoff.estimators.contestant import Contestant
from bakeoff.tables.schema import MAX_CATEGORIES, Feature, Kind

BOOSTING = "hist_gradient_boosting"
MISSING_CATEGORY = "(missing)"
COLUMNS_BY_POSITION = 1_000  # from here on: scikit-learn searches all columns for each name
CYCLIC = ("logistic_regression", "svm")  # for which the end of a week, month, or day should be near its beginning
MAX_BINS = 255  # of HistGradientBoostingClassifier; a column may have as many categories


def build_preprocessor(contestant: Contestant, features: Sequence[Feature]) -> Any:
    """Build the unfitted transformer of the columns.

    Missing numbers and booleans are imputed by the median, then standardized. Text is one-hot encoded; missing text is
    a category of its own. With more than 100 categories the rare ones share a column, which unseen categories are
    assigned to; without such a column they are encoded as all zeros. Dates become numbers (`DateFeatures`), free text
    the components of its TF-IDF (`TextFeatures`).

    Gradient boosting learns from gaps and categories themselves: numbers, booleans and dates keep their gaps, and text
    becomes codes, the rare ones beyond 255 sharing one, missing and unseen ones a gap.

    Args:
        contestant: the contestant whose classifier takes the result; one of a class that the config names gets a dense
            array.
        features: the columns.
    """
    from sklearn.compose import ColumnTransformer

    columns: dict[str, list[str]] = {kind: [] for kind in get_args(Kind)}
    for feature in features:
        columns["number" if feature.kind == "boolean" else feature.kind].append(feature.name)
    if contestant.name == BOOSTING:
        parts: list[tuple[str, Any, Any]] = [
            ("categories", _ordinal_encoder(contestant), columns["category"]),
            ("numbers", KeptGaps(), columns["number"]),
        ]
    else:
        parts = [
            ("numbers", _impute_and_scale(), columns["number"]),
            ("categories", _one_hot_encoder(), columns["category"]),
        ]
    if columns["datetime"]:
        from sklearn.pipeline import make_pipeline

        from bakeoff.estimators.date_features import DateFeatures

        steps = [KeptGaps()] if contestant.name == BOOSTING else [step for _, step in _impute_and_scale().steps]
        dates = make_pipeline(DateFeatures(cyclic=contestant.name in CYCLIC), *steps)
        parts.append(("dates", dates, columns["datetime"]))
    if columns["text"]:
        from bakeoff.estimators.text_features import TextFeatures

        parts += [(f"text {number}", TextFeatures(), name) for number, name in enumerate(columns["text"], start=1)]
    dense = {"sparse_threshold": 0} if CLASS in contestant.parameters or contestant.name == BOOSTING else {}
    if len(features) >= COLUMNS_BY_POSITION:
        positions = {feature.name: position for position, feature in enumerate(features)}
        parts = [(name, step, _positions(of, positions)) for name, step, of in parts]
    return ColumnTransformer([part for part in parts if part[2] != []], **dense)


def categorical_columns(features: Sequence[Feature]) -> list[int] | None:
    """The positions of the categories after gradient boosting's preprocessing, which puts them first."""
    return list(range(sum(feature.kind == "category" for feature in features))) or None


def _positions(columns: list[str] | str, positions: Mapping[str, int]) -> list[int] | int:
    return positions[columns] if isinstance(columns, str) else [positions[name] for name in columns]


def _impute_and_scale() -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # A column may be empty in one fold; keep_empty_features keeps it, so that all folds have the same columns.
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())


def _one_hot_encoder() -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    return make_pipeline(
        SimpleImputer(strategy="constant", fill_value=MISSING_CATEGORY, keep_empty_features=True),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES),
    )


def _ordinal_encoder(contestant: Contestant) -> Any:
    from sklearn.preprocessing import OrdinalEncoder

    most = contestant.parameters.get("max_bins", MAX_BINS)
    return OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=most,
    )


class KeptGaps(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turns columns into floats, NaN where a value is missing.

    Columns without a single value in the training rows become 0: HistGradientBoostingClassifier can't bin them.

    Attributes:
        empty_: which columns those are, shape (n_columns,).
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002  as scikit-learn has it
        """Find the empty columns.

        Args:
            X: numbers, booleans and gaps, shape (n_rows, n_columns).
            y: not used.
        """
        values = validate_data(self, X, dtype=float, ensure_all_finite="allow-nan")
        self.empty_ = np.isnan(values).all(axis=0)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the floats, shape (n_rows, n_columns)."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=float, ensure_all_finite="allow-nan", reset=False)
        filled: np.ndarray = np.where(self.empty_, 0.0, values)
        return filled
