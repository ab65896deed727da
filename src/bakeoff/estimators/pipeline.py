"""From raw columns to what a classifier takes: impute, scale, one-hot, as the first step of the exported Pipeline."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bakeoff.classifiers import build_classifier, gives_probabilities
from bakeoff.estimators.contestant import CALIBRATION_FOLDS, Contestant, choose_method
from bakeoff.estimators.engines import (
    Engine,
    engine_of,
    load_estimator,
    to_sklearn,
)
from bakeoff.estimators.svm_approximation import approximate_parameters
from bakeoff.evaluation.results import Method
from bakeoff.metrics import METRICS
from bakeoff.tables.schema import MAX_CATEGORIES, Feature

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


MISSING_CATEGORY = "(missing)"


def build_pipeline(contestant: Contestant, features: Sequence[Feature], method: Method | None = None) -> "Pipeline":
    """The unfitted Pipeline of one contestant, from raw columns to class.

    Numbers and booleans get the training rows' median where missing, and are scaled to mean 0 and variance 1. Text is
    one-hot encoded, missing text being a category of its own; of more than 100 categories the rare ones share a
    column. A category that training never saw counts as rare where there is such a column, else as none of the known.

    Args:
        method: by which the classifier's scores are calibrated, on answers of a cross-validation of its own; None for
            the plain classifier.

    Raises:
        TypeError: scikit-learn's estimator refuses a parameter.
    """
    from sklearn.pipeline import Pipeline

    classifier = _classifier(contestant)
    if method:
        from sklearn.calibration import CalibratedClassifierCV

        classifier = CalibratedClassifierCV(classifier, method=method, cv=CALIBRATION_FOLDS, ensemble=False)
    steps = [("classifier", classifier)]
    if contestant.preprocessing == "auto":
        steps.insert(0, ("preprocessing", _preprocessor(features)))
    return Pipeline(steps)


def fit_for_scoring(contestant: Contestant, features: Sequence[Feature], X: pd.DataFrame, y: np.ndarray) -> "Pipeline":
    """The contestant's Pipeline, fitted on a fold's rows, with the probabilities that the metric may ask for.

    Where it asks for calibrated ones, this is at the level of a fold what training is at the level of all rows: a
    classifier that is fitted on all rows at hand, and a calibrator that is fitted on the scores that a cross-validation
    within these rows gave them. Training has such scores from its own folds and need fit nothing again; a fold's rows
    have none that its own rows had no part in, so the cross-validation is made inside.

    Args:
        X: shape (n_rows, n_features).
        y: shape (n_rows,).

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    method: Method | None = None
    if METRICS[contestant.scoring].of_probabilities:
        names, counts = np.unique(y, return_counts=True)
        own = contestant.approximation is None and gives_probabilities(contestant.name, contestant.parameters)
        method = choose_method(contestant.calibration, own, counts.min())
        if method and counts.min() < CALIBRATION_FOLDS:
            raise ValueError(
                f"{contestant.scoring} takes probabilities, which are calibrated on {CALIBRATION_FOLDS} folds, and "
                f"class {str(names[counts.argmin()])!r} has {counts.min()} of the rows that are fitted on"
            )
    return fit_pipeline(build_pipeline(contestant, features, method), X, y)[0]


def fit_pipeline(pipeline: "Pipeline", X: pd.DataFrame, y: np.ndarray) -> "tuple[Pipeline, Engine]":
    """Fit a Pipeline, by whichever engine, into one of scikit-learn's estimators.

    Args:
        X: shape (n_rows, n_features).
        y: shape (n_rows,).

    Returns:
        the Pipeline, and the engine that has fitted its classifier.

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    pipeline.fit(X, y)
    last = pipeline[-1]
    engine = engine_of(last)
    for calibrated in getattr(last, "calibrated_classifiers_", []):
        calibrated.estimator = to_sklearn(calibrated.estimator)
    pipeline.steps[-1] = ("classifier", to_sklearn(last))
    return pipeline, engine


def base_classifier(classifier: Any) -> Any:
    """The fitted classifier alone, without the calibration of `fit_for_scoring`; it is fitted on the same rows."""
    calibrated = getattr(classifier, "calibrated_classifiers_", None)
    return calibrated[0].estimator if calibrated else classifier


def _classifier(contestant: Contestant) -> Any:
    if contestant.approximation is None:
        estimator = load_estimator(contestant.name, contestant.engine)
        return build_classifier(contestant.name, contestant.parameters, estimator)
    from bakeoff.estimators.nystroem_svc import NystroemSVC

    parameters = approximate_parameters(contestant.parameters)
    parameters["n_components"] = contestant.approximation.components
    return build_classifier(contestant.name, parameters, NystroemSVC)


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
