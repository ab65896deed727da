"""From raw columns to what a classifier takes: impute, scale, one-hot, as the first step of the exported Pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bakeoff.classifiers import build_classifier
from bakeoff.columns import MAX_CATEGORIES
from bakeoff.config import TrainingConfig
from bakeoff.features import Feature
from bakeoff.metrics import METRICS, MetricName

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MISSING_CATEGORY = "(missing)"
CALIBRATION_FOLDS = 5


@dataclass(frozen=True)
class Contestant:
    """What races: a classifier with its parameters, behind its preprocessing.

    Attributes:
        name: of `CLASSIFIERS`.
        preprocessing: "auto", or "none" for the columns as they are.
        scoring: the metric that it is judged by, and so what it has to answer.
    """

    name: str
    parameters: Mapping[str, Any]
    preprocessing: str
    scoring: MetricName

    @classmethod
    def of(cls, config: TrainingConfig, name: str) -> "Contestant":
        """The contestant that the config calls so."""
        return cls(name, config.classifiers[name], config.preprocessing, config.cross_validation.scoring)


def build_pipeline(contestant: Contestant, features: Sequence[Feature]) -> "Pipeline":
    """The unfitted Pipeline of one contestant, from raw columns to class.

    Numbers and booleans get the training rows' median where missing, and are scaled to mean 0 and variance 1. Text is
    one-hot encoded, missing text being a category of its own; of more than 100 categories the rare ones share a
    column. A category that training never saw counts as rare where there is such a column, else as none of the known.

    Where probabilities are asked for and the classifier has none, its scores are calibrated (Platt's method, on
    answers of a cross-validation of its own).

    Raises:
        TypeError: scikit-learn's estimator refuses a parameter.
    """
    from sklearn.pipeline import Pipeline

    classifier: Any = build_classifier(contestant.name, contestant.parameters)
    if METRICS[contestant.scoring].of_probabilities and not hasattr(classifier, "predict_proba"):
        from sklearn.calibration import CalibratedClassifierCV

        classifier = CalibratedClassifierCV(classifier, cv=CALIBRATION_FOLDS, ensemble=False)
    steps = [("classifier", classifier)]
    if contestant.preprocessing == "auto":
        steps.insert(0, ("preprocessing", _preprocessor(features)))
    return Pipeline(steps)


def fit_pipeline(contestant: Contestant, features: Sequence[Feature], X: pd.DataFrame, y: np.ndarray) -> "Pipeline":
    """The contestant's Pipeline, fitted.

    Args:
        X: shape (n_rows, n_features).
        y: shape (n_rows,).

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    pipeline = build_pipeline(contestant, features)
    if hasattr(pipeline[-1], "ensemble"):  # as a calibrated classifier has
        names, counts = np.unique(y, return_counts=True)
        if counts.min() < CALIBRATION_FOLDS:
            raise ValueError(
                f"{contestant.scoring} takes probabilities, which are calibrated on {CALIBRATION_FOLDS} folds, and "
                f"class {str(names[counts.argmin()])!r} has {counts.min()} of the rows that are fitted on"
            )
    return pipeline.fit(X, y)


def _preprocessor(features: Sequence[Feature]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [feature.name for feature in features if feature.kind != "category"]
    categories = [feature.name for feature in features if feature.kind == "category"]
    # A fold may hold no value of a sparse column: keep_empty_features leaves it in, so that all folds agree.
    scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    encode = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=MISSING_CATEGORY, keep_empty_features=True),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES),
    )
    parts = [("numbers", scale, numbers), ("categories", encode, categories)]
    return ColumnTransformer([part for part in parts if part[2]])
